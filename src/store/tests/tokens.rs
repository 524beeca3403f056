//! Tokens.

use super::*;
use crate::model::token::{LastUse, StoredToken, Token, TokenState};
use crate::secret::PlainToken;

fn token(org: OrgId, expires: Timestamp) -> StoredToken {
    let id = TokenId::new();
    let plain = PlainToken::generate(crate::model::token::TokenKind::Scim, &id).unwrap();
    StoredToken {
        hash: plain.hash(),
        token: Token {
            role: None,
            kind: crate::model::token::TokenKind::Scim,
            lineage: id.clone(),
            id,
            org,
            label: "okta".to_owned(),
            hint: "abcd".to_owned(),
            created: NOW,
            expires,
            revoked: None,
            successor: None,
            last_used: None,
        },
    }
}

#[test]
fn a_token_is_kept_rotated_touched_and_revoked() {
    let house = House::new();
    let old = token(ORG, Timestamp(NOW.0 + 10_000));
    let (stored, again) = (old.clone(), old.clone());
    house.write(move |tx| tx.insert_token(&stored));
    assert_eq!(
        house.try_write(move |tx| tx.insert_token(&again)),
        Err(StoreError::Conflict { attribute: "id" })
    );
    let new = token(ORG, Timestamp(NOW.0 + 90_000));
    let (id, next) = (old.token.id.clone(), new.clone());
    house.write(move |tx| tx.rotate_token(&id, &next, Timestamp(NOW.0 + 5_000)));
    let (id, next) = (old.token.id.clone(), token(ORG, LATER));
    assert_eq!(
        house.try_write(move |tx| tx.rotate_token(&id, &next, LATER)),
        Err(StoreError::NotFound),
        "one successor at most"
    );
    let house = house.reopen();
    let rotated = house.read(|r| r.token(&old.token.id)).unwrap();
    assert_eq!(rotated.expires, Timestamp(NOW.0 + 5_000));
    assert_eq!(rotated.successor.as_ref(), Some(&new.token.id));
    assert_eq!(rotated.state(NOW), TokenState::Rotating);
    let used = |at, source: &str| LastUse {
        at,
        source: source.to_owned(),
        user_agent: "Okta".to_owned(),
    };
    let id = new.token.id.clone();
    let entries = [
        (id.clone(), used(LATER, "10.0.0.2")),
        (id.clone(), used(NOW, "10.0.0.1")),
        (TokenId("tok_none".to_owned()), used(NOW, "x")),
    ];
    house.write(move |tx| tx.touch_tokens(&entries));
    let touched = house.read(|r| r.token(&id)).unwrap();
    assert_eq!(touched.last_used, Some(used(LATER, "10.0.0.2")));
    let end = id.clone();
    assert!(house.write(move |tx| tx.revoke_token(&end, LATER)));
    let end = id.clone();
    assert!(!house.write(move |tx| tx.revoke_token(&end, Timestamp(1))));
    assert_eq!(house.read(|r| r.token(&id)).unwrap().revoked, Some(LATER));
    let all = house.read(|r| r.stored_tokens());
    assert_eq!(all.len(), 2);
    for stored in all {
        let known = if stored.token.id == id { &new } else { &old };
        assert!(stored.hash.matches(&known.hash));
    }
}

#[test]
fn ended_tokens_are_forgotten_after_their_time_and_orgs_are_apart() {
    let house = House::new();
    let other = house.write(|tx| tx.insert_org("Other", NOW)).id;
    let (expired, live) = (token(ORG, Timestamp(5)), token(ORG, LATER));
    let (mut revoked, theirs) = (token(ORG, LATER), token(other, LATER));
    revoked.token.revoked = Some(Timestamp(6));
    let wrong = (live.token.id.clone(), token(other, LATER));
    let all = [
        expired.clone(),
        live.clone(),
        revoked.clone(),
        theirs.clone(),
    ];
    house.write(move |tx| all.iter().try_for_each(|token| tx.insert_token(token)));
    assert_eq!(house.read(|r| r.tokens(ORG)).len(), 3);
    assert_eq!(house.read(|r| r.tokens(other)), [theirs.token]);
    assert_eq!(
        house.try_write(move |tx| tx.rotate_token(&wrong.0, &wrong.1, LATER)),
        Err(StoreError::NotFound),
        "a successor stays in the Org"
    );
    let mut gone: Vec<_> = house
        .write(|tx| tx.prune_tokens(Timestamp(7)))
        .into_iter()
        .map(|token| token.id)
        .collect();
    gone.sort();
    let mut expected = [expired.token.id, revoked.token.id];
    expected.sort();
    assert_eq!(gone, expected);
    assert_eq!(house.read(|r| r.tokens(ORG)), [live.token]);
}
