//! Registered content, its transfers and its way back.

use super::*;
use crate::ids::RequestId;
use crate::model::content::{Content, KindCounts, Person, Schedule};
use crate::model::deletion::{Deletion, DeletionState, Signal};
use crate::model::event::Actor;
use crate::model::system::TSADMIN;
use crate::model::transfer::{Transfer, Why};

fn tsadmin() -> Person {
    Person {
        id: TSADMIN,
        user_name: "tsadmin".to_owned(),
    }
}

fn draft(kind: &str, id: &str, owner: ResourceId) -> ContentDraft {
    ContentDraft {
        kind: kind.to_owned(),
        id: id.to_owned(),
        title: format!("Title of {id}"),
        owner,
        schedule: None,
    }
}

fn schedule(id: &str, owner: ResourceId, recipients: &[&str]) -> ContentDraft {
    ContentDraft {
        schedule: Some(Schedule {
            cron: "0 8 * * MON".to_owned(),
            time_zone: "Europe/Berlin".to_owned(),
            recipients: recipients.iter().map(|&text| text.to_owned()).collect(),
        }),
        ..draft("schedule", id, owner)
    }
}

impl House {
    fn add_person(&self, name: &str) -> Person {
        let user = self.add_user(ORG, name);
        Person {
            id: user.id,
            user_name: user.user_name,
        }
    }

    fn register(&self, org: OrgId, draft: ContentDraft) -> Put {
        self.write(move |tx| tx.register_content(org, &draft, NOW))
    }

    fn item(&self, kind: &str, id: &str) -> Content {
        self.read(|r| r.content(ORG, kind, id)).unwrap()
    }

    fn recipients(&self, id: &str) -> Vec<String> {
        self.item("schedule", id).schedule.unwrap().recipients
    }

    fn list(&self, query: &ContentQuery, count: u64) -> Vec<String> {
        let items = self.read(|r| r.content_page(ORG, query, count));
        items.into_iter().map(|item| item.id).collect()
    }

    /// Records a removal of `from` and moves what it owns to `tsadmin`, as a removal does.
    fn move_away(&self, from: &Person) -> (u64, u64) {
        self.move_to(from, &tsadmin())
    }

    fn move_to(&self, from: &Person, heir: &Person) -> (u64, u64) {
        let (from, heir) = (from.clone(), heir.clone());
        self.write(move |tx| {
            let deletion = tx.record_deletion(&deletion(&from))?;
            let moved = tx.move_content(&Move {
                org: ORG,
                addresses: vec![
                    from.id.to_string(),
                    from.user_name.clone(),
                    format!("mail-{}", from.user_name),
                ],
                from: from.clone(),
                heir,
                deletion,
                actor: Actor::System,
                request: Some(RequestId(uuid::Uuid::nil())),
                at: LATER,
            })?;
            tx.remove_user(ORG, &from.id, LATER)?;
            Ok((deletion, moved))
        })
    }

    fn ledger(&self, query: &TransferQuery) -> Vec<Transfer> {
        let mut lines = self.read(|r| r.transfers(query, 1000));
        lines.reverse();
        lines
    }

    fn give(&self, seq: u64, to: &Person) -> Given {
        let order = GiveBack {
            org: ORG,
            to: to.clone(),
            addresses: vec![to.user_name.clone(), format!("mail-{}", to.user_name)],
            actor: Actor::Operator("root".to_owned()),
            at: LATER,
        };
        self.write(move |tx| tx.give_back(seq, &order))
    }
}

fn deletion(user: &Person) -> Deletion {
    Deletion {
        seq: 0,
        at: LATER,
        org: ORG,
        state: DeletionState::Deleted,
        settled: None,
        until: None,
        batch: None,
        counted: true,
        user: user.id,
        user_name: user.user_name.clone(),
        external_id: None,
        signal: Signal::Delete,
        actor: Actor::System,
        request: None,
        groups: json!([]),
        roles: Vec::new(),
        content: KindCounts::new(),
        heir: None,
        snapshot: json!({}),
    }
}

