//! What each kind of row is called, what it is in a table, and what is told of it.

use crate::clock::Timestamp;
use crate::model::advice::advise;
use crate::model::deletion::Deletion;
use crate::model::event::Event;
use crate::model::exchange::ExchangeSummary;
use crate::model::guard::GuardStatus;
use crate::model::token::Token;
use crate::model::transfer::Transfer;
use crate::ops::api::directory::{GroupLine, UserLine};
use crate::tui::state::detail::{millis, target};
use crate::tui::state::live::client;
use crate::tui::state::removal::{actor, counts, name};
use crate::tui::state::removals::{batch, groups_lost, owned, state};
use crate::tui::state::share::Shared;
use crate::tui::state::share::ticket::Ticket;
use crate::tui::state::{Model, audit, glance, groups, guard, removal, tokens, users};

fn stamp(at: Option<Timestamp>) -> String {
    at.map(|at| at.to_string()).unwrap_or_default()
}

impl Shared for ExchangeSummary {
    const NAME: &'static str = "requests";
    const HEADS: &'static [&'static str] = &[
        "seq",
        "at",
        "client",
        "token",
        "source",
        "method",
        "target",
        "operation",
        "subject",
        "status",
        "what",
        "latency_ms",
        "request",
    ];

    fn cells(&self, _: &Model) -> Vec<String> {
        let token = self.token.as_ref();
        vec![
            self.seq.to_string(),
            self.at.to_string(),
            client(self).to_owned(),
            token.map(ToString::to_string).unwrap_or_default(),
            self.source.clone(),
            self.method.clone(),
            target(self),
            self.operation.as_str().to_owned(),
            self.subject.clone(),
            self.status.to_string(),
            self.refusal.map_or_else(
                || self.what.clone(),
                |refusal| refusal.describe().to_owned(),
            ),
            millis(self.latency_us),
            self.request.to_string(),
        ]
    }

    fn id(&self) -> String {
        self.request.to_string()
    }

    fn ticket(&self, model: &Model) -> Ticket {
        let advice = advise(self, model.advice());
        Ticket {
            what: format!(
                "{} {} {}: {}",
                self.method,
                target(self),
                self.status,
                self.subject
            ),
            when: Some(self.at),
            who: format!(
                "{} ({}) from {}",
                client(self),
                self.client.as_str(),
                self.source
            ),
            request: Some(self.request),
            why: advice.why,
            step: advice.steps.join("; then "),
        }
    }
}

impl Shared for Deletion {
    const NAME: &'static str = "removals";
    const HEADS: &'static [&'static str] = &[
        "seq",
        "at",
        "org",
        "state",
        "until",
        "batch",
        "user",
        "user_name",
        "external_id",
        "signal",
        "by",
        "request",
        "groups",
        "roles",
        "items",
        "heir",
    ];

    fn cells(&self, model: &Model) -> Vec<String> {
        let heir = self.heir.as_ref();
        vec![
            self.seq.to_string(),
            self.at.to_string(),
            model.org_name(self.org),
            state(self).1.to_owned(),
            stamp(self.until),
            self.batch
                .map(|batch| batch.to_string())
                .unwrap_or_default(),
            self.user.to_string(),
            self.user_name.clone(),
            self.external_id.clone().unwrap_or_default(),
            self.signal.as_str().to_owned(),
            actor(model, &self.actor),
            self.request.map(|id| id.to_string()).unwrap_or_default(),
            groups_lost(self).join("; "),
            self.roles.join("; "),
            owned(self).to_string(),
            heir.map(|heir| heir.user_name.clone()).unwrap_or_default(),
        ]
    }

    fn id(&self) -> String {
        self.user.to_string()
    }

    fn ticket(&self, model: &Model) -> Ticket {
        let (why, step) = removal::explain(model, self);
        Ticket {
            what: format!(
                "account {} ({}) of Org {} {}; it owned {}",
                name(self),
                self.user,
                model.org_name(self.org),
                state(self).1,
                counts(&self.content)
            ),
            when: Some(self.at),
            who: format!("{} by {}", self.signal.as_str(), actor(model, &self.actor)),
            request: self.request,
            why,
            step,
        }
    }
}

