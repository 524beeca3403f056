//! Operators over TCP: what each role may do, tokens that open nothing, and TLS.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use crate::client::Client;
use crate::daemon::{Daemon, Home, until};
use crate::screen::Screen;

/// Every operation and the least role that may use it.
const OPERATIONS: &[(&str, &str, &str)] = &[
    ("GET", "/status", "viewer"),
    ("GET", "/whoami", "viewer"),
    ("GET", "/orgs", "viewer"),
    ("POST", "/orgs", "admin"),
    ("PATCH", "/orgs/{org}", "admin"),
    ("GET", "/tokens", "viewer"),
    ("POST", "/tokens", "admin"),
    ("POST", "/tokens/{token}/rotate", "admin"),
    ("POST", "/tokens/{token}/revoke", "admin"),
    ("GET", "/exchanges", "viewer"),
    ("GET", "/exchanges/export", "viewer"),
    ("GET", "/exchanges/{which}", "viewer"),
    ("GET", "/stream", "viewer"),
    ("GET", "/events", "viewer"),
    ("GET", "/events/stream", "viewer"),
    ("GET", "/deliveries", "viewer"),
    ("POST", "/deliveries/replay", "operator"),
    ("POST", "/alerts/test", "operator"),
    ("GET", "/events/verify", "viewer"),
    ("GET", "/openapi.json", "viewer"),
    ("GET", "/users", "viewer"),
    ("GET", "/orgs/{org}/users/{which}", "viewer"),
    ("GET", "/orgs/{org}/users/{which}/history", "viewer"),
    ("GET", "/groups", "viewer"),
    ("GET", "/orgs/{org}/groups/{which}", "viewer"),
    ("GET", "/orgs/{org}/groups/{which}/history", "viewer"),
    ("GET", "/orgs/{org}/impact", "viewer"),
    ("POST", "/orgs/{org}/simulate", "operator"),
    ("GET", "/deletions", "viewer"),
    ("GET", "/deletions/{seq}", "viewer"),
    ("POST", "/deletions/restore", "operator"),
    ("POST", "/deletions/purge", "admin"),
    ("GET", "/guard", "viewer"),
    ("POST", "/guard/{org}/decide", "operator"),
    ("POST", "/guard/{org}/allow", "operator"),
    ("GET", "/alerts", "viewer"),
    ("POST", "/alerts/{fingerprint}/acknowledge", "operator"),
    ("GET", "/silences", "viewer"),
    ("POST", "/silences", "operator"),
    ("DELETE", "/silences/{id}", "operator"),
    ("GET", "/health", "viewer"),
    ("GET", "/privileges", "viewer"),
    ("GET", "/roles", "viewer"),
    ("PUT", "/orgs/{org}/roles", "admin"),
    ("DELETE", "/orgs/{org}/roles/{role}", "admin"),
    ("POST", "/orgs/{org}/role-grants", "operator"),
    ("GET", "/role-rules", "viewer"),
    ("POST", "/orgs/{org}/role-rules", "operator"),
    ("GET", "/orgs/{org}/access/{which}", "viewer"),
    ("GET", "/diagnose", "viewer"),
    ("GET", "/transfers", "viewer"),
    ("POST", "/transfers/give-back", "operator"),
    ("GET", "/orgs/{org}/content", "viewer"),
    ("POST", "/orgs/{org}/content", "operator"),
    ("POST", "/orgs/{org}/content/import", "operator"),
    ("GET", "/orgs/{org}/content/{kind}/{id}", "viewer"),
    ("PUT", "/orgs/{org}/content/{kind}/{id}", "operator"),
    ("DELETE", "/orgs/{org}/content/{kind}/{id}", "operator"),
];
const ROLES: [&str; 3] = ["viewer", "operator", "admin"];

/// A daemon that serves operators, and where.
pub fn daemon(more: &str) -> (Daemon, SocketAddr) {
    let home = Home::new();
    home.configure(&format!("[ops]\nlisten = \"127.0.0.1:0\"\n{more}"));
    let daemon = home.start();
    let addr = address(&daemon, "http");
    (daemon, addr)
}

fn address(daemon: &Daemon, scheme: &str) -> SocketAddr {
    let status = daemon.home().json(&["status"]);
    let url = status["ops_url"].as_str().unwrap();
    let (said, addr) = url.split_once("://").unwrap();
    assert_eq!(said, scheme);
    addr.parse().unwrap()
}

