//! A7: a wrong base URL. A8: ids that are gone.

use std::collections::BTreeMap;

use super::marks::{Keyed, Marks};
use super::{Known, Machine, hours, minutes};
use crate::clock::Timestamp;
use crate::ids::{OrgId, TokenId};
use crate::model::alert::{Alert, Rule, Severity};
use crate::model::alert_settings::{AlertSettings, StaleIds, WrongBaseUrl};
use crate::model::exchange::{ExchangeSummary, Operation};
use crate::model::exchange_filter::quote;

/// Different paths or ids remembered of one subject.
const DIFFERENT: usize = 50;
/// What stands directly below a base URL.
const ENDPOINTS: [&str; 8] = [
    "Users",
    "Groups",
    "Me",
    "Bulk",
    "Schemas",
    "ResourceTypes",
    "ServiceProviderConfig",
    ".search",
];

/// The requests, and when each of their different paths or ids was last seen.
#[derive(Debug, Default)]
struct Asked {
    marks: Marks,
    different: BTreeMap<String, (Timestamp, u64)>,
}

impl Asked {
    fn push(&mut self, seen: &ExchangeSummary, what: &str, most: usize) {
        self.marks.push(seen.at, seen.seq, most.max(DIFFERENT));
        if self.different.len() >= DIFFERENT && !self.different.contains_key(what) {
            let oldest = self.different.iter().min_by_key(|(_, last)| **last);
            if let Some(oldest) = oldest.map(|(what, _)| what.clone()) {
                self.different.remove(&oldest);
            }
        }
        self.different.insert(what.to_owned(), (seen.at, seen.seq));
    }

    fn different(&self, now: Timestamp, span: std::time::Duration) -> usize {
        let lately = self.different.values();
        lately.filter(|(at, _)| now.since(*at) < span).count()
    }

    fn last(&self) -> &str {
        let last = self.different.iter().max_by_key(|(_, at)| **at);
        last.map_or("", |(what, _)| what)
    }

    /// When the next of the different ones is too long ago.
    fn falls(&self, now: Timestamp, span: std::time::Duration) -> Option<Timestamp> {
        let ends = self.different.values().map(|(at, _)| at.plus(span));
        ends.filter(|end| *end > now).min()
    }
}

/// A7.
pub(super) struct BaseUrls {
    settings: WrongBaseUrl,
    /// By the token's Org, else by source.
    asked: Keyed<(Option<OrgId>, String), Asked>,
    /// Valid tokens that were last used for an endpoint where none is, with their Org.
    astray: Keyed<(OrgId, TokenId), Asked>,
}

impl BaseUrls {
    pub fn new(settings: &AlertSettings) -> Self {
        Self {
            settings: settings.wrong_base_url.clone(),
            asked: Keyed::new(settings.remember),
            astray: Keyed::new(settings.remember),
        }
    }
}

/// The endpoint of that name, whatever its case.
fn endpoint(segment: &str) -> Option<&'static str> {
    let named = |endpoint: &&str| endpoint.eq_ignore_ascii_case(segment);
    ENDPOINTS.into_iter().find(named)
}

fn segments(path: &str) -> Vec<&str> {
    path.split('/')
        .filter(|segment| !segment.is_empty())
        .collect()
}

/// True if an endpoint is named, but not directly below a base URL.
fn is_astray(path: &str) -> bool {
    let segments = segments(path);
    let right = match segments.as_slice() {
        ["scim", "v2", first, ..] | ["orgs", _, "scim", "v2", first, ..] => {
            endpoint(first).is_some()
        }
        _ => false,
    };
    !right && segments.iter().any(|segment| endpoint(segment).is_some())
}

/// Where the request should have gone.
fn right_url(base_url: &str, path: &str) -> Option<String> {
    let segments = segments(path);
    let named = |segment: &&str| endpoint(segment).is_some();
    let at = segments.iter().rposition(named)?;
    let endpoint = endpoint(segments.get(at)?)?;
    let rest = segments.get(at + 1..).unwrap_or_default().join("/");
    let slash = if rest.is_empty() { "" } else { "/" };
    Some(format!(
        "{}/{endpoint}{slash}{rest}",
        base_url.trim_end_matches('/')
    ))
}

impl Machine for BaseUrls {
    fn exchange(&mut self, seen: &ExchangeSummary) {
        let lost = seen.operation == Operation::NoRoute && seen.status == 404;
        if seen.refusal.is_some() {
            return;
        }
        if let (Some(token), Some(org)) = (&seen.token, seen.org) {
            let key = (org, token.clone());
            if lost && is_astray(&seen.path) {
                let astray = self.astray.at(&key, seen.at);
                astray.push(seen, &seen.path, DIFFERENT);
            } else if seen.status < 400 {
                self.astray.remove(&key);
            }
        }
        if !lost {
            return;
        }
        let key = match (&seen.token, seen.org) {
            (Some(_), Some(org)) => (Some(org), String::new()),
            _ => (None, seen.source.clone()),
        };
        let most = self.settings.count;
        self.asked.at(&key, seen.at).push(seen, &seen.path, most);
    }

