//! Which token is this, and what does it open? One look-up in memory for each request.
//!
//! The map is filled from the store when the daemon starts and changed after each commit that
//! concerns tokens or Orgs; the store stays the truth.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use crate::clock::{Clock, Timestamp};
use crate::ids::{OrgId, TokenId};
use crate::model::operator::OperatorRole;
use crate::model::org::Org;
use crate::model::token::{LastUse, Refusal, StoredToken, Token, TokenKind, TokenState};
use crate::ops::gateway::Refused;
use crate::ops::provision::request::Caller;
use crate::secret::{PlainToken, Presented};

/// The clock may be set while an end is waited for: it is looked at this often.
const LOOK: Duration = Duration::from_secs(30);

/// The tokens and Orgs that authentication needs, in memory.
#[derive(Default)]
pub struct Doorkeeper {
    known: RwLock<Known>,
    /// Told whenever a known token was changed or forgotten.
    changed: watch::Sender<()>,
    /// Last uses that are not in the store yet.
    used: Mutex<HashMap<TokenId, LastUse>>,
}

#[derive(Default)]
struct Known {
    tokens: HashMap<TokenId, StoredToken>,
    orgs: HashMap<OrgId, Org>,
}

impl Known {
    /// The valid token of `kind` in an `Authorization` header.
    fn token(
        &self,
        kind: TokenKind,
        authorization: Option<&str>,
        now: Timestamp,
    ) -> Result<&StoredToken, Refused> {
        let presented = bearer(authorization).map_err(|refusal| refuse(refusal, 401, None))?;
        let plain = match presented {
            Presented::Token(plain) => plain,
            Presented::Damaged => return Err(refuse(Refusal::Damaged, 401, None)),
            Presented::Foreign => return Err(refuse(Refusal::Foreign, 401, None)),
        };
        let hash = plain.hash();
        let stored = self.tokens.get(&plain.id());
        let Some(stored) = stored.filter(|stored| stored.hash.matches(&hash)) else {
            return Err(refuse(Refusal::Unknown, 401, None));
        };
        if stored.token.kind != kind {
            return Err(refuse(Refusal::WrongKind, 401, Some(stored)));
        }
        match stored.token.state(now) {
            TokenState::Active | TokenState::Rotating => Ok(stored),
            TokenState::Expired => Err(refuse(Refusal::Expired, 401, Some(stored))),
            TokenState::Revoked => Err(refuse(Refusal::Revoked, 401, Some(stored))),
        }
    }

    /// An Org by its number or, without case, its name.
    fn org(&self, which: &str) -> Option<&Org> {
        match which.parse() {
            Ok(number) => self.orgs.get(&OrgId(number)),
            Err(_) => self.orgs.values().find(|org| org.is(which)),
        }
    }
}

impl Doorkeeper {
    /// One that knows these.
    pub fn new(tokens: Vec<StoredToken>, orgs: Vec<Org>) -> Self {
        let keeper = Self::default();
        for org in orgs {
            keeper.learn_org(org);
        }
        for token in tokens {
            keeper.learn_token(token);
        }
        keeper
    }