/// A new operator's token: its id and its secret.
pub fn token(home: &Home, role: &str, more: &[&str]) -> (String, String) {
    let mut args = vec!["token", "create", "--kind", "operator", "--role", role];
    args.extend(more);
    let issued = home.json(&args);
    assert_eq!(
        (&issued["token"]["kind"], &issued["token"]["role"]),
        (&json!("operator"), &json!(role))
    );
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&issued["token"]["id"]), text(&issued["secret"]))
}

fn operator(daemon: &Daemon, addr: SocketAddr, role: &str) -> Client {
    let (_, secret) = token(daemon.home(), role, &[]);
    assert!(secret.starts_with("scimtop_ops_"));
    Client::new(addr, "/api/v1", &secret)
}

/// A path that changes nothing, whoever may use it.
fn filled(path: &str) -> String {
    match path {
        // A stream has no end; a request that makes no sense has an answer.
        "/stream" | "/events/stream" => format!("{path}?after=x"),
        path => path
            .replace("{org}", "0")
            .replace("{seq}", "7")
            .replace(['{', '}'], ""),
    }
}

#[test]
fn each_role_may_do_what_the_table_says_and_nothing_else() {
    let (daemon, addr) = daemon("");
    let described = operator(&daemon, addr, "viewer")
        .get("/openapi.json")
        .expect(200)
        .json();
    let mut expected = Vec::new();
    for (method, path, role) in OPERATIONS {
        let said = &described["paths"][format!("/api/v1{path}")][method.to_ascii_lowercase()];
        assert_eq!(
            said["security"],
            json!([{ "operator": [role] }]),
            "{method} {path}"
        );
        expected.push((*method, *path));
    }
    let paths = described["paths"].as_object().unwrap();
    let count: usize = paths
        .iter()
        .filter(|(path, _)| path.starts_with("/api/v1/"))
        .map(|(_, path)| path)
        .map(|path| path.as_object().unwrap().len())
        .sum();
    assert_eq!(count, expected.len());

    let rank = |role: &str| ROLES.iter().position(|name| *name == role).unwrap();
    for role in ROLES {
        let mut client = operator(&daemon, addr, role);
        for (method, path, needed) in OPERATIONS {
            let reply = client.send(method, &filled(path), &[], None);
            let what = format!("{role}: {method} {path}: {}", reply.text());
            if rank(role) >= rank(needed) {
                assert!(![401, 403, 405].contains(&reply.status), "{what}");
            } else {
                assert_eq!(reply.status, 403, "{what}");
                assert_eq!(reply.must("content-type"), "application/problem+json");
                let problem = reply.json();
                assert_eq!(problem["failure"], "denied", "{what}");
                let detail = problem["detail"].as_str().unwrap();
                assert!(detail.contains(&format!("`{needed}`")), "{what}");
            }
        }
    }
}

#[test]
fn everybody_is_told_who_they_are() {
    let (daemon, addr) = daemon("");
    let home = daemon.home();
    for role in ROLES {
        let (id, secret) = token(home, role, &["--label", "ci"]);
        let told = Client::new(addr, "/api/v1", &secret)
            .get("/whoami")
            .expect(200)
            .json();
        let expected = json!({ "operator": format!("ci ({id})"), "role": role, "token": id });
        assert_eq!(told, expected);
    }
}

#[test]
fn a_viewers_dashboard_says_that_it_only_reads_and_what_acting_takes() {
    let (daemon, addr) = daemon("");
    let home = daemon.home();
    let (id, secret) = token(home, "viewer", &["--label", "wall"]);
    let mut command = home.command(&["attach", &format!("http://{addr}")]);
    command.env("SCIMTOP_OPS_TOKEN", &secret);
    let mut screen = Screen::run(&command, 80, 24);
    screen.shows("RO viewer");
    screen.types("6");
    screen.shows("LAST USED");
    assert!(!screen.text().contains("revoke"), "{}", screen.text());
    screen.types("d");
    screen.shows("this takes the role admin; yours is viewer");
    screen.types(":unlock\r");
    screen.shows(&format!("wall ({id})"));
    screen.shows("--role operator");
    // By the socket its own user may do everything.
    let local = Screen::run(&home.command(&["attach"]), 120, 40);
    local.shows("RO admin");
}

