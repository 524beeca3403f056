//! Calls of the operations API that the dashboard makes, and what comes back, as data.
//!
//! State asks for a [`Call`] and takes in its [`Answer`] later; only the runner carries one out.

use crate::ids::TokenId;
use crate::model::alert::{Alert, Silence};
use crate::model::deletion::Deletion;
use crate::model::delivery::WebhookStatus;
use crate::model::diagnosis::Diagnosis;
use crate::model::event::{ChainReport, Event};
use crate::model::exchange::Exchange;
use crate::model::guard::GuardStatus;
use crate::model::health::Health;
use crate::model::org::Org;
use crate::model::role::Access;
use crate::model::token::Token;
use crate::model::transfer::Transfer;
use crate::ops::api::Kind;
use crate::ops::api::content::{ContentPage, ContentQuery, GiveBack, GivenBack, TransferQuery};
use crate::ops::api::deliveries::DeliveryQuery;
use crate::ops::api::diagnose::Question;
use crate::ops::api::directory::{
    DirectoryPage, DirectoryQuery, GroupDetail, GroupLine, HistoryPage, UserDetail, UserLine,
};
use crate::ops::api::removals::{Decided, Decision, DeletionDetail, Purged, Restored, Selected};
use crate::ops::api::watch::{NewSilence, Seen};
use crate::ops::api::{
    DeletionQuery, EventQuery, ExchangePage, ExchangeQuery, IssuedToken, NewToken, Ops, OpsError,
    Rotation, WhoAmI,
};
use crate::tui::state::pane::Pane;

/// A call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // each is the method of `Ops` of that name
pub enum Call {
    WhoAmI,
    Orgs,
    Deletions(DeletionQuery),
    Deletion(u64),
    Guard,
    Alerts,
    Acknowledge {
        fingerprint: String,
        seen: Seen,
    },
    Silence(NewSilence),
    EndSilence {
        id: u64,
        dry_run: bool,
    },
    Health,
    Diagnose(Question),
    Transfers(TransferQuery),
    Users(DirectoryQuery),
    User {
        org: String,
        which: String,
    },
    Groups(DirectoryQuery),
    Group {
        org: String,
        which: String,
    },
    History {
        org: String,
        kind: Kind,
        which: String,
    },
    Access {
        org: String,
        which: String,
    },
    Content {
        org: String,
        query: ContentQuery,
    },
    Exchange(String),
    Exchanges(ExchangeQuery),
    Tokens,
    CreateToken(NewToken),
    RotateToken(TokenId, Rotation),
    RevokeToken(TokenId),
    Events(EventQuery),
    VerifyEvents,
    Restore(Selected),
    Purge(Selected),
    Decide {
        org: String,
        decision: Decision,
    },
    GiveBack(GiveBack),
}

/// What a call came back with.
#[derive(Debug)]
#[allow(missing_docs)] // each is what the method of `Ops` returns
pub enum Answer {
    WhoAmI(WhoAmI),
    Orgs(Vec<Org>),
    Deletions(Vec<Deletion>),
    Deletion(Box<DeletionDetail>),
    Guard(Vec<GuardStatus>),
    Alerts(Vec<Alert>),
    Acknowledged(Box<Alert>),
    Silenced(Box<Silence>),
    SilenceEnded(Box<Silence>),
    /// The numbers, and how far webhooks and sinks are told.
    Health(Box<Health>, Vec<WebhookStatus>),
    Diagnosis(Box<Diagnosis>),
    Transfers(Vec<Transfer>),
    Users(DirectoryPage<UserLine>),
    User(Box<UserDetail>),
    Groups(DirectoryPage<GroupLine>),
    Group(Box<GroupDetail>),
    History(Vec<Event>),
    Access(Access),
    Content(ContentPage),
    Exchange(Box<Exchange>),
    Exchanges(ExchangePage),
    Tokens(Vec<Token>),
    Issued(Box<IssuedToken>),
    Revoked(Box<Token>),
    Events(Vec<Event>),
    Verified(ChainReport),
    Restored(Restored),
    Purged(Purged),
    Decided(Decided),
    GivenBack(GivenBack),
}