#[test]
fn items_are_registered_changed_left_and_forgotten() {
    let house = House::new();
    let (ada, bob) = (house.add_person("Ada@x"), house.add_person("bob@x"));
    assert_eq!(
        house.register(ORG, draft("answer", "a1", ada.id)),
        Put::Created
    );
    assert_eq!(
        house.register(ORG, draft("answer", "a1", ada.id)),
        Put::Unchanged
    );
    assert_eq!(
        house.register(ORG, draft("answer", "a1", bob.id)),
        Put::Changed
    );
    let item = house.item("answer", "a1");
    assert_eq!((&item.owner, item.schedule), (&bob, None));
    let first = schedule("s1", ada.id, &["bob@x", "C@x", "c@X"]);
    assert_eq!(house.register(ORG, first.clone()), Put::Created);
    assert_eq!(
        house.recipients("s1"),
        ["bob@x", "C@x"],
        "each once, by its key"
    );
    assert_eq!(house.register(ORG, first), Put::Unchanged);
    let fewer = schedule("s1", ada.id, &["C@x"]);
    assert_eq!(house.register(ORG, fewer), Put::Changed);
    assert_eq!(house.recipients("s1"), ["C@x"]);
    assert_eq!(
        house.register(ORG, draft("schedule", "s1", ada.id)),
        Put::Changed
    );
    assert_eq!(house.item("schedule", "s1").schedule, None);
    let gone = house.write(|tx| tx.unregister_content(ORG, "schedule", "s1"));
    assert_eq!(gone.unwrap().owner, ada);
    let again = house.write(|tx| tx.unregister_content(ORG, "schedule", "s1"));
    assert_eq!(again, None);
}

#[test]
fn pages_are_filtered_and_orgs_are_apart() {
    let house = House::new();
    let other = house.write(|tx| tx.insert_org("Other", NOW)).id;
    let ada = house.add_person("ada");
    for id in ["a3", "a1", "a2"] {
        house.register(ORG, draft("answer", id, ada.id));
    }
    let mut board = draft("liveboard", "b1", TSADMIN);
    board.title = "Umsätze DACH".to_owned();
    house.register(ORG, board);
    house.register(other, draft("answer", "theirs", ada.id));
    let all = ContentQuery::default();
    assert_eq!(house.list(&all, 10), ["a1", "a2", "a3", "b1"]);
    assert_eq!(house.list(&all, 2), ["a1", "a2"]);
    let with = |change: &dyn Fn(&mut ContentQuery)| {
        let mut query = ContentQuery::default();
        change(&mut query);
        house.list(&query, 10)
    };
    let after = Some(("answer".to_owned(), "a2".to_owned()));
    assert_eq!(with(&|q| q.after.clone_from(&after)), ["a3", "b1"]);
    let within = with(&|q| {
        q.after.clone_from(&after);
        q.kind = Some("answer".into());
    });
    assert_eq!(within, ["a3"]);
    assert_eq!(with(&|q| q.owner = Some(TSADMIN)), ["b1"]);
    assert_eq!(
        with(&|q| q.kind = Some("answer".into())),
        ["a1", "a2", "a3"]
    );
    assert_eq!(with(&|q| q.title = Some("UMSÄTZE".into())), ["b1"]);
    assert!(with(&|q| q.title = Some("%".into())).is_empty());
    assert!(with(&|q| q.verify = true).is_empty());
    let counts = house.read(|r| r.content_counts(ORG, &ada.id));
    assert_eq!(counts, KindCounts::from([("answer".to_owned(), 3)]));
    assert_eq!(house.read(|r| r.content_count(ORG, &ada.id)), 3);
    assert_eq!(house.read(|r| r.content_count(other, &ada.id)), 1);
}

