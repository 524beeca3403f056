//! Every kind of event in every form, against what the forms require.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::clock::Timestamp;
use crate::ids::{OrgId, RequestId, ResourceId, TokenId};
use crate::model::exchange::{Client, Operation};
use crate::model::token::Refusal;

/// What somebody may call a user.
const HOSTILE: &str = "a\"]b\\c\n<13>1 - - - - - -\u{1b}[2J\u{202e}é";

fn one(kind: EventKind, subject: &str) -> Event {
    Event {
        seq: 7,
        at: Timestamp(1_800_000_000_123),
        org: OrgId(2),
        kind,
        actor: Actor::Token(TokenId("tok_1".into())),
        subject: Some(ResourceId::new()),
        request: Some(RequestId::new()),
        cause: "DELETE".into(),
        detail: json!({ "subject": subject }),
        hash: "ab".repeat(32),
    }
}

fn refused_request() -> ExchangeSummary {
    ExchangeSummary {
        seq: 9,
        at: Timestamp(1_800_000_000_123),
        org: None,
        token: None,
        token_label: None,
        client: Client::Unknown,
        source: "192.0.2.7".into(),
        method: "GET".into(),
        path: format!("/scim/v2/{HOSTILE}"),
        query: String::new(),
        operation: Operation::Query,
        subject: String::new(),
        status: 401,
        scim_type: None,
        refusal: Some(Refusal::Expired),
        latency_us: 1,
        what: String::new(),
        quirks: Vec::new(),
        request: RequestId::new(),
    }
}

fn origin() -> Origin {
    Origin {
        source: "192.0.2.7".into(),
        user_agent: HOSTILE.into(),
    }
}

/// Every line of a form: of each kind of event, known and erased, and of a refusal.
fn lines(format: Format) -> Vec<String> {
    let origin = origin();
    let mut lines = Vec::new();
    for kind in EventKind::ALL {
        let whole = one(kind, HOSTILE);
        let erased = Event {
            subject: None,
            request: None,
            actor: Actor::System,
            detail: Value::Null,
            ..whole.clone()
        };
        lines.push(event(format, "scim.example.com", &whole, Some(&origin)));
        lines.push(event(format, "not a host", &erased, None));
    }
    lines.extend(refusal(format, "h", &refused_request()));
    lines
}

#[test]
fn ocsf_has_what_its_classes_require() {
    for line in lines(Format::Ocsf) {
        let record: Value = serde_json::from_str(&line).unwrap();
        let number = |name: &str| {
            record[name]
                .as_u64()
                .unwrap_or_else(|| panic!("{name}: {line}"))
        };
        let (class, activity) = (number("class_uid"), number("activity_id"));
        assert_eq!(number("type_uid"), class * 100 + activity);
        assert_eq!((number("category_uid"), class / 1000), (3, 3));
        assert!((1..=6).contains(&number("severity_id")));
        assert_eq!(number("time"), 1_800_000_000_123);
        assert_eq!(record["metadata"]["version"], "1.3.0");
        assert!(record["metadata"]["product"]["vendor_name"].is_string());
        assert!(!record["activity_name"].as_str().unwrap().is_empty());
        let (object, activities): (_, &[u64]) = match class {
            3001 => ("user", &[1, 2, 5, 6, 99]),
            3002 => ("user", &[1]),
            3004 => ("entity", &[1, 3, 4]),
            3006 => ("group", &[1, 2, 5, 6, 99]),
            _ => panic!("{line}"),
        };
        assert!(activities.contains(&activity), "{line}");
        let object = &record[object];
        let erased = record["unmapped"]["detail"].is_null() && class != 3002 && class != 3004;
        let named = object["name"].is_string() || object["uid"].is_string();
        assert!(named || erased && object.is_object(), "{line}");
        if class == 3002 {
            assert_eq!(
                (number("status_id"), &record["status_detail"]),
                (2, &json!("expired"))
            );
            assert!(record["service"]["name"].is_string());
            assert_eq!(record["src_endpoint"]["ip"], "192.0.2.7");
        }
    }
}

#[test]
fn ocsf_tells_who_came_to_a_group_and_who_went() {
    let id = ResourceId::new().to_string();
    for (added, removed, activity) in [
        (vec![&id], vec![], 3),
        (vec![], vec![&id], 4),
        (vec![&id], vec![&id], 99),
    ] {
        let mut event = one(EventKind::MembersChanged, "Staff");
        let change = json!({ "path": "members", "added": added, "removed": removed });
        event.detail["changes"] = json!([change]);
        let record = ocsf::event(&event, None);
        assert_eq!(record["activity_id"], activity);
        assert_eq!(record["user"].is_null(), activity == 99);
        assert_eq!(record["unmapped"]["detail"]["changes"][0], change);
    }
}

