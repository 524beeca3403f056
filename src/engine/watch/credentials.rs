//! A3: tokens on another Org's path. A4, A5: credentials that are none of ours. A6: refusals
//! whatever the cause.

use std::time::Duration;

use super::marks::{Keyed, Marks, network};
use super::{Known, MINUTE, Machine, REFUSED, days, minutes, tokens};
use crate::clock::Timestamp;
use crate::ids::TokenId;
use crate::model::alert::{Alert, Rule, Severity};
use crate::model::alert_settings::{AlertSettings, Burst, Malformed, UnknownToken, WrongOrg};
use crate::model::exchange::ExchangeSummary;
use crate::model::exchange_filter::quote;
use crate::model::token::Refusal;

/// A3.
pub(super) struct WrongOrgs {
    settings: WrongOrg,
    /// By token and the Org that the path names.
    used: Keyed<(TokenId, String), Marks>,
}

impl WrongOrgs {
    pub fn new(settings: &AlertSettings) -> Self {
        Self {
            settings: settings.wrong_org.clone(),
            used: Keyed::new(settings.remember),
        }
    }
}

impl Machine for WrongOrgs {
    fn exchange(&mut self, seen: &ExchangeSummary) {
        let (Some(Refusal::WrongOrg), Some(token)) = (seen.refusal, &seen.token) else {
            return;
        };
        let mut segments = seen.path.split('/').filter(|segment| !segment.is_empty());
        let org = segments.nth(1).unwrap_or_default().to_lowercase();
        let marks = self.used.at(&(token.clone(), org), seen.at);
        marks.push(
            seen.at,
            seen.seq,
            self.settings.critical.max(super::EVIDENCE),
        );
    }

    fn standing(&mut self, known: &Known<'_>, alerts: &mut Vec<Alert>) {
        let span = minutes(self.settings.minutes);
        self.used.forget(known.now, span);
        for ((id, org), marks) in self.used.iter() {
            let Some(token) = known.tokens.iter().find(|token| token.id == *id) else {
                continue;
            };
            let severity = if marks.count(known.now, span) >= self.settings.critical {
                Severity::Critical
            } else {
                Severity::Warning
            };
            let own = known.org_name(Some(token.org));
            let mut alert = Alert {
                subject: tokens::name(token),
                why: format!("the token opens {own} and is used on the path of {org}"),
                advice: format!(
                    "enter the base URL {}, or a token of {org} there",
                    known.base_url
                ),
                token: Some(id.clone()),
                filter: Some(format!("token:{id} {REFUSED}")),
                ..Alert::new(
                    Rule::WrongOrg,
                    severity,
                    Some(token.org),
                    &format!("{id} {org}"),
                )
            };
            marks.tell(known.now, span, &mut alert);
            alerts.push(alert);
        }
    }

    fn next_deadline(&self, now: Timestamp) -> Option<Timestamp> {
        let span = minutes(self.settings.minutes);
        let worse = self.used.iter();
        let worse = worse.filter_map(|(_, marks)| marks.falls(now, span, self.settings.critical));
        worse.chain(self.used.deadline(now, span)).min()
    }
}

/// The refused requests from a network.
fn refused_from(network: &str) -> String {
    format!("source:{} {REFUSED}", quote(network))
}

/// A4, A5: by network.
pub(super) struct Sources {
    unknown: UnknownToken,
    malformed: Malformed,
    tokens: Keyed<String, Marks>,
    nonsense: Keyed<String, Marks>,
    /// Networks that had a success.
    known: Keyed<String, ()>,
}

impl Sources {
    pub fn new(settings: &AlertSettings) -> Self {
        Self {
            unknown: settings.unknown_token.clone(),
            malformed: settings.malformed_credential.clone(),
            tokens: Keyed::new(settings.remember),
            nonsense: Keyed::new(settings.remember),
            known: Keyed::new(settings.remember),
        }
    }

    fn is_known(&self, known: &Known<'_>, source: &str) -> bool {
        let lately = |at| known.now.since(at) < days(self.unknown.known_days);
        self.known.last(&source.to_owned()).is_some_and(lately)
            || known.tokens.iter().any(|token| {
                let last = token.last_used.as_ref();
                last.is_some_and(|last| lately(last.at) && network(&last.source) == source)
            })
    }

    fn unknown(&self, known: &Known<'_>, alerts: &mut Vec<Alert>) {
        let span = minutes(self.unknown.minutes);
        for (source, marks) in self.tokens.iter() {
            if marks.count(known.now, span) < self.unknown.count {
                continue;
            }
            let ours = self.is_known(known, source);
            let (severity, whose) = if ours {
                (Severity::Critical, ", from where valid ones came")
            } else {
                (Severity::Warning, "")
            };
            let mut alert = Alert {
                why: format!("well-formed tokens that were never issued here{whose}"),
                advice:
                    "look which token the client holds: one of another installation, or one from \
                         before a restored backup; issue a new one (scimtop token create)"
                        .to_owned(),
                filter: Some(refused_from(source)),
                ..Alert::new(Rule::UnknownToken, severity, None, source)
            };
            marks.tell(known.now, span, &mut alert);
            alerts.push(alert);
        }
    }

