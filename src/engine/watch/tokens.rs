//! A1, A2: tokens of ours that have ended and are used. A9: tokens that will.

use super::marks::{Keyed, Marks};
use super::{DAY, Known, Machine, REFUSED, days, hours};
use crate::clock::Timestamp;
use crate::ids::TokenId;
use crate::model::advice::token_place;
use crate::model::alert::{Alert, Rule, Severity};
use crate::model::alert_settings::{AlertSettings, Expiry};
use crate::model::exchange::{Client, ExchangeSummary};
use crate::model::token::{Refusal, Token, TokenKind};

/// Uses of a token that are counted.
const COUNTED: usize = 1_000;

/// `okta-prod (tok_7f3a1b2c)`
pub(super) fn name(token: &Token) -> String {
    format!("{} ({})", token.label, token.id)
}

#[derive(Debug, Default)]
struct Uses {
    marks: Marks,
    client: Client,
}

/// A1, A2.
pub(super) struct Ended {
    remembered: std::time::Duration,
    critical: std::time::Duration,
    used: Keyed<(TokenId, bool), Uses>,
    /// When A2 gets worse, as far as it was known when it was last asked.
    worse: Option<Timestamp>,
}

impl Ended {
    pub fn new(settings: &AlertSettings) -> Self {
        Self {
            remembered: hours(settings.expired_token_in_use.hours),
            critical: hours(settings.revoked_token_in_use.critical_hours),
            used: Keyed::new(settings.remember),
            worse: None,
        }
    }

    fn tell(
        &self,
        known: &Known<'_>,
        (key, uses): (&(TokenId, bool), &Uses),
    ) -> Option<(Alert, Option<Timestamp>)> {
        let (id, expired) = key;
        let token = known.tokens.iter().find(|token| token.id == *id)?;
        let accepted = |other: &Token| other.last_used.as_ref().map(|last| last.at);
        // Over once another token of the same chain or name is used.
        let healed = known.tokens.iter().any(|other| {
            other.org == token.org
                && other.id != token.id
                && accepted(other).is_some_and(|at| at > uses.marks.last())
                && (other.lineage == token.lineage || other.label == token.label)
        });
        if healed {
            return None;
        }
        let (rule, severity, ended, worse) = if *expired {
            let ended = format!("expired {}", token.expires);
            (Rule::ExpiredTokenInUse, Severity::Critical, ended, None)
        } else {
            let ended = match token.revoked {
                Some(at) => format!("was revoked {at}"),
                None => "was revoked".to_owned(),
            };
            let of_org = known.tokens.iter().filter(|other| other.org == token.org);
            let success = of_org.filter_map(accepted).max().unwrap_or(token.created);
            let worse = success.plus(self.critical);
            let severity = if known.now >= worse {
                Severity::Critical
            } else {
                Severity::Warning
            };
            (Rule::RevokedTokenInUse, severity, ended, Some(worse))
        };
        let mut alert = Alert {
            subject: name(token),
            why: format!(
                "{} {ended}, and {} still uses it",
                name(token),
                uses.client.as_str()
            ),
            advice: format!(
                "issue a token (scimtop token create) and paste it: {}",
                token_place(uses.client)
            ),
            token: Some(token.id.clone()),
            filter: Some(format!("token:{} {REFUSED}", token.id)),
            ..Alert::new(rule, severity, Some(token.org), &token.id.0)
        };
        uses.marks.tell(known.now, self.remembered, &mut alert);
        Some((alert, worse))
    }
}

impl Machine for Ended {
    fn exchange(&mut self, seen: &ExchangeSummary) {
        let expired = match seen.refusal {
            Some(Refusal::Expired) => true,
            Some(Refusal::Revoked) => false,
            _ => return,
        };
        let Some(token) = seen.token.clone() else {
            return;
        };
        let uses = self.used.at(&(token, expired), seen.at);
        uses.client = seen.client;
        uses.marks.push(seen.at, seen.seq, COUNTED);
    }

    fn standing(&mut self, known: &Known<'_>, alerts: &mut Vec<Alert>) {
        self.used.forget(known.now, self.remembered);
        let told: Vec<_> = self
            .used
            .iter()
            .filter_map(|used| self.tell(known, used))
            .collect();
        self.worse = told.iter().filter_map(|(_, worse)| *worse).min();
        alerts.extend(told.into_iter().map(|(alert, _)| alert));
    }

