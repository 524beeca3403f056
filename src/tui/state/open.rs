//! Something opened in a view other than Live: its parts as they come, its tabs, its scrolling.

use crate::ids::OrgId;
use crate::model::deletion::Deletion;
use crate::model::diagnosis::{About, Diagnosis};
use crate::model::event::Event;
use crate::model::exchange::Exchange;
use crate::model::role::Access;
use crate::ops::api::Kind;
use crate::ops::api::content::{ContentPage, ContentQuery};
use crate::ops::api::diagnose::Question;
use crate::ops::api::directory::{GroupDetail, GroupMember, UserDetail};
use crate::ops::api::removals::DeletionDetail;
use crate::ops::api::{EventQuery, ExchangePage, ExchangeQuery, Failure, OpsError};
use crate::tui::call::{Answer, Call, Purpose};
use crate::tui::state::list::PAGE;
use crate::tui::state::pane::{Object, Tab, neighbour};
use crate::tui::state::reading::Reading;
use crate::tui::state::tokens::Family;

/// Something that is loaded when it is looked at.
#[derive(Clone, Debug)]
pub struct Part<T> {
    /// What came last.
    pub here: Option<T>,
    /// Why nothing newer came.
    pub error: Option<String>,
    waiting: Option<u64>,
}

impl<T> Default for Part<T> {
    fn default() -> Self {
        Self {
            here: None,
            error: None,
            waiting: None,
        }
    }
}

impl<T> Part<T> {
    /// Waits for what `ticket` asked for.
    pub const fn wait(&mut self, ticket: u64) {
        self.waiting = Some(ticket);
    }

    /// True if an answer to `ticket` is for it.
    pub fn waits(&self, ticket: u64) -> bool {
        self.waiting == Some(ticket)
    }

    /// True if it was never asked for.
    pub const fn is_untouched(&self) -> bool {
        self.here.is_none() && self.error.is_none() && self.waiting.is_none()
    }

    /// Takes in what `ticket` asked for, if it is still waited for.
    pub fn take(&mut self, ticket: u64, result: Result<T, OpsError>) {
        if self.waiting.take_if(|waiting| *waiting == ticket).is_none() {
            return;
        }
        match result {
            Ok(value) => (self.here, self.error) = (Some(value), None),
            Err(error) => self.error = Some(error.message),
        }
    }
}

/// The opened object itself.
#[derive(Debug)]
#[allow(missing_docs)] // their names say it
pub enum Record {
    Removal(Box<DeletionDetail>),
    User(Box<UserDetail>),
    Group(Box<GroupDetail>),
    Token(Box<Family>),
    Event(Box<Event>),
}

/// Something opened.
#[derive(Debug)]
pub struct Open {
    /// What.
    pub object: Object,
    /// Its name, for line 1 and until it is loaded.
    pub name: String,
    /// The open tab.
    pub tab: Tab,
    /// What of it is on the screen and selected: a member, or a request of a diagnosis.
    pub at: Reading,
    /// Itself.
    pub record: Part<Record>,
    /// Its history.
    pub history: Part<Vec<Event>>,
    /// What it may do.
    pub access: Part<Access>,
    /// What it owns.
    pub content: Part<ContentPage>,
    /// The request that removed it.
    pub request: Part<Box<Exchange>>,
    /// Requests that were refused with it.
    pub refused: Part<ExchangePage>,
    /// What is wrong with it.
    pub diagnosis: Part<Box<Diagnosis>>,
}

impl Open {
    /// Opens `object`; nothing of it is loaded yet.
    pub fn new(object: Object, name: impl Into<String>) -> Self {
        Self {
            object,
            name: name.into(),
            tab: Tab::default(),
            at: Reading::default(),
            record: Part::default(),
            history: Part::default(),
            access: Part::default(),
            content: Part::default(),
            request: Part::default(),
            refused: Part::default(),
            diagnosis: Part::default(),
        }
    }

    /// Opens the tab `by` places further, around the end.
    pub fn turn(&mut self, by: isize) {
        self.tab = neighbour(self.object.tabs(), self.tab, by);
        self.at = Reading::default();
        // It is of the moment: whoever comes back to it asks again.
        self.diagnosis = Part::default();
    }

