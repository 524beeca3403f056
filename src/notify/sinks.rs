//! Where people are told of alerts: one kind of place each, one interface to all of them.

use std::path::PathBuf;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue, Method};
use serde_json::json;

use super::command;
use super::mail::Mail;
use super::message::{JSON, Message, notice_id};
use super::queue::Refusal;
use super::send::{self, Door, Letter};
use super::settings::SinkKind;
use super::sign::SigningKey;
use super::target::Target;
use super::text::{chat, priority, text, title};
use crate::clock::Timestamp;
use crate::ids::OrgId;
use crate::model::alert::{AlertChange, Severity};
use crate::model::notice::{Notice, Reason};

/// A place where people are told of alerts.
#[derive(Clone, Debug)]
pub struct Sink {
    /// Its name.
    pub name: String,
    /// Only alerts that are at least so bad.
    pub severity: Severity,
    /// Only alerts of this Org.
    pub org: Option<OrgId>,
    /// How it is told.
    pub way: Way,
}

/// How a sink is told.
#[derive(Clone, Debug)]
pub enum Way {
    /// A signed message (Standard Webhooks).
    Webhook(Target, SigningKey),
    /// A chat's incoming webhook.
    Slack(Target),
    /// A topic of ntfy, with `Authorization` if it needs one.
    Ntfy(Target, Option<HeaderValue>),
    /// E-mail.
    Mail(Box<Mail>),
    /// A program and its arguments.
    Command(PathBuf, Vec<String>),
    /// The daemon's log.
    Log,
}

impl Sink {
    /// Whether it is to be told of an alert that is this bad, if it was not told of it before.
    pub(super) fn wants(&self, change: &AlertChange) -> bool {
        change.severity >= self.severity
    }

    /// Whether what became of an alert is for its ears at all.
    pub(super) fn may_know(&self, change: &AlertChange) -> bool {
        self.org.is_none_or(|org| change.org == Some(org))
    }
}

impl Way {
    /// What it is.
    pub const fn kind(&self) -> SinkKind {
        match self {
            Self::Webhook(..) => SinkKind::Webhook,
            Self::Slack(_) => SinkKind::Slack,
            Self::Ntfy(..) => SinkKind::Ntfy,
            Self::Mail(_) => SinkKind::Mail,
            Self::Command(..) => SinkKind::Command,
            Self::Log => SinkKind::Log,
        }
    }

    /// Where that goes, without secrets.
    pub fn shown(&self) -> String {
        match self {
            Self::Webhook(target, _) | Self::Slack(target) | Self::Ntfy(target, _) => {
                target.shown()
            }
            Self::Mail(mail) => mail.shown(),
            Self::Command(program, _) => program.display().to_string(),
            Self::Log => "the daemon's log".to_owned(),
        }
    }

    /// Tells of a notice of that number, at `now`.
    pub(super) async fn tell(
        &self,
        notice: &Notice,
        number: u64,
        now: Timestamp,
        door: &Door,
    ) -> Result<(), Refusal> {
        match self {
            Self::Webhook(target, key) => {
                let letter = Message::of_notice(notice, number).signed(key, now);
                send::send(target, letter, door).await
            }
            Self::Slack(target) => {
                let body = json!({ "text": chat(notice) }).to_string();
                send::send(target, post(JSON, body.into(), Vec::new()), door).await
            }
            Self::Ntfy(target, token) => {
                send::send(target, ntfy(notice, token.as_ref()), door).await
            }
            Self::Mail(mail) => mail.send(notice, number, door).await,
            Self::Command(program, arguments) => {
                let input = json!({ "id": notice_id(notice, number), "notice": notice });
                let input = Bytes::from(format!("{input}\n"));
                command::run(program, arguments, input, command::PATIENCE).await
            }
            Self::Log => {
                log(notice);
                Ok(())
            }
        }
    }
}

fn post(media: &'static str, body: Bytes, headers: Vec<(HeaderName, HeaderValue)>) -> Letter {
    Letter {
        method: Method::POST,
        media,
        headers,
        body,
    }
}

fn ntfy(notice: &Notice, token: Option<&HeaderValue>) -> Letter {
    let title = HeaderValue::from_str(&title(notice)).expect("titles are ASCII");
    let mut headers = vec![
        (HeaderName::from_static("title"), title),
        (
            HeaderName::from_static("priority"),
            HeaderValue::from_static(priority(notice)),
        ),
    ];
    if let Some(token) = token {
        headers.push((AUTHORIZATION, token.clone()));
    }
    post("text/plain; charset=utf-8", text(notice).into(), headers)
}

fn log(notice: &Notice) {
    let (title, text) = (title(notice), text(notice));
    let text = text.trim_end().replace('\n', "; ");
    match notice.severity() {
        _ if notice.reason == Reason::Test => tracing::info!(alert = title, text),
        Some(Severity::Critical) => tracing::error!(alert = title, text),
        Some(Severity::Warning) => tracing::warn!(alert = title, text),
        Some(Severity::Info) | None => tracing::info!(alert = title, text),
    }
}
