//! What leaves the dashboard: copies and files.

use super::house::{at, work};
use super::*;
use crate::tui::action::Export;
use crate::tui::testing::{carry_out_with, hostile};

fn copied(model: &mut Model, keys: &str) -> String {
    match press(model, keys).as_slice() {
        [Action::Copy(text)] => text.0.clone(),
        other => panic!("{keys:?}: {other:?}"),
    }
}

fn exported(model: &mut Model, keys: &str) -> Export {
    match press(model, keys).pop() {
        Some(Action::Export(export)) => export,
        other => panic!("{keys:?}: {other:?}, {:?}", model.notice),
    }
}

#[test]
fn everything_can_be_copied_in_three_ways() {
    for place in [
        "1", "3", "3\n", "4", "4\n", "5", "5\n", "5\t\t", "5\t\t\t", "6", "6\n", "8", "8\n",
    ] {
        let mut model = at(place);
        let id = copied(&mut model, "yi");
        assert!(!id.is_empty(), "{place:?}");
        let json = copied(&mut model, "yj");
        assert!(
            serde_json::from_str::<serde_json::Value>(&json).is_ok(),
            "{place:?}"
        );
        let ticket = copied(&mut model, "yt");
        assert!(ticket.starts_with("What: "), "{place:?}: {ticket}");
        assert!(ticket.contains("\nWhy: "), "{place:?}: {ticket}");
    }
}

#[test]
fn a_ticket_says_what_when_who_and_what_to_do() {
    let mut model = at("5");
    insta::assert_snapshot!("ticket-removal", copied(&mut model, "yt"));
    let mut model = at("1");
    insta::assert_snapshot!("ticket-request", copied(&mut model, "yt"));
    let mut model = at("6");
    insta::assert_snapshot!("ticket-token", copied(&mut model, "yt"));
}

#[test]
fn every_list_is_exported_as_lines_and_as_a_table() {
    for (place, name) in [
        ("1", "requests"),
        ("3", "users"),
        ("4", "groups"),
        ("5", "removals"),
        ("5\t\t", "guard"),
        ("5\t\t\t", "transfers"),
        ("6", "tokens"),
        ("8", "audit"),
    ] {
        let mut model = at(place);
        let lines = exported(&mut model, "xj");
        assert_eq!(lines.stem, format!("scimtop-{name}-20260823T140031Z"));
        let table = exported(&mut model, "xc");
        assert_eq!((lines.ending, table.ending), ("jsonl", "csv"));
        let rows: Vec<&str> = lines.text.lines().collect();
        for row in &rows {
            assert!(
                serde_json::from_str::<serde_json::Value>(row).is_ok(),
                "{row}"
            );
        }
        let mut reader = csv::Reader::from_reader(table.text.as_bytes());
        assert_eq!(reader.records().count(), rows.len(), "{place:?}");
        insta::assert_snapshot!(
            format!("export-{name}"),
            table.text.lines().take(4).collect::<Vec<_>>().join("\n")
        );
    }
}

#[test]
fn marked_rows_alone_are_exported() {
    let mut model = at("3jmjm");
    let lines = exported(&mut model, "xj");
    let names: Vec<String> = lines
        .text
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["user_name"].to_string()
        })
        .collect();
    assert_eq!(
        names,
        ["\"g.hopper@example.com\"", "\"m.chen@example.com\""]
    );
    let mut model = at("1/op:delete\n");
    assert_eq!(exported(&mut model, "xj").text.lines().count(), 8);
    let mut model = at("3/nobody\n");
    press(&mut model, "xj");
    assert_eq!(model.notice.as_deref(), Some("there is nothing to export"));
}

#[test]
fn what_leaves_is_data_and_no_command() {
    let mut model = model();
    update(&mut model, Event::Arrived(Arc::new(hostile(57))));
    let obeyed = |c: char| (c.is_control() && c != '\n') || "\u{202e}\u{200b}".contains(c);
    for keys in ["yt", "yj"] {
        assert!(!copied(&mut model, keys).contains(obeyed), "{keys}");
    }
    for keys in ["xj", "xc"] {
        let text = exported(&mut model, keys).text;
        assert!(!text.contains(obeyed), "{keys}: {text:?}");
    }
    // A name that a spreadsheet would compute.
    let mut model = at("");
    let actions = press(&mut model, "3");
    carry_out_with(&mut model, actions, |answer| match answer {
        crate::tui::call::Answer::Users(mut page) => {
            page.items[0].user_name = "=HYPERLINK(\"http://x\")".to_owned();
            page.items[0].display_name = "-2+3".to_owned();
            crate::tui::call::Answer::Users(page)
        }
        other => other,
    });
    let text = exported(&mut model, "xc").text;
    assert!(
        text.contains("\"'=HYPERLINK(\"\"http://x\"\")\",'-2+3,"),
        "{text}"
    );
}

#[test]
fn the_file_is_said() {
    let mut model = at("3");
    update(&mut model, Event::Exported(Ok("/tmp/x.csv".into())));
    assert_eq!(model.notice.as_deref(), Some("written: /tmp/x.csv"));
    let why = "cannot write into /: permission denied".to_owned();
    update(&mut model, Event::Exported(Err(why.clone())));
    assert_eq!(model.notice, Some(why));
    let mut model = at("8");
    update(&mut model, Event::Exported(Ok("/tmp/x.csv".into())));
    assert!(model.notice.as_deref().unwrap().contains("more are below"));
    work(&mut model, "x\u{1b}");
    assert!(matches!(model.mode, Mode::Normal));
}
