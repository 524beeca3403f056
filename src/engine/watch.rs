//! What calls for an operator: a function of what is known now.

use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::clock::Timestamp;
use crate::ids::{OrgId, TokenId};
use crate::model::advice::token_place;
use crate::model::alert::{Acknowledgement, Alert, Rule, Severity};
use crate::model::exchange::Client;
use crate::model::guard::GuardStatus;
use crate::model::token::{Refusal, Token, TokenKind, TokenState};

/// How long an acknowledgement holds.
pub const ACKNOWLEDGED: Duration = Duration::from_secs(24 * 3600);
/// How long a refused token is remembered: an identity provider in quarantine asks once a day.
pub const REMEMBERED: Duration = Duration::from_secs(25 * 3600);
/// Refusals within a minute, and within ten, from which on they are a burst.
pub const BURST: [(Duration, u64); 2] = [
    (Duration::from_secs(60), 20),
    (Duration::from_secs(600), 100),
];
/// Days before a token's end, and how bad it is then.
const LADDER: [(u64, Severity); 4] = [
    (3, Severity::Critical),
    (7, Severity::Warning),
    (14, Severity::Warning),
    (30, Severity::Info),
];
/// A token that was not used for so long is not missed.
const IN_USE: Duration = Duration::from_secs(30 * 86_400);
const DAY: u64 = 86_400;

/// What is known.
#[derive(Clone, Debug)]
pub struct Known<'a> {
    /// The time.
    pub now: Timestamp,
    /// Every token.
    pub tokens: &'a [Token],
    /// The guard of every Org.
    pub guards: &'a [GuardStatus],
    /// Tokens of ours that were refused lately.
    pub refused: &'a [RefusedToken],
    /// Refusals of any kind within the spans of [`BURST`].
    pub refusals: [Refusals; 2],
}

/// A token of ours that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedToken {
    /// The token.
    pub token: TokenId,
    /// Why.
    pub refusal: Refusal,
    /// Who used it.
    pub client: Client,
    /// The first time of those remembered, and the last.
    pub first: Timestamp,
    /// The last time.
    pub last: Timestamp,
    /// How often.
    pub count: u64,
    /// The last exchanges, newest first; five at most.
    pub evidence: Vec<u64>,
}

/// Refusals within a span.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusals {
    /// How many.
    pub count: u64,
    /// The first.
    pub first: Timestamp,
    /// The last.
    pub last: Timestamp,
    /// The last exchanges, newest first; five at most.
    pub evidence: Vec<u64>,
}

/// What calls for an operator: worst first, then newest.
pub fn alerts(known: &Known<'_>) -> Vec<Alert> {
    let mut alerts: Vec<Alert> = known
        .guards
        .iter()
        .filter_map(guard)
        .chain(known.refused.iter().filter_map(|used| refused(known, used)))
        .chain(known.tokens.iter().filter_map(|token| expiry(known, token)))
        .chain(burst(known))
        .collect();
    alerts.sort_by_key(|alert| {
        (
            std::cmp::Reverse(alert.severity),
            std::cmp::Reverse(alert.since),
        )
    });
    alerts
}

/// True if an acknowledgement still holds for an alert.
pub fn holds(acknowledged: &Acknowledgement, alert: &Alert, now: Timestamp) -> bool {
    now < acknowledged.until && alert.severity <= acknowledged.severity
}

/// The same for the same rule, Org and subject, and for no other.
fn fingerprint(rule: Rule, org: Option<OrgId>, subject: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(rule.as_str());
    hash.update([0]);
    hash.update(org.map_or(-1, |org| org.0).to_be_bytes());
    hash.update(subject);
    let hash: [u8; 32] = hash.finalize().into();
    let beginning = hash.iter().take(6);
    let number = beginning.fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("{number:012x}")
}

fn guard(status: &GuardStatus) -> Option<Alert> {
    let batch = status.open.as_ref()?;
    Some(Alert {
        fingerprint: fingerprint(Rule::GuardOpen, Some(status.org), &batch.id.to_string()),
        rule: Rule::GuardOpen,
        severity: Severity::Critical,
        org: Some(status.org),
        subject: status.org_name.clone(),
        since: batch.opened,
        last: batch.opened,
        count: batch.removals,
        why: format!("{}; {} frozen", batch.why, batch.frozen),
        advice: "look at the removals of the batch, then restore or approve: scimtop guard status"
            .to_owned(),
        token: None,
        evidence: Vec::new(),
        acknowledged: None,
    })
}

