//! A group that does not follow the identity provider.

use super::{Failure, Scene, accepts, back, count, failures, silence, token};
use crate::model::diagnosis::{About, Check, Diagnosis};
use crate::model::event::{Actor, Event, EventKind};
use crate::model::exchange::ExchangeSummary;
use crate::model::group::GroupRecord;
use crate::model::menus;
use crate::model::role::RoleSource;
use crate::scim::fold::fold;
use crate::scim::quirk::Quirk;
use crate::text::shell_quote;

/// A removal of at least this many members, and half of them, at once is no everyday change.
const EMPTIED: usize = 10;
/// Ids named in a finding.
const NAMED: usize = 5;

/// A request that named members who are not there.
#[derive(Clone, Debug)]
pub struct Stale<'a> {
    /// The request.
    pub exchange: &'a ExchangeSummary,
    /// The ids, as far as its body was kept.
    pub ids: Vec<String>,
}

/// What is known of the group.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// Org and client.
    pub scene: Scene<'a>,
    /// As it was named.
    pub which: &'a str,
    /// The group.
    pub group: Option<&'a GroupRecord>,
    /// Names of other groups of the Org that contain its name.
    pub others: &'a [String],
    /// Its events, newest first; of one that is gone too.
    pub history: &'a [Event],
    /// Exchanges about it, newest first.
    pub about: &'a [ExchangeSummary],
    /// Those that failed, newest first.
    pub failed: &'a [Failure<'a>],
    /// Those that named members who are not there, newest first.
    pub stale: &'a [Stale<'a>],
    /// If no group has the name now: the event by which one lost it.
    pub renamed: Option<&'a Event>,
    /// Roles on it.
    pub roles: &'a [(String, RoleSource)],
    /// Roles that a rule gives to groups of the name it had before, and that it has no more.
    pub lost_roles: &'a [String],
    /// Names of groups inside it.
    pub nested: &'a [String],
}

/// Why the group does not follow.
pub fn diagnose(facts: &Facts<'_>) -> Diagnosis {
    let scene = &facts.scene;
    let checks = vec![
        accepts(scene),
        token(scene),
        silence(scene.silent),
        exists(facts),
        renamed(facts),
        similar(facts),
        emptied(facts),
        stale(facts),
        failures(scene, facts.about, facts.failed),
        seen(facts),
        membership(facts),
        roles(facts),
        nested(facts),
    ];
    let org = Some(scene.org.name.clone());
    let name = facts.group.map_or(facts.which, |group| &group.display_name);
    Diagnosis::of(About::Group, org, Some(name.to_owned()), checks)
}

fn exists(facts: &Facts<'_>) -> Check {
    const NAME: &str = "group";
    if let Some(group) = facts.group {
        return Check::fine(
            NAME,
            format!(
                "{} exists, id {}, {}",
                group.display_name,
                group.id,
                count(
                    usize::try_from(group.member_count).unwrap_or(usize::MAX),
                    "member"
                )
            ),
        );
    }
    let gone = facts
        .history
        .iter()
        .find(|event| event.kind == EventKind::GroupDeleted);
    match gone {
        Some(event) => Check::problem(
            NAME,
            format!(
                "the group was deleted at {} by {}",
                event.at,
                actor(facts, &event.actor)
            ),
            [format!(
                "push it again: {}",
                menus::push_group(facts.scene.client)
            )],
        )
        .shown_by(event.request),
        None => Check::unknown(
            NAME,
            format!(
                "no group of Org {} has this id, displayName or externalId",
                facts.scene.org.name
            ),
        ),
    }
}

/// The names before and after an event that changed it.
fn names(event: &Event) -> Option<(&str, &str)> {
    let mut changes = event.detail["changes"].as_array()?.iter();
    let change = changes.find(|change| change["path"] == "displayName")?;
    Some((change["before"].as_str()?, change["after"].as_str()?))
}

/// The name before the last change of it, and the event that changed it; `history` begins with the
/// newest.
pub fn last_name(history: &[Event]) -> Option<(&Event, &str)> {
    history.iter().find_map(|event| {
        let (before, _) = names(event)?;
        Some((event, before))
    })
}