#[test]
fn owners_are_found_by_id_and_name() {
    let house = House::new();
    let other = house.write(|tx| tx.insert_org("Other", NOW)).id;
    let ada = house.add_person("Ada@x");
    for (which, found) in [
        (ada.id.to_string(), Some(ada.clone())),
        ("aDA@X".to_owned(), Some(ada.clone())),
        ("TSAdmin".to_owned(), Some(tsadmin())),
        (TSADMIN.to_string(), Some(tsadmin())),
        ("nobody".to_owned(), None),
        (ResourceId::new().to_string(), None),
    ] {
        assert_eq!(house.read(|r| r.owner(ORG, &which)), found, "{which}");
    }
    assert_eq!(house.read(|r| r.owner(other, "ada@x")), None);
}

#[test]
fn a_removal_moves_everything_and_leaves_a_line_for_each_item() {
    let house = House::new();
    let (ada, bob) = (house.add_person("ada@x"), house.add_person("bob@x"));
    house.register(ORG, draft("answer", "a1", ada.id));
    house.register(ORG, schedule("own", ada.id, &["Ada@X", "bob@x"]));
    house.register(ORG, schedule("quiet", ada.id, &["bob@x"]));
    house.register(ORG, schedule("bobs", bob.id, &["MAIL-ada@x", "c@x"]));
    house.register(ORG, schedule("system", TSADMIN, &[&ada.id.to_string()]));
    house.register(ORG, schedule("apart", bob.id, &["c@x"]));
    let (number, moved) = house.move_away(&ada);
    assert_eq!(moved, 3);
    let query = TransferQuery {
        deletion: Some(number),
        ..TransferQuery::default()
    };
    let seen: Vec<_> = house
        .ledger(&query)
        .into_iter()
        .map(|line| (line.object, line.why, line.from, line.to, line.recipient))
        .collect();
    let to = tsadmin();
    let line = |object: &str, why, from: &Person, to: &Person, recipient: Option<&str>| {
        let recipient = recipient.map(str::to_owned);
        (object.to_owned(), why, from.clone(), to.clone(), recipient)
    };
    let id = ada.id.to_string();
    assert_eq!(
        seen,
        [
            line("a1", Why::Removal, &ada, &to, None),
            line("own", Why::Removal, &ada, &to, Some("Ada@X")),
            line("quiet", Why::Removal, &ada, &to, None),
            line("bobs", Why::Recipient, &bob, &bob, Some("MAIL-ada@x")),
            line("system", Why::Recipient, &to, &to, Some(&id)),
        ]
    );
    assert_eq!(house.read(|r| r.transfer_count(number)), 5);
    assert_eq!(house.recipients("own"), ["bob@x"]);
    assert_eq!(house.recipients("bobs"), ["c@x"]);
    assert_eq!(
        house.item("schedule", "own").schedule.unwrap().cron,
        "0 8 * * MON"
    );
    let verify = ContentQuery {
        verify: true,
        ..ContentQuery::default()
    };
    assert_eq!(house.list(&verify, 10), ["bobs", "own", "quiet", "system"]);
    let seen = house.item("schedule", "apart");
    assert_eq!((seen.verify, seen.modified), (false, NOW));
    // Whoever registers it anew has looked at it.
    let anew = schedule("own", TSADMIN, &["bob@x"]);
    assert_eq!(house.register(ORG, anew), Put::Changed);
    assert!(!house.item("schedule", "own").verify);
}

