//! The operator's role: which commands it allows, and what is said of those it does not.
//!
//! The operations API decides; this only says beforehand what it would say. As long as the role is
//! not known, everything is offered.

use crate::model::operator::OperatorRole;
use crate::ops::api::operator::{
    ACKNOWLEDGE, DECIDE, GIVE_BACK, PURGE, RESTORE, SILENCE, TOKENS, WhoAmI,
};
use crate::ops::api::{Failure, OpsError};
use crate::tui::action::Action;
use crate::tui::call::{Answer, Call, Purpose};
use crate::tui::keymap::Command;
use crate::tui::layout::DIALOG;
use crate::tui::state::acts::Report;
use crate::tui::state::{Model, fetch};
use crate::tui::theme::Role;
use crate::tui::widget::rich::{Line, fact, paragraph};

/// What is known of the operator.
#[derive(Debug, Default)]
pub struct Me {
    /// Who it is, as the daemon said last.
    pub known: Option<WhoAmI>,
    /// A daemon of an earlier version cannot say it.
    untold: bool,
}

/// The least role that may do it.
pub const fn needed(command: Command) -> OperatorRole {
    match command {
        // Unlocking is of use to whoever may do anything at all.
        Command::Unlock | Command::Restore => RESTORE,
        Command::Approve => DECIDE,
        Command::GiveBack => GIVE_BACK,
        Command::Acknowledge => ACKNOWLEDGE,
        Command::Silence => SILENCE,
        Command::Purge => PURGE,
        Command::CreateToken | Command::RotateToken | Command::RevokeToken => TOKENS,
        _ => OperatorRole::Viewer,
    }
}

impl Model {
    /// The operator's role, if it is known.
    pub fn role(&self) -> Option<OperatorRole> {
        self.me.known.as_ref().map(|me| me.role)
    }

    /// Why the operator may not do it; `None`: it may, or nobody knows.
    pub fn forbidden(&self, command: Command) -> Option<String> {
        let (needed, has) = (needed(command), self.role()?);
        (has < needed).then(|| {
            let (needed, has) = (needed.as_str(), has.as_str());
            format!("this takes the role {needed}; yours is {has}")
        })
    }
}

/// Asks who this is, unless that cannot be known.
pub fn ask(model: &mut Model) -> Option<Action> {
    let asks = model.me.known.is_none() && !model.me.untold;
    asks.then(|| fetch::ask(model, Purpose::WhoAmI, Call::WhoAmI))
}

/// Another daemon, or the same with other rules, may answer from now on.
pub fn ask_again(model: &mut Model) -> Action {
    model.me.untold = false;
    fetch::ask(model, Purpose::WhoAmI, Call::WhoAmI)
}

/// Takes in the answer.
pub fn answered(model: &mut Model, result: Result<Answer, OpsError>) {
    match result {
        Ok(Answer::WhoAmI(me)) => model.me.known = Some(me),
        Err(error) if error.failure == Failure::NotFound => {
            model.me = Me {
                known: None,
                untold: true,
            }
        }
        _ => {}
    }
    if model.forbidden(Command::Unlock).is_some() {
        model.unlocked = None;
    }
}

/// What a role that may only read lacks, and how to get it.
pub fn explain(model: &mut Model) {
    let Some(me) = &model.me.known else {
        return;
    };
    let columns = usize::from(model.size.0.min(DIALOG)).saturating_sub(4);
    let (acts, all) = (RESTORE.as_str(), PURGE.as_str());
    let mut lines: Vec<Line> = Vec::new();
    lines.extend(fact("you", &me.operator, columns));
    lines.extend(fact("role", me.role.as_str(), columns));
    lines.push(Line::new());
    let why = format!(
        "a {} reads everything and changes nothing. Restore, approve, give back and acknowledge \
         take the role {acts}; purging and tokens take {all}.",
        me.role.as_str()
    );
    lines.extend(paragraph("why", Role::Text, &why, columns));
    let step = match me.token {
        Some(_) => format!(
            "ask an admin for a token of that role: scimtop token create --kind operator --role \
             {acts}; then attach with it"
        ),
        None => format!(
            "ask who runs the daemon for a rule in its config.toml: [[ops.operators]] with your \
             user or group and role = \"{acts}\""
        ),
    };
    lines.extend(paragraph("do", Role::Text, &step, columns));
    model.report = Some(Report {
        title: "READ-ONLY".to_owned(),
        lines,
        scroll: 0,
    });
}
