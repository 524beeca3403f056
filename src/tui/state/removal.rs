//! What an opened deletion record shows: summary, content, what was lost.

use crate::model::content::KindCounts;
use crate::model::deletion::{Deletion, DeletionState, Signal};
use crate::model::event::Actor;
use crate::model::transfer::{Transfer, Why};
use crate::ops::api::removals::DeletionDetail;
use crate::text::{clean, cut, fit};
use crate::tui::keymap::Command;
use crate::tui::state::Model;
use crate::tui::state::removals::{groups_lost, owned, state};
use crate::tui::state::users::listed;
use crate::tui::theme::Role;
use crate::tui::widget::rich::{Line, fact, line, paragraph};

/// Lines of content that a summary shows.
const SOME: usize = 8;

/// The role of a state.
pub const fn role(deletion: &Deletion) -> Role {
    match deletion.state {
        DeletionState::Deleted => Role::Removed,
        DeletionState::Held => Role::Warn,
        DeletionState::Restored | DeletionState::Returned => Role::Created,
    }
}

/// The name of a removed account, or what stands for it once that is erased.
pub fn name(deletion: &Deletion) -> String {
    if deletion.user_name.is_empty() {
        "(erased)".to_owned()
    } else {
        clean(&deletion.user_name)
    }
}

/// Who did it: a token's label, an operator's name.
pub fn actor(model: &Model, actor: &Actor) -> String {
    match actor {
        Actor::Token(id) => {
            let token = model.tokens.iter().find(|token| token.id == *id);
            clean(token.map_or(&id.0, |token| &token.label))
        }
        Actor::Operator(name) => clean(name),
        Actor::System => "scimtop".to_owned(),
    }
}

/// `3 liveboard, 1 schedule`
pub fn counts(counts: &KindCounts) -> String {
    let each: Vec<String> = counts
        .iter()
        .map(|(kind, count)| format!("{count} {}", clean(kind)))
        .collect();
    listed(&each)
}

/// What is known of a removal; more of it once the record is here.
pub fn summary(
    model: &Model,
    deletion: &Deletion,
    detail: Option<&DeletionDetail>,
    columns: usize,
) -> Vec<Line> {
    let mut lines = vec![headline(deletion)];
    lines.extend(fact("signal", &signal(model, deletion), columns));
    let external = deletion.external_id.as_deref();
    let account = format!(
        "{}, externalId {}, Org {}",
        deletion.user,
        external.unwrap_or("none"),
        model.org_name(deletion.org)
    );
    lines.extend(fact("account", &account, columns));
    let lost = format!(
        "groups {}; roles {}",
        listed(&groups_lost(deletion)),
        listed(&deletion.roles)
    );
    lines.extend(fact("lost", &lost, columns));
    lines.extend(fact("content", &content_fate(deletion, detail), columns));
    lines.extend(fact("guard", &guard(deletion, detail), columns));
    if let Some((seq, hash)) = detail.and_then(|detail| detail.event.as_ref()) {
        let hash = short(hash);
        let text = format!("event #{seq}, chain hash {hash}");
        lines.extend(fact("evidence", &text, columns));
    }
    lines.push(Line::new());
    let (why, step) = explain(model, deletion);
    lines.extend(paragraph("why", Role::Text, &why, columns));
    lines.extend(paragraph("do", Role::Text, &step, columns));
    if let Some(detail) = detail.filter(|detail| !detail.transfers.is_empty()) {
        lines.push(Line::new());
        lines.push(content_head(columns));
        let some = detail.transfers.iter().take(SOME);
        lines.extend(some.map(|transfer| content_line(transfer, columns)));
        let more = detail.transfer_count.saturating_sub(SOME as u64);
        if more > 0 {
            lines.push(line(Role::Dim, &format!("  … {more} more: tab Content")));
        }
    }
    lines
}

/// State, name and how final it is.
pub fn headline(deletion: &Deletion) -> Line {
    let (glyph, word) = state(deletion);
    vec![
        (
            role(deletion),
            format!("{glyph} {}  ", word.to_ascii_uppercase()),
        ),
        (Role::Subject, format!("{}  ", name(deletion))),
        (Role::Dim, finality(deletion)),
    ]
}

/// The first and last characters of a hash.
fn short(hash: &str) -> String {
    match (hash.get(..4), hash.get(hash.len().saturating_sub(4)..)) {
        (Some(first), Some(last)) if hash.len() > 8 => format!("{first}…{last}"),
        _ => clean(hash),
    }
}