#[test]
fn ecs_has_its_categorization_and_values_from_its_lists() {
    for line in lines(Format::Ecs) {
        let record: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(record["@timestamp"], "2027-01-15T08:00:00.123Z");
        assert!(record["ecs"]["version"].is_string() && record["message"].is_string());
        let event = &record["event"];
        assert_eq!(event["kind"], "event");
        let allowed: &[&str] = match event["category"][0].as_str().unwrap() {
            "iam" => &[
                "admin", "change", "creation", "deletion", "group", "info", "user",
            ],
            "configuration" => &["access", "change", "creation", "deletion", "info"],
            "authentication" => &["start", "end", "info"],
            other => panic!("{other}"),
        };
        for kind in event["type"].as_array().unwrap() {
            assert!(allowed.contains(&kind.as_str().unwrap()), "{line}");
        }
        let failed = event["category"][0] == "authentication";
        assert_eq!(event["outcome"], if failed { "failure" } else { "success" });
        assert!(event["action"].is_string() && event["id"].is_string());
        assert!(record["user"].is_object());
        if let Some(ip) = record["source"]["ip"].as_str() {
            assert_eq!(record["related"]["ip"], json!([ip]));
        }
    }
}

#[test]
fn every_form_is_one_line_that_a_terminal_can_show() {
    for format in [Format::Jsonl, Format::Ocsf, Format::Ecs, Format::Syslog] {
        let lines = lines(format);
        assert_eq!(lines.len(), EventKind::ALL.len() * 2 + 1);
        for line in lines {
            let text = line.replacen('\u{feff}', "", usize::from(format == Format::Syslog));
            assert_eq!(crate::text::clean(&text), text, "{format:?}");
        }
    }
}

/// Reads a message by the grammar of RFC 5424 §6, and gives the parameters of its first element.
fn syslog_params(line: &str) -> Vec<(String, String)> {
    let (priority, rest) = line.strip_prefix('<').unwrap().split_once('>').unwrap();
    assert!(priority.parse::<u8>().unwrap() <= 191 && !priority.starts_with('0'));
    let header: Vec<_> = rest.splitn(7, ' ').collect();
    let [version, timestamp, host, app, process, kind, mut rest] = header[..] else {
        panic!("{line}");
    };
    assert_eq!((version, app, process), ("1", "scimtop", "-"));
    assert!(Timestamp::parse(timestamp).is_some() && timestamp.ends_with('Z'));
    for (word, most) in [(host, 255), (kind, 32)] {
        assert!((1..=most).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_graphic()));
    }
    let sd_name = |name: &str| {
        let fine = |b: u8| b.is_ascii_graphic() && !b"= ]\"".contains(&b);
        (1..=32).contains(&name.len()) && name.bytes().all(fine)
    };
    let mut elements = Vec::new();
    while let Some(inside) = rest.strip_prefix('[') {
        let end = inside.find([' ', ']']).unwrap();
        assert!(sd_name(&inside[..end]));
        let (mut params, mut left) = (Vec::new(), &inside[end..]);
        while let Some(param) = left.strip_prefix(' ') {
            let (name, value) = param.split_once("=\"").unwrap();
            assert!(sd_name(name), "{line}");
            let (mut read, mut chars) = (String::new(), value.char_indices());
            left = loop {
                match chars.next().unwrap() {
                    (at, '"') => break &value[at + 1..],
                    (_, '\\') => {
                        let (_, escaped) = chars.next().unwrap();
                        assert!(['"', '\\', ']'].contains(&escaped), "{line}");
                        read.push(escaped);
                    }
                    (_, ']') => panic!("a bracket that is not escaped: {line}"),
                    (_, c) => read.push(c),
                }
            };
            params.push((name.to_owned(), read));
        }
        elements.push(params);
        rest = left.strip_prefix(']').unwrap();
    }
    assert_eq!(elements.len(), 3);
    assert!(rest.starts_with(" \u{feff}"), "{line}");
    elements.swap_remove(0)
}

#[test]
fn syslog_is_what_its_grammar_says() {
    for line in lines(Format::Syslog) {
        let params = syslog_params(&line);
        let mut names: Vec<_> = params.iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), params.len(), "{line}");
    }
}

proptest! {
    #[test]
    fn whatever_a_name_is_it_stays_one_value(name in any::<String>()) {
        let event = one(EventKind::UserCreated, &name);
        let line = event_line(&event);
        let params = syslog_params(&line);
        let subject = params.iter().find(|(name, _)| name == "subject").unwrap();
        prop_assert_eq!(&subject.1, &crate::text::clean(&name));
        prop_assert!(!line.contains('\n'));
    }
}

fn event_line(one: &Event) -> String {
    event(Format::Syslog, "h", one, None)
}