    /// The selected member of a group, if those are shown.
    pub fn selected_member(&self) -> Option<&GroupMember> {
        match (&self.record.here, self.tab) {
            (Some(Record::Group(detail)), Tab::Members) => detail.members.get(self.at.chosen),
            _ => None,
        }
    }

    /// The deletion record, if it is one and is here.
    pub fn deletion(&self) -> Option<&Deletion> {
        match &self.record.here {
            Some(Record::Removal(detail)) => Some(&detail.deletion),
            _ => None,
        }
    }

    /// The call for the object itself.
    pub fn call(&self) -> Call {
        match &self.object {
            Object::Removal(seq) => Call::Deletion(*seq),
            Object::User(org, id) => Call::User {
                org: org.to_string(),
                which: id.to_string(),
            },
            Object::Group(org, id) => Call::Group {
                org: org.to_string(),
                which: id.to_string(),
            },
            Object::Token(_) => Call::Tokens,
            Object::Event(seq) => Call::Events(EventQuery {
                after: Some(seq.saturating_sub(1)),
                limit: 1,
                ..EventQuery::default()
            }),
        }
    }

    /// True if an answer to `ticket` is for it.
    pub fn waits(&self, ticket: u64) -> bool {
        self.record.waits(ticket)
            || self.history.waits(ticket)
            || self.access.waits(ticket)
            || self.content.waits(ticket)
            || self.request.waits(ticket)
            || self.refused.waits(ticket)
            || self.diagnosis.waits(ticket)
    }

    /// What the open tab shows beyond the object itself; `again` asks for what is here already.
    pub fn wanted(&mut self, ticket: u64, again: bool) -> Option<(Purpose, Call)> {
        if let Object::Token(id) = &self.object {
            let id = id.0.clone();
            return self.wanted_of_token(&id, ticket, again);
        }
        match self.tab {
            Tab::Timeline | Tab::History => {
                let (org, kind, which) = self.whose_history()?;
                ask(&mut self.history, ticket, again)?;
                let org = org.to_string();
                Some((Purpose::History, Call::History { org, kind, which }))
            }
            Tab::Access => {
                let Object::User(org, id) = self.object else {
                    return None;
                };
                ask(&mut self.access, ticket, again)?;
                let (org, which) = (org.to_string(), id.to_string());
                Some((Purpose::Access, Call::Access { org, which }))
            }
            Tab::Content => {
                let Object::User(org, id) = self.object else {
                    return None;
                };
                ask(&mut self.content, ticket, again)?;
                let query = ContentQuery {
                    owner: Some(id.to_string()),
                    limit: PAGE,
                    ..ContentQuery::default()
                };
                let org = org.to_string();
                Some((Purpose::Content, Call::Content { org, query }))
            }
            Tab::Diagnosis => {
                let question = self.question()?;
                // It walks through what was recorded: too much to do again for every change.
                ask(&mut self.diagnosis, ticket, false)?;
                Some((Purpose::Diagnosis, Call::Diagnose(question)))
            }
            Tab::Request => {
                let request = self.deletion()?.request?;
                // An exchange never changes.
                ask(&mut self.request, ticket, false)?;
                Some((Purpose::Request, Call::Exchange(request.to_string())))
            }
            Tab::Summary | Tab::Lost | Tab::Resource | Tab::Members | Tab::Refused | Tab::Raw => {
                None
            }
        }
    }

    fn wanted_of_token(&mut self, id: &str, ticket: u64, again: bool) -> Option<(Purpose, Call)> {
        if self.tab == Tab::History {
            ask(&mut self.history, ticket, again)?;
            let query = EventQuery {
                filter: format!("\"{id}\""),
                limit: PAGE,
                ..EventQuery::default()
            };
            return Some((Purpose::History, Call::Events(query)));
        }
        ask(&mut self.refused, ticket, again)?;
        let query = ExchangeQuery {
            filter: format!("token:{id} status:401,403"),
            limit: PAGE,
            ..ExchangeQuery::default()
        };
        Some((Purpose::Refused, Call::Exchanges(query)))
    }