fn finality(deletion: &Deletion) -> String {
    match (deletion.state, deletion.until) {
        (DeletionState::Deleted, _) => "permanent: there is no suspended state".to_owned(),
        (DeletionState::Held, Some(until)) => {
            format!("kept until {}", until.to_utc().format("%Y-%m-%d %H:%MZ"))
        }
        (DeletionState::Held, None) => "kept until an operator decides".to_owned(),
        (DeletionState::Restored | DeletionState::Returned, _) => "as it was, same id".to_owned(),
    }
}

fn signal(model: &Model, deletion: &Deletion) -> String {
    let what = match deletion.signal {
        Signal::Delete => "DELETE of the user",
        Signal::Deactivate => "active:false",
        Signal::CreatedInactive => "POST with active:false",
    };
    let at = deletion.at.to_utc().format("%Y-%m-%d %H:%M:%SZ");
    let by = actor(model, &deletion.actor);
    let mut text = format!("{what} by {by} at {at}");
    if let Some(request) = deletion.request {
        let exchange = model
            .live
            .log
            .newest_first()
            .find(|exchange| exchange.request == request);
        if let Some(exchange) = exchange {
            text = format!(
                "{text}, {}, from {}",
                exchange.client.as_str(),
                clean(&exchange.source)
            );
        }
        text = format!("{text}, req {request}");
    }
    text
}

fn content_fate(deletion: &Deletion, detail: Option<&DeletionDetail>) -> String {
    let owned = owned(deletion);
    match (&deletion.heir, deletion.state) {
        (_, DeletionState::Held) => {
            let owns = detail.map_or(&deletion.content, |detail| &detail.owns);
            format!("{}: stays with the account", counts(owns))
        }
        (Some(heir), _) => format!(
            "{owned} objects → {} in the same transaction ({})",
            clean(&heir.user_name),
            counts(&deletion.content)
        ),
        (None, _) if owned == 0 => "owned nothing".to_owned(),
        (None, _) => format!("{}: nothing moved", counts(&deletion.content)),
    }
}

fn guard(deletion: &Deletion, detail: Option<&DeletionDetail>) -> String {
    if let Some(batch) = deletion.batch {
        let why = detail.and_then(|detail| detail.batch.as_ref());
        let why = why.map_or_else(String::new, |batch| format!(": {}", clean(&batch.why)));
        return format!("open, batch {batch}{why}");
    }
    if !deletion.counted {
        return "not counted: a connection test, or announced".to_owned();
    }
    "within range, hence not frozen".to_owned()
}

/// Why the account is where it is, and the next step.
pub fn explain(model: &Model, deletion: &Deletion) -> (String, String) {
    let open = deletion
        .batch
        .is_some_and(|batch| model.removals.open_batch(batch).is_some());
    let keys = model.keys();
    let shows = format!("{} shows it", keys.to(Command::ToUser));
    match (deletion.state, deletion.until) {
        (DeletionState::Deleted, _) => (gone(deletion), again(deletion)),
        (DeletionState::Held, Some(until)) => (
            "the account is held: access ended at once, memberships and content are kept"
                .to_owned(),
            format!(
                "{} restores it as it was; else it is deleted on {}; {} deletes it now",
                keys.of(Command::Restore),
                until.to_utc().format("%Y-%m-%d"),
                keys.of(Command::Purge)
            ),
        ),
        (DeletionState::Held, None) if open => (
            "the guard was open: access ended, but nothing is destroyed and no content moved"
                .to_owned(),
            {
                let several = keys.key(Command::Mark);
                let several =
                    several.map_or_else(String::new, |mark| format!(" ({mark} marks several)"));
                format!(
                    "{} approves the batch, {} restores this account{several}",
                    keys.of(Command::Approve),
                    keys.of(Command::Restore)
                )
            },
        ),
        (DeletionState::Held, None) => (
            "the guard froze it; the verdict on its batch is being carried out".to_owned(),
            "wait: the banner counts down".to_owned(),
        ),
        (DeletionState::Restored, _) => (
            "an operator brought it back as it was: same id, memberships, content".to_owned(),
            format!("assign it in the identity provider too, or it is removed again; {shows}"),
        ),
        (DeletionState::Returned, _) => (
            "the identity provider sent a POST with the same externalId".to_owned(),
            format!("nothing; {shows}"),
        ),
    }
}

