//! What is wrong, judged from what the store and the recorded exchanges say: a check is a function
//! from facts to a finding.

pub mod auth;
pub mod group;
pub mod latency;
pub mod user;

use std::fmt::Write as _;

use crate::clock::Timestamp;
use crate::ids::RequestId;
use crate::model::advice::{Context, advise};
use crate::model::alert::Alert;
use crate::model::diagnosis::Check;
use crate::model::exchange::{Client, ExchangeSummary, Operation};
use crate::model::menus;
use crate::model::org::Org;
use crate::model::token::{Refusal, Token, TokenKind, TokenState};
use crate::scim::fold::fold;

/// An Org and who sends to it.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// The time.
    pub now: Timestamp,
    /// The Org.
    pub org: &'a Org,
    /// The Org's tokens.
    pub tokens: &'a [Token],
    /// Base URL that identity providers should have.
    pub base_url: &'a str,
    /// The client that was last seen in the Org.
    pub client: Client,
    /// Who has stopped asking in the Org.
    pub silent: Option<&'a Silent>,
    /// Exchanges with this Org's tokens that were refused, newest first.
    pub refused: &'a [ExchangeSummary],
    /// How far back exchanges were looked at; `None`: none are kept.
    pub looked_back: Option<Timestamp>,
}

/// A client that has stopped asking.
#[derive(Clone, Debug)]
pub struct Silent {
    /// The alert that says so (C1, C2).
    pub alert: Alert,
    /// Its last request, if that is still kept.
    pub last: Option<ExchangeSummary>,
}

/// A failed request about the user or group, with what its body tells.
#[derive(Clone, Debug)]
pub struct Failure<'a> {
    /// The request.
    pub exchange: &'a ExchangeSummary,
    /// Whom the names and identifiers in its body belong to, if to somebody: attribute, value,
    /// name.
    pub holders: Vec<(String, String, String)>,
}

/// Whether the Org accepts SCIM at all.
pub fn accepts(scene: &Scene<'_>) -> Check {
    const NAME: &str = "org";
    let name = &scene.org.name;
    if scene.org.scim_enabled {
        return Check::fine(NAME, format!("Org {name} accepts SCIM"));
    }
    let step = format!("scimtop org enable-scim {}", scene.org.id);
    Check::problem(
        NAME,
        format!("SCIM is not switched on for Org {name}, so that every request gets 403"),
        [step],
    )
}

/// Whether a token is valid, and used.
pub fn token(scene: &Scene<'_>) -> Check {
    const NAME: &str = "token";
    let place = menus::token_place(scene.client);
    let valid: Vec<_> = scene
        .tokens
        .iter()
        .filter(|token| token.kind == TokenKind::Scim)
        .filter(|token| {
            matches!(
                token.state(scene.now),
                TokenState::Active | TokenState::Rotating
            )
        })
        .collect();
    let create = format!("scimtop token create --org {}", scene.org.id);
    let last = valid
        .iter()
        .filter_map(|token| Some((token.last_used.as_ref()?.at, *token)))
        .max_by_key(|(at, _)| *at);
    let dead = scene.refused.iter().find(|exchange| {
        matches!(exchange.refusal, Some(Refusal::Expired | Refusal::Revoked))
            && last.is_none_or(|(at, _)| exchange.at > at)
    });
    if let Some(exchange) = dead {
        let why = match exchange.refusal {
            Some(Refusal::Revoked) => "revoked",
            _ => "expired",
        };
        let label = exchange.token_label.as_deref().unwrap_or("the token");
        return Check::problem(
            NAME,
            format!(
                "{} still sends the {why} token {label}, last {}, and is refused with {}",
                exchange.client.as_str(),
                exchange.at,
                exchange.status
            ),
            [create, format!("paste it: {place}")],
        )
        .shown_by([exchange.request]);
    }
    if valid.is_empty() {
        return Check::problem(
            NAME,
            format!("Org {} has no valid token", scene.org.name),
            [create, format!("paste it: {place}")],
        );
    }
    match last {
        Some((at, token)) => Check::fine(
            NAME,
            format!(
                "token {} ({}) is valid and was last used {at}",
                token.label, token.id
            ),
        ),
        None => Check::problem(
            NAME,
            format!(
                "no valid token of Org {} was ever used: the identity provider does not have it",
                scene.org.name
            ),
            [format!("paste the token: {place}")],
        ),
    }
}

