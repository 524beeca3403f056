//! What an act would be done to: the marked, else the selected, else the opened.

use crate::ids::OrgId;
use crate::model::deletion::{Deletion, DeletionState};
use crate::model::guard::{Batch, GuardStatus, Verdict};
use crate::text::clean;
use crate::tui::keymap::Command;
use crate::tui::state::Model;
use crate::tui::state::acts::{Act, Field, credential, silence};
use crate::tui::state::pane::Pane;
use crate::tui::state::removals::can_be_given_back;

const USER_NAME: &str = "userName";
pub const ORG_NAME: &str = "name of the Org";

/// An act, and what has to be typed for it.
pub struct Target {
    pub act: Act,
    pub about: String,
    pub word: String,
    pub named: &'static str,
    /// What has to be said before.
    pub fields: Vec<Field>,
    /// For a give-back: whose content it was.
    pub owner: Option<(OrgId, String)>,
}

/// What `command` would be done to, or why to nothing.
pub fn of(model: &Model, command: Command) -> Result<Target, &'static str> {
    let in_guard = model.removals.open.is_none() && model.removals.pane == Pane::Guard;
    match command {
        Command::Restore if in_guard => selected_batch(model, Verdict::Restore),
        Command::Approve if in_guard => selected_batch(model, Verdict::Approve),
        Command::Approve => approve(model),
        Command::Restore => {
            let held = |deletion: &&Deletion| deletion.state == DeletionState::Held;
            accounts(model, held, Act::Restore)
                .ok_or("only a held account can be restored; one that lives is among its related")
        }
        Command::Purge => {
            let gone = |deletion: &&Deletion| {
                matches!(deletion.state, DeletionState::Held | DeletionState::Deleted)
            };
            accounts(model, gone, Act::Purge)
                .ok_or("the account is back: there is nothing to purge")
        }
        Command::GiveBack => give_back(model),
        Command::Silence => silence::target(model),
        _ => credential::target(model, command),
    }
}

/// The marked deletion records, else the selected or opened one.
fn chosen(model: &Model) -> Vec<&Deletion> {
    if model.removals.open.is_some() {
        return model.deletion().into_iter().collect();
    }
    model
        .removals
        .records()
        .map(|list| list.chosen())
        .unwrap_or_default()
}

fn accounts(
    model: &Model,
    fit: impl Fn(&&Deletion) -> bool,
    act: impl Fn(Vec<u64>) -> Act,
) -> Option<Target> {
    let chosen: Vec<&Deletion> = chosen(model).into_iter().filter(fit).collect();
    let act = act(chosen.iter().map(|deletion| deletion.seq).collect());
    let (about, word, named) = match chosen.as_slice() {
        [] => return None,
        [one] if !one.user_name.is_empty() => {
            let name = clean(&one.user_name);
            (name.clone(), name, USER_NAME)
        }
        [first, rest @ ..] => {
            let count = chosen.len();
            let accounts = if count == 1 { "account" } else { "accounts" };
            let about = format!("{count} {accounts}");
            if rest.iter().all(|other| other.org == first.org) {
                let org = model.org_name(first.org);
                (format!("{about} of Org {org}"), org, ORG_NAME)
            } else {
                (about.clone(), about, "number of accounts")
            }
        }
    };
    Some(Target {
        act,
        about,
        word,
        named,
        fields: Vec::new(),
        owner: None,
    })
}

fn selected_batch(model: &Model, verdict: Verdict) -> Result<Target, &'static str> {
    let guard = model.removals.guard.selected();
    let open = guard.and_then(|guard| Some((guard, guard.open.as_ref()?)));
    let (guard, batch) =
        open.ok_or("the guard of this Org is closed: there is nothing to decide")?;
    Ok(decide(guard, batch, verdict, Vec::new()))
}

/// Marked ones alone; without marks the whole batch that the record is in.
fn approve(model: &Model) -> Result<Target, &'static str> {
    let chosen = chosen(model);
    let batch = chosen.first().and_then(|first| first.batch);
    let (guard, batch) = batch
        .and_then(|batch| model.removals.open_batch(batch))
        .ok_or("it is in no batch of an open guard: there is nothing to approve")?;
    let records = model.removals.records().map(|list| &list.at.marks);
    let marked = model.removals.open.is_none() && records.is_some_and(|marks| !marks.is_empty());
    if !marked {
        return Ok(decide(guard, batch, Verdict::Approve, Vec::new()));
    }
    if chosen.iter().any(|other| other.batch != Some(batch.id)) {
        return Err("the marked ones are not all in one open batch");
    }
    let only = chosen.iter().map(|deletion| deletion.seq).collect();
    Ok(decide(guard, batch, Verdict::Approve, only))
}

fn decide(guard: &GuardStatus, batch: &Batch, verdict: Verdict, only: Vec<u64>) -> Target {
    let org = clean(&guard.org_name);
    let about = match only.len() {
        0 => format!("batch {} of Org {org}", batch.id),
        some => format!("{some} of batch {} of Org {org}", batch.id),
    };
    Target {
        act: Act::Decide {
            org: guard.org.to_string(),
            verdict,
            only,
        },
        about,
        word: org,
        named: ORG_NAME,
        fields: Vec::new(),
        owner: None,
    }
}

fn give_back(model: &Model) -> Result<Target, &'static str> {
    let in_ledger = model.removals.open.is_none() && model.removals.pane == Pane::Transfers;
    let (act, about, owner) = if in_ledger {
        let chosen = model.removals.transfers.chosen();
        if chosen.is_empty() {
            return Err("no content has moved: there is nothing to give back");
        }
        let open: Vec<_> = chosen
            .into_iter()
            .filter(|transfer| can_be_given_back(transfer))
            .collect();
        let first = open
            .first()
            .ok_or("it is given back already, or is a give-back itself")?;
        let about = match open.len() {
            1 => clean(&first.title),
            count => format!("{count} objects"),
        };
        let act = Act::GiveBack {
            deletion: None,
            transfers: open.iter().map(|transfer| transfer.seq).collect(),
        };
        (act, about, (first.org, first.from.user_name.clone()))
    } else {
        let chosen = chosen(model);
        let [deletion] = chosen.as_slice() else {
            return Err("give back what one removal moved at a time: take the marks away");
        };
        if deletion.heir.is_none() {
            return Err("no content moved with this removal");
        }
        let act = Act::GiveBack {
            deletion: Some(deletion.seq),
            transfers: Vec::new(),
        };
        let about = format!("the content of {}", clean(&deletion.user_name));
        (act, about, (deletion.org, deletion.user_name.clone()))
    };
    Ok(Target {
        act,
        about,
        word: String::new(),
        named: "userName of the receiver",
        fields: vec![Field::text("To (userName or id of a live user):", "")],
        owner: Some(owner),
    })
}
