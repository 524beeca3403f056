//! What operators do with tokens.

use std::time::Duration;

use serde_json::json;

use crate::clock::Timestamp;
use crate::engine::expiry;
use crate::ids::{OrgId, TokenId};
use crate::model::event::{Actor, EventKind, NewEvent};
use crate::model::operator::OperatorRole;
use crate::model::token::{StoredToken, Token, TokenKind, TokenState};
use crate::ops::api::{Failure, IssuedToken, NewToken, OpsError, Rotation};
use crate::ops::house::House;
use crate::ops::orgs;
use crate::secret::PlainToken;
use crate::store::StoreError;

/// Characters in a label at most.
const LONGEST_LABEL: usize = 64;

/// The tokens of one Org or of all, with last uses that are not stored yet.
pub(super) fn list(house: &House, org: Option<&str>) -> Result<Vec<Token>, OpsError> {
    let orgs = match org {
        Some(which) => vec![orgs::find(house, which)?],
        None => house.store.read(|reader| reader.orgs())?,
    };
    let mut tokens = Vec::new();
    for org in orgs {
        tokens.extend(house.store.read(|reader| reader.tokens(org.id))?);
    }
    for token in &mut tokens {
        if let Some(last) = house.doorkeeper.recent_use(&token.id) {
            token.last_used = Some(last);
        }
    }
    Ok(tokens)
}

/// Issues a token.
pub(super) fn create(
    house: &House,
    operator: &str,
    new: &NewToken,
) -> Result<IssuedToken, OpsError> {
    let org = orgs::find(house, &new.org)?.id;
    check_role(new, org)?;
    let now = house.clock.now();
    let token = Blank {
        kind: new.kind,
        role: new.role,
        org,
        lineage: None,
        label: label(&new.label)?,
    };
    let (stored, plain) = mint(token, now, end(now, new.expires)?)?;
    let event = event(&stored.token, EventKind::TokenCreated, operator, now);
    let inserted = stored.clone();
    house.store.write_blocking(move |tx| {
        tx.insert_token(&inserted)?;
        tx.append_event(&event).map(drop)
    })?;
    house.doorkeeper.learn_token(stored.clone());
    Ok(issued(stored, &plain))
}

/// Issues a successor; the old token ends after the overlap.
pub(super) fn rotate(
    house: &House,
    operator: &str,
    id: &TokenId,
    rotation: Rotation,
) -> Result<IssuedToken, OpsError> {
    let now = house.clock.now();
    let old = find(house, id)?;
    let refuse = |why: &str| Err(OpsError::new(Failure::Conflict, why));
    match old.state(now) {
        TokenState::Active => {}
        TokenState::Rotating => {
            return refuse("the token was rotated already: rotate its successor");
        }
        TokenState::Expired => return refuse("the token has expired: create a new one"),
        TokenState::Revoked => return refuse("the token was revoked: create a new one"),
    }
    let overlap = rotation.overlap_seconds.map(Duration::from_secs);
    let old_end = expiry::rotated_end(now, old.expires, overlap).map_err(invalid)?;
    let expires = end(now, rotation.expires)?;
    let successor = Blank {
        kind: old.kind,
        role: old.role,
        org: old.org,
        lineage: Some(old.lineage),
        label: old.label,
    };
    let (stored, plain) = mint(successor, now, expires)?;
    let mut event = event(&stored.token, EventKind::TokenRotated, operator, now);
    event.detail["predecessor"] = json!(id);
    event.detail["predecessor_expires"] = json!(old_end);
    let (successor, old_id) = (stored.clone(), id.clone());
    house.store.write_blocking(move |tx| {
        tx.rotate_token(&old_id, &successor, old_end)?;
        tx.append_event(&event).map(drop)
    })?;
    house.doorkeeper.learn_token(stored.clone());
    house.doorkeeper.change_token(id, |old| {
        old.token.successor = Some(stored.token.id.clone());
        old.token.expires = old.token.expires.min(old_end);
    });
    Ok(issued(stored, &plain))
}

