//! Which key does what: one table for input, key bar, help, palette and docs/KEYS.md.
//!
//! The table has the keys by default; those in force are in a [`Keymap`].

use crossterm::event::KeyCode;

use crate::tui::state::pane::View;

mod custom;
mod hint;
mod names;
mod print;

pub use custom::Keymap;
pub use hint::Keys;
pub use names::EVERYWHERE;
pub use print::{Row, markdown, rows};

/// Where a key is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// The list of exchanges.
    Live,
    /// One exchange.
    Detail,
    /// The deletion records, or those of held accounts.
    Removals,
    /// The guards.
    Guard,
    /// The ledger of transfers.
    Transfers,
    /// One deletion record.
    Removal,
    /// The users.
    Users,
    /// One user.
    User,
    /// The groups.
    Groups,
    /// One group.
    Group,
    /// The tokens.
    Tokens,
    /// One token.
    Token,
    /// The events.
    Audit,
    /// One event.
    Event,
    /// What calls for an operator.
    Alerts,
    /// How the server does.
    Health,
    /// An Org is to be chosen.
    Orgs,
    /// After `o` on an exchange.
    OfExchange,
    /// After `o` on a deletion record.
    OfRemoval,
    /// After `o` on a user.
    OfUser,
    /// After `o` on a group.
    OfGroup,
    /// After `o` on a token.
    OfToken,
    /// After `o` on an event.
    OfEvent,
    /// After `o` on an alert.
    OfAlert,
    /// The filter is being typed; keys that are not in the table are text.
    Filter,
    /// An act is to be confirmed; keys that are not in the table are text.
    Confirm,
    /// A command is being typed; keys that are not in the table are text.
    Palette,
    /// What an act did.
    Report,
    /// A runbook or a diagnosis is read.
    Sheet,
    /// A secret is shown, this once.
    Issued,
    /// After `y` on an exchange.
    Copying,
    /// After `y` on anything else.
    CopyingRow,
    /// After `x`.
    Exporting,
    /// The list of keys.
    Help,
    /// The newcomer's page.
    Welcome,
    /// The question what quitting means.
    Quit,
}

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the table below says it
pub enum Command {
    Up,
    Down,
    Left,
    Right,
    Top,
    Bottom,
    PageUp,
    PageDown,
    Open,
    Back,
    View(View),
    LastView,
    Before,
    After,
    NextTab,
    PreviousTab,
    Filter,
    FilterApply,
    FilterCancel,
    FilterToggle,
    Only,
    Hide,
    NextError,
    PreviousError,
    Follow,
    Raw,
    Wrap,
    Mark,
    MarkedOnly,
    Sort,
    Reverse,
    Unlock,
    Acknowledge,
    Org,
    Restore,
    Approve,
    Purge,
    GiveBack,
    Silence,
    CreateToken,
    RotateToken,
    RevokeToken,
    Verify,
    Confirm,
    Related,
    ToUser,
    ToUsers,
    ToGroup,
    ToGroups,
    ToRemovals,
    ToToken,
    ToAudit,
    ToRequest,
    Diagnose,
    Runbook,
    Copy,
    CopyId,
    CopyJson,
    CopyTicket,
    CopyCurl,
    CopyToken,
    Export,
    ExportLines,
    ExportCsv,
    Zoom,
    Palette,
    NextMatch,
    PreviousMatch,
    Now,
    Help,
    Repaint,
    Suspend,
    Quit,
    Detach,
    Stop,
}

/// A row of the table.
pub struct Binding {
    /// Where it holds.
    pub contexts: &'static [Context],
    /// The keys.
    pub keys: &'static [Key],
    /// What they do.
    pub command: Command,
    /// For the key bar; empty: not there.
    pub label: &'static str,
    /// For the list of keys.
    pub help: &'static str,
}

impl Binding {
    /// True if it holds in every place.
    pub fn is_common(&self) -> bool {
        PLACES.iter().all(|place| self.contexts.contains(place))
    }
}

/// A key with or without Ctrl.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    code: KeyCode,
    ctrl: bool,
}

