//! A user that was not created, or is not what it should be.

use std::time::Duration;

use super::{Failure, Scene, accepts, back, count, failures, silence, succeeded, token};
use crate::model::deletion::{Deletion, DeletionState, Signal};
use crate::model::diagnosis::{About, Check, Diagnosis};
use crate::model::event::Actor;
use crate::model::exchange::{ExchangeSummary, Operation};
use crate::model::menus;
use crate::model::role::Access;
use crate::model::user::UserRecord;
use crate::scim::fold::fold;

/// Removals of one name in [`DAY`] that are no everyday life.
const FLAPPING: usize = 3;
/// See [`FLAPPING`].
const DAY: Duration = Duration::from_secs(24 * 3600);

/// An account that might be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its `userName`.
    pub user_name: String,
    /// The name of its Org.
    pub org: String,
    /// What of it is like what was asked for: `emails`, `userName`.
    pub by: &'static str,
}

/// A match query of the client that found somebody else.
#[derive(Clone, Debug)]
pub struct Mismatch<'a> {
    /// The query.
    pub exchange: &'a ExchangeSummary,
    /// Whom it found.
    pub found: String,
}

/// What is known of the user.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// Org and client.
    pub scene: Scene<'a>,
    /// As it was named.
    pub which: &'a str,
    /// The account, with its groups.
    pub account: Option<&'a UserRecord>,
    /// What it may do.
    pub access: &'a Access,
    /// Accounts that might be meant.
    pub candidates: &'a [Candidate],
    /// Earlier removals, newest first.
    pub removals: &'a [Deletion],
    /// Exchanges about it, newest first.
    pub about: &'a [ExchangeSummary],
    /// Those that failed, newest first.
    pub failed: &'a [Failure<'a>],
    /// Match queries that found somebody else, newest first.
    pub mismatches: &'a [Mismatch<'a>],
}

/// Why the user is not there, or what it is.
pub fn diagnose(facts: &Facts<'_>) -> Diagnosis {
    let scene = &facts.scene;
    let checks = vec![
        accepts(scene),
        token(scene),
        silence(scene.silent),
        account(facts),
        removed(facts),
        flapping(facts),
        matched(facts),
        failures(scene, facts.about, facts.failed),
        elsewhere(facts),
        seen(facts),
        access(facts),
    ];
    let org = Some(scene.org.name.clone());
    let known = facts.account.map(|user| &user.user_name);
    let known = known.or_else(|| facts.removals.first().map(|removal| &removal.user_name));
    let name = known.map_or(facts.which, String::as_str);
    Diagnosis::of(About::User, org, Some(name.to_owned()), checks)
}

fn account(facts: &Facts<'_>) -> Check {
    const NAME: &str = "user";
    let Some(user) = facts.account else {
        return Check::unknown(
            NAME,
            format!(
                "no account of Org {} has this id, userName or externalId",
                facts.scene.org.name
            ),
        );
    };
    let external = user.external_id.as_ref();
    let external = external.map_or(String::new(), |id| format!(", externalId {id}"));
    let name = format!("{} exists, id {}{external}", user.user_name, user.id);
    if user.active {
        return Check::fine(NAME, format!("{name}, active"));
    }
    let off = facts
        .about
        .iter()
        .find(|one| one.operation == Operation::Deactivate && one.status < 400);
    let when = off.map_or(String::new(), |one| format!(" since {}", one.at));
    Check::problem(
        NAME,
        format!("{name}, but is disabled (active:false){when}"),
        [format!(
            "see whether the user is assigned and may sign in: {}",
            menus::assignments(facts.scene.client)
        )],
    )
    .shown_by(off.map(|one| one.request))
}

fn removed(facts: &Facts<'_>) -> Check {
    const NAME: &str = "removed";
    let Some(last) = facts.removals.first() else {
        return Check::fine(NAME, "it was never removed");
    };
    let signal = match last.signal {
        Signal::Delete => "DELETE",
        Signal::Deactivate => "active:false",
        Signal::CreatedInactive => "a POST with active:false",
    };
    let by = match &last.actor {
        Actor::Token(id) => {
            let known = facts.scene.tokens.iter().find(|token| token.id == *id);
            known.map_or_else(|| id.to_string(), |token| format!("token {}", token.label))
        }
        Actor::Operator(name) => format!("operator {name}"),
        Actor::System => "the server".to_owned(),
    };
    let how = format!("{signal} by {by} at {}", last.at);
    if facts.account.is_some() {
        return Check::fine(NAME, format!("it was removed before ({how}) and is back"))
            .shown_by(last.request);
    }
    let (state, step) = match (last.state, last.batch, last.until) {
        (DeletionState::Held, Some(batch), None) => (
            format!("frozen by the guard in batch {batch}"),
            format!(
                "scimtop deletions restore {}, or scimtop guard restore",
                last.seq
            ),
        ),
        (DeletionState::Held, _, until) => (
            until.map_or_else(|| "held".to_owned(), |until| format!("held until {until}")),
            format!("scimtop deletions restore {}", last.seq),
        ),
        _ => (
            "removed for good".to_owned(),
            "nothing brings the account back; it is created anew once it is assigned".to_owned(),
        ),
    };
    Check::problem(
        NAME,
        format!("the account was {state}: {how}"),
        [
            step,
            format!(
                "assign the user again: {}",
                menus::assignments(facts.scene.client)
            ),
        ],
    )
    .shown_by(last.request)
}