    /// Adds a token or replaces what was known of it.
    pub fn learn_token(&self, stored: StoredToken) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.tokens.insert(stored.token.id.clone(), stored);
    }

    /// Changes what is known of a token.
    pub fn change_token(&self, id: &TokenId, change: impl FnOnce(&mut StoredToken)) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(stored) = known.tokens.get_mut(id) {
            change(stored);
            self.changed.send_replace(());
        }
    }

    /// Forgets a token.
    pub fn forget_token(&self, id: &TokenId) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.tokens.remove(id);
        self.changed.send_replace(());
    }

    /// Adds an Org or replaces what was known of it.
    pub fn learn_org(&self, org: Org) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.orgs.insert(org.id, org);
    }

    /// Sorts out a credential where tokens of `kind` are used; see
    /// [`crate::ops::gateway::Gateway::authenticate`]. Only SCIM can be switched off for an Org.
    ///
    /// # Errors
    /// The reason for the operator and the status for the client. Every 401 takes the same steps:
    /// the presented secret is hashed and compared even if its name is not known.
    pub fn authenticate(
        &self,
        kind: TokenKind,
        authorization: Option<&str>,
        path_org: Option<&str>,
        now: Timestamp,
    ) -> Result<Caller, Refused> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let named = path_org.map(|which| known.org(which).map(|org| org.id));
        let stored = known
            .token(kind, authorization, now)
            .map_err(|mut refused| {
                refused.org = refused.org.or(named.flatten());
                refused
            })?;
        match named {
            Some(None) => return Err(refuse(Refusal::NoSuchOrg, 403, Some(stored))),
            Some(Some(org)) if org != stored.token.org => {
                return Err(refuse(Refusal::WrongOrg, 403, Some(stored)));
            }
            _ => {}
        }
        let Some(org) = known
            .orgs
            .get(&stored.token.org)
            .filter(|org| org.scim_enabled || kind != TokenKind::Scim)
        else {
            return Err(refuse(Refusal::ScimDisabled, 403, Some(stored)));
        };
        Ok(Caller {
            org: org.clone(),
            token: stored.token.id.clone(),
            token_label: stored.token.label.clone(),
            lineage: stored.token.lineage.clone(),
        })
    }

    /// Sorts out an operator's credential: the token and its role.
    ///
    /// # Errors
    /// As for [`Self::authenticate`], always with 401.
    pub fn operator(
        &self,
        authorization: Option<&str>,
        now: Timestamp,
    ) -> Result<(Token, OperatorRole), Refused> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let stored = known.token(TokenKind::Operator, authorization, now)?;
        let role = stored.token.role;
        let role = role.ok_or_else(|| refuse(Refusal::WrongKind, 401, Some(stored)))?;
        Ok((stored.token.clone(), role))
    }

    /// Comes back once the token opens nothing any more.
    pub async fn ended(&self, id: &TokenId, clock: &Clock) {
        let mut changed = self.changed.subscribe();
        while let Some(left) = self.left(id, clock.now()) {
            // The sender is ours, so that only a change ends the wait early.
            let _ = timeout(left.min(LOOK), changed.changed()).await;
        }
    }

    /// How long the token is still valid; `None` if it is not.
    fn left(&self, id: &TokenId, now: Timestamp) -> Option<Duration> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let token = &known.tokens.get(id)?.token;
        match token.state(now) {
            TokenState::Active | TokenState::Rotating => Some(token.expires.since(now)),
            TokenState::Expired | TokenState::Revoked => None,
        }
    }

    /// Notes that a token was accepted.
    pub fn used(&self, id: &TokenId, last: LastUse) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.insert(id.clone(), last);
    }

    /// Takes the uses noted since the last call, for the store.
    pub fn take_used(&self) -> Vec<(TokenId, LastUse)> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.drain().collect()
    }

    /// The use of a token that is not in the store yet.
    pub fn recent_use(&self, id: &TokenId) -> Option<LastUse> {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.get(id).cloned()
    }
}

fn refuse(refusal: Refusal, status: u16, token: Option<&StoredToken>) -> Refused {
    Refused {
        refusal,
        status,
        org: token.map(|stored| stored.token.org),
        token: token.map(|stored| (stored.token.id.clone(), stored.token.label.clone())),
    }
}