impl Shared for GuardStatus {
    const NAME: &'static str = "guard";
    const HEADS: &'static [&'static str] = &[
        "org",
        "state",
        "hour",
        "hour_limit",
        "day",
        "day_limit",
        "batch",
        "opened",
        "frozen",
    ];

    fn cells(&self, _: &Model) -> Vec<String> {
        let batch = batch(self);
        let number = |of: Option<u64>| of.map(|number| number.to_string()).unwrap_or_default();
        vec![
            self.org_name.clone(),
            guard::state(self).1.to_owned(),
            self.hour.count.to_string(),
            self.hour.threshold.to_string(),
            self.day.count.to_string(),
            self.day.threshold.to_string(),
            number(batch.map(|batch| batch.id)),
            stamp(batch.map(|batch| batch.opened)),
            number(batch.map(|batch| batch.frozen)),
        ]
    }

    fn id(&self) -> String {
        self.org.to_string()
    }

    fn ticket(&self, _: &Model) -> Ticket {
        let (why, step) = guard::explain(self);
        let batch = batch(self);
        Ticket {
            what: format!("guard of Org {}: {}", self.org_name, guard::state(self).1),
            when: batch.map(|batch| batch.opened),
            who: batch.and_then(|batch| batch.by.clone()).unwrap_or_default(),
            why,
            step: step.to_owned(),
            ..Ticket::default()
        }
    }
}

impl Shared for Transfer {
    const NAME: &'static str = "transfers";
    const HEADS: &'static [&'static str] = &[
        "seq", "at", "org", "kind", "object", "title", "from", "to", "note", "deletion", "by",
        "request",
    ];

    fn cells(&self, model: &Model) -> Vec<String> {
        vec![
            self.seq.to_string(),
            self.at.to_string(),
            model.org_name(self.org),
            self.kind.clone(),
            self.object.clone(),
            self.title.clone(),
            self.from.user_name.clone(),
            self.to.user_name.clone(),
            removal::note(self).1,
            self.deletion.to_string(),
            actor(model, &self.actor),
            self.request.map(|id| id.to_string()).unwrap_or_default(),
        ]
    }

    fn id(&self) -> String {
        self.object.clone()
    }

    fn ticket(&self, model: &Model) -> Ticket {
        let (why, step) = glance::why_moved(self);
        Ticket {
            what: format!(
                "{} \"{}\" ({}) went from {} to {}",
                self.kind, self.title, self.object, self.from.user_name, self.to.user_name
            ),
            when: Some(self.at),
            who: actor(model, &self.actor),
            request: self.request,
            why,
            step: step.to_owned(),
        }
    }
}

impl Shared for UserLine {
    const NAME: &'static str = "users";
    const HEADS: &'static [&'static str] = &[
        "org",
        "id",
        "user_name",
        "display_name",
        "external_id",
        "active",
        "groups",
        "items",
        "created",
        "modified",
    ];

    fn cells(&self, model: &Model) -> Vec<String> {
        vec![
            model.org_name(self.org),
            self.id.to_string(),
            self.user_name.clone(),
            self.display_name.clone(),
            self.external_id.clone().unwrap_or_default(),
            self.active.to_string(),
            self.groups.to_string(),
            self.content.to_string(),
            self.created.to_string(),
            self.modified.to_string(),
        ]
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn ticket(&self, model: &Model) -> Ticket {
        let (why, step) = users::explain(self);
        let active = if self.active { "active" } else { "disabled" };
        let org = model.org_name(self.org);
        Ticket {
            what: format!(
                "user {} ({}) of Org {org}: {active}",
                self.user_name, self.id
            ),
            when: Some(self.modified),
            why: why.to_owned(),
            step: step.to_owned(),
            ..Ticket::default()
        }
    }
}

