//! What a client writes reaches the operator's terminal as text and as nothing else: no escape
//! sequence, no control, no character that turns or hides others.

use serde_json::{Value, json};

use crate::client::{Client, encode, group, patch_body, user};
use crate::daemon::{Daemon, until};

/// Things a terminal would obey, or that make text look like what it is not.
const HOSTILE: &[&str] = &[
    "\u{1b}[2Jcleared",
    "\u{1b}]0;title\u{7}",
    "\u{9b}31mred",
    "back\u{8}\u{8}space",
    "line\r\nfeed",
    "\u{202e}gnirts",
    "\u{2066}isolated\u{2069}",
    "zero\u{200b}width\u{200d}\u{feff}",
    "line\u{2028}separator",
    "soft\u{ad}hyphen",
    "delete\u{7f}",
    "tag\u{e0041}",
];

fn is_dangerous(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c,
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[track_caller]
fn safe(what: &str, text: &str) {
    let found: Vec<char> = text.chars().filter(|c| is_dangerous(*c)).collect();
    assert!(found.is_empty(), "{what}: {found:?} in {text:?}");
}

/// Sends each hostile text in every place that has room for one.
fn send(client: &mut Client) -> String {
    let mut last = String::new();
    for (number, text) in HOSTILE.iter().enumerate() {
        let mut body = user(&format!("{number}{text}"));
        body["displayName"] = json!(text);
        body["externalId"] = json!(text);
        let id = client.create("/Users", &body);
        client.create("/Groups", &group(&format!("{number}{text}"), &[&id]));
        let path = format!("/Users/{id}");
        let title = json!([{ "op": "replace", "path": "title", "value": text }]);
        client.patch(&path, &title).expect(200);
        client.get(&format!(
            "/Users?filter={}",
            encode(&format!("title eq \"{text}\""))
        ));
        client.get(&format!("/Users/{}", encode(text))).expect(404);
        let odd = patch_body(&json!([{ "op": text, "path": text, "value": text }])).to_string();
        client.send(
            "PATCH",
            &path,
            &[("User-Agent", "a\u{9b}b\u{202e}c")],
            Some(odd.as_bytes()),
        );
        client.delete(&path).expect(204);
        let reply = client.get(&format!("/{}", encode(text))).expect(404);
        reply.must("x-request-id").clone_into(&mut last);
    }
    last
}

#[test]
fn no_command_prints_what_a_terminal_would_obey() {
    let daemon = Daemon::start();
    let home = daemon.home();
    let last = send(&mut daemon.primary());
    let listed = until("all requests are recorded", || {
        let ran = home.scimtop(&["requests", "list", "--limit", "1000", "--json"]);
        ran.out.contains(&last).then_some(ran.out)
    });
    let mut commands: Vec<Vec<String>> = Vec::new();
    let mut command = |line: &str| commands.push(line.split(' ').map(str::to_owned).collect());
    for line in [
        "status",
        "org list",
        "token list",
        "requests list --limit 1000",
        "events tail --limit 1000",
        "events export",
        "deletions list --limit 1000",
    ] {
        command(line);
        command(&format!("{line} --json"));
    }
    for line in listed.lines() {
        let seq = serde_json::from_str::<Value>(line).unwrap()["seq"].to_string();
        command(&format!("requests show {seq}"));
        command(&format!("requests show {seq} --json"));
        command(&format!("requests curl {seq}"));
    }
    for command in &commands {
        let args: Vec<&str> = command.iter().map(String::as_str).collect();
        let ran = home.scimtop(&args);
        assert_eq!(ran.code, 0, "{args:?}: {ran:?}");
        safe(&args.join(" "), &ran.out);
        safe(&args.join(" "), &ran.err);
    }
    for text in HOSTILE {
        for args in [
            &["org", "show", text][..],
            &["requests", "show", text],
            &["org", "create", text],
            &[text],
        ] {
            let ran = home.scimtop(args);
            assert_ne!(ran.code, 0);
            safe("an error", &ran.err);
        }
    }
    safe("the daemon", &home.printed());
    let home = daemon.stop();
    safe("the daemon", &home.printed());
}
