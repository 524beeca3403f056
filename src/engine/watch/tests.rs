//! What holds of every rule's alerts.

use std::collections::BTreeMap;

use super::testing::*;
use super::*;
use crate::model::exchange::Operation;
use crate::model::exchange_filter::ExchangeFilter;
use crate::model::token::Refusal;

/// What each rule sees for a quarter of an hour, among requests that are as they should be.
fn seen() -> Vec<(Rule, ExchangeSummary)> {
    let unknown = |refusal| ExchangeSummary {
        token: None,
        org: None,
        ..refused("", refusal, NOW)
    };
    let write = |path: &str, status, scim_type: Option<&str>| ExchangeSummary {
        method: "PATCH".to_owned(),
        path: format!("/scim/v2/Users/{path}"),
        operation: Operation::Patch,
        status,
        scim_type: scim_type.map(str::to_owned),
        org: Some(OrgId(3)),
        ..request(NOW)
    };
    let of = |org, seen| ExchangeSummary {
        org: Some(OrgId(org)),
        ..seen
    };
    let strange = |org| ExchangeSummary {
        operation: Operation::NoRoute,
        status: 404,
        org,
        token: org.map(|_| TokenId("t".to_owned())),
        source: "2001:db8:1:2::9".to_owned(),
        ..request(NOW)
    };
    let shapes = [
        (
            Rule::ExpiredTokenInUse,
            refused("old", Refusal::Expired, NOW),
        ),
        (
            Rule::RevokedTokenInUse,
            refused("gone", Refusal::Revoked, NOW),
        ),
        (
            Rule::WrongOrg,
            ExchangeSummary {
                status: 403,
                ..refused("t", Refusal::WrongOrg, NOW)
            },
        ),
        (
            Rule::MalformedCredential,
            ExchangeSummary {
                source: "10.0.0.9".to_owned(),
                ..unknown(Refusal::Damaged)
            },
        ),
        (
            Rule::UnknownToken,
            ExchangeSummary {
                source: "2001:db8:1:3::7".to_owned(),
                ..unknown(Refusal::Unknown)
            },
        ),
        (Rule::WrongBaseUrl, strange(None)),
        (Rule::WrongBaseUrl, of(2, strange(Some(OrgId(2))))),
        (Rule::StaleIds, write("", 404, None)),
        (Rule::ClientErrors, write("a", 400, Some("invalidValue"))),
        (Rule::ClientErrors, write("b", 412, None)),
        (Rule::Duplicates, write("c", 409, Some("uniqueness"))),
        (Rule::FailureRate, of(4, write("d", 503, None))),
        (
            Rule::Latency,
            ExchangeSummary {
                latency_us: 9_000_000,
                operation: Operation::Create,
                ..of(5, write("e", 201, None))
            },
        ),
        (Rule::ProvisioningLag, of(6, write("f", 200, None))),
        (Rule::Storage, request(NOW)),
    ];
    let mut all = Vec::new();
    for number in 0..45 {
        for (rule, shape) in &shapes {
            let mut one = shape.clone();
            one.at = NOW.minus(MINUTE * (44 - number));
            one.subject = format!("{}{number}", rule.id());
            one.path.push_str(&number.to_string());
            one.seq = all.len() as u64;
            all.push((*rule, one));
        }
    }
    all
}

#[test]
fn the_filter_of_an_alert_finds_the_requests_that_show_it() {
    let mut settings = AlertSettings::default();
    // One refused request a minute of each kind is no burst by itself.
    settings.refusal_burst.ten_minutes = 10;
    let mut rules = Rules::new(&settings);
    let all = seen();
    for (_, one) in &all {
        rules.exchange(one);
    }
    let mut tokens = [token("old", -3), token("gone", 3), token("t", 90)];
    tokens[1].revoked = Some(NOW.minus(days(1)));
    let alerts = rules.standing(&known(&tokens));
    let mut shown: BTreeMap<Rule, usize> = BTreeMap::new();
    for alert in alerts.iter().filter(|alert| !alert.evidence.is_empty()) {
        let text = alert
            .filter
            .as_deref()
            .unwrap_or_else(|| panic!("{alert:?}"));
        let filter = ExchangeFilter::without_marks(text).unwrap();
        let found = |(_, one): &&(Rule, ExchangeSummary)| filter.matches(one, NOW);
        for seq in &alert.evidence {
            let (_, one) = &all[usize::try_from(*seq).unwrap()];
            assert!(filter.matches(one, NOW), "{text}: {one:?}");
        }
        let ordinary = all.iter().filter(found);
        let ordinary = ordinary.filter(|(rule, _)| *rule == Rule::Storage).count();
        assert_eq!(ordinary, 0, "{text}");
        assert!(all.iter().filter(found).count() < all.len() / 2, "{text}");
        *shown.entry(alert.rule).or_default() += 1;
    }
    let expected = [
        (Rule::ExpiredTokenInUse, 1),
        (Rule::RevokedTokenInUse, 1),
        (Rule::WrongOrg, 1),
        (Rule::UnknownToken, 1),
        (Rule::MalformedCredential, 1),
        (Rule::RefusalBurst, 1),
        (Rule::WrongBaseUrl, 2),
        (Rule::StaleIds, 1),
        (Rule::FailureRate, 1),
        (Rule::Latency, 1),
        (Rule::ClientErrors, 3),
        (Rule::Duplicates, 1),
        (Rule::ProvisioningLag, 4),
    ];
    assert_eq!(shown.into_iter().collect::<Vec<_>>(), expected);
}