const fn c(letter: char) -> Key {
    key(KeyCode::Char(letter))
}

const fn ctrl(letter: char) -> Key {
    Key {
        code: KeyCode::Char(letter),
        ctrl: true,
    }
}

const fn key(code: KeyCode) -> Key {
    Key { code, ctrl: false }
}

use Context::{
    Alerts, Audit, Confirm, Copying, CopyingRow, Detail, Event, Exporting, Filter, Group, Groups,
    Guard, Health, Help, Issued, Live, OfAlert, OfEvent, OfExchange, OfGroup, OfRemoval, OfToken,
    OfUser, Orgs, Palette, Quit, Removal, Removals, Report, Sheet, Token, Tokens, Transfers, User,
    Users, Welcome,
};

const LISTS: &[Context] = &[
    Live, Removals, Guard, Transfers, Users, Groups, Alerts, Health, Tokens, Audit,
];
const PANES: &[Context] = &[Removals, Guard, Transfers];
const ACTED_ON: &[Context] = &[Removals, Guard, Transfers, Removal, Tokens, Token, Alerts];
const READ: &[Context] = &[
    Live, Detail, Users, User, Groups, Group, Health, Audit, Event,
];
const OPENED: &[Context] = &[Detail, Removal, User, Group, Token, Event];
const FILTERED: &[Context] = &[Live, Removals, Transfers, Users, Groups, Tokens, Audit];
const SORTED: &[Context] = &[
    Removals, Guard, Transfers, Users, Groups, Alerts, Health, Tokens,
];
const RELATED: &[Context] = &[
    OfExchange, OfRemoval, OfUser, OfGroup, OfToken, OfEvent, OfAlert,
];
const MOVE: &[Context] = &[
    Live, Detail, Removals, Guard, Transfers, Removal, Users, User, Groups, Group, Alerts, Health,
    Tokens, Token, Audit, Event, Orgs, Help, Report, Sheet,
];
const PLACES: &[Context] = &[
    Live, Detail, Removals, Guard, Transfers, Removal, Users, User, Groups, Group, Alerts, Health,
    Tokens, Token, Audit, Event,
];

macro_rules! bindings {
    ($($contexts:expr, [$($key:expr),*], $command:expr, $label:literal, $help:literal;)*) => {
        &[$(Binding {
            contexts: $contexts,
            keys: &[$($key),*],
            command: $command,
            label: $label,
            help: $help,
        },)*]
    };
}

