//! The Tokens view's state, and what an opened token shows: its life, and which of a rotated pair
//! the identity provider uses.

use std::cmp::Reverse;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::ids::TokenId;
use crate::model::exchange::ExchangeSummary;
use crate::model::token::{LastUse, Refusal, Token, TokenKind, TokenState};
use crate::ops::api::ExchangePage;
use crate::text::{clean, cut, fit};
use crate::tui::keymap::{Command, Keys};
use crate::tui::state::Model;
use crate::tui::state::list::{Keyed, List};
use crate::tui::state::open::{Open, Part};
use crate::tui::state::removals::when;
use crate::tui::theme::Role;
use crate::tui::widget::rich::{Line, fact, line, paragraph};

const DAY: u64 = 86_400;

/// State of the view.
#[derive(Debug, Default)]
pub struct Tokens {
    /// The tokens, the next to end first.
    pub list: List<Token>,
    /// The opened one.
    pub open: Option<Open>,
}

impl Keyed for Token {
    fn key(&self) -> u128 {
        // `tok_` and eight digits: no two have the same bytes.
        let bytes = self.id.0.bytes().take(16);
        bytes.fold(0, |key, byte| key << 8 | u128::from(byte))
    }
}

/// A token with all of its rotation chain, oldest first.
#[derive(Debug)]
pub struct Family {
    /// The token.
    pub token: Token,
    /// The chain, itself among them.
    pub chain: Vec<Token>,
}

impl Family {
    /// The family of the token with that id.
    pub fn of(id: &TokenId, tokens: Vec<Token>) -> Option<Self> {
        let token = tokens.iter().find(|token| token.id == *id)?.clone();
        let mut chain = tokens;
        chain.retain(|other| other.lineage == token.lineage);
        chain.sort_by_key(|token| token.created);
        Some(Self { token, chain })
    }

    /// The newest pair of the chain: a rotated token and its successor.
    fn pair(&self) -> Option<(&Token, &Token)> {
        let named = |id: &TokenId| self.chain.iter().find(|token| token.id == *id);
        let own = self.token.successor.as_ref().and_then(named);
        if let Some(successor) = own {
            return Some((&self.token, successor));
        }
        let follows = |other: &&Token| other.successor.as_ref() == Some(&self.token.id);
        Some((self.chain.iter().find(follows)?, &self.token))
    }
}

/// Takes in all tokens there are, for the list and for everything that names one.
pub fn take(model: &mut Model, ticket: u64, tokens: Vec<Token>) {
    let rows = shown(model, &tokens);
    model.tokens = tokens;
    model.token_list.list.take(ticket, rows.into());
}

/// The tokens that the filter lets through, those that live first, and the next to end first.
fn shown(model: &Model, tokens: &[Token]) -> Vec<Token> {
    let filter = model.token_list.list.at.filter().to_lowercase();
    let fits = |token: &&Token| {
        model.org.is_none_or(|org| org == token.org)
            && filter
                .split_whitespace()
                .all(|word| fits(model, token, word))
    };
    let mut rows: Vec<Token> = tokens.iter().filter(fits).cloned().collect();
    rows.sort_by_key(|token| match token.state(model.now) {
        TokenState::Active | TokenState::Rotating => (0, token.expires.0, Reverse(0)),
        TokenState::Expired => (1, 0, Reverse(token.expires.0)),
        TokenState::Revoked => (2, 0, Reverse(token.revoked.map_or(0, |at| at.0))),
    });
    rows
}

fn fits(model: &Model, token: &Token, word: &str) -> bool {
    let org = model.org_name(token.org).to_lowercase();
    match word.split_once(':') {
        Some(("org", name)) => org == name || token.org.to_string() == name,
        Some(("kind", name)) => token.kind.as_str().starts_with(name),
        Some(("state", name)) => life(token, model.now).word.starts_with(name),
        _ => [&token.label, &token.id.0, &token.hint]
            .into_iter()
            .any(|text| text.to_lowercase().contains(word)),
    }
}

/// How long a token lives still.
pub struct Life {
    /// Glyph and role: how bad that is.
    pub glyph: &'static str,
    /// The same as a role.
    pub role: Role,
    /// In a word.
    pub word: &'static str,
    /// How long, or since when not any more.
    pub span: String,
}