    /// What a diagnosis of it asks.
    fn question(&self) -> Option<Question> {
        let (about, org, id) = match &self.object {
            Object::User(org, id) => (About::User, org, id),
            Object::Group(org, id) => (About::Group, org, id),
            Object::Removal(_) | Object::Token(_) | Object::Event(_) => return None,
        };
        Some(Question {
            about,
            which: Some(id.to_string()),
            org: Some(org.to_string()),
        })
    }

    fn whose_history(&self) -> Option<(OrgId, Kind, String)> {
        Some(match &self.object {
            Object::User(org, id) => (*org, Kind::User, id.to_string()),
            Object::Group(org, id) => (*org, Kind::Group, id.to_string()),
            Object::Removal(_) => {
                let deletion = self.deletion()?;
                (deletion.org, Kind::User, deletion.user.to_string())
            }
            Object::Token(_) | Object::Event(_) => return None,
        })
    }

    /// Takes in an answer.
    pub fn take(&mut self, ticket: u64, purpose: Purpose, result: Result<Answer, OpsError>) {
        match (purpose, result) {
            (Purpose::Record, Ok(Answer::Deletion(detail))) => {
                self.record.take(ticket, Ok(Record::Removal(detail)));
            }
            (Purpose::Record, Ok(Answer::User(detail))) => {
                self.record.take(ticket, Ok(Record::User(detail)));
            }
            (Purpose::Record, Ok(Answer::Group(detail))) => {
                self.record.take(ticket, Ok(Record::Group(detail)));
            }
            (Purpose::Record, Ok(Answer::Tokens(tokens))) => {
                let family = match &self.object {
                    Object::Token(id) => Family::of(id, tokens),
                    _ => None,
                };
                let record = family.map(|family| Record::Token(Box::new(family)));
                self.record.take(ticket, record.ok_or_else(gone));
            }
            (Purpose::Record, Ok(Answer::Events(events))) => {
                let fits = |event: &Event| self.object == Object::Event(event.seq);
                let event = events.into_iter().find(fits);
                let record = event.map(|event| Record::Event(Box::new(event)));
                self.record.take(ticket, record.ok_or_else(gone));
            }
            (Purpose::Refused, Ok(Answer::Exchanges(page))) => {
                self.refused.take(ticket, Ok(page));
            }
            (Purpose::Refused, Err(error)) => self.refused.take(ticket, Err(error)),
            (Purpose::Diagnosis, Ok(Answer::Diagnosis(found))) => {
                self.diagnosis.take(ticket, Ok(found));
            }
            (Purpose::Diagnosis, Err(error)) => self.diagnosis.take(ticket, Err(error)),
            (Purpose::Record, Err(error)) => self.record.take(ticket, Err(error)),
            (Purpose::History, Ok(Answer::History(events) | Answer::Events(events))) => {
                self.history.take(ticket, Ok(events));
            }
            (Purpose::History, Err(error)) => self.history.take(ticket, Err(error)),
            (Purpose::Access, Ok(Answer::Access(access))) => self.access.take(ticket, Ok(access)),
            (Purpose::Access, Err(error)) => self.access.take(ticket, Err(error)),
            (Purpose::Content, Ok(Answer::Content(page))) => self.content.take(ticket, Ok(page)),
            (Purpose::Content, Err(error)) => self.content.take(ticket, Err(error)),
            (Purpose::Request, Ok(Answer::Exchange(exchange))) => {
                self.request.take(ticket, Ok(exchange));
            }
            (Purpose::Request, Err(error)) => self.request.take(ticket, Err(error)),
            // Every call has one kind of answer.
            _ => {}
        }
    }
}

fn gone() -> OpsError {
    OpsError::new(Failure::NotFound, "it is not kept any more")
}

/// Waits for a part unless it is here or on its way.
fn ask<T>(part: &mut Part<T>, ticket: u64, again: bool) -> Option<()> {
    (again || part.is_untouched()).then(|| part.wait(ticket))
}