fn gone(deletion: &Deletion) -> String {
    let why = match (deletion.settled, deletion.batch, deletion.signal) {
        (Some(_), Some(_), _) => "frozen by the guard, then approved by an operator",
        (Some(_), None, _) => "it was held, and its time was over or an operator purged it",
        (None, _, Signal::Delete) => {
            "the identity provider deleted the user, and the Org's policy is delete"
        }
        (None, _, Signal::Deactivate) => {
            "the identity provider disabled the user, and the Org's policy is delete"
        }
        (None, _, Signal::CreatedInactive) => {
            "the user was sent as inactive: nothing was created, this is only the record of it"
        }
    };
    why.to_owned()
}

fn again(deletion: &Deletion) -> String {
    let text = match (deletion.signal, &deletion.heir) {
        (Signal::CreatedInactive, _) => "nothing",
        (_, Some(_)) => {
            "if it was a mistake: assign the user again in the identity provider (a new account \
             that owns nothing), then b gives its content back"
        }
        (_, None) => "if it was a mistake: assign the user again in the identity provider",
    };
    text.to_owned()
}

/// Every item that moved, before and after.
pub fn content(detail: &DeletionDetail, columns: usize) -> Vec<Line> {
    if detail.transfers.is_empty() {
        let text = content_fate(&detail.deletion, Some(detail));
        return paragraph("", Role::Dim, &text, columns);
    }
    let mut lines = vec![content_head(columns)];
    let each = detail.transfers.iter();
    lines.extend(each.map(|transfer| content_line(transfer, columns)));
    let more = detail
        .transfer_count
        .saturating_sub(detail.transfers.len() as u64);
    if more > 0 {
        let seq = detail.deletion.seq;
        let text = format!("… {more} more: scimtop transfers list --deletion {seq}");
        lines.push(line(Role::Dim, &text));
    }
    lines
}

/// Widths of kind, title, before and after; the note has what is left.
fn widths(columns: usize) -> [usize; 4] {
    let person = (columns / 6).clamp(6, 24);
    let kind = 10;
    let note = (columns / 5).clamp(8, 26);
    let title = columns.saturating_sub(2 + kind + 2 * person + note + 4);
    [kind, title.max(4), person, person]
}

fn content_head(columns: usize) -> Line {
    let [kind, title, before, after] = widths(columns);
    let head = format!(
        "  {} {} {} {} NOTE",
        fit("KIND", kind),
        fit("NAME", title),
        fit("BEFORE", before),
        fit("AFTER", after)
    );
    vec![(Role::Column, cut(&head, columns))]
}

fn content_line(transfer: &Transfer, columns: usize) -> Line {
    let [kind, title, before, after] = widths(columns);
    let (verify, note) = note(transfer);
    let left = columns.saturating_sub(2 + kind + title + before + after + 4);
    let cell = |text: &str, width| format!("{} ", fit(&clean(text), width));
    let glyph = if verify { "▲ " } else { "  " };
    vec![
        (Role::Warn, glyph.to_owned()),
        (Role::Client, cell(&transfer.kind, kind)),
        (Role::Text, cell(&transfer.title, title)),
        (Role::DiffRemoved, cell(&transfer.from.user_name, before)),
        (Role::DiffAdded, cell(&transfer.to.user_name, after)),
        (
            if verify { Role::Warn } else { Role::Dim },
            cut(&clean(&note), left),
        ),
    ]
}

/// Whether somebody has to look at the item, and what is to be said of it.
pub fn note(transfer: &Transfer) -> (bool, String) {
    let recipient = transfer.recipient.as_deref().unwrap_or("a recipient");
    match (transfer.why, transfer.undone) {
        (Why::GiveBack, _) => (false, "give-back".to_owned()),
        (_, Some(by)) => (false, format!("given back #{by}")),
        (Why::Recipient, None) => (true, format!("verify: lost {recipient}")),
        (Why::Removal, None) if transfer.kind == "schedule" => (true, "verify owner".to_owned()),
        (Why::Removal, None) => (false, String::new()),
    }
}

/// The groups and roles that went with the account.
pub fn lost(deletion: &Deletion) -> Vec<Line> {
    let mut lines = vec![line(Role::Column, "GROUPS")];
    let groups = groups_lost(deletion);
    for group in &groups {
        lines.push(vec![
            (Role::DiffRemoved, "  - ".to_owned()),
            (Role::Text, clean(group)),
        ]);
    }
    if groups.is_empty() {
        lines.push(line(Role::Dim, "  none"));
    }
    lines.push(Line::new());
    lines.push(line(Role::Column, "ROLES, by these groups"));
    for role in &deletion.roles {
        lines.push(vec![
            (Role::DiffRemoved, "  - ".to_owned()),
            (Role::Text, clean(role)),
        ]);
    }
    if deletion.roles.is_empty() {
        lines.push(line(Role::Dim, "  none"));
    }
    lines
}