/// The table. Order is the order of key bar and help.
pub const TABLE: &[Binding] = bindings! {
    &[Live, Removals, Users, Groups, Tokens, Audit], [key(KeyCode::Enter)], Command::Open, "open", "open it";
    &[Group], [key(KeyCode::Enter)], Command::Open, "", "open the selected member, or the selected request of a diagnosis";
    &[User], [key(KeyCode::Enter)], Command::Open, "", "open the selected request of a diagnosis";
    &[Guard], [key(KeyCode::Enter)], Command::Open, "its removals", "list the removals of its batch";
    &[Transfers], [key(KeyCode::Enter)], Command::Open, "its removal", "open the removal that moved it";
    &[Alerts], [key(KeyCode::Enter)], Command::Open, "why", "show the requests or removals behind it";
    &[Alerts], [c('a')], Command::Acknowledge, "seen", "say that you have seen it, or not: for 24 hours, or until it gets worse";
    &[Alerts], [c('h')], Command::Silence, "hush", "silence it for a time, or end that";
    &[Alerts], [c('R')], Command::Runbook, "runbook", "what is behind it, what to do, how to verify";
    &[Detail], [c('R')], Command::Runbook, "runbook", "what to do about a failed request of its kind";
    &[Live], [c('R')], Command::Runbook, "", "what to do about a failed request of its kind";
    &[Health], [key(KeyCode::Enter)], Command::Open, "its requests", "show the client's requests in Live";
    &[Alerts], [c('d')], Command::Diagnose, "diagnose", "what is wrong with what it is about, with a sentence to paste";
    &[Health], [c('d')], Command::Diagnose, "diagnose", "what makes answers slow, with a sentence to paste";
    &[Orgs], [key(KeyCode::Enter)], Command::Open, "choose", "narrow every view to this Org";
    &[Orgs], [key(KeyCode::Esc), c('q'), ctrl('c')], Command::Back, "cancel", "leave it as it is";
    OPENED, [key(KeyCode::Esc)], Command::Back, "back", "back to where you were";
    &[Help, Report, Sheet], [key(KeyCode::Esc)], Command::Back, "close", "back to where you were";
    LISTS, [key(KeyCode::Esc)], Command::Back, "", "back to where you came from";
    &[Issued], [key(KeyCode::Esc)], Command::Back, "close for good", "close it: the secret is not shown again";
    &[Issued], [c('y')], Command::CopyToken, "copy the token", "copy the token";
    &[Copying, CopyingRow, Exporting, OfExchange, OfRemoval, OfUser, OfGroup, OfToken, OfEvent, OfAlert], [key(KeyCode::Esc)], Command::Back, "cancel", "nothing of it";
    MOVE, [c('j'), key(KeyCode::Down)], Command::Down, "", "down";
    MOVE, [c('k'), key(KeyCode::Up)], Command::Up, "", "up";
    MOVE, [c('g'), key(KeyCode::Home)], Command::Top, "", "to the first";
    MOVE, [c('G'), key(KeyCode::End)], Command::Bottom, "", "to the last; in Live: follow again";
    MOVE, [key(KeyCode::PageUp)], Command::PageUp, "", "a page up";
    MOVE, [key(KeyCode::PageDown)], Command::PageDown, "", "a page down";
    &[Live], [c('h'), key(KeyCode::Left)], Command::Left, "", "column to the left";
    &[Live], [c('l'), key(KeyCode::Right)], Command::Right, "", "column to the right";
    OPENED, [key(KeyCode::Tab), c('l'), key(KeyCode::Right)], Command::NextTab, "next tab", "next tab";
    OPENED, [key(KeyCode::BackTab), c('h'), key(KeyCode::Left)], Command::PreviousTab, "", "tab before";
    &[Removals, Guard, Removal], [c('r')], Command::Restore, "restore", "bring accounts back: the marked, the selected, the whole batch";
    &[Removals, Guard, Removal], [c('a')], Command::Approve, "approve", "let frozen removals take effect: the marked, else the whole batch";
    &[Removals, Transfers, Removal], [c('b')], Command::GiveBack, "give back", "give content that moved to a user";
    &[Removals, Removal], [c('p')], Command::Purge, "purge", "delete what is held and erase personal data, for good";
    &[Tokens, Token], [c('c')], Command::CreateToken, "create", "issue a token";
    &[Tokens, Token], [c('r')], Command::RotateToken, "rotate", "issue a successor; the old one ends after an overlap";
    &[Tokens, Token], [c('d')], Command::RevokeToken, "revoke", "end a token at once";
    &[Audit, Event], [c('v')], Command::Verify, "verify the chain", "check that no event was changed, removed or moved";
    PANES, [key(KeyCode::Tab), c('l'), key(KeyCode::Right)], Command::NextTab, "next list", "next list: deletions, holds, guard, transfers";
    PANES, [key(KeyCode::BackTab), c('h'), key(KeyCode::Left)], Command::PreviousTab, "", "list before";
    FILTERED, [c('/')], Command::Filter, "filter", "filter as you type";
    &[Live], [c(' ')], Command::Follow, "pause", "pause or follow";
    &[Removals, Transfers], [c('m')], Command::Mark, "mark", "mark for restore, approve, purge, give back or export";
    &[Users, Groups, Tokens, Audit], [c('m')], Command::Mark, "", "mark for export";
    &[Live], [c('m')], Command::Mark, "", "mark for export, and for is:marked in the filter";
    FILTERED, [c('M')], Command::MarkedOnly, "", "show only the marked, or all again";
    &[Live, Detail, Removals, Removal, Users, User, Groups, Group, Alerts, Tokens, Token, Audit, Event], [c('o')], Command::Related, "related", "go to something related";
    PLACES, [c(':')], Command::Palette, "commands", "type a command, or the name of something to go to";
    &[Live], [c('e')], Command::NextError, "next error", "next failed exchange";
    PLACES, [c('?')], Command::Help, "keys", "this list";
    PLACES, [c('5')], Command::View(View::Removals), "removals", "Removals: deletions, holds, the guard, transfers";
    PLACES, [c('3')], Command::View(View::Users), "users", "Users";
    PLACES, [c('4')], Command::View(View::Groups), "groups", "Groups";
    PLACES, [c('2')], Command::View(View::Alerts), "alerts", "Alerts: what calls for an operator";
    PLACES, [c('6')], Command::View(View::Tokens), "", "Tokens: how long they live, who uses them";
    PLACES, [c('7')], Command::View(View::Health), "", "Health: rates, latency, storage, clients";
    PLACES, [c('8')], Command::View(View::Audit), "", "Audit: every change and every act, in a chain of hashes";
    PLACES, [c('O')], Command::Org, "", "narrow every view to an Org";
    PLACES, [c('1')], Command::View(View::Live), "", "Live: every request, as it comes";
    ACTED_ON, [c('u')], Command::Unlock, "unlock", "allow acts for 10 minutes, or no more";
    READ, [c('u')], Command::Unlock, "", "allow acts for 10 minutes, or no more";
    &[Live, Removals, Guard, Transfers, Users, Groups, Alerts, Health, Tokens, Audit, Welcome], [c('q')], Command::Quit, "quit", "quit; asks if that stops the endpoint";
    PLACES, [c('y')], Command::Copy, "copy", "copy to the clipboard: then i, j or t, in Live also c";
    &[Sheet], [c('y')], Command::Copy, "copy", "copy to the clipboard: then i, j, or t for the sentence";
    PLACES, [c('x')], Command::Export, "export", "write what is shown or marked into a file: then j or c";
    FILTERED, [c('\\')], Command::FilterToggle, "filter on/off", "filter off and on again";
    SORTED, [c('s')], Command::Sort, "sort", "sort by the next column, at last in the usual order";
    SORTED, [c('S')], Command::Reverse, "", "turn the order around";
    &[Live], [c('E')], Command::PreviousError, "", "failed exchange before";
    &[Live], [c('*')], Command::Only, "only this value", "only exchanges with the value under the cursor";
    &[Live], [c('!')], Command::Hide, "hide this value", "no exchanges with the value under the cursor";
    &[Removals, Users, Groups], [c('*')], Command::Only, "", "only what has the name of the selected row";
    &[Users, Groups], [c('!')], Command::Hide, "", "all but what has the name of the selected row";
    &[Live], [c('n')], Command::NextMatch, "", "next exchange that matches the filter, while that is off";
    &[Live], [c('N')], Command::PreviousMatch, "", "the one before that matches it";
    &[Live], [c(',')], Command::Now, "", "draw a line below the newest exchange, with the time";
    &[Detail], [c('r')], Command::Raw, "raw/pretty", "body as sent or laid out";
    &[Detail], [c('w')], Command::Wrap, "wrap", "wrap long lines or cut them";
    &[OfExchange, OfRemoval, OfEvent], [c('u')], Command::ToUser, "user", "the account of that name, if it lives";
    &[OfAlert], [c('u')], Command::ToUser, "user", "the account it is about, if it lives";
    &[OfGroup], [c('u')], Command::ToUsers, "users", "its members";
    &[OfUser], [c('g')], Command::ToGroups, "groups", "its groups";
    &[OfEvent, OfAlert], [c('g')], Command::ToGroup, "group", "the group it is about";
    &[OfExchange, OfRemoval, OfEvent], [c('t')], Command::ToToken, "token", "the token it was done with, or is about";
    &[OfAlert], [c('t')], Command::ToToken, "token", "the token it is about";
    &[OfUser, OfGroup, OfRemoval, OfToken, OfAlert], [c('a')], Command::ToAudit, "audit", "its events";
    &[OfExchange, OfUser, OfEvent], [c('r')], Command::ToRemovals, "removals", "removals of that user";
    &[OfAlert], [c('r')], Command::ToRemovals, "removals", "the removals of the batch or of the user it is about";
    &[OfEvent], [c('q')], Command::ToRequest, "request", "the request that caused it";
    &[OfUser, OfGroup], [c('d')], Command::Diagnose, "diagnosis", "what is wrong with it, with a sentence to paste";
    &[OfExchange], [c('d')], Command::Diagnose, "diagnosis", "what is wrong with its user or group, or why it was refused";
    &[OfRemoval], [c('d')], Command::Diagnose, "diagnosis", "why the account is gone, with a sentence to paste";
    &[OfToken], [c('d')], Command::Diagnose, "diagnosis", "who is refused in its Org, with a sentence to paste";
    &[OfToken, OfAlert], [c('q')], Command::ToRequest, "requests", "its requests, in Live";
    &[OfAlert], [c('d')], Command::Diagnose, "diagnosis", "what is wrong with what it is about, with a sentence to paste";
    &[OfRemoval], [c('q'), c('r')], Command::ToRequest, "request", "the request that asked for it";
    &[Copying, CopyingRow], [c('i')], Command::CopyId, "id", "copy the id";
    &[Copying, CopyingRow], [c('j')], Command::CopyJson, "JSON", "copy as JSON";
    &[Copying, CopyingRow], [c('t')], Command::CopyTicket, "ticket text", "copy as a paragraph for a ticket: what, when, who, why, do";
    &[Exporting], [c('j')], Command::ExportLines, "JSON lines", "export as JSON lines";
    &[Exporting], [c('c')], Command::ExportCsv, "CSV", "export as CSV for a spreadsheet";
    &[Copying], [c('c')], Command::CopyCurl, "curl without its secret", "copy as a curl command, without its secret";
    PLACES, [c('z')], Command::Zoom, "zoom", "use the whole screen, or not";
    PLACES, [c('-')], Command::LastView, "", "the view before";
    PLACES, [c('[')], Command::Before, "", "the place before, in the order you saw them";
    PLACES, [c(']')], Command::After, "", "the place after";
    &[Filter], [key(KeyCode::Enter)], Command::FilterApply, "apply", "keep the filter";
    &[Filter], [key(KeyCode::Esc)], Command::FilterCancel, "cancel", "back to the filter before";
    &[Filter], [key(KeyCode::Up)], Command::Up, "history", "the filter before, in history";
    &[Filter], [key(KeyCode::Down)], Command::Down, "", "the filter after, in history";
    &[Palette], [key(KeyCode::Enter)], Command::Confirm, "run", "do what is highlighted";
    &[Palette], [key(KeyCode::Tab)], Command::NextTab, "complete", "complete, then go on to the next";
    &[Palette], [key(KeyCode::BackTab)], Command::PreviousTab, "", "back to the one before";
    &[Palette], [key(KeyCode::Up)], Command::Up, "history", "the command before, in history";
    &[Palette], [key(KeyCode::Down)], Command::Down, "", "the command after, in history";
    &[Palette], [key(KeyCode::Esc), ctrl('c')], Command::Back, "cancel", "do nothing";
    &[Confirm], [key(KeyCode::Tab)], Command::NextTab, "next", "next field or verb";
    &[Confirm], [key(KeyCode::BackTab)], Command::PreviousTab, "", "field or verb before";
    &[Confirm], [key(KeyCode::Esc)], Command::Back, "cancel", "keep things as they are";
    &[Confirm], [key(KeyCode::Enter)], Command::Confirm, "acts on the highlighted verb; default is Keep", "do what the highlighted verb says";
    &[Welcome], [key(KeyCode::Enter), key(KeyCode::Esc)], Command::Back, "to the live view (the token is not shown again)", "to the live view";
    &[Welcome], [c('y')], Command::CopyToken, "copy the token", "copy the token";
    &[Quit], [c('d')], Command::Detach, "detach", "leave the dashboard; the endpoint goes on";
    &[Quit], [c('s'), ctrl('c')], Command::Stop, "stop the endpoint", "stop the endpoint and leave";
    &[Quit], [key(KeyCode::Esc), c('n')], Command::Back, "stay", "stay";
    &[Help], [c('?')], Command::Back, "", "back";
    &[Report], [key(KeyCode::Enter)], Command::Back, "", "back";
    &[Sheet], [key(KeyCode::Enter)], Command::Open, "", "open the selected request of a diagnosis; else back";
    PLACES, [ctrl('l')], Command::Repaint, "", "load and draw the screen anew";
    &[Help, Report, Sheet, Issued, Copying, CopyingRow, Exporting, Filter, Confirm, Palette, Orgs, Welcome, Quit], [ctrl('l')], Command::Repaint, "", "draw the screen anew";
    PLACES, [ctrl('z')], Command::Suspend, "", "stop, until fg";
    PLACES, [ctrl('c')], Command::Quit, "", "quit; asks if that stops the endpoint";
    &[Help, Report, Sheet, Copying, CopyingRow, Exporting, Welcome], [ctrl('c')], Command::Quit, "", "quit; asks if that stops the endpoint";
    RELATED, [ctrl('c')], Command::Back, "", "nothing of it";
    &[Issued], [ctrl('c')], Command::Back, "", "close it: the secret is not shown again";
    &[Filter], [ctrl('c')], Command::FilterCancel, "", "back to the filter before";
    &[Confirm], [ctrl('c')], Command::Back, "", "keep things as they are";
    &[Detail, Removal, User, Group, Token, Event, Help, Report, Sheet], [c('q')], Command::Back, "", "back";
};

