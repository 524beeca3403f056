//! Acts: restore, approve, purge, give back; create, rotate, revoke. Each says before what it would
//! do, asks for a name to be typed, and says afterwards what it did.
//!
//! Nothing acts while the dashboard is read-only, and by default everything stays as it is.

use std::time::Duration;

use crossterm::event::KeyEvent;
use tui_input::Input;
use tui_input::backend::crossterm::to_input_request;

use crate::clock::Timestamp;
use crate::ids::TokenId;
use crate::model::guard::Verdict;
use crate::ops::api::OpsError;
use crate::ops::api::content::GiveBack;
use crate::ops::api::removals::{Decision, Selected};
use crate::text::clean;
use crate::tui::action::{Action, Wake};
use crate::tui::call::{Answer, Call, Purpose};
use crate::tui::keymap::{Command, Context};
use crate::tui::layout::DIALOG;
use crate::tui::state::plan::{Plan, outcome, rehearsal};
use crate::tui::state::{Mode, Model, fetch, role};
use crate::tui::widget::rich::Line;

pub mod credential;
pub mod silence;
mod target;

/// How long acts are allowed once they are unlocked.
pub const UNLOCKED: Duration = Duration::from_secs(600);

/// What an act is done to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Held accounts come back.
    Restore(Vec<u64>),
    /// Held accounts are deleted, personal data is erased.
    Purge(Vec<u64>),
    /// A batch of the guard, or some of it.
    Decide {
        /// Number of the Org.
        org: String,
        /// What becomes of it.
        verdict: Verdict,
        /// Chosen records; empty: the whole batch.
        only: Vec<u64>,
    },
    /// What a deletion moved, or lines of the ledger, go to a user.
    GiveBack {
        /// The deletion record.
        deletion: Option<u64>,
        /// The lines.
        transfers: Vec<u64>,
    },
    /// A token is issued.
    CreateToken,
    /// A successor is issued, and the token ends after an overlap.
    RotateToken(TokenId),
    /// A token ends at once.
    RevokeToken(TokenId),
    /// Nobody is told of an alert, by fingerprint, for a time.
    Silence(String),
    /// A silence ends.
    EndSilence(u64),
}

impl Act {
    /// What it does, as one word or two.
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::Restore(_) => "Restore",
            Self::Purge(_) => "Purge",
            Self::GiveBack { .. } => "Give back",
            Self::CreateToken => "Create",
            Self::RotateToken(_) => "Rotate",
            Self::RevokeToken(_) => "Revoke",
            Self::Silence(_) => "Silence",
            Self::EndSilence(_) => "End the silence of",
            Self::Decide { verdict, .. } => match verdict {
                Verdict::Approve => "Approve",
                Verdict::Restore => "Restore",
            },
        }
    }

    /// The call for it with what is typed; `None`: what is typed makes none.
    fn call(&self, fields: &[Field], now: Timestamp, dry_run: bool) -> Option<Call> {
        let selected = |deletions: &Vec<u64>| Selected {
            deletions: deletions.clone(),
            dry_run,
        };
        Some(match self {
            Self::Restore(deletions) => Call::Restore(selected(deletions)),
            Self::Purge(deletions) => Call::Purge(selected(deletions)),
            Self::Decide { org, verdict, only } => Call::Decide {
                org: org.clone(),
                decision: Decision {
                    verdict: *verdict,
                    only: only.clone(),
                    dry_run,
                },
            },
            Self::GiveBack {
                deletion,
                transfers,
            } => Call::GiveBack(GiveBack {
                deletion: *deletion,
                transfers: transfers.clone(),
                to: fields
                    .first()
                    .map_or_else(String::new, |to| to.value().to_owned()),
                dry_run,
            }),
            Self::Silence(_) | Self::EndSilence(_) => {
                return silence::call(self, fields, dry_run);
            }
            _ => return credential::call(self, fields, now),
        })
    }
}