    fn next_deadline(&self, now: Timestamp) -> Option<Timestamp> {
        let ends = self.used.deadline(now, self.remembered);
        ends.into_iter()
            .chain(self.worse.filter(|at| *at > now))
            .min()
    }
}

/// A9.
pub(super) struct Expiring {
    settings: Expiry,
    /// When the next rung of any token is reached, as far as it was known when it was last asked.
    next: Option<Timestamp>,
}

impl Expiring {
    pub fn new(settings: &AlertSettings) -> Self {
        let mut settings = settings.token_expiry.clone();
        settings.days.sort_unstable();
        settings.days.dedup();
        Self {
            settings,
            next: None,
        }
    }

    fn tell(&self, known: &Known<'_>, token: &Token) -> Option<Alert> {
        let used = token.last_used.as_ref()?;
        let missed = known.now.since(used.at) <= days(self.settings.in_use_days);
        // For a day after its end: then only its use tells of it.
        if token.revoked.is_some() || !missed || known.now >= token.expires.plus(DAY) {
            return None;
        }
        let left = token.expires.since(known.now);
        let rung = self
            .settings
            .days
            .iter()
            .find(|rung| left <= days(**rung))
            .copied()?;
        let successor = token.successor.as_ref();
        let successor = successor.and_then(|id| known.tokens.iter().find(|other| other.id == *id));
        let moved = successor.is_some_and(|next| next.last_used.is_some());
        if moved && token.expires <= known.now {
            return None;
        }
        let severity = if moved {
            Severity::Info
        } else if rung <= self.settings.critical {
            Severity::Critical
        } else if rung <= self.settings.warning {
            Severity::Warning
        } else {
            Severity::Info
        };
        let ends = if token.expires <= known.now {
            "ended"
        } else {
            "ends"
        };
        let (why, advice) = match (successor, token.kind) {
            (Some(next), _) if moved => (
                format!(
                    "{} {ends} {}; its successor {} is used already",
                    name(token),
                    token.expires,
                    next.id
                ),
                "nothing: it ends by itself".to_owned(),
            ),
            (Some(next), _) => (
                format!(
                    "{} was rotated and {ends} {}, and the identity provider still uses it and not {}",
                    name(token),
                    token.expires,
                    next.id
                ),
                format!("paste {} at the identity provider", next.id),
            ),
            (None, kind) => (
                format!("{} is in use and {ends} {}", name(token), token.expires),
                match kind {
                    TokenKind::Scim => format!("scimtop token rotate {}", token.id),
                    _ => format!(
                        "scimtop token rotate {} and give it to the application",
                        token.id
                    ),
                },
            ),
        };
        Some(Alert {
            subject: name(token),
            since: token.expires.minus(days(rung)).max(token.created),
            last: known.now,
            why,
            advice,
            rung: (!moved).then_some(rung),
            token: Some(token.id.clone()),
            filter: Some(format!("token:{}", token.id)),
            ..Alert::new(Rule::TokenExpiry, severity, Some(token.org), &token.id.0)
        })
    }
}

impl Machine for Expiring {
    fn standing(&mut self, known: &Known<'_>, alerts: &mut Vec<Alert>) {
        alerts.extend(
            known
                .tokens
                .iter()
                .filter_map(|token| self.tell(known, token)),
        );
        let live = known.tokens.iter().filter(|token| token.revoked.is_none());
        let rungs = live.flat_map(|token| {
            let rungs = self.settings.days.iter();
            let rungs = rungs.map(|rung| token.expires.minus(days(*rung)));
            rungs.chain([token.expires.plus(DAY)])
        });
        self.next = rungs.filter(|at| *at > known.now).min();
    }

