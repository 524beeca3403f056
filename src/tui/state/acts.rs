//! Acts: restore, approve, purge, give back. Each is rehearsed (`dry_run`), asks for a name to be
//! typed, and says afterwards what it did.
//!
//! Nothing acts while the dashboard is read-only, and by default everything stays as it is.

use std::time::Duration;

use crossterm::event::KeyEvent;
use tui_input::Input;
use tui_input::backend::crossterm::to_input_request;

use crate::model::guard::Verdict;
use crate::ops::api::OpsError;
use crate::ops::api::content::GiveBack;
use crate::ops::api::removals::{Decision, Selected};
use crate::text::clean;
use crate::tui::action::{Action, Wake};
use crate::tui::call::{Answer, Call, Purpose};
use crate::tui::keymap::Command;
use crate::tui::layout::DIALOG;
use crate::tui::state::plan::{Plan, outcome, rehearsal};
use crate::tui::state::{Mode, Model, fetch};
use crate::tui::widget::rich::Line;

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
}

impl Act {
    /// What it does, as one word or two.
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::Restore(_) => "Restore",
            Self::Purge(_) => "Purge",
            Self::GiveBack { .. } => "Give back",
            Self::Decide { verdict, .. } => match verdict {
                Verdict::Approve => "Approve",
                Verdict::Restore => "Restore",
            },
        }
    }

    fn call(&self, to: &str, dry_run: bool) -> Call {
        let selected = |deletions: &Vec<u64>| Selected {
            deletions: deletions.clone(),
            dry_run,
        };
        match self {
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
                to: to.to_owned(),
                dry_run,
            }),
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
    /// The receiver of what is given back.
    pub to: Option<Input>,
    /// What is typed to confirm.
    pub input: Input,
    /// The receiver is being typed.
    pub in_to: bool,
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

    fn receiver(&self) -> &str {
        self.to.as_ref().map_or("", |to| to.value().trim())
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
        Command::Restore | Command::Approve | Command::Purge | Command::GiveBack
    )
}

/// Asks whether to do it.
pub fn begin(model: &mut Model, command: Command) -> Option<Action> {
    if let Some((_, title)) = &model.acting {
        let notice = format!("{title} is being carried out; wait for its end");
        model.say(notice);
        return None;
    }
    if model.unlocked_for().is_none() {
        model.say("read-only: u allows acts for 10 minutes");
        return None;
    }
    let target = match target::of(model, command) {
        Ok(target) => target,
        Err(why) => {
            model.say(why);
            return None;
        }
    };
    let giving = target.owner.is_some();
    model.mode = Mode::Confirm(Box::new(Confirm {
        act: target.act,
        about: target.about,
        word: target.word,
        named: target.named,
        to: giving.then(Input::default),
        input: Input::default(),
        in_to: giving,
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
    let Mode::Confirm(confirm) = &mut model.mode else {
        return None;
    };
    if confirm.to.is_some() && confirm.receiver().is_empty() {
        return None;
    }
    confirm.ticket = Some(ticket);
    Some(Action::Call {
        ticket,
        purpose: Purpose::Rehearse,
        call: confirm.act.call(confirm.receiver(), true),
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
    if !confirm.receiver().is_empty() {
        return Vec::new();
    }
    confirm.to = Some(Input::new(user.line.user_name));
    confirm.in_to = false;
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
    match &mut confirm.to {
        Some(to) if confirm.in_to => {
            to.handle(request);
            confirm.plan = None;
            confirm.ticket = None;
            model.typed += 1;
            vec![Action::Wake(Wake::Rehearse(model.typed))]
        }
        _ => {
            confirm.input.handle(request);
            Vec::new()
        }
    }
}

/// A key that is none.
pub fn key(model: &mut Model, command: Command) -> Vec<Action> {
    let Mode::Confirm(confirm) = &mut model.mode else {
        return Vec::new();
    };
    match command {
        Command::NextTab if confirm.in_to => confirm.in_to = false,
        Command::Confirm if confirm.in_to => confirm.in_to = false,
        Command::NextTab => confirm.agreed = !confirm.agreed,
        Command::PreviousTab if confirm.agreed => confirm.agreed = false,
        Command::PreviousTab => confirm.in_to = confirm.to.is_some(),
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
        _ if model.unlocked_for().is_none() => Some("read-only again: Esc, then u".to_owned()),
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
    let call = confirm.act.call(confirm.receiver(), false);
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

/// Allows acts for a while, or no more.
pub fn unlock(model: &mut Model) {
    if model.unlocked_for().is_some() {
        model.unlocked = None;
        model.say("read-only again");
    } else {
        model.unlocked = Some(model.now.plus(UNLOCKED));
        model.say("acts are allowed for 10 minutes; each asks first; u locks again");
    }
}