/// Something to be said of an act before it is confirmed.
#[derive(Debug)]
pub struct Field {
    /// What it is.
    pub label: &'static str,
    /// What is typed, or one of the choices.
    pub input: Input,
    /// What it can be; empty: any text.
    choices: &'static [&'static str],
}

impl Field {
    const fn of(label: &'static str, input: Input, choices: &'static [&'static str]) -> Self {
        Self {
            label,
            input,
            choices,
        }
    }

    fn text(label: &'static str, value: &str) -> Self {
        Self::of(label, Input::new(value.to_owned()), &[])
    }

    /// One of `choices`; the first until it is changed.
    fn choice(label: &'static str, choices: &'static [&'static str]) -> Self {
        let first = choices.first().copied().unwrap_or_default();
        Self::of(label, Input::new(first.to_owned()), choices)
    }

    /// What stands there.
    pub fn value(&self) -> &str {
        self.input.value().trim()
    }

    /// The next choice, if it has any.
    fn turn(&mut self) {
        let at = self.choices.iter().position(|one| *one == self.value());
        let next = at.map_or(0, |at| (at + 1) % self.choices.len());
        if let Some(next) = self.choices.get(next) {
            self.input = Input::new((*next).to_owned());
        }
    }
}

/// An act to be confirmed.
#[derive(Debug)]
pub struct Confirm {
    /// The act.
    pub act: Act,
    /// What it is about.
    pub about: String,
    /// What has to be typed; empty as long as that is not known.
    pub word: String,
    /// What that is: `userName`, `name of the Org`.
    pub named: &'static str,
    /// What has to be said before: the receiver, the label of a token.
    pub fields: Vec<Field>,
    /// What is typed to confirm.
    pub input: Input,
    /// The field that is typed into; behind the last: what confirms.
    pub at: usize,
    /// The highlighted verb acts; else it keeps things as they are.
    pub agreed: bool,
    /// What it would do, or why that is not known; `None`: not asked yet, or on its way.
    pub plan: Option<Result<Plan, String>>,
    ticket: Option<u64>,
}

impl Confirm {
    /// True if the right name stands there.
    pub fn is_typed(&self) -> bool {
        !self.word.is_empty() && self.input.value() == self.word
    }

    /// True while something is being said of the act.
    pub const fn in_fields(&self) -> bool {
        self.at < self.fields.len()
    }

    /// A give-back to nobody yet.
    fn lacks_receiver(&self) -> bool {
        let first = self.fields.first();
        matches!(self.act, Act::GiveBack { .. }) && first.is_some_and(|to| to.value().is_empty())
    }
}

/// What an act did.
#[derive(Debug)]
pub struct Report {
    /// Which act.
    pub title: String,
    /// What it did, and what it left.
    pub lines: Vec<Line>,
    /// First line on the screen.
    pub scroll: usize,
}

/// True for a command that begins an act.
pub const fn is_act(command: Command) -> bool {
    matches!(
        command,
        Command::Restore
            | Command::Approve
            | Command::Purge
            | Command::GiveBack
            | Command::CreateToken
            | Command::RotateToken
            | Command::RevokeToken
            | Command::Silence
    )
}

/// Asks whether to do it.
pub fn begin(model: &mut Model, command: Command) -> Option<Action> {
    if let Some((_, title)) = &model.acting {
        let notice = format!("{title} is being carried out; wait for its end");
        model.say(notice);
        return None;
    }
    if let Some(why) = model.forbidden(command) {
        model.say(why);
        return None;
    }
    if model.unlocked_for().is_none() {
        let unlock = model.keys().of(Command::Unlock);
        model.say(format!("read-only: {unlock} allows acts for 10 minutes"));
        return None;
    }
    let target = match target::of(model, command) {
        Ok(target) => target,
        Err(why) => {
            model.say(why);
            return None;
        }
    };
    model.mode = Mode::Confirm(Box::new(Confirm {
        act: target.act,
        about: target.about,
        word: target.word,
        named: target.named,
        fields: target.fields,
        input: Input::default(),
        at: 0,
        agreed: false,
        plan: None,
        ticket: None,
    }));
    let Some((org, which)) = target.owner else {
        return rehearse(model);
    };
    let org = org.to_string();
    let action = fetch::ask(model, Purpose::Suggest, Call::User { org, which });
    if let (Mode::Confirm(confirm), Action::Call { ticket, .. }) = (&mut model.mode, &action) {
        confirm.ticket = Some(*ticket);
    }
    Some(action)
}

/// Asks what the act would do.
pub fn rehearse(model: &mut Model) -> Option<Action> {
    let ticket = model.ticket();
    let now = model.now;
    let Mode::Confirm(confirm) = &model.mode else {
        return None;
    };
    let known = credential::rehearsed(model, &confirm.act, &confirm.fields);
    let Mode::Confirm(confirm) = &mut model.mode else {
        return None;
    };
    if let Some((plan, word)) = known {
        confirm.plan = Some(plan);
        confirm.word = word.unwrap_or_else(|| std::mem::take(&mut confirm.word));
        return None;
    }
    if confirm.lacks_receiver() {
        return None;
    }
    let call = confirm.act.call(&confirm.fields, now, true)?;
    confirm.ticket = Some(ticket);
    Some(Action::Call {
        ticket,
        purpose: Purpose::Rehearse,
        call,
    })
}

fn waiting(model: &mut Model, ticket: u64) -> Option<&mut Confirm> {
    match &mut model.mode {
        Mode::Confirm(confirm) => {
            confirm.ticket.take_if(|waiting| *waiting == ticket)?;
            Some(confirm)
        }
        _ => None,
    }
}

/// The live account of the same name is offered as the receiver, unless one is typed already.
pub fn suggested(model: &mut Model, ticket: u64, result: Result<Answer, OpsError>) -> Vec<Action> {
    let Some(confirm) = waiting(model, ticket) else {
        return Vec::new();
    };
    let Ok(Answer::User(user)) = result else {
        // Nobody of that name lives: the receiver has to be typed.
        return Vec::new();
    };
    if !confirm.lacks_receiver() {
        return Vec::new();
    }
    if let Some(to) = confirm.fields.first_mut() {
        to.input = Input::new(user.line.user_name);
    }
    confirm.at = 1;
    rehearse(model).into_iter().collect()
}

/// What the act would do is known.
pub fn rehearsed(model: &mut Model, ticket: u64, result: Result<Answer, OpsError>) {
    let Some(confirm) = waiting(model, ticket) else {
        return;
    };
    confirm.plan = Some(match result {
        Ok(answer) => {
            if let Answer::GivenBack(given) = &answer {
                confirm.word = clean(&given.to.user_name);
            }
            Ok(rehearsal(&confirm.act, answer))
        }
        Err(error) => Err(error.message),
    });
}

/// A key that is text.
pub fn typed(model: &mut Model, key: KeyEvent) -> Vec<Action> {
    let Mode::Confirm(confirm) = &mut model.mode else {
        return Vec::new();
    };
    let Some(request) = to_input_request(&crossterm::event::Event::Key(key)) else {
        return Vec::new();
    };
    let Some(field) = confirm.fields.get_mut(confirm.at) else {
        confirm.input.handle(request);
        return Vec::new();
    };
    if field.choices.is_empty() {
        field.input.handle(request);
    } else {
        field.turn();
    }
    confirm.plan = None;
    confirm.ticket = None;
    model.typed += 1;
    vec![Action::Wake(Wake::Rehearse(model.typed))]
}

/// A key that is none.
pub fn key(model: &mut Model, command: Command) -> Vec<Action> {
    let Mode::Confirm(confirm) = &mut model.mode else {
        return Vec::new();
    };
    match command {
        Command::NextTab | Command::Confirm if confirm.in_fields() => confirm.at += 1,
        Command::NextTab => confirm.agreed = !confirm.agreed,
        Command::PreviousTab if confirm.agreed => confirm.agreed = false,
        Command::PreviousTab => confirm.at = confirm.at.saturating_sub(1),
        Command::Confirm if confirm.agreed => return carry_out(model),
        Command::Confirm => {
            model.mode = Mode::Normal;
            model.say("nothing was changed");
        }
        _ => {}
    }
    Vec::new()
}

fn carry_out(model: &mut Model) -> Vec<Action> {
    let Mode::Confirm(confirm) = &model.mode else {
        return Vec::new();
    };
    let refusal = match &confirm.plan {
        _ if model.unlocked_for().is_none() => Some(format!(
            "read-only again: {}, then {}",
            model.keymap.at(Context::Confirm).of(Command::Back),
            model.keys().of(Command::Unlock)
        )),
        None => Some("it is not known yet what this would do".to_owned()),
        Some(Err(_)) => Some("this cannot be done".to_owned()),
        Some(Ok(plan)) if !plan.possible => Some("there is nothing to do".to_owned()),
        Some(Ok(_)) if !confirm.is_typed() => Some(format!("type {} first", confirm.word)),
        Some(Ok(_)) => None,
    };
    if let Some(refusal) = refusal {
        model.say(refusal);
        return Vec::new();
    }
    let Mode::Confirm(confirm) = std::mem::take(&mut model.mode) else {
        return Vec::new();
    };
    let title = format!("{} {}", confirm.act.verb(), confirm.about);
    let Some(call) = confirm.act.call(&confirm.fields, model.now, false) else {
        return Vec::new();
    };
    let action = fetch::ask(model, Purpose::Act, call);
    if let Action::Call { ticket, .. } = action {
        model.acting = Some((ticket, title));
    }
    let mut actions = vec![action];
    actions.extend(fetch::refresh_soon(model));
    actions
}

/// The act is over.
pub fn done(model: &mut Model, ticket: u64, result: Result<Answer, OpsError>) -> Vec<Action> {
    let Some((_, title)) = model.acting.take_if(|(acting, _)| *acting == ticket) else {
        return Vec::new();
    };
    if let Ok(Answer::Issued(issued)) = result {
        model.issued = Some((*issued).into());
        return fetch::reload(model);
    }
    let columns = usize::from(model.size.0.min(DIALOG)).saturating_sub(4);
    model.report = Some(Report {
        lines: outcome(result, columns),
        title,
        scroll: 0,
    });
    model.removals.deletions.at.marks.clear();
    model.removals.holds.at.marks.clear();
    model.removals.transfers.at.marks.clear();
    fetch::reload(model)
}

/// Checks the chain of events; that changes nothing and needs no confirmation.
pub fn verify(model: &mut Model) -> Option<Action> {
    if let Some((_, title)) = &model.acting {
        let notice = format!("{title} is being carried out; wait for its end");
        model.say(notice);
        return None;
    }
    let action = fetch::ask(model, Purpose::Act, Call::VerifyEvents);
    if let Action::Call { ticket, .. } = action {
        model.acting = Some((ticket, "Check of the chain".to_owned()));
    }
    Some(action)
}

/// Closes the dialog with a secret; one that was not copied only at the second time.
pub fn close_issued(model: &mut Model) {
    let keys = model.keymap.at(Context::Issued);
    let [copy, close] = [Command::CopyToken, Command::Back].map(|command| keys.of(command));
    match &mut model.issued {
        Some(issued) if !issued.closing => {
            issued.closing = true;
            model.say(format!(
                "it was not copied: {copy} copies it, {close} again closes this for good"
            ));
        }
        _ => model.issued = None,
    }
}

/// Allows acts for a while, or no more.
pub fn unlock(model: &mut Model) {
    if model.forbidden(Command::Unlock).is_some() {
        role::explain(model);
    } else if model.unlocked_for().is_some() {
        model.unlocked = None;
        model.say("read-only again");
    } else {
        model.unlocked = Some(model.now.plus(UNLOCKED));
        let unlock = model.keys().of(Command::Unlock);
        model.say(format!(
            "acts are allowed for 10 minutes; each asks first; {unlock} locks again"
        ));
    }
}