/// A token of ours that is used although it has ended. Over once a newer token of the same chain
/// is used.
fn refused(known: &Known<'_>, used: &RefusedToken) -> Option<Alert> {
    let token = known.tokens.iter().find(|token| token.id == used.token)?;
    let (rule, severity, ended) = match used.refusal {
        Refusal::Expired => {
            let ended = format!("expired {}", token.expires);
            (Rule::ExpiredTokenInUse, Severity::Critical, ended)
        }
        Refusal::Revoked => {
            let ended = match token.revoked {
                Some(at) => format!("was revoked {at}"),
                None => "was revoked".to_owned(),
            };
            (Rule::RevokedTokenInUse, Severity::Warning, ended)
        }
        _ => return None,
    };
    let healed = known.tokens.iter().any(|other| {
        other.org == token.org
            && other.id != token.id
            && other
                .last_used
                .as_ref()
                .is_some_and(|last| last.at > used.last)
            && (other.lineage == token.lineage || other.label == token.label)
    });
    (!healed).then(|| Alert {
        fingerprint: fingerprint(rule, Some(token.org), &token.id.0),
        rule,
        severity,
        org: Some(token.org),
        subject: name(token),
        since: used.first,
        last: used.last,
        count: used.count,
        why: format!(
            "{} {ended}, and {} still uses it",
            name(token),
            used.client.as_str()
        ),
        advice: format!(
            "issue a token (scimtop token create) and paste it: {}",
            token_place(used.client)
        ),
        token: Some(token.id.clone()),
        evidence: used.evidence.clone(),
        acknowledged: None,
    })
}

/// A token that nears its end while somebody uses it.
fn expiry(known: &Known<'_>, token: &Token) -> Option<Alert> {
    let used = token.last_used.as_ref()?;
    let state = token.state(known.now);
    if !matches!(state, TokenState::Active | TokenState::Rotating)
        || known.now.since(used.at) > IN_USE
    {
        return None;
    }
    let left = token.expires.since(known.now);
    let (days, severity) = LADDER
        .iter()
        .find(|(days, _)| left.as_secs() <= days * DAY)
        .copied()?;
    let successor = token.successor.as_ref();
    let successor = successor.and_then(|id| known.tokens.iter().find(|other| other.id == *id));
    if successor.is_some_and(|next| next.last_used.is_some()) {
        return None;
    }
    let why = match successor {
        Some(next) => format!(
            "{} was rotated, and the identity provider still uses it and not {}",
            name(token),
            next.id
        ),
        None => format!("{} is in use and ends {}", name(token), token.expires),
    };
    let advice = match (successor, token.kind) {
        (Some(next), _) => format!("paste {} at the identity provider", next.id),
        (None, TokenKind::Scim) => format!("scimtop token rotate {}", token.id),
        (None, _) => format!(
            "scimtop token rotate {} and give it to the application",
            token.id
        ),
    };
    Some(Alert {
        fingerprint: fingerprint(Rule::TokenExpiry, Some(token.org), &token.id.0),
        rule: Rule::TokenExpiry,
        severity,
        org: Some(token.org),
        subject: name(token),
        since: token
            .expires
            .minus(Duration::from_secs(days * DAY))
            .max(token.created),
        last: known.now,
        count: 1,
        why,
        advice,
        token: Some(token.id.clone()),
        evidence: Vec::new(),
        acknowledged: None,
    })
}

fn burst(known: &Known<'_>) -> Option<Alert> {
    let (seen, (span, _)) = known
        .refusals
        .iter()
        .zip(BURST)
        .find(|(seen, (_, least))| seen.count >= *least)?;
    Some(Alert {
        fingerprint: fingerprint(Rule::RefusalBurst, None, ""),
        rule: Rule::RefusalBurst,
        severity: Severity::Warning,
        org: None,
        subject: "all clients".to_owned(),
        since: seen.first,
        last: seen.last,
        count: seen.count,
        why: format!(
            "{} requests were refused within {} s",
            seen.count,
            span.as_secs()
        ),
        advice: "look at who asks and why: scimtop requests list --filter 'status:401,403'"
            .to_owned(),
        token: None,
        evidence: seen.evidence.clone(),
        acknowledged: None,
    })
}

