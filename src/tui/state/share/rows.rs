//! Requests, tokens, events, alerts, clients: their columns, and what is told of each.

use crate::clock::Timestamp;
use crate::model::advice::advise;
use crate::model::alert::Alert;
use crate::model::event::Event;
use crate::model::exchange::ExchangeSummary;
use crate::model::health::ClientHealth;
use crate::model::token::Token;
use crate::tui::state::detail::{millis, target};
use crate::tui::state::live::client;
use crate::tui::state::removal::actor;
use crate::tui::state::share::Shared;
use crate::tui::state::share::ticket::Ticket;
use crate::tui::state::{Model, audit, tokens};

pub(super) fn stamp(at: Option<Timestamp>) -> String {
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
        let (why, step) = tokens::explain(self, model.now, model.keys());
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
            step,
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
            step,
        }
    }
}

impl Shared for Alert {
    const NAME: &'static str = "alerts";
    const HEADS: &'static [&'static str] = &[
        "fingerprint",
        "rule",
        "severity",
        "org",
        "subject",
        "since",
        "last",
        "count",
        "why",
        "advice",
        "seen_by",
    ];

    fn cells(&self, model: &Model) -> Vec<String> {
        let seen = self.acknowledged.as_ref();
        vec![
            self.fingerprint.clone(),
            self.rule.as_str().to_owned(),
            self.severity.as_str().to_owned(),
            self.org.map(|org| model.org_name(org)).unwrap_or_default(),
            self.subject.clone(),
            self.since.to_string(),
            self.last.to_string(),
            self.count.to_string(),
            self.why.clone(),
            self.advice.clone(),
            seen.map(|seen| seen.by.clone()).unwrap_or_default(),
        ]
    }

    fn id(&self) -> String {
        self.fingerprint.clone()
    }

    fn ticket(&self, _: &Model) -> Ticket {
        Ticket {
            what: format!(
                "{}: {} ({} times)",
                self.rule.title(),
                self.subject,
                self.count
            ),
            when: Some(self.last),
            why: self.why.clone(),
            step: self.advice.clone(),
            ..Ticket::default()
        }
    }
}

impl Shared for ClientHealth {
    const NAME: &'static str = "clients";
    const HEADS: &'static [&'static str] = &[
        "client", "token", "label", "requests", "errors", "recent", "last",
    ];

    fn cells(&self, _: &Model) -> Vec<String> {
        vec![
            self.client.as_str().to_owned(),
            self.id(),
            self.label.clone().unwrap_or_default(),
            self.requests.to_string(),
            self.errors.to_string(),
            self.recent.to_string(),
            self.last.to_string(),
        ]
    }

    fn id(&self) -> String {
        let token = self.token.as_ref();
        token.map_or_else(|| "none".to_owned(), ToString::to_string)
    }

    fn ticket(&self, _: &Model) -> Ticket {
        let errors = format!("{} of {} requests failed", self.errors, self.requests);
        let label = self.label.as_deref().unwrap_or("no token of ours");
        Ticket {
            what: format!("client {} ({label}): {errors}", self.client.as_str()),
            when: Some(self.last),
            who: self.id(),
            why: "counted since the server started".to_owned(),
            ..Ticket::default()
        }
    }
}