    fn standing(&mut self, known: &Known<'_>, alerts: &mut Vec<Alert>) {
        let (span, kept) = (minutes(self.settings.minutes), hours(self.settings.hours));
        self.asked.forget(known.now, span);
        self.astray.forget(known.now, kept);
        // One request with a valid token is enough, however seldom there is one.
        let astray: BTreeMap<OrgId, &Asked> = self
            .astray
            .iter()
            .map(|((org, _), asked)| (*org, asked))
            .collect();
        let certain = astray
            .iter()
            .map(|(org, asked)| ((Some(*org), ""), *asked, kept));
        let many = self.asked.iter().filter_map(|((org, source), asked)| {
            let enough = asked.marks.count(known.now, span) >= self.settings.count
                || asked.different(known.now, span) >= self.settings.paths;
            let told = org.is_some_and(|org| astray.contains_key(&org));
            (enough && !told).then_some(((*org, source.as_str()), asked, span))
        });
        for ((org, source), asked, span) in certain.chain(many) {
            let different = asked.different(known.now, span);
            let (severity, subject) = match org {
                Some(_) => (Severity::Critical, known.org_name(org)),
                None => (Severity::Warning, source.to_owned()),
            };
            let whose = org.map_or_else(
                || format!("source:{}", quote(source)),
                |org| format!("org:{org}"),
            );
            let with = if org.is_some() {
                " with a valid token"
            } else {
                ""
            };
            let path = asked.last();
            let then = right_url(known.base_url, path)
                .map_or_else(String::new, |url| format!("; {path} is then {url}"));
            let mut alert = Alert {
                subject,
                why: format!(
                    "requests{with} for what is not here, {different} different paths, last {path}"
                ),
                advice: format!("enter the base URL {}{then}", known.base_url),
                filter: Some(format!("{whose} op:{}", Operation::NoRoute.as_str())),
                ..Alert::new(Rule::WrongBaseUrl, severity, org, source)
            };
            asked.marks.tell(known.now, span, &mut alert);
            alerts.push(alert);
        }
    }

    fn next_deadline(&self, now: Timestamp) -> Option<Timestamp> {
        let span = minutes(self.settings.minutes);
        let falls = self.asked.iter().flat_map(|(_, asked)| {
            [
                asked.marks.falls(now, span, self.settings.count),
                asked.falls(now, span),
            ]
        });
        let kept = hours(self.settings.hours);
        falls.flatten().chain(self.astray.deadline(now, kept)).min()
    }
}

/// A8.
pub(super) struct Stale {
    settings: StaleIds,
    asked: Keyed<OrgId, Asked>,
}

impl Stale {
    pub fn new(settings: &AlertSettings) -> Self {
        Self {
            settings: settings.stale_ids.clone(),
            asked: Keyed::new(settings.remember),
        }
    }
}

impl Machine for Stale {
    fn exchange(&mut self, seen: &ExchangeSummary) {
        let changes = matches!(seen.method.as_str(), "PATCH" | "PUT");
        let (true, 404, Some(org)) = (changes, seen.status, seen.org) else {
            return;
        };
        if seen.operation == Operation::NoRoute || seen.refusal.is_some() {
            return;
        }
        let id = seen.path.trim_end_matches('/').rsplit('/').next();
        let most = self.settings.count;
        let asked = self.asked.at(&org, seen.at);
        asked.push(seen, id.unwrap_or_default(), most);
    }

    fn standing(&mut self, known: &Known<'_>, alerts: &mut Vec<Alert>) {
        let span = minutes(self.settings.minutes);
        self.asked.forget(known.now, span);
        for (org, asked) in self.asked.iter() {
            let different = asked.different(known.now, span);
            if different < self.settings.count {
                continue;
            }
            let mut alert = Alert {
                subject: known.org_name(Some(*org)),
                why: format!("{different} ids that the provider remembers are not here any more"),
                advice:
                    "let the provider match its users anew (Entra: restart provisioning; Okta: \
                         unassign and assign again)"
                        .to_owned(),
                filter: Some(format!("org:{org} method:patch,put status:404")),
                ..Alert::new(Rule::StaleIds, Severity::Info, Some(*org), "")
            };
            asked.marks.tell(known.now, span, &mut alert);
            alerts.push(alert);
        }
    }