/// What is left of a token's life at `now`.
pub fn life(token: &Token, now: Timestamp) -> Life {
    let left = token.expires.since(now);
    let (glyph, role, word) = match (token.state(now), left.as_secs()) {
        (TokenState::Revoked, _) => ("×", Role::Dim, "revoked"),
        (TokenState::Expired, _) if token.successor.is_some() => ("·", Role::Dim, "rotated"),
        (TokenState::Expired, _) => ("!", Role::Crit, "expired"),
        (TokenState::Rotating, _) => ("→", Role::Info, "rotating"),
        (TokenState::Active, left) if left < DAY => ("!", Role::Crit, "last day"),
        (TokenState::Active, left) if left < 7 * DAY => ("!", Role::Crit, "urgent"),
        (TokenState::Active, left) if left < 14 * DAY => ("▲", Role::Warn, "rotate now"),
        (TokenState::Active, left) if left < 30 * DAY => ("○", Role::Info, "ends soon"),
        (TokenState::Active, _) => (" ", Role::Ok, "active"),
    };
    let ended = |at: Timestamp| format!("{} ago", long_span(now.since(at)));
    let span = match token.state(now) {
        TokenState::Revoked => ended(token.revoked.unwrap_or(now)),
        TokenState::Expired => ended(token.expires),
        _ => long_span(left),
    };
    Life {
        glyph,
        role,
        word,
        span,
    }
}

/// A time span in its largest unit, rounded down; days from two on.
fn long_span(span: Duration) -> String {
    match span.as_secs() {
        seconds @ 0..60 => format!("{seconds}s"),
        seconds @ 60..3_600 => format!("{}m", seconds / 60),
        seconds @ 3_600..172_800 => format!("{}h", seconds / 3_600),
        seconds => format!("{}d", seconds / DAY),
    }
}

/// When and by whom a token was last accepted, as of the newest request held.
pub fn last_use(model: &Model, token: &Token) -> Option<(Timestamp, String)> {
    let accepted = |exchange: &&ExchangeSummary| {
        exchange.token.as_ref() == Some(&token.id) && accepted(exchange)
    };
    let seen = model
        .live
        .log
        .newest_first()
        .map(AsRef::as_ref)
        .find(accepted);
    let kept = token.last_used.as_ref();
    match (seen, kept) {
        (Some(exchange), kept) if kept.is_none_or(|kept| kept.at <= exchange.at) => {
            let by = format!("{} {}", exchange.client.as_str(), exchange.source);
            Some((exchange.at, by))
        }
        (
            _,
            Some(LastUse {
                at,
                source,
                user_agent,
            }),
        ) => {
            let agent = user_agent.split_whitespace().next().unwrap_or_default();
            Some((*at, format!("{agent} {source}").trim_start().to_owned()))
        }
        _ => None,
    }
}

/// True if its credential was accepted, whatever came of the request.
fn accepted(exchange: &ExchangeSummary) -> bool {
    matches!(
        exchange.refusal,
        None | Some(Refusal::WrongOrg | Refusal::ScimDisabled)
    )
}

/// Which token of a rotated pair is in use, as a line with its role.
fn in_use(model: &Model, family: &Family) -> Option<(Role, String)> {
    let (old, new) = family.pair()?;
    let at = |at: Timestamp| at.to_utc().format("%m-%d %H:%M:%SZ").to_string();
    let name = |token: &Token| format!("…{}", clean(&token.hint));
    let used = |token| last_use(model, token).map(|(at, _)| at);
    let end = match old.state(model.now) {
        TokenState::Active | TokenState::Rotating => "ends in",
        TokenState::Expired | TokenState::Revoked => "ended",
    };
    let end = format!("{end} {}", life(old, model.now).span);
    Some(match (used(old), used(new)) {
        (None, None) => (
            Role::Warn,
            "neither was used yet: paste the new one".to_owned(),
        ),
        (Some(old_at), None) => (
            Role::Warn,
            format!(
                "▲ still the old one, {} (last {}): it {end}; paste {}",
                name(old),
                at(old_at),
                name(new)
            ),
        ),
        (Some(old_at), Some(new_at)) if old_at > new_at => (
            Role::Warn,
            format!(
                "▲ both: the old one, {}, was used last ({}), the new one, {}, before ({})",
                name(old),
                at(old_at),
                name(new),
                at(new_at)
            ),
        ),
        (old_at, Some(new_at)) => {
            let since = match old_at {
                Some(old_at) => format!("the old one last {}", at(old_at)),
                None => "the old one never".to_owned(),
            };
            (
                Role::Ok,
                format!("the new one, {} (last {}); {since}", name(new), at(new_at)),
            )
        }
    })
}