impl Shared for GroupLine {
    const NAME: &'static str = "groups";
    const HEADS: &'static [&'static str] = &[
        "org",
        "id",
        "display_name",
        "external_id",
        "members",
        "roles",
        "created",
        "modified",
    ];

    fn cells(&self, model: &Model) -> Vec<String> {
        vec![
            model.org_name(self.org),
            self.id.to_string(),
            self.display_name.clone(),
            self.external_id.clone().unwrap_or_default(),
            self.members.to_string(),
            groups::roles(self),
            self.created.to_string(),
            self.modified.to_string(),
        ]
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn ticket(&self, model: &Model) -> Ticket {
        let (why, step) = groups::explain(self);
        Ticket {
            what: format!(
                "group {} ({}) of Org {}: {} members, roles {}",
                self.display_name,
                self.id,
                model.org_name(self.org),
                self.members,
                groups::roles(self)
            ),
            when: Some(self.modified),
            why: why.to_owned(),
            step: step.to_owned(),
            ..Ticket::default()
        }
    }
}

impl Shared for Token {
    const NAME: &'static str = "tokens";
    const HEADS: &'static [&'static str] = &[
        "id",
        "org",
        "kind",
        "label",
        "hint",
        "state",
        "issued",
        "expires",
        "revoked",
        "successor",
        "last_used",
        "by",
    ];

    fn cells(&self, model: &Model) -> Vec<String> {
        let used = tokens::last_use(model, self);
        let successor = self.successor.as_ref();
        vec![
            self.id.to_string(),
            model.org_name(self.org),
            self.kind.as_str().to_owned(),
            self.label.clone(),
            self.hint.clone(),
            tokens::life(self, model.now).word.to_owned(),
            self.created.to_string(),
            self.expires.to_string(),
            stamp(self.revoked),
            successor.map(ToString::to_string).unwrap_or_default(),
            stamp(used.as_ref().map(|(at, _)| *at)),
            used.map(|(_, by)| by).unwrap_or_default(),
        ]
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn ticket(&self, model: &Model) -> Ticket {
        let (why, step) = tokens::explain(self, model.now);
        let life = tokens::life(self, model.now);
        let used = tokens::last_use(model, self);
        Ticket {
            what: format!(
                "token {} (…{}, {}) of Org {}: {}, ends {}",
                self.label,
                self.hint,
                self.id,
                model.org_name(self.org),
                life.word,
                self.expires
            ),
            when: used.as_ref().map(|(at, _)| *at),
            who: used.map_or_else(
                || "never used".to_owned(),
                |(_, by)| format!("last used by {by}"),
            ),
            why: why.to_owned(),
            step: step.to_owned(),
            ..Ticket::default()
        }
    }
}

impl Shared for Event {
    const NAME: &'static str = "audit";
    const HEADS: &'static [&'static str] = &[
        "seq", "at", "org", "kind", "subject", "id", "by", "request", "cause", "hash",
    ];

    fn cells(&self, model: &Model) -> Vec<String> {
        vec![
            self.seq.to_string(),
            self.at.to_string(),
            model.org_name(self.org),
            self.kind.as_str().to_owned(),
            audit::subject(self),
            self.subject.map(|id| id.to_string()).unwrap_or_default(),
            actor(model, &self.actor),
            self.request.map(|id| id.to_string()).unwrap_or_default(),
            self.cause.clone(),
            self.hash.clone(),
        ]
    }

    fn id(&self) -> String {
        self.seq.to_string()
    }

    fn ticket(&self, model: &Model) -> Ticket {
        let (why, step) = audit::explain(model, self);
        Ticket {
            what: format!(
                "{} {} (event {})",
                self.kind.as_str(),
                audit::subject(self),
                self.seq
            ),
            when: Some(self.at),
            who: format!(
                "{}, Org {}",
                actor(model, &self.actor),
                model.org_name(self.org)
            ),
            request: self.request,
            why,
            step: step.to_owned(),
        }
    }
}