#[test]
fn giving_back_is_compare_and_set() {
    let house = House::new();
    let (ada, bob) = (house.add_person("ada@x"), house.add_person("bob@x"));
    for id in ["a1", "a2", "a3"] {
        house.register(ORG, draft("answer", id, ada.id));
    }
    house.register(ORG, schedule("bobs", bob.id, &[&ada.id.to_string()]));
    house.register(ORG, schedule("own", ada.id, &["Mail-Ada@x"]));
    let (number, _) = house.move_away(&ada);
    let new = house.add_person("ada@x");
    house.register(ORG, draft("answer", "a2", bob.id));
    house.write(|tx| tx.unregister_content(ORG, "answer", "a3"));
    let lines = house.ledger(&TransferQuery::default());
    let seq = |object: &str| lines.iter().find(|line| line.object == object).unwrap().seq;
    let left = |object: &str, why| Given::Left {
        title: if object.is_empty() {
            String::new()
        } else {
            format!("Title of {object}")
        },
        why,
    };
    let Given::Back(back) = house.give(seq("a1"), &new) else {
        panic!("not given")
    };
    assert_eq!(house.item("answer", "a1").owner, new);
    for (number, expected) in [
        (seq("a1"), left("a1", Refused::Before(back))),
        (seq("a2"), left("a2", Refused::NewOwner(bob.clone()))),
        (seq("a3"), left("a3", Refused::Unregistered)),
        (back, left("a1", Refused::NoRemoval)),
        (999, left("", Refused::NoSuchLine)),
    ] {
        assert_eq!(house.give(number, &new), expected);
    }
    assert!(matches!(house.give(seq("bobs"), &new), Given::Back(_)));
    let bobs = house.item("schedule", "bobs");
    assert_eq!(bobs.owner, bob, "a recipient does not become the owner");
    assert_eq!(
        bobs.schedule.unwrap().recipients,
        ["ada@x"],
        "the new account is named, not the old id"
    );
    assert!(matches!(house.give(seq("own"), &new), Given::Back(_)));
    assert_eq!(
        house.recipients("own"),
        ["Mail-Ada@x"],
        "an address as it was written"
    );
    let undone = house.ledger(&TransferQuery {
        seq: Some(seq("a1")),
        ..TransferQuery::default()
    });
    assert_eq!(undone[0].undone, Some(back));
    let back = house.ledger(&TransferQuery {
        seq: Some(back),
        ..TransferQuery::default()
    });
    assert_eq!(
        (back[0].why, back[0].undone, back[0].deletion, &back[0].to),
        (Why::GiveBack, Some(seq("a1")), number, &new)
    );
    let open = house.ledger(&TransferQuery {
        open: true,
        ..TransferQuery::default()
    });
    let open: Vec<_> = open.iter().map(|line| line.object.as_str()).collect();
    assert_eq!(open, ["a2", "a3"]);
}

#[test]
fn a_purge_leaves_no_name_in_the_ledger() {
    let house = House::new();
    let (ada, bob) = (house.add_person("ada@x"), house.add_person("bob@x"));
    house.register(ORG, draft("answer", "a1", ada.id));
    house.register(ORG, schedule("own", ada.id, &["ada@x", "bob@x"]));
    house.register(ORG, schedule("bobs", bob.id, &["ada@x"]));
    house.move_to(&ada, &bob);
    house.move_away(&bob);
    let id = ada.id;
    house.write(move |tx| tx.erase_transfer_names(ORG, &id));
    let text = serde_json::to_string(&house.ledger(&TransferQuery::default())).unwrap();
    assert!(!text.contains("ada@x") && text.contains("bob@x"), "{text}");
    house.write(move |tx| tx.erase_transfer_names(ORG, &bob.id));
    let text = serde_json::to_string(&house.ledger(&TransferQuery::default())).unwrap();
    assert!(
        !text.contains("bob@x") && text.contains("tsadmin"),
        "{text}"
    );
}

#[test]
fn a_hundred_thousand_items_move_in_one_transaction() {
    const MANY: u64 = 100_000;
    let house = House::new();
    let ada = house.add_person("ada@x");
    let owner = ada.id;
    house.write(move |tx| {
        for n in 0..MANY {
            let draft = if n % 4 == 0 {
                schedule(&format!("s{n}"), owner, &["ada@x", "bob@x"])
            } else {
                draft("answer", &format!("a{n}"), owner)
            };
            tx.register_content(ORG, &draft, NOW)?;
        }
        Ok(())
    });
    let (number, moved) = house.move_away(&ada);
    assert_eq!(moved, MANY);
    assert_eq!(house.read(|r| r.transfer_count(number)), MANY);
    assert_eq!(house.read(|r| r.content_count(ORG, &TSADMIN)), MANY);
    assert_eq!(house.recipients("s0"), ["bob@x"]);
}