/// Whether it comes and goes.
fn flapping(facts: &Facts<'_>) -> Check {
    const NAME: &str = "flapping";
    let now = facts.scene.now;
    let often: Vec<_> = facts
        .removals
        .iter()
        .filter(|removal| now.since(removal.at) <= DAY)
        .collect();
    let (Some(newest), true) = (often.first(), often.len() >= FLAPPING) else {
        return Check::fine(NAME, "it does not come and go");
    };
    Check::problem(
        NAME,
        format!(
            "it was removed {} times in 24 hours and made anew in between, last at {}: two \
             assignments, or two identity providers, disagree about it",
            often.len(),
            newest.at
        ),
        [
            format!(
                "see which assignment takes the user out again: {}",
                menus::assignments(facts.scene.client)
            ),
            "compare the token of each request: scimtop users history".to_owned(),
        ],
    )
    .shown_by(often.iter().filter_map(|removal| removal.request))
}

fn matched(facts: &Facts<'_>) -> Check {
    const NAME: &str = "match";
    match facts.mismatches.first() {
        Some(wrong) => Check::problem(
            NAME,
            format!(
                "{} looks it up by {} and finds {}: the matching attribute is wrong or its value \
                 is somebody else's",
                wrong.exchange.client.as_str(),
                wrong.exchange.subject,
                wrong.found
            ),
            [format!(
                "correct the matching attribute: {}",
                menus::mappings(wrong.exchange.client)
            )],
        )
        .shown_by(facts.mismatches.iter().map(|one| one.exchange.request)),
        None => Check::fine(NAME, "no match query found somebody else"),
    }
}

fn elsewhere(facts: &Facts<'_>) -> Check {
    const NAME: &str = "elsewhere";
    let here = &facts.scene.org.name;
    let Some(first) = facts.candidates.first() else {
        return Check::fine(NAME, "no other account looks like it");
    };
    let all: Vec<_> = facts
        .candidates
        .iter()
        .map(|one| format!("{} in Org {} (by {})", one.user_name, one.org, one.by))
        .collect();
    let finding = format!("the same person may be {}", all.join(", "));
    if facts.account.is_some() {
        return Check::fine(NAME, finding);
    }
    let client = facts.scene.client;
    let step = if first.org == *here {
        format!(
            "match the account that is there: {}",
            menus::mappings(client)
        )
    } else {
        format!(
            "use a token and base URL of Org {here}: {}",
            menus::token_place(client)
        )
    };
    Check::problem(NAME, finding, [step])
}

fn seen(facts: &Facts<'_>) -> Check {
    const NAME: &str = "requests";
    if let Some(newest) = facts.about.first() {
        let of = |wanted: &[Operation]| {
            let some = facts.about.iter();
            some.filter(|one| wanted.contains(&one.operation)).count()
        };
        let finding = format!(
            "{} about it, last {}: {} looked it up, {} created, {} changed",
            count(facts.about.len(), "request"),
            newest.at,
            of(&[Operation::Query, Operation::Get]),
            of(&[Operation::Create]),
            of(&[
                Operation::Patch,
                Operation::Replace,
                Operation::Activate,
                Operation::Deactivate,
                Operation::Delete,
            ]),
        );
        let made = facts.about.iter().any(succeeded);
        let only_looked = facts.account.is_none() && !made && facts.failed.is_empty();
        if !only_looked {
            return Check::fine(NAME, finding);
        }
        return Check::problem(
            NAME,
            format!("{finding}; the identity provider looks the user up and never creates it"),
            [
                "see whether Create Users is switched on".to_owned(),
                menus::resend(newest.client).to_owned(),
            ],
        )
        .shown_by(facts.about.iter().map(|one| one.request));
    }
    let finding = format!(
        "no request named it {} (Bulk is not searched)",
        back(&facts.scene)
    );
    if facts.account.is_some() {
        return Check::unknown(NAME, finding);
    }
    Check::problem(
        NAME,
        format!("{finding}: the identity provider never sent the user"),
        [
            format!(
                "assign the user: {}",
                menus::assignments(facts.scene.client)
            ),
            format!("send it: {}", menus::resend(facts.scene.client)),
        ],
    )
}

fn access(facts: &Facts<'_>) -> Check {
    const NAME: &str = "access";
    let Some(user) = facts.account else {
        return Check::unknown(NAME, "there is no account");
    };
    let groups: Vec<_> = user
        .groups
        .iter()
        .map(|group| group.display.as_str())
        .collect();
    let had = facts.removals.first().map(lost).unwrap_or_default();
    if groups.is_empty() && !had.is_empty() {
        return Check::problem(
            NAME,
            format!("it came back without its groups: {}", had.join(", ")),
            [format!(
                "put the user into its groups again: {}",
                menus::push_group(facts.scene.client)
            )],
        );
    }
    if groups.is_empty() {
        return Check::fine(
            NAME,
            "it is in no group and so may do nothing in particular",
        );
    }
    let privileges: Vec<_> = facts
        .access
        .privileges
        .iter()
        .map(|granted| granted.privilege.as_str())
        .collect();
    let may = if privileges.is_empty() {
        "no privileges".to_owned()
    } else {
        privileges.join(", ")
    };
    Check::fine(NAME, format!("groups {}: {may}", groups.join(", ")))
}

/// The groups that a removal took, by name.
fn lost(deletion: &Deletion) -> Vec<String> {
    let groups = deletion.groups.as_array().into_iter().flatten();
    groups
        .filter_map(|group| group["display"].as_str().map(str::to_owned))
        .collect()
}

/// True if a `userName` is the same but for what stands behind the `@`.
pub fn alike(one: &str, other: &str) -> bool {
    let local = |name: &str| {
        let folded = fold(name).into_owned();
        let local = folded.split('@').next().unwrap_or_default();
        local.to_owned()
    };
    let local_part = local(one);
    !local_part.is_empty() && local_part == local(other)
}