fn renamed(facts: &Facts<'_>) -> Check {
    const NAME: &str = "renamed";
    if let Some(event) = facts.renamed {
        let after = names(event).map_or("another name", |(_, after)| after);
        return Check::problem(
            NAME,
            format!(
                "the group was renamed to {after} at {} by {}",
                event.at,
                actor(facts, &event.actor)
            ),
            [
                format!(
                    "go on with its name of now: scimtop diagnose group {}",
                    shell_quote(after)
                ),
                "give it the roles again that rules gave to the old name: scimtop roles list"
                    .to_owned(),
            ],
        )
        .shown_by(event.request);
    }
    match last_name(facts.history) {
        Some((event, before)) => Check::fine(
            NAME,
            format!(
                "it was named {before} until {}, when {} renamed it",
                event.at,
                actor(facts, &event.actor)
            ),
        )
        .shown_by(event.request),
        None => Check::fine(NAME, "no recorded request renamed it"),
    }
}

/// A name without case, spaces, punctuation and what stands behind the last `@`.
fn core(name: &str) -> String {
    let name = fold(name);
    let name = name.rsplit_once('@').map_or(&*name, |(before, _)| before);
    name.chars().filter(|c| c.is_alphanumeric()).collect()
}

fn similar(facts: &Facts<'_>) -> Check {
    const NAME: &str = "name";
    let wanted = facts.group.map_or(facts.which, |group| &group.display_name);
    let like: Vec<_> = facts
        .others
        .iter()
        .filter(|other| *other != wanted && !core(other).is_empty() && core(other) == core(wanted))
        .map(String::as_str)
        .collect();
    if like.is_empty() {
        return Check::fine(
            NAME,
            "no other group's name differs only in case or delimiters",
        );
    }
    Check::problem(
        NAME,
        format!(
            "the name differs only in case, spaces or delimiters from {}: the identity provider \
             may be filling that one",
            like.join(", ")
        ),
        [format!(
            "link the right group: {}",
            menus::push_group(facts.scene.client)
        )],
    )
}

/// Who came and who went, by an event.
fn moved(event: &Event) -> (usize, usize) {
    let changes = event.detail["changes"].as_array().into_iter().flatten();
    let of = |change: &serde_json::Value, key: &str| change[key].as_array().map_or(0, Vec::len);
    changes
        .filter(|change| change["path"] == "members")
        .fold((0, 0), |(added, removed), change| {
            (added + of(change, "added"), removed + of(change, "removed"))
        })
}

fn actor(facts: &Facts<'_>, actor: &Actor) -> String {
    match actor {
        Actor::Token(id) => {
            let known = facts.scene.tokens.iter().find(|token| token.id == *id);
            known.map_or_else(|| id.to_string(), |token| format!("token {}", token.label))
        }
        Actor::Operator(name) => format!("operator {name}"),
        Actor::System => "the server".to_owned(),
    }
}

fn emptied(facts: &Facts<'_>) -> Check {
    const NAME: &str = "emptied";
    let Some(group) = facts.group else {
        return Check::unknown(NAME, "there is no group");
    };
    let now = usize::try_from(group.member_count).unwrap_or(usize::MAX);
    let mut members = now;
    for event in facts.history {
        let (added, removed) = moved(event);
        let before = (members + removed).saturating_sub(added);
        let much = added == 0 && removed * 2 >= before;
        let last = members == now;
        if much && (removed >= EMPTIED || (last && members == 0 && removed > 1)) {
            let roles = match facts.roles.len() {
                0 => String::new(),
                _ => ", and roles hang on it".to_owned(),
            };
            return Check::problem(
                NAME,
                format!(
                    "one {} by {} at {} took {removed} of {before} members out{roles}",
                    event.cause,
                    actor(facts, &event.actor),
                    event.at
                ),
                [format!(
                    "compare with the group at the identity provider and push it again: {}",
                    menus::push_group(facts.scene.client)
                )],
            )
            .shown_by(event.request);
        }
        // Somebody filled it again: what was before is over.
        if added >= EMPTIED && added >= removed {
            break;
        }
        members = before;
    }
    Check::fine(NAME, "no request took most of its members out")
}

