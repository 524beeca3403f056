//! Syslog messages (RFC 5424), one a line, with the event as structured data.
//!
//! Values lose what would end a line or move a cursor ([`clean`] writes it out); then what would
//! end a value is escaped (§6.3.3). Whoever needs a value byte by byte takes JSON.

use std::fmt::Write as _;

use super::{Origin, actor, message, name, refused};
use crate::clock::Timestamp;
use crate::model::event::{Event, EventKind};
use crate::model::exchange::ExchangeSummary;
use crate::text::clean;

/// "Log audit" (§6.2.1).
const FACILITY: u8 = 13;
/// The enterprise number is the one that RFC 5612 keeps for examples: scimtop has none of its own.
const ID: &str = "scimtop@32473";
/// Octets of HOSTNAME (§6).
const HOSTNAME: usize = 255;
/// Largest `sequenceId` (§7.3.1); it begins at 1 again.
const SEQUENCES: u64 = 2_147_483_647;

/// A message: severity, when, what kind, its parameters, the text.
struct Message<'m> {
    severity: u8,
    at: Timestamp,
    kind: &'m str,
    sequence: u64,
    params: Vec<(&'static str, String)>,
    text: String,
}

impl Message<'_> {
    fn write(self, host: &str) -> String {
        let mut line = format!(
            "<{}>1 {} {} scimtop - {} [{ID}",
            FACILITY * 8 + self.severity,
            self.at,
            hostname(host),
            self.kind
        );
        for (name, value) in self.params {
            // Writing to a String cannot fail.
            let _ = write!(line, " {name}=\"{}\"", value_of(&value));
        }
        let sequence = (self.sequence.max(1) - 1) % SEQUENCES + 1;
        let version = env!("CARGO_PKG_VERSION");
        let _ = write!(
            line,
            "][meta sequenceId=\"{sequence}\"][origin software=\"scimtop\" \
             swVersion=\"{version}\"] \u{feff}{}",
            clean(&self.text)
        );
        line
    }
}

/// A PARAM-VALUE without its quotes.
pub(super) fn value_of(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    for c in clean(text).chars() {
        if matches!(c, '"' | '\\' | ']') {
            value.push('\\');
        }
        value.push(c);
    }
    value
}

/// HOSTNAME: printable ASCII, or nothing.
fn hostname(host: &str) -> &str {
    let fine = (1..=HOSTNAME).contains(&host.len()) && host.bytes().all(|b| b.is_ascii_graphic());
    if fine { host } else { "-" }
}

/// Warning, notice or informational.
const fn severity(kind: EventKind) -> u8 {
    match kind {
        EventKind::GuardOpened => 4,
        EventKind::UserRemoved
        | EventKind::UserErased
        | EventKind::GroupDeleted
        | EventKind::TokenCreated
        | EventKind::TokenRevoked => 5,
        _ => 6,
    }
}

/// A change.
pub(super) fn event(host: &str, event: &Event, origin: Option<&Origin>) -> String {
    let mut params = vec![
        ("seq", event.seq.to_string()),
        ("org", event.org.to_string()),
        ("actor", actor(event).to_owned()),
        ("cause", event.cause.clone()),
    ];
    let subject = event.subject.map(|id| id.to_string());
    let request = event.request.map(|id| id.to_string());
    let source = origin.map(|origin| origin.source.clone());
    let optional = [
        ("subjectId", subject),
        ("subject", name(event).map(str::to_owned)),
        ("request", request),
        ("source", source),
    ];
    params.extend(
        optional
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    params.push(("hash", event.hash.clone()));
    Message {
        severity: severity(event.kind),
        at: event.at,
        kind: event.kind.as_str(),
        sequence: event.seq,
        params,
        text: message(event),
    }
    .write(host)
}

/// A refused credential: a warning.
pub(super) fn refusal(host: &str, request: &ExchangeSummary, reason: &str) -> String {
    let mut params = vec![
        ("reason", reason.to_owned()),
        ("source", request.source.clone()),
        ("status", request.status.to_string()),
        ("method", request.method.clone()),
        ("path", request.path.clone()),
        ("request", request.request.to_string()),
    ];
    let optional = [
        ("org", request.org.map(|org| org.to_string())),
        ("token", request.token.as_ref().map(|token| token.0.clone())),
        ("tokenLabel", request.token_label.clone()),
    ];
    params.extend(
        optional
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    Message {
        severity: 4,
        at: request.at,
        kind: "credential-refused",
        sequence: request.seq,
        params,
        text: refused(request, reason),
    }
    .write(host)
}
