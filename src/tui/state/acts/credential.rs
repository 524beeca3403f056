//! Acts on tokens: create, rotate, revoke. The server has no rehearsal of these; what they would
//! do is known from what is typed and from the tokens there are.

use std::fmt;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::clock::{Timestamp, parse_duration};
use crate::ids::{OrgId, TokenId};
use crate::model::operator::OperatorRole;
use crate::model::token::{Token, TokenKind, TokenState};
use crate::ops::api::{IssuedToken, NewToken, Rotation};
use crate::text::clean;
use crate::tui::call::Call;
use crate::tui::keymap::{Command, Context};
use crate::tui::state::Model;
use crate::tui::state::acts::target::{ORG_NAME, Target};
use crate::tui::state::acts::{Act, Field};
use crate::tui::state::open::Record;
use crate::tui::state::plan::Plan;
use crate::tui::state::tokens::{last_use, life};

/// What a token may open, as the form calls it.
const KINDS: [(&str, TokenKind, Option<OperatorRole>); 5] = [
    ("scim", TokenKind::Scim, None),
    ("application", TokenKind::Application, None),
    (
        "operator: viewer",
        TokenKind::Operator,
        Some(OperatorRole::Viewer),
    ),
    (
        "operator: operator",
        TokenKind::Operator,
        Some(OperatorRole::Operator),
    ),
    (
        "operator: admin",
        TokenKind::Operator,
        Some(OperatorRole::Admin),
    ),
];
const KIND_NAMES: &[&str] = &[KINDS[0].0, KINDS[1].0, KINDS[2].0, KINDS[3].0, KINDS[4].0];
/// How long the old token goes on; the first is the default.
const OVERLAPS: &[&str] = &["24h", "0s", "1h", "7d", "30d"];
const LABEL: &str = "label of the token";

/// A token at the one moment its secret is shown.
pub struct Issued {
    /// What is kept of it.
    pub token: Token,
    /// The secret, until the dialog is closed.
    pub secret: Zeroizing<String>,
    /// It was copied, or the operator was warned: it may be closed.
    pub closing: bool,
}

impl From<IssuedToken> for Issued {
    fn from(issued: IssuedToken) -> Self {
        Self {
            token: issued.token,
            secret: Zeroizing::new(issued.secret),
            closing: false,
        }
    }
}

impl fmt::Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issued")
            .field("token", &self.token.id)
            .finish_non_exhaustive()
    }
}

impl Model {
    /// The token that is opened, or else selected.
    pub fn token(&self) -> Option<&Token> {
        match &self.token_list.open {
            Some(open) => match open.record.here.as_ref()? {
                Record::Token(family) => Some(&family.token),
                _ => None,
            },
            None => self.token_list.list.selected(),
        }
    }
}

/// What `command` would be done to.
pub fn target(model: &Model, command: Command) -> Result<Target, &'static str> {
    if command == Command::CreateToken {
        return Ok(create(model));
    }
    let token = model.token().ok_or("no token is selected")?;
    let about = format!("{} (…{})", clean(&token.label), clean(&token.hint));
    let (act, fields) = match (command, token.state(model.now)) {
        (Command::RotateToken, TokenState::Active) => {
            let act = Act::RotateToken(token.id.clone());
            (
                act,
                vec![Field::choice("Overlap (space changes):", OVERLAPS)],
            )
        }
        (Command::RotateToken, TokenState::Rotating) => {
            return Err("it was rotated already: rotate its successor");
        }
        (Command::RotateToken, _) => return Err("it is over: c creates a new one"),
        (_, TokenState::Revoked) => return Err("it was revoked already"),
        (_, TokenState::Expired) => return Err("it has expired: there is nothing to revoke"),
        _ => (Act::RevokeToken(token.id.clone()), Vec::new()),
    };
    Ok(Target {
        act,
        about,
        word: clean(&token.label),
        named: LABEL,
        fields,
        owner: None,
    })
}

fn create(model: &Model) -> Target {
    let org = model.token().map(|token| token.org).unwrap_or_default();
    Target {
        act: Act::CreateToken,
        about: "a token".to_owned(),
        word: String::new(),
        named: ORG_NAME,
        fields: vec![
            Field::text("Org (name or number):", &model.org_name(org)),
            Field::choice("Opens (space changes):", KIND_NAMES),
            Field::text("Label:", ""),
            Field::text("Expires (90d, a date, or nothing for 6 months):", ""),
        ],
        owner: None,
    }
}

/// The call, made of what is typed.
pub fn call(act: &Act, fields: &[Field], now: Timestamp) -> Option<Call> {
    let value = |at: usize| fields.get(at).map_or("", Field::value);
    Some(match act {
        Act::CreateToken => {
            let (kind, role) = opens(value(1));
            Call::CreateToken(NewToken {
                org: value(0).to_owned(),
                kind,
                role,
                label: value(2).to_owned(),
                expires: end(value(3), now).ok()?,
            })
        }
        Act::RotateToken(id) => {
            let overlap = parse_duration(value(0)).map(|overlap| overlap.as_secs());
            let rotation = Rotation {
                overlap_seconds: overlap,
                ..Rotation::default()
            };
            Call::RotateToken(id.clone(), rotation)
        }
        Act::RevokeToken(id) => Call::RevokeToken(id.clone()),
        _ => return None,
    })
}