/// Label and state in a line.
pub fn headline(token: &Token, now: Timestamp) -> Line {
    let life = life(token, now);
    vec![
        (Role::Subject, clean(&token.label)),
        (Role::Dim, format!("  …{}", clean(&token.hint))),
        (
            life.role,
            format!("  {} {} {}", life.glyph, life.word, life.span),
        ),
    ]
}

/// Why a token is as it is, and the next step.
pub fn explain(token: &Token, now: Timestamp, keys: Keys<'_>) -> (&'static str, String) {
    match life(token, now).word {
        "revoked" => (
            "an operator ended it; requests with it get 401",
            "nothing, unless Refused lists requests: then paste a live token into that provider"
                .to_owned(),
        ),
        "rotated" => (
            "it was rotated and its overlap is over; requests with it get 401",
            "nothing, unless Refused lists requests: then paste its successor into that provider"
                .to_owned(),
        ),
        "expired" => (
            "its time is over and nothing follows it: the identity provider gets 401",
            format!(
                "{} creates a new one; paste it into the identity provider",
                keys.of(Command::CreateToken)
            ),
        ),
        "rotating" => (
            "it has a successor and ends with the overlap",
            "paste the successor into the provider; opened, this says which of the two it uses"
                .to_owned(),
        ),
        "last day" | "urgent" | "rotate now" | "ends soon" => (
            "a token lives six calendar months at most; after its end the provider gets 401",
            format!(
                "{} rotates it: a successor is issued and this one goes on until the overlap is \
                 over",
                keys.of(Command::RotateToken)
            ),
        ),
        _ => (
            "it is valid",
            format!(
                "nothing; {} rotates it, {} ends it at once, {} lists its requests",
                keys.of(Command::RotateToken),
                keys.of(Command::RevokeToken),
                keys.to(Command::ToRequest)
            ),
        ),
    }
}

/// What the list knows of a token.
pub fn outline(model: &Model, token: &Token, columns: usize) -> Vec<Line> {
    let now = model.now;
    let mut lines = vec![headline(token, now)];
    let mut add = |name: &str, text: &str| lines.extend(fact(name, text, columns));
    let stamp = |at: Timestamp| at.to_utc().format("%Y-%m-%d %H:%M:%SZ").to_string();
    add("org", &model.org_name(token.org));
    add(
        "opens",
        &match (token.kind, token.role) {
            (TokenKind::Scim, _) => "the SCIM endpoint of the Org".to_owned(),
            (TokenKind::Application, _) => "the content registry of the Org".to_owned(),
            (TokenKind::Operator, role) => {
                let role = role.map_or("nobody", |role| role.as_str());
                format!("the operations API of every Org, as {role}")
            }
        },
    );
    add("id", &token.id.0);
    add("issued", &stamp(token.created));
    let life = life(token, now);
    add(
        "expires",
        &format!("{}  ({})", stamp(token.expires), life.span),
    );
    if let Some(at) = token.revoked {
        add("revoked", &stamp(at));
    }
    let used = last_use(model, token);
    let used = used.map_or_else(
        || "never".to_owned(),
        |(at, by)| format!("{} by {by}", stamp(at)),
    );
    add("used", &used);
    lines
}

/// The same with why and do.
pub fn glance(model: &Model, token: &Token, columns: usize) -> Vec<Line> {
    let mut lines = outline(model, token, columns);
    lines.push(Line::new());
    advice(model, token, columns, &mut lines);
    lines
}

fn advice(model: &Model, token: &Token, columns: usize, lines: &mut Vec<Line>) {
    let (why, step) = explain(token, model.now, model.keys());
    lines.extend(paragraph("why", Role::Text, why, columns));
    lines.extend(paragraph("do", Role::Text, &step, columns));
}