    fn malformed(&self, known: &Known<'_>, alerts: &mut Vec<Alert>) {
        let set = &self.malformed;
        let (span, scan_span) = (minutes(set.minutes), minutes(set.scan_minutes));
        let mut passing: Option<Alert> = None;
        let mut scanning = 0_u64;
        for (source, marks) in self.nonsense.iter() {
            if self.is_known(known, source) {
                if marks.count(known.now, span) < set.count {
                    continue;
                }
                let mut alert = Alert {
                    why: "a client that had successes sends what is no token of ours".to_owned(),
                    advice: "paste the token anew, whole and without quotes, as a bearer token"
                        .to_owned(),
                    filter: Some(refused_from(source)),
                    ..Alert::new(Rule::MalformedCredential, Severity::Warning, None, source)
                };
                marks.tell(known.now, span, &mut alert);
                alerts.push(alert);
            } else if marks.count(known.now, scan_span) >= set.scan_count {
                // One alert for all scans: they come from ever new networks.
                scanning += 1;
                let mut alert = Alert {
                    subject: format!("scan from {source}"),
                    advice: "nothing, if the address is not one of a provider's: scans pass by"
                        .to_owned(),
                    filter: Some(refused_from(source)),
                    ..Alert::new(Rule::MalformedCredential, Severity::Info, None, "scan")
                };
                marks.tell(known.now, scan_span, &mut alert);
                if passing.as_ref().is_none_or(|other| other.last < alert.last) {
                    passing = Some(alert);
                }
            }
        }
        alerts.extend(passing.map(|alert| Alert {
            why: format!("networks that never had a success send no tokens of ours: {scanning}"),
            ..alert
        }));
    }
}

impl Machine for Sources {
    fn exchange(&mut self, seen: &ExchangeSummary) {
        let source = network(&seen.source);
        match seen.refusal {
            Some(Refusal::Unknown) => {
                let most = self.unknown.count.max(super::EVIDENCE);
                self.tokens
                    .at(&source, seen.at)
                    .push(seen.at, seen.seq, most);
            }
            Some(
                Refusal::Foreign | Refusal::Damaged | Refusal::SchemeMissing | Refusal::WrongScheme,
            ) => {
                let most = self.malformed.count.max(self.malformed.scan_count);
                self.nonsense
                    .at(&source, seen.at)
                    .push(seen.at, seen.seq, most);
            }
            None if seen.token.is_some() && seen.status < 400 => {
                self.known.at(&source, seen.at);
            }
            _ => {}
        }
    }

    fn standing(&mut self, known: &Known<'_>, alerts: &mut Vec<Alert>) {
        let longest = self.malformed.minutes.max(self.malformed.scan_minutes);
        self.tokens.forget(known.now, minutes(self.unknown.minutes));
        self.nonsense.forget(known.now, minutes(longest));
        self.unknown(known, alerts);
        self.malformed(known, alerts);
    }

    fn next_deadline(&self, now: Timestamp) -> Option<Timestamp> {
        let set = &self.malformed;
        let unknown = self.tokens.iter().filter_map(|(_, marks)| {
            marks.falls(now, minutes(self.unknown.minutes), self.unknown.count)
        });
        let nonsense = self.nonsense.iter().flat_map(|(_, marks)| {
            [
                marks.falls(now, minutes(set.minutes), set.count),
                marks.falls(now, minutes(set.scan_minutes), set.scan_count),
            ]
        });
        unknown.chain(nonsense.flatten()).min()
    }
}

/// A6.
pub(super) struct Refusals {
    settings: Burst,
    marks: Marks,
}

impl Refusals {
    pub fn new(settings: Burst) -> Self {
        Self {
            settings,
            marks: Marks::default(),
        }
    }

    fn windows(&self) -> [(Duration, usize); 2] {
        [
            (MINUTE, self.settings.minute),
            (MINUTE * 10, self.settings.ten_minutes),
        ]
    }
}

impl Machine for Refusals {
    fn exchange(&mut self, seen: &ExchangeSummary) {
        if seen.refusal.is_some() {
            let most = self.settings.minute.max(self.settings.ten_minutes);
            self.marks.push(seen.at, seen.seq, most);
        }
    }

    fn standing(&mut self, known: &Known<'_>, alerts: &mut Vec<Alert>) {
        let windows = self.windows().into_iter();
        let full = windows
            .filter(|(span, least)| self.marks.count(known.now, *span) >= *least)
            .map(|(span, _)| span);
        let Some(span) = full.min() else {
            return;
        };
        let mut alert = Alert {
            subject: "all clients".to_owned(),
            advice: "look at who asks and why: scimtop requests list --filter 'status:401,403'"
                .to_owned(),
            filter: Some(REFUSED.to_owned()),
            ..Alert::new(Rule::RefusalBurst, Severity::Warning, None, "")
        };
        self.marks.tell(known.now, span, &mut alert);
        alert.why = format!(
            "{} requests were refused within {} s",
            alert.count,
            span.as_secs()
        );
        alerts.push(alert);
    }