/// What an answer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Who the operator is.
    WhoAmI,
    /// Names of the Orgs.
    Orgs,
    /// An alert was seen.
    Acknowledge,
    /// Rows of a list.
    Rows(Pane),
    /// The opened object itself.
    Record,
    /// Its history.
    History,
    /// What it may do.
    Access,
    /// What it owns.
    Content,
    /// The request that removed it.
    Request,
    /// Requests that were refused with it.
    Refused,
    /// What is wrong with it, or with what a sheet is about.
    Diagnosis,
    /// To whom content may be given back.
    Suggest,
    /// What an act would do.
    Rehearse,
    /// The act.
    Act,
    /// Something related that is to be opened.
    Seek,
}

impl Call {
    /// Carries it out.
    pub async fn run(self, ops: &dyn Ops) -> Result<Answer, OpsError> {
        Ok(match self {
            Self::WhoAmI => Answer::WhoAmI(ops.whoami().await?),
            Self::Orgs => Answer::Orgs(ops.orgs().await?),
            Self::Deletions(query) => Answer::Deletions(ops.deletions(query).await?),
            Self::Deletion(seq) => Answer::Deletion(Box::new(ops.deletion(seq).await?)),
            Self::Guard => Answer::Guard(ops.guard(None).await?),
            Self::Alerts => Answer::Alerts(ops.alerts().await?),
            Self::Acknowledge { fingerprint, seen } => {
                Answer::Acknowledged(Box::new(ops.acknowledge(&fingerprint, seen).await?))
            }
            Self::Silence(new) => Answer::Silenced(Box::new(ops.silence(new).await?)),
            Self::EndSilence { id, dry_run } => {
                Answer::SilenceEnded(Box::new(ops.unsilence(id, dry_run).await?))
            }
            Self::Health => {
                let health = Box::new(ops.health().await?);
                let query = DeliveryQuery {
                    limit: 1,
                    ..DeliveryQuery::default()
                };
                // The numbers are worth showing without them.
                let told = ops.deliveries(query).await.unwrap_or_default();
                Answer::Health(health, told.webhooks)
            }
            Self::Diagnose(question) => Answer::Diagnosis(Box::new(ops.diagnose(question).await?)),
            Self::Transfers(query) => Answer::Transfers(ops.transfers(query).await?),
            Self::Users(query) => Answer::Users(ops.users(query).await?),
            Self::User { org, which } => Answer::User(Box::new(ops.user(&org, &which).await?)),
            Self::Groups(query) => Answer::Groups(ops.groups(query).await?),
            Self::Group { org, which } => Answer::Group(Box::new(ops.group(&org, &which).await?)),
            Self::History { org, kind, which } => {
                let page = HistoryPage::default();
                Answer::History(ops.history(&org, kind, &which, page).await?)
            }
            Self::Access { org, which } => Answer::Access(ops.access(&org, &which).await?),
            Self::Content { org, query } => Answer::Content(ops.content(&org, query).await?),
            Self::Exchange(which) => Answer::Exchange(Box::new(ops.exchange(&which).await?)),
            Self::Exchanges(query) => Answer::Exchanges(ops.exchanges(query).await?),
            Self::Tokens => Answer::Tokens(ops.tokens(None).await?),
            Self::CreateToken(new) => Answer::Issued(Box::new(ops.create_token(new).await?)),
            Self::RotateToken(id, rotation) => {
                Answer::Issued(Box::new(ops.rotate_token(&id, rotation).await?))
            }
            Self::RevokeToken(id) => Answer::Revoked(Box::new(ops.revoke_token(&id).await?)),
            Self::Events(query) => Answer::Events(ops.events(query).await?),
            Self::VerifyEvents => Answer::Verified(ops.verify_events().await?),
            Self::Restore(which) => Answer::Restored(ops.restore(which).await?),
            Self::Purge(which) => Answer::Purged(ops.purge(which).await?),
            Self::Decide { org, decision } => Answer::Decided(ops.decide(&org, decision).await?),
            Self::GiveBack(order) => Answer::GivenBack(ops.give_back(order).await?),
        })
    }
}