fn stale(facts: &Facts<'_>) -> Check {
    const NAME: &str = "members";
    let Some(newest) = facts.stale.first() else {
        return Check::fine(NAME, "no request named members who are not there");
    };
    let mut ids: Vec<_> = facts.stale.iter().flat_map(|one| &one.ids).collect();
    ids.sort_unstable();
    ids.dedup();
    let named: Vec<_> = ids.iter().take(NAMED).map(|id| id.as_str()).collect();
    let tolerated = newest
        .exchange
        .quirks
        .iter()
        .any(|quirk| quirk == Quirk::RemovedMember.name());
    let what = if tolerated {
        "accounts that were removed here and left them out"
    } else {
        "members who never were here and changed nothing"
    };
    Check::problem(
        NAME,
        format!(
            "{} named {what}, last {}: {}",
            count(facts.stale.len(), "request"),
            newest.exchange.at,
            if named.is_empty() {
                "the ids were not kept".to_owned()
            } else {
                named.join(", ")
            }
        ),
        [format!(
            "let the identity provider match these users again: {}",
            menus::resend(newest.exchange.client)
        )],
    )
    .shown_by(facts.stale.iter().map(|one| one.exchange.request))
}

fn seen(facts: &Facts<'_>) -> Check {
    const NAME: &str = "requests";
    if let Some(newest) = facts.about.first() {
        return Check::fine(
            NAME,
            format!(
                "{} about it, last {}",
                count(facts.about.len(), "request"),
                newest.at
            ),
        );
    }
    let finding = format!(
        "no request named it {} (Bulk is not searched)",
        back(&facts.scene)
    );
    if facts.group.is_some() {
        return Check::unknown(NAME, finding);
    }
    Check::problem(
        NAME,
        format!("{finding}: the identity provider never sent the group"),
        [format!(
            "push it: {}",
            menus::push_group(facts.scene.client)
        )],
    )
}

fn membership(facts: &Facts<'_>) -> Check {
    const NAME: &str = "membership";
    let last = facts.history.iter().find(|event| moved(event) != (0, 0));
    let Some(event) = last else {
        return Check::unknown(NAME, "no change of its members is recorded");
    };
    let (added, removed) = moved(event);
    Check::fine(
        NAME,
        format!(
            "members last changed {} by {}: +{added} −{removed}",
            event.at,
            actor(facts, &event.actor)
        ),
    )
    .shown_by(event.request)
}

fn roles(facts: &Facts<'_>) -> Check {
    const NAME: &str = "roles";
    if let ([first, ..], Some((event, before))) = (facts.lost_roles, last_name(facts.history)) {
        let lost = facts.lost_roles.join(", ");
        let now = facts.group.map_or(facts.which, |group| &group.display_name);
        return Check::problem(
            NAME,
            format!(
                "a rule gave it {lost} by its name {before}; {} renamed it at {}, and its members \
                 lost what follows from that",
                actor(facts, &event.actor),
                event.at
            ),
            [format!(
                "scimtop roles rule {} --group-name {}, or its old name at the identity provider",
                shell_quote(first),
                shell_quote(now)
            )],
        )
        .shown_by(event.request);
    }
    if facts.roles.is_empty() {
        return Check::fine(NAME, "no role hangs on it: membership gives no privilege");
    }
    let names: Vec<_> = facts.roles.iter().map(|(name, _)| name.as_str()).collect();
    Check::fine(NAME, format!("roles {}", names.join(", ")))
}

fn nested(facts: &Facts<'_>) -> Check {
    const NAME: &str = "nested";
    if facts.nested.is_empty() {
        return Check::fine(NAME, "no group is inside it");
    }
    let shown: Vec<_> = facts
        .nested
        .iter()
        .take(NAMED)
        .map(String::as_str)
        .collect();
    Check::fine(
        NAME,
        format!(
            "{} inside it, whose members count as its own: {}",
            count(facts.nested.len(), "group"),
            shown.join(", ")
        ),
    )
}