    fn next_deadline(&self, now: Timestamp) -> Option<Timestamp> {
        self.next.filter(|at| *at > now)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use crate::model::token::LastUse;

    fn used(mut token: Token, ago: u64) -> Token {
        token.last_used = Some(LastUse {
            at: NOW.minus(DAY * u32::try_from(ago).unwrap()),
            source: "10.0.0.1".to_owned(),
            user_agent: String::new(),
        });
        token
    }

    #[test]
    fn the_ladder_of_a_tokens_end() {
        let mut rule = Expiring::new(&AlertSettings::default());
        for (left, ago, expected) in [
            (31, 1, None),
            (30, 1, Some((Severity::Info, 30))),
            (14, 1, Some((Severity::Warning, 14))),
            (7, 1, Some((Severity::Warning, 7))),
            (3, 1, Some((Severity::Critical, 3))),
            (2, 1, Some((Severity::Critical, 3))),
            (1, 1, Some((Severity::Critical, 1))),
            (0, 1, Some((Severity::Critical, 0))),
            (-1, 1, None),
            (1, 31, None),
        ] {
            let tokens = [used(token("t", left), ago)];
            let found = standing(&mut rule, &known(&tokens));
            let told = found
                .first()
                .map(|alert| (alert.severity, alert.rung.unwrap()));
            assert_eq!(told, expected, "{left} days, used {ago} days ago");
        }
        let tokens = [token("t", 1)];
        assert!(
            standing(&mut rule, &known(&tokens)).is_empty(),
            "never used"
        );
        // The next rung is the next deadline.
        let tokens = [used(token("t", 10), 1)];
        standing(&mut rule, &known(&tokens));
        assert_eq!(rule.next_deadline(NOW), Some(NOW.plus(days(3))));
    }

    #[test]
    fn a_rotated_token_is_information_once_its_successor_is_used() {
        let mut rule = Expiring::new(&AlertSettings::default());
        let mut old = used(token("old", 1), 0);
        old.successor = Some(TokenId("new".to_owned()));
        for (next, expected) in [
            (token("new", 100), Severity::Critical),
            (used(token("new", 100), 0), Severity::Info),
        ] {
            let tokens = [old.clone(), next];
            assert_eq!(standing(&mut rule, &known(&tokens))[0].severity, expected);
        }
    }

    #[test]
    fn one_use_of_an_ended_token_is_told_until_another_one_is_used() {
        let ended = token("t", -1);
        for (refusal, expected) in [
            (
                Refusal::Expired,
                Some((Rule::ExpiredTokenInUse, Severity::Critical)),
            ),
            (
                Refusal::Revoked,
                Some((Rule::RevokedTokenInUse, Severity::Critical)),
            ),
            (Refusal::WrongOrg, None),
        ] {
            let mut rule = Ended::new(&AlertSettings::default());
            rule.exchange(&refused("t", refusal, NOW));
            let found = standing(&mut rule, &known(std::slice::from_ref(&ended)));
            let told = found.first().map(|alert| (alert.rule, alert.severity));
            assert_eq!(told, expected, "{refusal:?}");
        }
        let mut rule = Ended::new(&AlertSettings::default());
        rule.exchange(&refused("t", Refusal::Expired, NOW.minus(hours(1))));
        rule.exchange(&refused("never", Refusal::Expired, NOW));
        let mut next = token("n", 100);
        next.lineage = ended.lineage.clone();
        let tokens = [ended.clone(), used(next, 0)];
        assert!(standing(&mut rule, &known(&tokens)).is_empty());
        let tokens = [ended];
        assert_eq!(standing(&mut rule, &known(&tokens)).len(), 1);
        let later = rule.next_deadline(NOW).unwrap();
        assert_eq!(later, NOW.plus(hours(72)));
        let known = Known {
            now: later,
            ..known(&tokens)
        };
        assert!(standing(&mut rule, &known).is_empty());
    }

    #[test]
    fn a_revoked_token_is_critical_once_the_org_had_no_success_for_two_hours() {
        let mut rule = Ended::new(&AlertSettings::default());
        rule.exchange(&refused("t", Refusal::Revoked, NOW));
        let tokens = [token("t", 9), used(token("other", 9), 0)];
        let severity = |rule: &mut Ended, now| {
            let known = Known {
                now,
                ..known(&tokens)
            };
            standing(rule, &known)[0].severity
        };
        assert_eq!(severity(&mut rule, NOW), Severity::Warning);
        let worse = rule.next_deadline(NOW).unwrap();
        assert_eq!(worse, NOW.plus(hours(2)));
        assert_eq!(
            severity(&mut rule, Timestamp(worse.0 - 1)),
            Severity::Warning
        );
        assert_eq!(severity(&mut rule, worse), Severity::Critical);
    }
}
