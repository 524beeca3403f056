//! The filter from text to answer: the RFC's examples, every refusal, every quirk.

use serde_json::json;

use super::fixture::{full_user, user_type};
use super::{Expr, FilterError, Limits, Unknown, bind, bind_within, matches, parse};
use crate::scim::error::ScimType;
use crate::scim::quirk::{Dialect, Quirk, Tolerance};

fn read(text: &str, tolerance: &mut Tolerance) -> Result<Expr, FilterError> {
    let filter = parse(text, &Limits::default(), tolerance)?;
    bind(&filter, &user_type(), Unknown::Refuse, tolerance)
}

/// Does the full user match?
fn hit(text: &str) -> bool {
    let expr = read(text, &mut Tolerance::default()).unwrap_or_else(|e| panic!("{text}: {e}"));
    matches(&expr, &full_user())
}

#[test]
fn every_example_of_rfc_7644() {
    let table = [
        (r#"userName Eq "john""#, false),
        (r#"Username eq "john""#, false),
        (r#"userName eq "bjensen""#, false),
        (r#"name.familyName co "O'Malley""#, false),
        (r#"userName sw "J""#, false),
        (
            r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J""#,
            false,
        ),
        ("title pr", true),
        (r#"meta.lastModified gt "2011-05-13T04:42:34Z""#, false),
        (r#"meta.lastModified ge "2011-05-13T04:42:34Z""#, true),
        (r#"meta.lastModified lt "2011-05-13T04:42:34Z""#, false),
        (r#"meta.lastModified le "2011-05-13T04:42:34Z""#, true),
        (r#"title pr and userType eq "Employee""#, true),
        (r#"title pr or userType eq "Intern""#, true),
        (
            "\n schemas eq \"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\"",
            true,
        ),
        (
            "userType eq \"Employee\" and (emails co \"example.com\" or\n  \
             emails.value co \"example.org\")",
            true,
        ),
        (
            "userType ne \"Employee\" and not (emails co \"example.com\" or\n  \
             emails.value co \"example.org\")",
            false,
        ),
        (
            r#"userType eq "Employee" and (emails.type eq "work")"#,
            true,
        ),
        (
            "userType eq \"Employee\" and emails[type eq \"work\" and\n  \
             value co \"@example.com\"]",
            true,
        ),
        (
            "emails[type eq \"work\" and value co \"@example.com\"] or\n  \
             ims[type eq \"xmpp\" and value co \"@foo.com\"]",
            true,
        ),
        (
            "(meta.resourceType eq User) or (meta.resourceType eq Group)",
            true,
        ),
        (r#"displayName sw "smith""#, false),
    ];
    for (text, expected) in table {
        assert_eq!(hit(text), expected, "{text}");
    }
}

#[test]
fn what_the_full_user_matches() {
    let table = [
        // Names, operators and folded strings in any case; URNs and extensions.
        (r#"USERNAME EQ "BJensen@Example.COM""#, true),
        (
            r#"URN:ietf:params:scim:schemas:core:2.0:user:NAME.familyname sW "jen""#,
            true,
        ),
        (
            r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName eq "john smith""#,
            true,
        ),
        (r#"employeeNumber eq "701984""#, true),
        (r#"groups.$ref sw "../Groups/""#, true),
        // Case-exact: declared, references, binary.
        (r#"meta.resourceType eq "user""#, false),
        (r#"profileUrl co "LOGIN""#, false),
        (r#"profileUrl co "login""#, true),
        (
            r#"x509Certificates.value eq "MIIDQzCCAqygAwIBAgICEAAw""#,
            true,
        ),
        (
            r#"x509Certificates.value eq "miidqzccaqygawibagiceaaw""#,
            false,
        ),
        // Precedence: not, and, or.
        (r#"title pr or title pr and userType eq "x""#, true),
        (r#"(title pr or title pr) and userType eq "x""#, false),
        (r#"not (userType eq "x") and title pr"#, true),
        ("NOT(title pr)", false),
        (
            r#"title pr AND NOT (userType eq "x") OR active eq false"#,
            true,
        ),
        ("(title pr)and(active eq true)", true),
        // One element against any element.
        (r#"emails[type eq "home" and value co "example"]"#, false),
        (
            r#"emails.type eq "home" and emails.value co "example""#,
            true,
        ),
        (r#"emails[not (type eq "work")]"#, true),
        (r#"emails[type eq "other"]"#, false),
        (r#"name[familyName eq "jensen" and givenName sw "b"]"#, true),
        (r#"emails[primary eq true].value ew "example.com""#, true),
        (r#"emails[type eq "home"].primary pr"#, false),
        (
            r#"emails[type eq "home" or type eq "work"].value eq "babs@jensen.org""#,
            true,
        ),
        // `ne` is the negation of `eq`, over all values.
        (r#"emails.type ne "work""#, false),
        (r#"emails.type ne "other""#, true),
        (r#"emails[type ne "work"]"#, true),
        (r#"nickName ne "babs""#, false),
        // Absence.
        ("title eq null", false),
        ("title ne null", true),
        ("name.honorificSuffix pr", true),
        ("name pr", true),
        ("emails pr", true),
        ("emails eq null", false),
        ("emails.display pr", false),
        ("emails.display eq null", true),
        (r#"emails.display ne "x""#, true),
        // Numbers, lists, booleans.
        ("level eq 7", true),
        ("level eq 7.0", true),
        ("level gt 7", false),
        ("level ge 7 and level lt 7.5 and level le 70e-1", true),
        ("score gt -1", true),
        (r#"tags eq "weekend""#, true),
        (r#"tags sw "eek""#, false),
        (r#"tags ew "eek""#, false),
        (r#"tags co "eek""#, true),
        (r#"urn:example:params:hr:1.0:desks.codes eq "b1""#, true),
        (r#"desks[floor eq 3 and codes eq "B1"]"#, false),
        (r#"desks[floor eq 4 and codes eq "B1"]"#, true),
        ("active eq true", true),
        ("active ne true", false),
        // Strings in order, and escapes.
        (r#"nickName gt "babr" and nickName lt "BABT""#, true),
        (r#"userName eq "\u0062jensen\u0040example.com""#, true),
        (r#"addresses.formatted co "Plaza\nHollywood""#, true),
        (r#"title ne "\ud83d\ude00\"\\\/""#, true),
        // Dates in another zone.
        (r#"meta.created eq "2010-01-23T06:56:22.000+02:00""#, true),
    ];
    for (text, expected) in table {
        assert_eq!(hit(text), expected, "{text}");
    }
}

#[test]
fn refused_with_the_place() {
    let table = [
        ("", 0..0, "attribute name"),
        ("   ", 3..3, "attribute name"),
        ("userName", 8..8, "operator"),
        ("userName eq", 11..11, "space and the value"),
        ("userName eq ", 12..12, "value to compare"),
        (r#"userName eq"x""#, 11..12, "space and the value"),
        (r#"userName regex "x""#, 9..14, "eq, ne, co"),
        (r#"userName "x""#, 9..9, "eq, ne, co"),
        (r#"userName eq "x"#, 12..14, "closing double quote"),
        (r#"userName eq "x\"#, 12..15, "closing double quote"),
        (r#"userName eq "\q""#, 12..16, "JSON string"),
        (r#"userName eq "\ud83d""#, 12..20, "JSON string"),
        ("userName eq \"a\u{1}\"", 12..16, "JSON string"),
        (r#"userName eq "x"and title pr"#, 15..16, "space after"),
        ("userName eq 'x'", 12..15, "double quotes"),
        (r#"userName eq a"b"#, 12..15, "double quotes"),
        ("userName eq f(x)", 12..15, "double quotes"),
        ("displayName eq Tour Guide", 20..21, "double quotes"),
        (r#"userName eq "x" title pr"#, 16..17, "`and`, `or`"),
        (r#"userName eq "x")"#, 15..16, "`and`, `or`"),
        (r#"userName eq "x" and"#, 19..19, "attribute name"),
        (r#"(userName eq "x""#, 16..16, "Close the parenthesis"),
        ("(title pr]", 9..10, "Close the parenthesis"),
        (r#"emails[type eq "x""#, 18..18, "Close the bracket"),
        ("emails[]", 7..8, "attribute name"),
        ("()", 1..2, "attribute name"),
        ("emails[type[value pr]]", 12..13, "Close the bracket first"),
        (r#"not userName eq "x""#, 4..12, "eq, ne, co"),
        ("1name pr", 0..5, "letters, digits"),
        ("name.a.b pr", 0..8, "letters, digits"),
        ("name. pr", 0..5, "letters, digits"),
        ("ümlaut pr", 0..6, "letters, digits"),
        (":userName pr", 0..0, "schema URN"),
        ("uü:userName pr", 0..2, "schema URN"),
        ("1:userName pr", 0..1, "schema URN"),
        ("urn:x: pr", 6..6, "letters, digits"),
        // Counted in characters, not bytes.
        (r#"title eq "ß😀" and shoe pr"#, 18..22, "none of that name"),
        // What the schema refuses.
        ("shoe pr", 0..4, "none of that name"),
        ("name.shoe pr", 0..9, "none of that name"),
        ("urn:x:userName pr", 0..14, "none of that name"),
        ("emails[shoe pr]", 7..11, "no such sub-attribute"),
        ("emails[emails.type pr]", 7..18, "no such sub-attribute"),
        ("emails[type.value pr]", 7..17, "no such sub-attribute"),
        ("emails[urn:x:type pr]", 7..17, "no such sub-attribute"),
        ("title[value pr]", 0..5, "no sub-attributes"),
        ("name.familyName[value pr]", 0..15, "no sub-attributes"),
        ("emails[type pr].shoe pr", 16..20, "no such sub-attribute"),
        ("password pr", 0..8, "never returned"),
        (r#"password sw "t""#, 0..8, "never returned"),
        (r#"not (Password eq "x")"#, 5..13, "never returned"),
        ("desks.pin pr", 0..9, "never returned"),
        ("desks[pin pr]", 6..9, "never returned"),
        (r#"name eq "x""#, 0..4, "Name a sub-attribute"),
        (r#"addresses co "x""#, 0..9, "Name a sub-attribute"),
        ("active gt true", 0..6, "no order"),
        (r#"x509Certificates.value lt "x""#, 0..22, "no order"),
        (r#"x509Certificates.value co "x""#, 0..22, "need a string"),
        (r#"active co "t""#, 0..6, "need a string"),
        (r#"level sw "1""#, 0..5, "need a string"),
        (r#"meta.created sw "2011""#, 0..12, "need a string"),
        ("title gt null", 9..13, "null"),
        ("title co null", 9..13, "null"),
        (r#"active eq "yes""#, 10..15, "boolean"),
        ("active eq 1", 10..11, "boolean"),
        (r#"level eq "seven""#, 9..16, "number"),
        ("level eq true", 9..13, "number"),
        ("title eq true", 9..13, "double quotes"),
        ("externalId eq 1.10", 14..18, "double quotes"),
        (r#"meta.created gt "2011-05-13""#, 16..28, "zone"),
        ("meta.created gt 2011", 16..20, "zone"),
    ];
    for (text, span, message) in table {
        let error = read(text, &mut Tolerance::default()).expect_err(text);
        assert_eq!(error.span, span, "{text}: {error}");
        assert!(error.message.contains(message), "{text}: {error}");
    }
}

#[test]
fn an_error_is_400_and_names_the_character() {
    let error = read(r#"userName regex "secret""#, &mut Tolerance::default()).unwrap_err();
    let scim = error.clone().into_scim();
    assert_eq!(scim.status, 400);
    assert_eq!(scim.scim_type, Some(ScimType::InvalidFilter));
    assert!(scim.detail.starts_with("Filter, character 10: "), "{scim}");
    assert!(!scim.detail.contains("regex") && !scim.detail.contains("secret"));
    assert_eq!(error.into_path().scim_type, Some(ScimType::InvalidPath));
}

#[test]
fn quirks_are_noted_in_auto_and_refused_in_strict() {
    let table: [(&str, &[Quirk]); 15] = [
        ("externalId eq jyoung", &[Quirk::UnquotedFilterValue]),
        ("(meta.resourceType eq User)", &[Quirk::UnquotedFilterValue]),
        ("emails[type eq work]", &[Quirk::UnquotedFilterValue]),
        ("externalId eq 007", &[Quirk::UnquotedFilterValue]),
        (r"userName eq CORP\o'malley", &[Quirk::UnquotedFilterValue]),
        (
            "meta.created gt 2011-05-13T04:42:34Z",
            &[Quirk::UnquotedFilterValue],
        ),
        (
            "active eq True",
            &[Quirk::UnquotedFilterValue, Quirk::StringBoolean],
        ),
        (r#"active eq "False""#, &[Quirk::StringBoolean]),
        (r#"emails[primary eq "True"]"#, &[Quirk::StringBoolean]),
        ("externalId eq 701984", &[Quirk::NumberAsString]),
        (r#"level eq "7""#, &[Quirk::NumberAsString]),
        (
            r#"emails eq "babs@jensen.org""#,
            &[Quirk::MultiValuedWithoutSub],
        ),
        (
            r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager eq "26""#,
            &[Quirk::MultiValuedWithoutSub],
        ),
        (
            r#"emails[type eq "work"].value eq "x""#,
            &[Quirk::ValuePathSubAttribute],
        ),
        (
            r#"emails[type eq "work"].value pr"#,
            &[Quirk::ValuePathSubAttribute],
        ),
    ];
    for (text, quirks) in table {
        let mut auto = Tolerance::new(Dialect::Auto);
        read(text, &mut auto).unwrap_or_else(|error| panic!("{text}: {error}"));
        let mut expected: Vec<_> = quirks.to_vec();
        expected.sort();
        let mut seen: Vec<_> = auto.seen.iter().collect();
        seen.sort();
        assert_eq!(seen, expected, "{text}");

        let mut strict = Tolerance::new(Dialect::Strict);
        let error = read(text, &mut strict).expect_err(text).into_scim();
        assert_eq!(error.scim_type, Some(ScimType::InvalidFilter), "{text}");
        assert!(strict.seen.is_empty(), "{text}");
    }
}

#[test]
fn quirks_mean_what_the_client_meant() {
    let same = [
        ("externalId eq 701984", r#"externalId eq "701984""#),
        (r#"level eq "7""#, "level eq 7"),
        ("active eq True", "active eq true"),
        ("userName sw O", r#"userName sw "O""#),
        ("emails co jensen", r#"emails.value co "jensen""#),
        (r#"manager eq "26""#, r#"manager.value eq "26""#),
        (
            r#"emails[type eq "a" or type eq "b"].value ne "x""#,
            r#"emails[(type eq "a" or type eq "b") and value ne "x"]"#,
        ),
        (
            r#"emails[type eq "a" and primary eq true].value pr"#,
            r#"emails[type eq "a" and primary eq true and value pr]"#,
        ),
    ];
    for (quirky, plain) in same {
        let bound = |text| read(text, &mut Tolerance::default()).unwrap();
        assert_eq!(bound(quirky), bound(plain), "{quirky}");
        let mut strict = Tolerance::new(Dialect::Strict);
        read(plain, &mut strict).unwrap_or_else(|error| panic!("{plain}: {error}"));
    }
}

#[test]
fn an_unknown_attribute_is_absent_in_a_query_over_types() {
    let table = [
        ("shoe pr", false),
        ("shoe eq 1", false),
        ("shoe ne 1", true),
        ("shoe eq null", true),
        ("shoe ne null", false),
        ("not (shoe pr)", true),
        ("shoe[size gt 1]", false),
        ("emails[shoe pr]", false),
        ("emails[not (shoe pr)]", true),
        ("name.shoe ne 1", true),
        (r#"members eq "x" or title pr"#, true),
    ];
    for (text, expected) in table {
        let tolerance = &mut Tolerance::default();
        let filter = parse(text, &Limits::default(), tolerance).unwrap();
        let expr = bind(&filter, &user_type(), Unknown::Never, tolerance).unwrap();
        assert_eq!(matches(&expr, &full_user()), expected, "{text}");
    }
    let secret = parse("password pr", &Limits::default(), &mut Tolerance::default()).unwrap();
    let bound = bind(
        &secret,
        &user_type(),
        Unknown::Never,
        &mut Tolerance::default(),
    );
    assert!(bound.is_err(), "a secret is refused there too");
}

#[test]
fn a_filter_within_an_attribute_judges_one_element() {
    let user = user_type();
    let tolerance = &mut Tolerance::default();
    let mut within = |attribute: &str, text: &str| {
        let filter = parse(text, &Limits::default(), tolerance).unwrap();
        let attribute = user.resolve(None, attribute, None).unwrap().attribute;
        bind_within(&filter, attribute, tolerance)
    };
    let expr = within("emails", r#"TYPE eq "Work" and primary eq true"#).unwrap();
    assert!(matches(&expr, &json!({ "type": "work", "primary": true })));
    assert!(!matches(&expr, &json!({ "type": "work" })));
    assert!(!matches(&expr, &json!("work")));
    assert!(within("emails", "userName pr").is_err());
    assert!(within("emails", "value[type pr]").is_err());
    assert!(within("title", "value pr").is_err());
}

#[test]
fn empty_values_are_absent() {
    for (user, present) in [
        (json!({}), false),
        (json!({ "title": null }), false),
        (json!({ "title": "" }), false),
        (json!({ "title": [] }), false),
        (json!({ "title": {} }), false),
        (json!({ "title": { "a": null, "b": "" } }), false),
        (json!({ "title": [null, ""] }), false),
        (json!({ "title": ["", "x"] }), true),
        (json!({ "title": { "a": 1 } }), true),
        (json!({ "title": false }), true),
        (json!([]), false),
    ] {
        for (text, expected) in [
            ("title pr", present),
            ("title ne null", present),
            ("title eq null", !present),
        ] {
            let expr = read(text, &mut Tolerance::default()).unwrap();
            assert_eq!(matches(&expr, &user), expected, "{text} on {user}");
        }
    }
}