/// Whether a client has stopped asking: then nothing of it arrives.
pub fn silence(silent: Option<&Silent>) -> Check {
    const NAME: &str = "silence";
    let Some(Silent { alert, last }) = silent else {
        return Check::fine(NAME, "no client has stopped asking");
    };
    let client = last.as_ref().map_or(Client::Unknown, |last| last.client);
    Check::problem(
        NAME,
        format!("{} has stopped asking: {}", alert.subject, alert.why),
        [
            format!(
                "see whether it still provisions: {}",
                menus::provisioning(client)
            ),
            "if it does, try the base URL from outside: proxy, DNS, certificate".to_owned(),
        ],
    )
    .shown_by(last.as_ref().map(|last| last.request))
}

/// How the requests about a user or group ended: failures behind the last success count.
pub fn failures(scene: &Scene<'_>, about: &[ExchangeSummary], failed: &[Failure<'_>]) -> Check {
    const NAME: &str = "failures";
    let Some(newest) = failed.iter().max_by_key(|failure| failure.exchange.seq) else {
        return Check::fine(NAME, "no request about it failed");
    };
    let done = about.iter().filter(|one| succeeded(one)).map(|one| one.seq);
    let many = failed.len();
    let evidence = || {
        failed
            .iter()
            .map(|failure| failure.exchange.request)
            .collect::<Vec<RequestId>>()
    };
    if done.max().is_some_and(|seq| seq > newest.exchange.seq) {
        return Check::fine(NAME, format!("{many} failed, and a later one succeeded"))
            .shown_by(evidence());
    }
    let exchange = newest.exchange;
    let context = Context {
        tokens: scene.tokens,
        base_url: scene.base_url,
    };
    let advice = advise(exchange, context);
    let kind = exchange
        .scim_type
        .as_ref()
        .map_or(String::new(), |kind| format!(" {kind}"));
    let mut finding = format!(
        "{} {} by {} was answered {}{kind} at {}: {}",
        exchange.method,
        route(exchange),
        exchange.client.as_str(),
        exchange.status,
        exchange.at,
        advice.why
    );
    let mut steps = advice.steps;
    if exchange.status == 409 {
        for (attribute, value, name) in &newest.holders {
            let _ = write!(finding, "; {attribute} {value} belongs to {name}");
        }
        if !newest.holders.is_empty() {
            steps = vec![
                format!(
                    "let the identity provider match the account that is there: {}",
                    menus::mappings(exchange.client)
                ),
                menus::resend(exchange.client).to_owned(),
            ];
        }
    } else {
        steps.push(format!("send it again: {}", menus::resend(exchange.client)));
    }
    Check::problem(NAME, finding, steps).shown_by(evidence())
}

/// `/Users`, `/Groups/{id}`: what a path leads to.
pub fn route(exchange: &ExchangeSummary) -> String {
    for kind in ["/Users", "/Groups"] {
        let Some((_, below)) = exchange.path.split_once(kind) else {
            continue;
        };
        return match below.trim_matches('/') {
            "" => kind.to_owned(),
            ".search" => format!("{kind}/.search"),
            _ => format!("{kind}/{{id}}"),
        };
    }
    let last = exchange.path.trim_end_matches('/').rsplit('/').next();
    match exchange.operation {
        Operation::NoRoute => "(no route)".to_owned(),
        _ => format!("/{}", last.unwrap_or_default()),
    }
}

/// True if it changed something and was not refused.
pub fn succeeded(exchange: &ExchangeSummary) -> bool {
    exchange.status < 400
        && matches!(
            exchange.operation,
            Operation::Create
                | Operation::Replace
                | Operation::Patch
                | Operation::Activate
                | Operation::Deactivate
                | Operation::Delete
        )
}

/// True if `text` names `term`, without case, and not just a longer name that contains it.
pub fn mentions(text: &str, term: &str) -> bool {
    let (text, term) = (fold(text), fold(term));
    if term.is_empty() {
        return false;
    }
    let goes_on = |c: char| c.is_alphanumeric() || matches!(c, '@' | '.' | '_' | '-' | '+');
    text.match_indices(&*term).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + term.len()..].chars().next();
        !before.is_some_and(goes_on) && !after.is_some_and(goes_on)
    })
}

/// `1 request`, `3 requests`.
fn count(many: usize, what: &str) -> String {
    match many {
        1 => format!("1 {what}"),
        many => format!("{many} {what}s"),
    }
}

/// How far back was looked, as an end of a sentence.
fn back(scene: &Scene<'_>) -> String {
    match scene.looked_back {
        Some(at) => format!("since {at}"),
        None => "(none are kept)".to_owned(),
    }
}

#[cfg(test)]
pub(crate) mod tests;