    fn next_deadline(&self, now: Timestamp) -> Option<Timestamp> {
        let span = minutes(self.settings.minutes);
        self.asked
            .iter()
            .filter_map(|(_, asked)| asked.falls(now, span))
            .min()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    fn lost(path: &str, token: bool) -> ExchangeSummary {
        let mut seen = request(NOW.minus(minutes(1)));
        (seen.operation, seen.status) = (Operation::NoRoute, 404);
        seen.path = path.to_owned();
        if !token {
            (seen.token, seen.org) = (None, None);
        }
        seen
    }

    #[test]
    fn the_right_url_is_computed() {
        for (path, expected) in [
            ("/Users", Some("https://x/scim/v2/Users")),
            ("/scim/users/7", Some("https://x/scim/v2/Users/7")),
            ("/scim/v2/scim/v2/Groups/", Some("https://x/scim/v2/Groups")),
            (
                "/api/v1/ServiceProviderConfig",
                Some("https://x/scim/v2/ServiceProviderConfig"),
            ),
            ("/favicon.ico", None),
        ] {
            assert_eq!(
                right_url("https://x/scim/v2/", path).as_deref(),
                expected,
                "{path}"
            );
        }
    }

    #[test]
    fn ten_requests_or_three_paths_that_lead_nowhere() {
        for token in [true, false] {
            let severity = if token {
                Severity::Critical
            } else {
                Severity::Warning
            };
            let mut rule = BaseUrls::new(&AlertSettings::default());
            for count in 1..=10 {
                rule.exchange(&lost("/scim/v2/Users/7/photo", token));
                assert_eq!(at(&mut rule, NOW).len(), usize::from(count == 10));
            }
            let found = at(&mut rule, NOW);
            assert_eq!(found[0].severity, severity);
            assert!(
                found[0]
                    .advice
                    .contains("https://scim.example/scim/v2/Users/7/photo")
            );
            let mut rule = BaseUrls::new(&AlertSettings::default());
            for (path, told) in [("/a", 0), ("/b", 0), ("/b", 0), ("/c", 1)] {
                rule.exchange(&lost(path, token));
                assert_eq!(at(&mut rule, NOW).len(), told, "{path}");
            }
            let over = rule.next_deadline(NOW).unwrap();
            assert!(at(&mut rule, over).is_empty());
        }
        // A method that is not there, or a refused credential, is another matter.
        let mut rule = BaseUrls::new(&AlertSettings::default());
        for _ in 0..20 {
            rule.exchange(&ExchangeSummary {
                status: 405,
                ..lost("/Users", true)
            });
        }
        assert!(at(&mut rule, NOW).is_empty());
    }

    #[test]
    fn one_request_with_a_valid_token_for_an_endpoint_elsewhere() {
        for (path, fires) in [
            ("/scim/Users", true),
            ("/users/7", true),
            ("/scim/v2/scim/v2/Users", true),
            ("/scim/v2/Users/7/photo", false),
            ("/orgs/0/scim/v2/Groups/7/x", false),
            ("/scim/v2/Roles", false),
            ("/favicon.ico", false),
        ] {
            let mut rule = BaseUrls::new(&AlertSettings::default());
            rule.exchange(&lost(path, false));
            assert!(at(&mut rule, NOW).is_empty(), "{path}");
            rule.exchange(&lost(path, true));
            let found = at(&mut rule, NOW);
            assert_eq!(found.len(), usize::from(fires), "{path}");
            if !fires {
                continue;
            }
            assert_eq!(found[0].severity, Severity::Critical);
            // A client in quarantine asks once a day.
            let day = NOW.plus(hours(24));
            assert_eq!(at(&mut rule, day).len(), 1);
            let end = rule.next_deadline(day).unwrap();
            assert_eq!(end, NOW.minus(minutes(1)).plus(hours(73)));
            // Another client's success says nothing, its own ends it.
            let mut other = request(NOW);
            other.token = Some(TokenId("other".to_owned()));
            rule.exchange(&other);
            assert_eq!(at(&mut rule, NOW).len(), 1);
            rule.exchange(&request(NOW));
            assert!(at(&mut rule, NOW).is_empty());
        }
    }

    #[test]
    fn five_different_ids_that_are_gone() {
        let mut rule = Stale::new(&AlertSettings::default());
        for id in [1, 2, 2, 3, 4, 4] {
            let mut seen = request(NOW.minus(minutes(id)));
            (seen.method, seen.status) = ("PATCH".to_owned(), 404);
            seen.path = format!("/scim/v2/Users/{id}");
            rule.exchange(&seen);
        }
        assert!(at(&mut rule, NOW).is_empty());
        let mut seen = request(NOW.minus(minutes(59)));
        (seen.method, seen.status) = ("PUT".to_owned(), 404);
        seen.path = "/scim/v2/Users/5/".to_owned();
        rule.exchange(&seen);
        assert_eq!(at(&mut rule, NOW)[0].severity, Severity::Info);
        let over = rule.next_deadline(NOW).unwrap();
        assert_eq!(over, NOW.plus(minutes(1)));
        assert!(at(&mut rule, over).is_empty());
    }
}