#[test]
fn what_opens_nothing_gets_401_everywhere_and_the_log_says_why() {
    let (daemon, addr) = daemon("");
    let home = daemon.home();
    let (revoked, revoked_secret) = token(home, "admin", &[]);
    let mut holder = Client::new(addr, "/api/v1", &revoked_secret);
    holder.get("/status").expect(200);
    home.json(&["token", "revoke", &revoked, "--yes"]);
    let (_, expired) = token(home, "admin", &["--for", "1s"]);
    until("the token expires", || {
        let status = Client::new(addr, "/api/v1", &expired).get("/status").status;
        (status == 401).then_some(())
    });
    let (_, valid) = token(home, "admin", &[]);
    let application = home.json(&["token", "create", "--kind", "application"]);
    let application = application["secret"].as_str().unwrap().to_owned();
    let (_, scim) = home.token("0");
    let damaged = valid[..valid.len() - 1].to_owned();
    let secrets = [&revoked_secret, &expired, &application, &scim, &damaged];
    for (secret, reason) in [
        ("", "missing"),
        (revoked_secret.as_str(), "revoked"),
        (&expired, "expired"),
        (&application, "wrong-kind"),
        (&scim, "wrong-kind"),
        (&damaged, "damaged"),
        ("eyJhbGciOi", "foreign"),
    ] {
        let before = home
            .printed()
            .matches(&format!("reason=\"{reason}\""))
            .count();
        let mut client = Client::new(addr, "/api/v1", secret);
        let mut answers = Vec::new();
        for (method, path, _) in OPERATIONS.iter().chain(&[("GET", "/nothing", "")]) {
            let reply = client.send(method, &filled(path), &[], None);
            assert_eq!(reply.status, 401, "{reason}: {method} {path}");
            assert!(reply.must("www-authenticate").starts_with("Bearer"));
            assert_eq!(reply.header("access-control-allow-origin"), None);
            answers.push(reply.text());
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "every path answers alike");
        let logged = home
            .printed()
            .matches(&format!("reason=\"{reason}\""))
            .count();
        assert_eq!(logged - before, OPERATIONS.len() + 1, "{reason}");
    }
    let printed = home.printed();
    assert!(
        secrets
            .iter()
            .all(|secret| !printed.contains(secret.as_str()))
    );

    // Operators' tokens are good for nothing else.
    let scim = daemon.client(&valid).get("/Users");
    assert_eq!(scim.status, 401);
    let refused = until("the refusal is recorded", || {
        let list = ["requests", "list", "--filter", "status=401", "--json"];
        serde_json::from_str::<Value>(&home.scimtop(&list).out).ok()
    });
    assert_eq!(refused["refusal"], "wrong-kind", "{refused}");
    assert_eq!(
        home.scimtop(&["token", "create", "--kind", "operator"])
            .code,
        2
    );
    let scoped = ["token", "create", "--role", "viewer"];
    assert_eq!(
        home.scimtop(&scoped).code,
        1,
        "only operators' tokens have a role"
    );
}

#[test]
fn commands_talk_to_a_daemon_elsewhere_in_the_tokens_name() {
    let (daemon, addr) = daemon("");
    let home = daemon.home();
    let url = format!("http://{addr}");
    let (id, admin) = token(home, "admin", &["--label", "ci"]);
    let (_, viewer) = token(home, "viewer", &[]);
    let run = |secret: &str, args: &[&str]| {
        let mut command = home.command(args);
        // Another data directory: nothing here is opened.
        let command = command
            .env("SCIMTOP_OPS_TOKEN", secret)
            .env("SCIMTOP_DAEMON", &url);
        command.output().unwrap()
    };
    assert!(run(&admin, &["org", "create", "sales"]).status.success());
    let events = home.json(&["events", "tail", "--kind", "org-created", "--limit", "1"]);
    let name = format!("ci ({id})");
    assert_eq!(
        events[0]["actor"],
        json!({ "kind": "operator", "name": name }),
        "{events}"
    );
    let denied = run(&viewer, &["org", "create", "more"]);
    assert_eq!(denied.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&denied.stderr).contains("`admin`"));
    assert!(run(&viewer, &["org", "list"]).status.success());

    let file = home.data().join("token");
    fs::write(&file, format!("{viewer}\n")).unwrap();
    let file = file.to_str().unwrap();
    let named = home.scimtop(&["status", "--daemon", &url, "--token-file", file]);
    assert_eq!(named.code, 0, "{named:?}");
    let without = home.scimtop(&["status", "--daemon", &url]);
    assert_eq!(without.code, 4, "{without:?}");
    assert!(without.err.contains("--token-file"), "{without:?}");
    let socket = home.data().join("scimtop.sock");
    let by_path = home.scimtop(&["status", "--daemon", socket.to_str().unwrap()]);
    assert_eq!(by_path.code, 0, "{by_path:?}");
    let exposed = home.scimtop(&[
        "status",
        "--daemon",
        "http://192.0.2.1:1",
        "--token-file",
        file,
    ]);
    assert_eq!(exposed.code, 1);
    assert!(exposed.err.contains("https"), "{exposed:?}");
    let nobody = [
        "status",
        "--daemon",
        "http://127.0.0.1:1",
        "--token-file",
        file,
    ];
    assert_eq!(home.scimtop(&nobody).code, 3);
}

