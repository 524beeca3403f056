//! Tables and properties of the filter language.

use proptest::prelude::*;

use super::*;
use crate::ids::{OrgId, RequestId, TokenId};
use crate::model::exchange::Client;

const NOW: Timestamp = Timestamp(1_700_000_000_000);

pub(crate) fn exchange() -> ExchangeSummary {
    ExchangeSummary {
        seq: 7,
        at: NOW.minus(Duration::from_secs(300)),
        org: Some(OrgId(0)),
        token: Some(TokenId("tok_0a1b2c3d".to_owned())),
        token_label: Some("okta-prod".to_owned()),
        client: Client::Okta,
        source: "10.2.0.7".to_owned(),
        method: "PATCH".to_owned(),
        path: "/scim/v2/Users/2819c223".to_owned(),
        query: String::new(),
        operation: Operation::Deactivate,
        subject: "Ada.L@example.com".to_owned(),
        status: 409,
        scim_type: Some("uniqueness".to_owned()),
        refusal: None,
        latency_us: 14_500,
        what: "userName already exists".to_owned(),
        quirks: vec!["op-case".to_owned()],
        request: RequestId(uuid::Uuid::nil()),
    }
}

#[test]
fn marks_are_known_where_they_are_made() {
    let now = exchange().at;
    for (text, marked, unmarked) in [
        ("is:marked", true, false),
        ("not is:marked", false, true),
        ("status:409 and (is:marked or op:create)", true, false),
    ] {
        let filter = ExchangeFilter::parse(text).unwrap();
        assert_eq!(filter.admits(&exchange(), now, true), marked, "{text}");
        assert_eq!(filter.admits(&exchange(), now, false), unmarked, "{text}");
        assert!(ExchangeFilter::without_marks(text).is_err(), "{text}");
    }
    assert!(ExchangeFilter::without_marks("marked").is_ok());
    assert!(ExchangeFilter::parse("is:green").is_err());
}

#[test]
fn filters_match_what_they_say() {
    let cases = [
        ("", true),
        ("is:marked", false),
        ("not is:marked", true),
        ("   ", true),
        ("ada.l", true),
        ("ADA.L exists", true),
        ("ada.l nobody", false),
        ("client:okta", true),
        ("client:okta-prod", true),
        ("idp:entra", false),
        ("client:entra,okta", true),
        ("op:delete,deactivate", true),
        ("op:create", false),
        ("status>=400", true),
        ("status:4xx", true),
        ("status:5xx", false),
        ("status=409", true),
        ("status!=409", false),
        ("status<409", false),
        ("status<=409", true),
        ("status>408", true),
        ("status>409", false),
        ("latency>14ms", true),
        ("latency>14", true),
        ("latency>200ms", false),
        ("latency<1s", true),
        ("latency<=14500us", true),
        ("subject:ada", true),
        ("user:ada", true),
        ("group:ada", false),
        ("org:0", true),
        ("org:Primary", true),
        ("org:1", false),
        ("token:tok_0a1b2c3d", true),
        ("token:prod", true),
        ("token:tok_ffffffff", false),
        ("method:patch", true),
        ("quirk:op-case", true),
        ("quirk:string", false),
        ("scimType:uniqueness", true),
        ("scimtype:unique", false),
        ("source:10.2", true),
        ("source:10.2.0.0/24", true),
        ("source:10.2.0.0/16,10.9.0.0/16", true),
        ("source:10.2.1.0/24", false),
        ("source:0.0.0.0/0", true),
        ("source:2001:db8::/64", false),
        ("source:10.2.0.0/x", false),
        ("path:/users", true),
        ("since:10m", true),
        ("since:1m", false),
        ("not status>=400", false),
        ("not not ada", true),
        ("ada and op:create or status:409", true),
        ("ada and (op:create or status:409)", true),
        ("(op:create)", false),
        ("op:create or not(org:0)", false),
        ("\"already exists\"", true),
        ("what:\"already exists\"", true),
        ("subject:\"nobody\",\"ada.l\"", true),
        ("\"a \\\"quote\\\"\"", false),
        ("order", false),
        ("notes", false),
    ];
    for (text, expected) in cases {
        let filter = ExchangeFilter::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(filter.matches(&exchange(), NOW), expected, "{text}");
    }
}

#[test]
fn faults_name_their_place() {
    let cases = [
        ("colour:red", 0..7, "no such field"),
        ("status>=x", 8..9, "number such as 401"),
        ("ada op:remove", 7..13, "no such operation"),
        ("latency>1parsec", 8..15, "A span is"),
        ("since:10", 6..8, "A span is"),
        ("(ada", 0..1, "not closed"),
        ("ada)", 3..4, "closes nothing"),
        ("\"ada", 0..4, "closing quote"),
        ("client:", 7..7, "missing"),
        ("client:okta,", 12..12, "missing"),
        ("ada and", 7..7, "missing"),
        ("ada or or", 7..9, "missing"),
        ("client>okta", 0..7, "Only status and latency"),
        ("()", 1..2, "missing"),
        ("since:1m,2m", 9..11, "Only one value"),
        ("status:99999", 7..12, "number such as"),
    ];
    for (text, span, message) in cases {
        let error = ExchangeFilter::parse(text).expect_err(text);
        assert_eq!(error.span, span, "{text}");
        assert!(error.message.contains(message), "{text}: {error}");
    }
}

#[test]
fn length_and_depth_are_bounded() {
    assert!(ExchangeFilter::parse(&"(".repeat(1_999)).is_err());
    assert!(ExchangeFilter::parse(&"not ".repeat(400)).is_err());
    assert!(ExchangeFilter::parse(&"a".repeat(2_001)).is_err());
    assert!(ExchangeFilter::parse(&"a ".repeat(1_000)).is_ok());
}

proptest! {
    #[test]
    fn no_text_panics_and_faults_lie_inside(text in "[a-z:<>=!()\", \\\\0-9é]{0,60}|\\PC{0,60}") {
        match ExchangeFilter::parse(&text) {
            Ok(filter) => {
                filter.matches(&exchange(), NOW);
            }
            Err(error) => prop_assert!(text.get(error.span).is_some()),
        }
    }

    #[test]
    fn a_quoted_value_matches_its_own_subject(subject in "\\PC{1,40}") {
        let filter = ExchangeFilter::parse(&format!("subject:{}", quote(&subject))).unwrap();
        let exchange = ExchangeSummary { subject, ..exchange() };
        prop_assert!(filter.matches(&exchange, NOW));
    }
}
