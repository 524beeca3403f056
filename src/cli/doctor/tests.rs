//! Each fault is found, and a sound installation has none.

use super::*;
use crate::clock::Timestamp;
use crate::ids::{OrgId, TokenId};
use crate::model::token::{LastUse, TokenKind};

const NOW: Timestamp = Timestamp(1_700_000_000_000);

fn sound() -> Facts {
    let file = |name| File {
        name,
        bytes: 4096,
        version: (1, 1),
        ours: true,
        faults: Vec::new(),
    };
    Facts {
        version: "1.0.0",
        now: NOW,
        settings: Settings::default(),
        place: Some(Place {
            path: "/data".into(),
            mode: 0o40_700,
            owner: (7, 7),
            open_files: Vec::new(),
            disk: Some((50, 100)),
        }),
        files: Ok(vec![file("scimtop.db"), file("traffic.db")]),
        told: Some(Ok(Told {
            chain: (3, Vec::new()),
            last: Some(NOW),
            tokens: Vec::new(),
        })),
        daemon: Ok(Some(Running {
            version: "1.0.0".to_owned(),
            now: NOW,
        })),
        socket: true,
        descriptors: Some(65_536),
    }
}

/// What is not as it should be.
fn faults(facts: &Facts) -> Vec<(&'static str, Grade)> {
    let items = judge(facts);
    for item in &items {
        assert_eq!(item.grade == Grade::Ok, item.step.is_none(), "{item:?}");
    }
    let bad = items.iter().filter(|item| item.grade != Grade::Ok);
    bad.map(|item| (item.name, item.grade)).collect()
}

#[track_caller]
fn finds(name: &'static str, grade: Grade, change: impl FnOnce(&mut Facts)) {
    let mut facts = sound();
    change(&mut facts);
    assert_eq!(faults(&facts), [(name, grade)]);
}

fn token(days: u64) -> Token {
    let id = TokenId("tok_1".to_owned());
    Token {
        id: id.clone(),
        org: OrgId(0),
        kind: TokenKind::Scim,
        role: None,
        lineage: id,
        label: "okta".to_owned(),
        hint: "abcd".to_owned(),
        created: NOW,
        expires: NOW.plus(Duration::from_secs(days * 86_400)),
        revoked: None,
        successor: None,
        last_used: Some(LastUse {
            at: NOW,
            source: "10.0.0.1".to_owned(),
            user_agent: String::new(),
        }),
    }
}

fn with(facts: &mut Facts, change: impl FnOnce(&mut Told)) {
    if let Some(Ok(told)) = &mut facts.told {
        change(told);
    }
}

#[test]
fn nothing_is_found_where_all_is_well() {
    assert!(faults(&sound()).is_empty());
    let mut fresh = sound();
    (fresh.place, fresh.told, fresh.socket) = (None, None, false);
    (fresh.files, fresh.daemon) = (Ok(Vec::new()), Ok(None));
    assert!(faults(&fresh).is_empty());
}

#[test]
fn the_directory_and_the_disk() {
    use Grade::{Critical, Warning};
    let place = |facts: &mut Facts, change: fn(&mut Place)| facts.place.iter_mut().for_each(change);
    finds("directory", Critical, |facts| {
        place(facts, |it| it.mode = 0o40_770);
    });
    finds("directory", Warning, |facts| {
        place(facts, |it| it.owner = (0, 7));
    });
    finds("directory", Warning, |facts| {
        place(facts, |it| it.open_files.push("x".to_owned()));
    });
    finds("disk", Warning, |facts| {
        place(facts, |it| it.disk = Some((9, 100)));
    });
    finds("disk", Critical, |facts| {
        place(facts, |it| it.disk = Some((4, 100)));
    });
}

#[test]
fn the_store_and_what_it_tells() {
    use Grade::{Critical, Warning};
    let first = |facts: &mut Facts, change: fn(&mut File)| {
        change(&mut facts.files.as_mut().unwrap()[0]);
    };
    finds("store", Critical, |facts| {
        first(facts, |it| it.faults.push("page 3".to_owned()));
    });
    finds("store", Critical, |facts| {
        first(facts, |it| it.ours = false);
    });
    finds("store", Critical, |facts| {
        first(facts, |it| it.version = (2, 1));
    });
    finds("store", Warning, |facts| {
        first(facts, |it| it.version = (1, 2));
    });
    finds("store", Critical, |facts| {
        facts.files = Err("no database".to_owned());
    });
    finds("traffic", Warning, |facts| {
        facts.files.as_mut().unwrap()[1].bytes = 2 << 30;
    });
    finds("events", Critical, |facts| {
        with(facts, |told| told.chain.1.push("event 3".to_owned()));
    });
    finds("clock", Critical, |facts| {
        with(facts, |told| {
            told.last = Some(NOW.plus(Duration::from_secs(3600)));
        });
    });
    finds("tokens", Warning, |facts| {
        with(facts, |told| told.tokens.push(token(10)));
    });
    finds("tokens", Critical, |facts| {
        with(facts, |told| told.tokens.push(token(2)));
    });
    let mut unused = token(2);
    unused.last_used = None;
    let mut facts = sound();
    with(&mut facts, |told| told.tokens = vec![unused, token(100)]);
    assert!(faults(&facts).is_empty());
}

#[test]
fn the_settings() {
    use Grade::{Critical, Warning};
    let everywhere: SocketAddr = "0.0.0.0:8080".parse().unwrap();
    finds("listening", Critical, |facts| {
        facts.settings.listen = everywhere;
    });
    finds("listening", Warning, |facts| {
        (facts.settings.listen, facts.settings.insecure_http) = (everywhere, true);
    });
    finds("guard", Warning, |facts| {
        facts.settings.guard.enabled = false;
    });
    finds("operators", Critical, |facts| {
        facts.settings.ops.listen = Some(everywhere);
    });
    finds("operators", Warning, |facts| {
        facts.settings.ops.socket_group = Some("staff".to_owned());
    });
    let mut proxied = sound();
    (proxied.settings.listen, proxied.settings.insecure_http) = (everywhere, true);
    proxied.settings.public_url = Some("https://scim.example.com".to_owned());
    assert!(faults(&proxied).is_empty());
}

#[test]
fn the_daemon_and_its_machine() {
    use Grade::{Critical, Warning};
    let running = |version: &str, now| {
        Ok(Some(Running {
            version: version.to_owned(),
            now,
        }))
    };
    finds("daemon", Warning, |facts| {
        facts.daemon = running("0.9.0", NOW);
    });
    finds("daemon", Warning, |facts| facts.daemon = Ok(None));
    finds("daemon", Critical, |facts| {
        facts.daemon = Err("not for you".to_owned());
    });
    finds("clock", Warning, |facts| {
        facts.daemon = running("1.0.0", NOW.plus(Duration::from_secs(60)));
    });
    finds("descriptors", Warning, |facts| {
        facts.descriptors = Some(256);
    });
}