#[test]
fn tls_with_a_certificate_of_ones_own() {
    let home = Home::new();
    let made =
        rcgen::generate_simple_self_signed(["localhost".into(), "127.0.0.1".into()]).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (cert, key, secret) = (path("cert.pem"), path("key.pem"), path("token"));
    fs::write(&cert, made.cert.pem()).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    home.configure(&format!(
        "[ops]\nlisten = \"0.0.0.0:0\"\ntls_cert = {cert:?}\ntls_key = {key:?}\n"
    ));
    let daemon = home.start();
    let addr = address(&daemon, "https");
    let home = daemon.home();
    fs::write(&secret, token(home, "viewer", &[]).1).unwrap();
    let ask = |url: &str, more: &[&str]| {
        let mut args = vec!["status", "--json", "--daemon", url, "--token-file", &secret];
        args.extend(more);
        home.scimtop(&args)
    };
    for name in ["localhost", "127.0.0.1"] {
        let url = format!("https://{name}:{}", addr.port());
        let asked = ask(&url, &["--ca", &cert]);
        assert_eq!(asked.code, 0, "{asked:?}");
        let status: Value = serde_json::from_str(&asked.out).unwrap();
        assert_eq!(status["data_dir"], home.data().to_str().unwrap());
    }
    let url = format!("https://127.0.0.1:{}", addr.port());
    let other = rcgen::generate_simple_self_signed(["127.0.0.1".into()]).unwrap();
    let stranger = path("other.pem");
    fs::write(&stranger, other.cert.pem()).unwrap();
    let distrusted = ask(&url, &["--ca", &stranger]);
    assert_eq!(distrusted.code, 3, "{distrusted:?}");
    assert!(distrusted.err.contains("--ca"), "{distrusted:?}");
    let misnamed = ask(&url.replace("127.0.0.1", "127.0.0.2"), &["--ca", &cert]);
    assert_eq!(misnamed.code, 3, "{misnamed:?}");
    let plain = ask(&url.replace("https", "http"), &[]);
    assert_eq!(plain.code, 3, "{plain:?}");
}

#[test]
fn an_address_open_to_others_needs_tls_and_a_group_its_place() {
    let home = Home::new();
    let refused = |toml: &str, part: &str| {
        home.configure(toml);
        let ran = home.scimtop(&["serve", "--no-tui", "--listen", "127.0.0.1:0"]);
        assert_eq!(ran.code, 1, "{toml}: {ran:?}");
        assert!(ran.err.contains(part), "{toml}: {ran:?}");
    };
    refused("[ops]\nlisten = \"0.0.0.0:0\"\n", "tls_cert");
    refused(
        "[ops]\nlisten = \"127.0.0.1:0\"\ntls_cert = \"/nowhere\"\n",
        "belong together",
    );
    refused(
        "[ops]\nlisten = \"127.0.0.1:0\"\ntls_cert = \"/nowhere\"\ntls_key = \"/nowhere\"\n",
        "/nowhere",
    );
    refused("[ops]\nsocket_group = \"no such group\"\n", "socket_group");
    home.configure("insecure_http = true\n[ops]\nlisten = \"0.0.0.0:0\"\n");
    let daemon = home.start();
    address(&daemon, "http");
    let socket = fs::metadata(daemon.home().data().join("scimtop.sock")).unwrap();
    assert_eq!(socket.permissions().mode() & 0o777, 0o600);
}