/// The rows of the table that hold in `context`.
pub fn bindings(context: Context) -> impl Iterator<Item = &'static Binding> {
    TABLE
        .iter()
        .filter(move |binding| binding.contexts.contains(&context))
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyEvent, KeyModifiers};

    use super::*;

    const CONTEXTS: [Context; 36] = [
        Alerts, Health, Orgs, Live, Detail, Removals, Guard, Transfers, Removal, Users, User,
        Groups, Group, Tokens, Token, Audit, Event, OfExchange, OfRemoval, OfUser, OfGroup,
        OfToken, OfEvent, OfAlert, Filter, Confirm, Palette, Report, Sheet, Issued, Copying,
        CopyingRow, Exporting, Help, Welcome, Quit,
    ];

    #[test]
    fn no_key_does_two_things_in_one_place() {
        for context in CONTEXTS {
            let mut seen: Vec<Key> = Vec::new();
            for key in bindings(context).flat_map(|binding| binding.keys) {
                assert!(!seen.contains(key), "{context:?}: {}", key.name());
                seen.push(*key);
            }
        }
    }

    #[test]
    fn every_place_can_be_left_without_a_ctrl_chord() {
        for context in CONTEXTS {
            let way_out = bindings(context).any(|binding| {
                matches!(
                    binding.command,
                    Command::Back | Command::FilterCancel | Command::Quit
                ) && binding.keys.iter().any(|key| !key.ctrl)
            });
            assert!(way_out, "{context:?}");
        }
    }

    #[test]
    fn every_row_can_be_explained() {
        for binding in TABLE {
            assert!(!binding.help.is_empty() && !binding.keys.is_empty());
            assert!(binding.keys.iter().all(|key| !key.name().is_empty()));
        }
    }

    #[test]
    fn shift_is_in_the_letter_and_ctrl_is_not() {
        let keymap = Keymap::default();
        let press = |code, modifiers| keymap.command(Live, KeyEvent::new(code, modifiers));
        let shift = press(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(shift, Some(Command::Bottom));
        let plain = press(KeyCode::Char('l'), KeyModifiers::NONE);
        assert_eq!(plain, Some(Command::Right));
        let ctrl = press(KeyCode::Char('l'), KeyModifiers::CONTROL);
        assert_eq!(ctrl, Some(Command::Repaint));
    }
}