/// The summary of an opened token.
pub fn summary(
    model: &Model,
    family: &Family,
    refused: &Part<ExchangePage>,
    columns: usize,
) -> Vec<Line> {
    let mut lines = outline(model, &family.token, columns);
    if let Some(page) = &refused.here {
        let more = if page.older.is_some() { " or more" } else { "" };
        let text = match page.exchanges.first() {
            None => "no recorded request with it was refused".to_owned(),
            Some(last) => format!(
                "{}{more} requests, last {}: tab Refused",
                page.exchanges.len(),
                when(last.at, model.now)
            ),
        };
        lines.extend(fact("refused", &text, columns));
    }
    if let Some((role, text)) = in_use(model, family) {
        let wide = columns.saturating_sub(9);
        let broken = crate::text::wrap(&text, wide);
        for (number, text) in broken.into_iter().enumerate() {
            let label = if number == 0 { "in use" } else { "" };
            lines.push(vec![(Role::Dim, fit(label, 9)), (role, text)]);
        }
    }
    lines.push(Line::new());
    advice(model, &family.token, columns, &mut lines);
    if family.chain.len() > 1 {
        lines.push(Line::new());
        lines.push(line(Role::Column, "ROTATION CHAIN, oldest first"));
        let each = family.chain.iter();
        lines.extend(each.map(|token| link(model, token, token.id == family.token.id, columns)));
    }
    lines
}

fn link(model: &Model, token: &Token, itself: bool, columns: usize) -> Line {
    let life = life(token, model.now);
    let used = last_use(model, token);
    let used = used.map_or_else(
        || "never used".to_owned(),
        |(at, _)| format!("used {}", when(at, model.now)),
    );
    vec![
        (Role::Text, if itself { "> " } else { "  " }.to_owned()),
        (Role::Subject, format!("{}  ", clean(&token.id.0))),
        (Role::Dim, format!("…{}  ", clean(&token.hint))),
        (
            life.role,
            format!(
                "{} {}  ",
                life.glyph,
                fit(&format!("{} {}", life.word, life.span), 18)
            ),
        ),
        (Role::Dim, cut(&used, columns.saturating_sub(44))),
    ]
}

/// The refused requests of an opened token.
pub fn refused(page: &ExchangePage, now: Timestamp, keys: Keys<'_>) -> Vec<Line> {
    let all = keys.to(Command::ToRequest);
    if page.exchanges.is_empty() {
        return vec![line(Role::Dim, "no recorded request with it was refused")];
    }
    let head = format!("REQUESTS REFUSED WITH IT, newest first ({all} lists all)");
    let mut lines = vec![line(Role::Column, &head)];
    lines.extend(page.exchanges.iter().map(|exchange| {
        let why = exchange.refusal.map_or("", Refusal::describe);
        vec![
            (Role::Dim, format!("{:<12} ", when(exchange.at, now))),
            (Role::Crit, format!("{} ", exchange.status)),
            (Role::Operation, format!("{} ", clean(&exchange.method))),
            (Role::Text, format!("{why}  ")),
            (Role::Client, format!("{} ", exchange.client.as_str())),
            (Role::Dim, clean(&exchange.source)),
        ]
    }));
    if page.older.is_some() {
        lines.push(line(Role::Dim, &format!("… older ones: {all}")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::testing::{status, tokens};

    #[test]
    fn a_life_is_told_in_steps() {
        let now = status().now;
        let mut token = tokens().remove(2);
        for (left, word, span) in [
            (31 * DAY, "active", "31d"),
            (29 * DAY, "ends soon", "29d"),
            (13 * DAY, "rotate now", "13d"),
            (6 * DAY, "urgent", "6d"),
            (7_200, "last day", "2h"),
            (30, "last day", "30s"),
        ] {
            token.expires = now.plus(Duration::from_secs(left));
            let life = life(&token, now);
            assert_eq!((life.word, life.span.as_str()), (word, span));
        }
        token.successor = Some(TokenId("tok_00000001".to_owned()));
        assert_eq!(life(&token, now).word, "rotating");
        token.expires = now;
        assert_eq!(life(&token, now).word, "rotated");
        token.successor = None;
        assert_eq!(life(&token, now).word, "expired");
        token.revoked = Some(now);
        assert_eq!(life(&token, now).word, "revoked");
    }

    #[test]
    fn keys_of_tokens_differ() {
        let mut keys: Vec<u128> = tokens().iter().map(Keyed::key).collect();
        keys.dedup();
        assert_eq!(keys.len(), tokens().len());
    }
}