/// Takes the credential out of an `Authorization` header (RFC 6750 §2.1; the scheme's name
/// compares without case).
fn bearer(authorization: Option<&str>) -> Result<Presented, Refusal> {
    let header = authorization.map(str::trim).unwrap_or_default();
    if header.is_empty() {
        return Err(Refusal::Missing);
    }
    match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
            Ok(PlainToken::recognise(token.trim_start()))
        }
        Some(_) => Err(Refusal::WrongScheme),
        None if header.eq_ignore_ascii_case("bearer") => Err(Refusal::Missing),
        None => match PlainToken::recognise(header) {
            Presented::Foreign => Err(Refusal::WrongScheme),
            Presented::Token(_) | Presented::Damaged => Err(Refusal::SchemeMissing),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::org::RemovalPolicy;
    use crate::scim::quirk::Dialect;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn org(number: i64, name: &str, scim_enabled: bool) -> Org {
        Org {
            hold_days: 30,
            heirs: Vec::new(),
            id: OrgId(number),
            name: name.to_owned(),
            scim_enabled,
            policy: RemovalPolicy::Delete,
            dialect: Dialect::Auto,
            created: NOW,
            users: 0,
            groups: 0,
        }
    }

    fn issue(keeper: &Doorkeeper, org: i64, change: impl FnOnce(&mut Token)) -> String {
        let id = TokenId::new();
        let plain = PlainToken::generate(TokenKind::Scim, &id).unwrap();
        let mut token = Token {
            kind: TokenKind::Scim,
            role: None,
            id: id.clone(),
            org: OrgId(org),
            lineage: id,
            label: "okta".to_owned(),
            hint: "abcd".to_owned(),
            created: NOW,
            expires: NOW.plus(Duration::from_secs(60)),
            revoked: None,
            successor: None,
            last_used: None,
        };
        change(&mut token);
        keeper.learn_token(StoredToken {
            token,
            hash: plain.hash(),
        });
        plain.reveal().to_owned()
    }

    #[test]
    fn every_refusal_has_its_reason_and_clients_see_401_or_403() {
        let keeper = Doorkeeper::new(
            vec![],
            vec![
                org(0, "Primary", true),
                org(1, "Sales", true),
                org(2, "Off", false),
            ],
        );
        let good = issue(&keeper, 0, |_| {});
        let expired = issue(&keeper, 0, |token| token.expires = NOW);
        let revoked = issue(&keeper, 0, |token| token.revoked = Some(NOW));
        let off = issue(&keeper, 2, |_| {});
        let stranger = PlainToken::generate(TokenKind::Scim, &TokenId::new())
            .unwrap()
            .reveal()
            .to_owned();
        let bearer = |token: &str| format!("Bearer {token}");
        for (header, path, refusal, status) in [
            (None, None, Refusal::Missing, 401),
            (Some(String::new()), None, Refusal::Missing, 401),
            (Some("Bearer ".to_owned()), None, Refusal::Missing, 401),
            (Some(good.clone()), None, Refusal::SchemeMissing, 401),
            (
                Some("Basic dXNlcjpwYXNz".to_owned()),
                None,
                Refusal::WrongScheme,
                401,
            ),
            (Some("whatever".to_owned()), None, Refusal::WrongScheme, 401),
            (
                Some(bearer("eyJhbGciOiJub25lIn0.e30.")),
                None,
                Refusal::Foreign,
                401,
            ),
            (
                Some(bearer(&good[..good.len() - 1])),
                None,
                Refusal::Damaged,
                401,
            ),
            (Some(bearer(&stranger)), None, Refusal::Unknown, 401),
            (Some(bearer(&expired)), None, Refusal::Expired, 401),
            (Some(bearer(&revoked)), None, Refusal::Revoked, 401),
            (Some(bearer(&good)), Some("1"), Refusal::WrongOrg, 403),
            (Some(bearer(&good)), Some("sales"), Refusal::WrongOrg, 403),
            (
                Some(bearer(&good)),
                Some("nowhere"),
                Refusal::NoSuchOrg,
                403,
            ),
            (Some(bearer(&off)), None, Refusal::ScimDisabled, 403),
        ] {
            let refused = keeper
                .authenticate(TokenKind::Scim, header.as_deref(), path, NOW)
                .unwrap_err();
            assert_eq!((refused.refusal, refused.status), (refusal, status));
        }
        for (header, path) in [
            (bearer(&good), None),
            (format!("bearer  {good}"), Some("0")),
            (bearer(&good), Some("PRIMARY")),
        ] {
            let caller = keeper
                .authenticate(TokenKind::Scim, Some(&header), path, NOW)
                .unwrap();
            assert_eq!(caller.org.id, OrgId::PRIMARY);
        }
    }

    #[test]
    fn each_kind_of_token_opens_its_own_door() {
        let keeper = Doorkeeper::new(vec![], vec![org(0, "Primary", true), org(2, "Off", false)]);
        let scim = issue(&keeper, 0, |_| {});
        let app = issue(&keeper, 2, |token| token.kind = TokenKind::Application);
        let enter = |kind, token: &str, org| {
            let header = format!("Bearer {token}");
            let entered = keeper.authenticate(kind, Some(&header), org, NOW);
            entered.map_err(|refused| (refused.refusal, refused.status))
        };
        let wrong = Some((Refusal::WrongKind, 401));
        assert_eq!(enter(TokenKind::Application, &scim, Some("0")).err(), wrong);
        assert_eq!(enter(TokenKind::Scim, &app, None).err(), wrong);
        // An application's content is registered whether SCIM is on or not.
        assert!(enter(TokenKind::Application, &app, Some("off")).is_ok());
        assert_eq!(
            enter(TokenKind::Application, &app, Some("0")).err(),
            Some((Refusal::WrongOrg, 403))
        );
    }

    #[test]
    fn an_operator_comes_with_a_role_and_through_one_door() {
        let keeper = Doorkeeper::new(vec![], vec![org(0, "Primary", true)]);
        let viewer = issue(&keeper, 0, |token| {
            token.kind = TokenKind::Operator;
            token.role = Some(OperatorRole::Viewer);
        });
        let scim = issue(&keeper, 0, |_| {});
        let header = |token: &str| format!("Bearer {token}");
        let (token, role) = keeper.operator(Some(&header(&viewer)), NOW).unwrap();
        assert_eq!((role, token.label.as_str()), (OperatorRole::Viewer, "okta"));
        for refused in [
            keeper.operator(Some(&header(&scim)), NOW).err(),
            keeper
                .authenticate(TokenKind::Scim, Some(&header(&viewer)), None, NOW)
                .err(),
            keeper
                .authenticate(TokenKind::Application, Some(&header(&viewer)), None, NOW)
                .err(),
        ] {
            let refused = refused.unwrap();
            assert_eq!((refused.refusal, refused.status), (Refusal::WrongKind, 401));
        }
        let later = NOW.plus(Duration::from_secs(60));
        let refused = keeper.operator(Some(&header(&viewer)), later).unwrap_err();
        assert_eq!(refused.refusal, Refusal::Expired);
    }

    #[tokio::test]
    async fn the_end_of_a_token_is_noticed() {
        let keeper = Doorkeeper::new(vec![], vec![org(0, "Primary", true)]);
        let clock = Clock::manual(NOW);
        let named = |expires| {
            let header = format!("Bearer {}", issue(&keeper, 0, |t| t.expires = expires));
            let entered = keeper.authenticate(TokenKind::Scim, Some(&header), None, NOW);
            entered.unwrap().token
        };
        let end = NOW.plus(Duration::from_millis(20));
        let (revoked, expiring) = (named(NOW.plus(Duration::from_secs(600))), named(end));
        let soon = Duration::from_millis(1);
        assert!(timeout(soon, keeper.ended(&revoked, &clock)).await.is_err());
        let revoke = async {
            tokio::time::sleep(soon).await;
            keeper.change_token(&revoked, |stored| stored.token.revoked = Some(NOW));
        };
        let both = async { tokio::join!(keeper.ended(&revoked, &clock), revoke) };
        timeout(LOOK / 2, both).await.unwrap();
        clock.set(end);
        timeout(LOOK / 2, keeper.ended(&expiring, &clock))
            .await
            .unwrap();
    }

    #[test]
    fn a_changed_token_is_refused_at_once() {
        let keeper = Doorkeeper::new(vec![], vec![org(0, "Primary", true)]);
        let header = format!("Bearer {}", issue(&keeper, 0, |_| {}));
        let caller = keeper
            .authenticate(TokenKind::Scim, Some(&header), None, NOW)
            .unwrap();
        keeper.change_token(&caller.token, |stored| stored.token.revoked = Some(NOW));
        let refused = keeper
            .authenticate(TokenKind::Scim, Some(&header), None, NOW)
            .unwrap_err();
        assert_eq!(refused.refusal, Refusal::Revoked);
        keeper.forget_token(&caller.token);
        let refused = keeper
            .authenticate(TokenKind::Scim, Some(&header), None, NOW)
            .unwrap_err();
        assert_eq!(refused.refusal, Refusal::Unknown);
    }
}