/// Ends a token at once.
pub(super) fn revoke(house: &House, operator: &str, id: &TokenId) -> Result<Token, OpsError> {
    let now = house.clock.now();
    let token = find(house, id)?;
    let event = event(&token, EventKind::TokenRevoked, operator, now);
    let revoked = id.clone();
    house.store.write_blocking(move |tx| {
        if tx.revoke_token(&revoked, now)? {
            tx.append_event(&event)?;
        }
        Ok::<_, StoreError>(())
    })?;
    house.doorkeeper.change_token(id, |stored| {
        stored.token.revoked.get_or_insert(now);
    });
    find(house, id)
}

fn find(house: &House, id: &TokenId) -> Result<Token, OpsError> {
    house.store.read(|reader| reader.token(id))?.ok_or_else(|| {
        OpsError::new(
            Failure::NotFound,
            "no token has this id; `scimtop token list` shows them all",
        )
    })
}

/// A token before it has a secret.
struct Blank {
    kind: TokenKind,
    role: Option<OperatorRole>,
    org: OrgId,
    /// The first of its rotation chain, unless this is it.
    lineage: Option<TokenId>,
    label: String,
}

/// Operators' tokens, and no others, have a role, and open all Orgs.
fn check_role(new: &NewToken, org: OrgId) -> Result<(), OpsError> {
    let why = match (new.kind, new.role) {
        (TokenKind::Operator, Some(_)) if org == OrgId::PRIMARY => return Ok(()),
        (TokenKind::Operator, Some(_)) => "an operator's token opens all Orgs: name none",
        (TokenKind::Operator, None) => {
            "an operator's token needs a role: viewer, operator or admin"
        }
        (_, None) => return Ok(()),
        (_, Some(_)) => "only an operator's token has a role",
    };
    Err(invalid(why.to_owned()))
}

fn mint(
    blank: Blank,
    now: Timestamp,
    expires: Timestamp,
) -> Result<(StoredToken, PlainToken), OpsError> {
    let id = TokenId::new();
    let plain = PlainToken::generate(blank.kind, &id).map_err(|_| {
        OpsError::new(
            Failure::Internal,
            "the operating system gives no random bytes",
        )
    })?;
    let secret = plain.reveal();
    let token = Token {
        kind: blank.kind,
        role: blank.role,
        lineage: blank.lineage.unwrap_or_else(|| id.clone()),
        hint: secret[secret.len() - 4..].to_owned(),
        id,
        org: blank.org,
        label: blank.label,
        created: now,
        expires,
        revoked: None,
        successor: None,
        last_used: None,
    };
    let hash = plain.hash();
    Ok((StoredToken { token, hash }, plain))
}

fn issued(stored: StoredToken, plain: &PlainToken) -> IssuedToken {
    IssuedToken {
        token: stored.token,
        secret: plain.reveal().to_owned(),
    }
}

fn label(text: &str) -> Result<String, OpsError> {
    let text = text.trim();
    let fine = !text.is_empty()
        && text.chars().count() <= LONGEST_LABEL
        && !text.chars().any(char::is_control)
        && matches!(crate::secret::scrub(text), std::borrow::Cow::Borrowed(_));
    if fine {
        Ok(text.to_owned())
    } else {
        Err(invalid(
            "a label has 1 to 64 characters and holds no token, such as `okta-prod`".to_owned(),
        ))
    }
}

fn end(now: Timestamp, asked: Option<Timestamp>) -> Result<Timestamp, OpsError> {
    expiry::end(now, asked).map_err(invalid)
}

fn invalid(why: String) -> OpsError {
    OpsError::new(Failure::Invalid, why)
}

fn event(token: &Token, kind: EventKind, operator: &str, at: Timestamp) -> NewEvent {
    let actor = Actor::Operator(operator.to_owned());
    let mut detail = json!({
        "subject": token.id, "kind": token.kind, "label": token.label, "expires": token.expires,
    });
    if let Some(role) = token.role {
        detail["role"] = json!(role);
    }
    NewEvent::of(actor, at, token.org, kind, detail)
}
