//! Users, groups, removals, transfers, guards: their columns, and what is told of each.

use crate::model::deletion::Deletion;
use crate::model::guard::GuardStatus;
use crate::model::transfer::Transfer;
use crate::ops::api::directory::{GroupLine, UserLine};
use crate::tui::state::removal::{actor, counts, name};
use crate::tui::state::removals::{batch, groups_lost, owned, state};
use crate::tui::state::share::Shared;
use crate::tui::state::share::rows::stamp;
use crate::tui::state::share::ticket::Ticket;
use crate::tui::state::{Model, glance, groups, guard, removal, users};

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

    fn ticket(&self, model: &Model) -> Ticket {
        let (why, step) = guard::explain(self, model.keys());
        let batch = batch(self);
        Ticket {
            what: format!("guard of Org {}: {}", self.org_name, guard::state(self).1),
            when: batch.map(|batch| batch.opened),
            who: batch.and_then(|batch| batch.by.clone()).unwrap_or_default(),
            why,
            step,
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
        let (why, step) = glance::why_moved(self, model.keys());
        Ticket {
            what: format!(
                "{} \"{}\" ({}) went from {} to {}",
                self.kind, self.title, self.object, self.from.user_name, self.to.user_name
            ),
            when: Some(self.at),
            who: actor(model, &self.actor),
            request: self.request,
            why,
            step,
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
        let (why, step) = users::explain(self, model.keys());
        let active = if self.active { "active" } else { "disabled" };
        let org = model.org_name(self.org);
        Ticket {
            what: format!(
                "user {} ({}) of Org {org}: {active}",
                self.user_name, self.id
            ),
            when: Some(self.modified),
            why: why.to_owned(),
            step,
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
        let (why, step) = groups::explain(self, model.keys());
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
            step,
            ..Ticket::default()
        }
    }
}