/// `okta-prod (tok_7f3a1b2c)`
fn name(token: &Token) -> String {
    format!("{} ({})", token.label, token.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::guard::{Batch, GuardAction, WindowUse};
    use crate::model::token::LastUse;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn days(count: u64) -> Duration {
        Duration::from_secs(count * DAY)
    }

    fn token(id: &str, expires: Timestamp, used: Option<Timestamp>) -> Token {
        Token {
            id: TokenId(id.to_owned()),
            org: OrgId(0),
            kind: TokenKind::Scim,
            role: None,
            lineage: TokenId(id.to_owned()),
            label: id.to_owned(),
            hint: "abcd".to_owned(),
            created: NOW.minus(days(100)),
            expires,
            revoked: None,
            successor: None,
            last_used: used.map(|at| LastUse {
                at,
                source: "10.0.0.1".to_owned(),
                user_agent: String::new(),
            }),
        }
    }

    fn known<'a>(tokens: &'a [Token], refused: &'a [RefusedToken]) -> Known<'a> {
        Known {
            now: NOW,
            tokens,
            guards: &[],
            refused,
            refusals: Default::default(),
        }
    }

    fn use_of(id: &str, refusal: Refusal, last: Timestamp) -> RefusedToken {
        RefusedToken {
            token: TokenId(id.to_owned()),
            refusal,
            client: Client::Okta,
            first: last.minus(days(1)),
            last,
            count: 3,
            evidence: vec![7],
        }
    }

    #[test]
    fn the_ladder_of_a_tokens_end() {
        let yesterday = Some(NOW.minus(days(1)));
        for (left, used, expected) in [
            (31, yesterday, None),
            (30, yesterday, Some(Severity::Info)),
            (14, yesterday, Some(Severity::Warning)),
            (7, yesterday, Some(Severity::Warning)),
            (3, yesterday, Some(Severity::Critical)),
            (0, yesterday, None),
            (1, None, None),
            (1, Some(NOW.minus(days(31))), None),
        ] {
            let tokens = [token("t", NOW.plus(days(left)), used)];
            let found = alerts(&known(&tokens, &[]));
            let severity = found.first().map(|alert| alert.severity);
            assert_eq!(severity, expected, "{left} days, {used:?}");
        }
        // Rotated: silent once the successor is used, loud while it is not.
        let mut old = token("old", NOW.plus(days(1)), yesterday);
        old.successor = Some(TokenId("new".to_owned()));
        for (used, count) in [(None, 1), (yesterday, 0)] {
            let tokens = [old.clone(), token("new", NOW.plus(days(180)), used)];
            assert_eq!(alerts(&known(&tokens, &[])).len(), count);
        }
    }

    #[test]
    fn a_token_that_ended_and_is_used_is_told_until_another_one_is_used() {
        let last = NOW.minus(Duration::from_secs(60));
        let ended = token("t", NOW.minus(days(1)), None);
        for (refusal, expected) in [
            (
                Refusal::Expired,
                Some((Rule::ExpiredTokenInUse, Severity::Critical)),
            ),
            (
                Refusal::Revoked,
                Some((Rule::RevokedTokenInUse, Severity::Warning)),
            ),
            (Refusal::WrongOrg, None),
        ] {
            let found = alerts(&known(
                std::slice::from_ref(&ended),
                &[use_of("t", refusal, last)],
            ));
            let found = found.first().map(|alert| (alert.rule, alert.severity));
            assert_eq!(found, expected, "{refusal:?}");
        }
        let mut next = token("n", NOW.plus(days(100)), Some(NOW));
        next.lineage = ended.lineage.clone();
        let tokens = [ended, next];
        assert!(alerts(&known(&tokens, &[use_of("t", Refusal::Expired, last)])).is_empty());
        let unknown = [use_of("never", Refusal::Expired, last)];
        assert!(alerts(&known(&tokens, &unknown)).is_empty());
    }

    #[test]
    fn bursts_begin_at_their_thresholds() {
        for (minute, ten, fires) in [(19, 99, false), (20, 20, true), (0, 100, true)] {
            let seen = |count| Refusals {
                count,
                ..Refusals::default()
            };
            let known = Known {
                refusals: [seen(minute), seen(ten)],
                ..known(&[], &[])
            };
            assert_eq!(!alerts(&known).is_empty(), fires, "{minute} {ten}");
        }
    }

    #[test]
    fn the_worst_comes_first_and_fingerprints_know_no_counts() {
        let window = WindowUse {
            count: 0,
            threshold: 10,
        };
        let status = |removals| GuardStatus {
            org: OrgId(3),
            org_name: "sales".to_owned(),
            enabled: true,
            action: GuardAction::Freeze,
            hour: window,
            day: window,
            allowance: None,
            open: Some(Batch {
                id: 9,
                org: OrgId(3),
                opened: NOW,
                why: "11 accounts within 1 hour, 10 are let through".to_owned(),
                action: GuardAction::Freeze,
                removals,
                frozen: removals,
                verdict: None,
                by: None,
                closed: None,
            }),
            last: None,
        };
        let tokens = [token("t", NOW.plus(days(20)), Some(NOW))];
        let of = |guards: &[GuardStatus]| {
            let known = Known {
                guards,
                ..known(&tokens, &[])
            };
            alerts(&known)
        };
        let (first, later) = (of(&[status(1)]), of(&[status(200)]));
        let rules: Vec<_> = first.iter().map(|alert| alert.rule).collect();
        assert_eq!(rules, [Rule::GuardOpen, Rule::TokenExpiry]);
        assert_eq!(first[0].fingerprint, later[0].fingerprint);
        assert_ne!(first[0].fingerprint, first[1].fingerprint);
        let mut seen = Acknowledgement {
            by: "root".to_owned(),
            at: NOW,
            until: NOW.plus(ACKNOWLEDGED),
            severity: Severity::Critical,
        };
        assert!(holds(&seen, &first[0], NOW));
        assert!(!holds(&seen, &first[0], seen.until));
        seen.severity = Severity::Warning;
        assert!(!holds(&seen, &first[0], NOW), "it got worse");
    }
}
