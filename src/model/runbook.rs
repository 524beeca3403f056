//! Runbooks: for each detection rule what is behind it, what to look at, what to do, how to
//! verify, and when it is over. They are in the binary, so that they are there when nothing else
//! is.

use serde::Serialize;

use crate::model::alert::Rule;
use crate::model::exchange::{ExchangeSummary, Operation};
use crate::model::token::Refusal;

/// The parts that each has, in this order.
pub const PARTS: [&str; 5] = ["Cause", "Evidence", "Do", "Verify", "Resolved when"];

/// A runbook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Runbook {
    /// The rule's number: `A1`.
    pub id: &'static str,
    /// The rule's stable name: `expired-token-in-use`.
    pub rule: &'static str,
    /// All of it, Markdown.
    pub text: &'static str,
}

macro_rules! runbooks {
    ($($id:literal $rule:literal,)*) => {
        /// All of them, by number.
        pub const ALL: &[Runbook] = &[$(Runbook {
            id: $id,
            rule: $rule,
            text: include_str!(concat!("../../runbooks/", $id, ".md")),
        }),*];
    };
}

runbooks! {
    "A1" "expired-token-in-use",
    "A2" "revoked-token-in-use",
    "A3" "wrong-org",
    "A4" "unknown-token",
    "A5" "malformed-credential",
    "A6" "refusal-burst",
    "A7" "wrong-base-url",
    "A8" "stale-ids",
    "A9" "token-expiry",
    "B1" "failure-rate",
    "B2" "latency",
    "B3" "client-errors",
    "B4" "backlog",
    "B6" "storage",
    "C1" "silence",
    "C2" "silence-bursty",
    "C3" "not-monitorable",
    "D1" "guard-open",
    "D2" "group-emptied",
    "D3" "group-renamed",
    "D4" "sso-override",
    "D5" "duplicates",
    "D6" "user-flapping",
    "D7" "came-back-bare",
    "P1" "provisioning-lag",
}

impl Runbook {
    /// What it is about: the first line.
    pub fn title(&self) -> &'static str {
        let first = self.text.lines().next().unwrap_or_default();
        first.trim_start_matches('#').trim()
    }

    /// The text of a part.
    pub fn part(&self, name: &str) -> Option<&'static str> {
        let (_, below) = self.text.split_once(&format!("\n## {name}\n"))?;
        Some(below.split("\n## ").next().unwrap_or(below).trim())
    }
}

/// The runbook of that number or rule, in any case.
pub fn find(which: &str) -> Option<Runbook> {
    let which = which.trim();
    let is = |name: &str| name.eq_ignore_ascii_case(which);
    ALL.iter().find(|one| is(one.id) || is(one.rule)).copied()
}

/// The runbook for a rule.
pub fn of_rule(rule: Rule) -> Option<Runbook> {
    find(rule.id())
}

/// The runbook that fits a failed request.
pub fn of_exchange(exchange: &ExchangeSummary) -> Option<Runbook> {
    find(id_of(exchange)?)
}

fn id_of(exchange: &ExchangeSummary) -> Option<&'static str> {
    if let Some(refusal) = exchange.refusal {
        return Some(match refusal {
            Refusal::Expired => "A1",
            Refusal::Revoked => "A2",
            Refusal::WrongOrg | Refusal::NoSuchOrg => "A3",
            Refusal::Unknown => "A4",
            Refusal::Missing
            | Refusal::SchemeMissing
            | Refusal::WrongScheme
            | Refusal::Foreign
            | Refusal::Damaged
            | Refusal::WrongKind => "A5",
            Refusal::ScimDisabled => "A6",
        });
    }
    if exchange.status < 400 {
        return None;
    }
    let writes = matches!(
        exchange.operation,
        Operation::Patch | Operation::Replace | Operation::Deactivate | Operation::Activate
    );
    match (exchange.status, exchange.scim_type.as_deref()) {
        (404 | 405, _) if exchange.operation == Operation::NoRoute => Some("A7"),
        (404, _) if writes => Some("A8"),
        (409, Some("uniqueness")) => Some("D5"),
        (400 | 409 | 412, _) => Some("B3"),
        (500.., _) => Some("B1"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::exchange::Client;
    use crate::model::exchange_filter::tests::exchange;
    use crate::model::menus;

    #[test]
    fn every_runbook_has_every_part() {
        for runbook in ALL {
            let title = runbook.title();
            assert!(title.starts_with(&format!("{}: ", runbook.id)), "{title}");
            for part in PARTS {
                let text = runbook.part(part);
                assert!(
                    text.is_some_and(|text| text.len() > 20),
                    "{}: {part}",
                    runbook.id
                );
            }
            let evidence = runbook.part("Evidence").unwrap();
            assert!(evidence.contains("`scimtop "), "{}: no command", runbook.id);
            assert!(runbook.text.lines().all(|line| !line.contains('\t')));
        }
    }

    #[test]
    fn every_rule_has_a_runbook() {
        for rule in Rule::ALL {
            let runbook = of_rule(rule).unwrap_or_else(|| panic!("{} has none", rule.id()));
            assert_eq!((runbook.id, runbook.rule), (rule.id(), rule.as_str()));
        }
        assert_eq!(find(" d1 ").unwrap().id, "D1");
        assert_eq!(find("Z9"), None);
    }

    #[test]
    fn runbooks_about_credentials_name_where_they_are_entered() {
        for id in ["A1", "A2", "A5", "A9"] {
            let text = find(id).unwrap().text;
            for client in [Client::Okta, Client::Entra] {
                assert!(text.contains(menus::token_place(client)), "{id} {client:?}");
            }
        }
        for id in ["A3", "A7"] {
            let text = find(id).unwrap().text;
            for client in [Client::Okta, Client::Entra] {
                assert!(text.contains(menus::url_place(client)), "{id} {client:?}");
            }
        }
    }

    #[test]
    fn failed_requests_have_the_runbook_that_fits() {
        let of = |change: fn(&mut ExchangeSummary)| {
            let mut exchange = exchange();
            change(&mut exchange);
            of_exchange(&exchange).map(|runbook| runbook.id)
        };
        assert_eq!(of(|_| {}), Some("D5"));
        assert_eq!(of(|one| one.status = 200), None);
        assert_eq!(of(|one| one.refusal = Some(Refusal::Expired)), Some("A1"));
        let no_route = of(|one| {
            (one.status, one.scim_type) = (404, None);
            one.operation = Operation::NoRoute;
        });
        assert_eq!(no_route, Some("A7"));
        assert_eq!(
            of(|one| (one.status, one.scim_type) = (503, None)),
            Some("B1")
        );
        for refusal in Refusal::ALL {
            let mut exchange = exchange();
            exchange.refusal = Some(refusal);
            assert!(of_exchange(&exchange).is_some(), "{refusal:?}");
        }
    }
}