fn opens(name: &str) -> (TokenKind, Option<OperatorRole>) {
    let found = KINDS.into_iter().find(|(known, ..)| *known == name);
    found.map_or((TokenKind::Scim, None), |(_, kind, role)| (kind, role))
}

/// The end that is typed: a span, a date, a moment, or nothing.
fn end(text: &str, now: Timestamp) -> Result<Option<Timestamp>, &'static str> {
    if text.is_empty() {
        return Ok(None);
    }
    let date = || Timestamp::parse(&format!("{text}T00:00:00Z"));
    let end = parse_duration(text)
        .map(|span| now.plus(span))
        .or_else(|| Timestamp::parse(text))
        .or_else(date)
        .ok_or("write the end as 90d, 2027-01-31 or 2027-01-31T08:00:00Z")?;
    if end <= now {
        return Err("that end is over already");
    }
    Ok(Some(end))
}

/// What the act would do, and what has to be typed for it; `None`: no act on a token.
pub fn rehearsed(
    model: &Model,
    act: &Act,
    fields: &[Field],
) -> Option<(Result<Plan, String>, Option<String>)> {
    let value = |at: usize| fields.get(at).map_or("", Field::value);
    Some(match act {
        Act::CreateToken => match created(model, value(0), opens(value(1)).1, [value(2), value(3)])
        {
            Ok((plan, word)) => (Ok(plan), Some(word)),
            Err(why) => (Err(why.to_owned()), Some(String::new())),
        },
        Act::RotateToken(id) => (
            known(model, id, |token| rotated(model, token, value(0))),
            None,
        ),
        Act::RevokeToken(id) => (known(model, id, |token| revoked(model, token)), None),
        _ => return None,
    })
}

fn known(model: &Model, id: &TokenId, plan: impl Fn(&Token) -> Plan) -> Result<Plan, String> {
    let token = model.tokens.iter().find(|token| token.id == *id);
    token
        .map(plan)
        .ok_or_else(|| "the token is gone".to_owned())
}

fn created(
    model: &Model,
    org: &str,
    role: Option<OperatorRole>,
    [label, expires]: [&str; 2],
) -> Result<(Plan, String), &'static str> {
    let named = |name: &str| name.eq_ignore_ascii_case(org);
    let found = model
        .orgs
        .iter()
        .find(|known| named(&clean(&known.name)) || named(&known.id.to_string()))
        .ok_or("there is no Org of that name or number")?;
    if role.is_some() && found.id != OrgId::PRIMARY {
        return Err("an operator's token opens all Orgs: it belongs to Org 0");
    }
    if label.is_empty() {
        return Err("give it a label, such as okta-prod");
    }
    let end = end(expires, model.now)?;
    let end = end.map_or_else(|| "in six calendar months".to_owned(), date);
    let copy = model.keymap.at(Context::Issued).of(Command::CopyToken);
    let mut facts = vec![
        ("Org", clean(&found.name)),
        ("Ends", end),
        (
            "Secret",
            format!("is shown once, after this; {copy} copies it"),
        ),
    ];
    if !found.scim_enabled && role.is_none() {
        facts.push((
            "Note",
            "SCIM is off for this Org: requests get 403".to_owned(),
        ));
    }
    let possible = true;
    Ok((Plan { facts, possible }, clean(&found.name)))
}

fn rotated(model: &Model, token: &Token, overlap: &str) -> Plan {
    let span = parse_duration(overlap).unwrap_or(Duration::ZERO);
    let end = token.expires.min(model.now.plus(span));
    let facts = vec![
        (
            "New",
            "a successor, valid for six calendar months; its secret is shown once".to_owned(),
        ),
        ("Old", format!("goes on until {}", date(end))),
        ("In use", used(model, token)),
        (
            "Then",
            "paste the new one into the identity provider; ⏎ on the token shows when it is used"
                .to_owned(),
        ),
    ];
    let possible = true;
    Plan { facts, possible }
}

fn revoked(model: &Model, token: &Token) -> Plan {
    let facts = vec![
        ("Effect", "the next request with it gets 401".to_owned()),
        ("In use", used(model, token)),
        (
            "Ends",
            format!("otherwise in {}", life(token, model.now).span),
        ),
        ("Undo", "impossible; a new token can be created".to_owned()),
    ];
    let possible = true;
    Plan { facts, possible }
}

fn used(model: &Model, token: &Token) -> String {
    last_use(model, token).map_or_else(
        || "never used".to_owned(),
        |(at, by)| format!("last {} by {}", date(at), clean(&by)),
    )
}

fn date(at: Timestamp) -> String {
    at.to_utc().format("%Y-%m-%d %H:%MZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::testing::status;

    #[test]
    fn an_end_is_a_span_a_date_or_a_moment() {
        let now = status().now;
        let days = |days: u64| now.plus(Duration::from_secs(days * 86_400));
        assert_eq!(end("", now), Ok(None));
        assert_eq!(end("90d", now), Ok(Some(days(90))));
        let date = Timestamp::parse("2026-12-24T00:00:00Z");
        assert_eq!(end("2026-12-24", now), Ok(date));
        assert_eq!(end("2026-12-24T00:00:00Z", now), Ok(date));
        assert!(end("soon", now).is_err());
        assert!(end("2020-01-01", now).is_err());
        assert!(end("0s", now).is_err());
    }
}