    fn next_deadline(&self, now: Timestamp) -> Option<Timestamp> {
        let windows = self.windows().into_iter();
        windows
            .filter_map(|(span, least)| self.marks.falls(now, span, least))
            .min()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    fn ago(seconds: u64) -> Timestamp {
        NOW.minus(Duration::from_secs(seconds))
    }

    #[test]
    fn a_token_on_another_orgs_path_is_told_at_once_and_critical_at_the_third() {
        let tokens = [token("t", 9)];
        let mut rule = WrongOrgs::new(&AlertSettings::default());
        assert!(standing(&mut rule, &known(&tokens)).is_empty());
        for (seconds, expected) in [
            (500, Severity::Warning),
            (400, Severity::Warning),
            (300, Severity::Critical),
        ] {
            let mut seen = refused("t", Refusal::WrongOrg, ago(seconds));
            seen.path = "/orgs/Sales/scim/v2/Users".to_owned();
            rule.exchange(&seen);
            let found = standing(&mut rule, &known(&tokens));
            assert_eq!(found[0].severity, expected);
            assert!(found[0].why.contains("sales"), "{}", found[0].why);
        }
        let first = rule.next_deadline(NOW).unwrap();
        assert_eq!(first, ago(500).plus(minutes(10)));
        let known = |now| Known {
            now,
            ..known(&tokens)
        };
        assert_eq!(
            standing(&mut rule, &known(first))[0].severity,
            Severity::Warning
        );
        assert!(standing(&mut rule, &known(NOW.plus(minutes(10)))).is_empty());
    }

    #[test]
    fn unknown_tokens_of_a_network() {
        let mut rule = Sources::new(&AlertSettings::default());
        let unknown = |seconds, source: &str| {
            let mut seen = refused("t", Refusal::Unknown, ago(seconds));
            (seen.token, seen.source) = (None, source.to_owned());
            seen
        };
        for source in ["10.0.0.1", "10.0.0.2", "10.9.0.1", "10.8.0.1", "10.8.0.1"] {
            rule.exchange(&unknown(60, source));
        }
        assert!(at(&mut rule, NOW).is_empty());
        rule.exchange(&unknown(0, "10.0.0.3"));
        assert_eq!(at(&mut rule, NOW)[0].severity, Severity::Warning);
        // One of its addresses had a success.
        let mut success = request(NOW.minus(days(29)));
        success.source = "10.0.0.200".to_owned();
        rule.exchange(&success);
        let found = at(&mut rule, NOW);
        assert_eq!((found.len(), found[0].severity), (1, Severity::Critical));
        assert_eq!(found[0].subject, "10.0.0.0/24");
        let falls = rule.next_deadline(NOW).unwrap();
        assert_eq!(at(&mut rule, Timestamp(falls.0 - 1)).len(), 1);
        assert!(at(&mut rule, falls).is_empty());
    }

    #[test]
    fn malformed_credentials_of_a_client_and_of_a_scan() {
        let mut rule = Sources::new(&AlertSettings::default());
        rule.exchange(&request(ago(1_000)));
        for (source, least, severity) in [
            ("10.0.0.7", 5, Severity::Warning),
            ("192.0.2.1", 30, Severity::Info),
        ] {
            for count in 1..=least {
                let mut seen = refused("t", Refusal::Damaged, ago(9));
                (seen.token, seen.source) = (None, source.to_owned());
                rule.exchange(&seen);
                let told = at(&mut rule, NOW);
                let told = told.iter().any(|alert| alert.severity == severity);
                assert_eq!(told, count == least, "{count} of {source}");
            }
        }
        // Another scan is the same alert.
        for _ in 0..30 {
            let mut seen = refused("t", Refusal::Foreign, ago(1));
            (seen.token, seen.source) = (None, "198.51.100.1".to_owned());
            rule.exchange(&seen);
        }
        assert_eq!(at(&mut rule, NOW).len(), 2);
        assert!(at(&mut rule, NOW.plus(minutes(10))).is_empty());
    }

    #[test]
    fn bursts_begin_at_their_thresholds() {
        for (minute, ten, fires) in [
            (19, 80, false),
            (20, 0, true),
            (0, 99, false),
            (0, 100, true),
        ] {
            let mut rule = Refusals::new(Burst::default());
            for (count, seconds) in [(ten, 300), (minute, 5)] {
                for _ in 0..count {
                    rule.exchange(&refused("t", Refusal::Missing, ago(seconds)));
                }
            }
            assert_eq!(!at(&mut rule, NOW).is_empty(), fires, "{minute} {ten}");
            assert_eq!(rule.next_deadline(NOW).is_some(), fires);
            assert!(at(&mut rule, NOW.plus(minutes(10))).is_empty());
        }
    }
}
