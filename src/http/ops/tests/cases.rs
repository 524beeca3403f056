//! Every operation once at least, asked of the scripted implementation and of a remote one.

use std::sync::Mutex;

use serde::Serialize;
use serde_json::json;

use super::scripted::Scripted;
use crate::clock::Timestamp;
use crate::ids::{OrgId, ResourceId, TokenId};
use crate::model::diagnosis::About;
use crate::model::event::EventKind;
use crate::model::guard::Verdict;
use crate::model::operator::OperatorRole;
use crate::model::org::RemovalPolicy;
use crate::model::token::TokenKind;
use crate::ops::api::content::*;
use crate::ops::api::deliveries::{DeliveryQuery, Replay, TestOrder};
use crate::ops::api::diagnose::Question;
use crate::ops::api::directory::{DirectoryQuery, DirectorySort, HistoryPage};
use crate::ops::api::preview::Simulated;
use crate::ops::api::removals::{Decision, NewAllowance, Selected};
use crate::ops::api::roles::{Grant, NewRole, SetRule};
use crate::ops::api::watch::{Exposition, NewSilence, Seen};
use crate::ops::api::*;
use crate::ops::remote::RemoteOps;
use crate::scim::quirk::Dialect;
use crate::scim::schema::Kind;

/// Both are asked the same and answer the same.
pub(super) async fn every_operation(local: &Scripted, remote: &RemoteOps) {
    async fn both<T: Serialize>(
        local: Reply<'_, T>,
        remote: Reply<'_, T>,
        asked: &Mutex<Vec<String>>,
    ) {
        let (local, remote) = (local.await.unwrap(), remote.await.unwrap());
        let value = |answer| serde_json::to_value(answer).unwrap();
        assert_eq!(value(&local), value(&remote));
        let asked = std::mem::take(&mut *asked.lock().unwrap());
        assert_eq!(asked.len(), 2);
        assert_eq!(asked[0], asked[1]);
    }
    let id = &TokenId("tok_0000/a b".into());
    macro_rules! same {
        ($method:ident $($argument:expr),*) => {
            both(
                local.$method($($argument.clone()),*),
                remote.$method($($argument.clone()),*),
                &local.asked,
            )
            .await;
        };
    }
    same!(status);
    same!(whoami);
    same!(orgs);
    same!(create_org NewOrg {
        name: "x".into(),
        policy: RemovalPolicy::Suspend,
        dialect: Dialect::Strict,
    });
    let change = OrgChange {
        scim_enabled: Some(false),
        ..OrgChange::default()
    };
    same!(change_org "a/b ü?", change);
    same!(tokens None::<&str>);
    same!(tokens Some("a&b"));
    same!(create_token NewToken {
        kind: TokenKind::Operator,
        role: Some(OperatorRole::Viewer),
        org: "0".into(),
        label: "l".into(),
        expires: Some(Timestamp(86_400_000)),
    });
    let rotation = Rotation {
        overlap_seconds: Some(60),
        expires: None,
    };
    both(
        local.rotate_token(id, rotation),
        remote.rotate_token(id, rotation),
        &local.asked,
    )
    .await;
    both(
        local.revoke_token(id),
        remote.revoke_token(id),
        &local.asked,
    )
    .await;
    same!(exchanges ExchangeQuery::default());
    same!(exchanges ExchangeQuery {
        filter: "client:okta status>=400 \"a b\" +ü%".into(),
        before: Some(u64::MAX),
        limit: 5,
    });
    same!(exchange "0123456789abcdef0123456789abcdef");
    same!(events EventQuery::default());
    same!(events EventQuery {
        after: Some(0),
        org: Some(OrgId(7)),
        kind: Some(EventKind::MembersChanged),
        subject: Some(ResourceId(uuid::Uuid::max())),
        before: Some(9),
        wait: 7,
        filter: "kind:user by:ü \"a b\"".into(),
        limit: 1,
    });
    same!(deliveries DeliveryQuery {
        webhook: Some("a b".into()),
        limit: 3,
    });
    same!(replay Replay {
        webhook: Some("a b".into()),
        events: vec![3, 4],
        dry_run: true,
    });
    same!(test_sinks TestOrder {
        sink: Some("a b".into()),
        dry_run: true,
    });
    same!(export_exchanges ExportQuery {
        after: Some(4),
        org: Some(OrgId(7)),
        since: Some(Timestamp(86_400_000)),
        until: Some(Timestamp(86_400_001)),
        filter: "client:okta not subject:\"a b\"".into(),
    });
    same!(verify_events);
    same!(deletions DeletionQuery {
        org: Some(OrgId(7)),
        before: Some(3),
        limit: 2,
        ..DeletionQuery::default()
    });
    same!(content "a/b", ContentQuery::default());
    same!(content "0", ContentQuery {
        owner: Some("ada@x+é".into()),
        kind: Some("answer".into()),
        title: Some("a&b".into()),
        verify: true,
        after: Some("answer/a b/c".into()),
        limit: 7,
    });
    same!(content_item "a/b", "answer", "x/y z?");
    let new = NewContent {
        kind: "schedule".into(),
        id: "1".into(),
        title: "é".into(),
        owner: "ada".into(),
        cron: Some("0 8 * * *".into()),
        time_zone: None,
        recipients: vec!["a@x".into()],
    };
    same!(register "0", Register {
        items: vec![new.clone()],
        dry_run: true,
    });
    same!(import "a b", Batch {
        lines: vec![BatchLine { line: 9, item: new.clone() }],
        dry_run: true,
    });
    same!(unregister "0", "answer", "..");
    same!(transfers TransferQuery::default());
    same!(transfers TransferQuery {
        org: Some(OrgId(7)),
        deletion: Some(1),
        seq: Some(2),
        open: true,
        before: Some(3),
        limit: 4,
    });
    same!(give_back GiveBack {
        deletion: Some(1),
        transfers: vec![2],
        to: "ada".into(),
        dry_run: true,
    });
    let query = || DirectoryQuery {
        org: Some(OrgId(7)),
        filter: "userName sw \"ü&\"".into(),
        sort: DirectorySort::Modified,
        descending: true,
        after: Some("a+/=".into()),
        limit: 5,
    };
    same!(users DirectoryQuery::default());
    same!(users query());
    same!(user "a/b", "ada@example.com/?ü");
    same!(groups query());
    same!(group "0", "R&D / x");
    let page = HistoryPage {
        after: Some(4),
        limit: 5,
    };
    same!(history "a/b", Kind::User, "x/y z?", page);
    same!(history "0", Kind::Group, "..", HistoryPage::default());
    same!(deletion 7);
    let selected = || Selected {
        deletions: vec![1, 2],
        dry_run: true,
    };
    same!(restore selected());
    same!(purge selected());
    same!(guard None::<&str>);
    same!(guard Some("a/b ü?"));
    same!(decide "a/b", Decision {
        verdict: Verdict::Approve,
        only: vec![3],
        dry_run: true,
    });
    same!(allow "0", NewAllowance {
        count: 5,
        seconds: 60,
        reason: "a move".into(),
        dry_run: false,
    });
    same!(impact "a/b", Kind::Group, "x/y z?");
    same!(simulate "0", vec![
        Simulated::Recorded { exchange: "7".into() },
        Simulated::Written {
            method: "DELETE".into(),
            path: "/Users/7?x=y".into(),
            body: json!({ "a": 1 }),
        },
    ]);
    same!(alerts);
    let seen = |seen| Seen {
        seen,
        dry_run: true,
    };
    same!(acknowledge "a/b", seen(true));
    same!(acknowledge "0a1b", seen(false));
    same!(silences);
    same!(silence NewSilence {
        rule: Some("B3".into()),
        org: Some("a b".into()),
        subject: Some("ü".into()),
        fingerprint: None,
        seconds: 60,
        reason: "r".into(),
        dry_run: true,
    });
    same!(unsilence 7, true);
    same!(health);
    same!(metrics Exposition::Text);
    same!(metrics Exposition::OpenMetrics);
    same!(diagnose Question {
        about: About::User,
        which: Some("a b/ü?&".into()),
        org: Some("a/b".into()),
    });
    same!(diagnose Question {
        about: About::Auth,
        which: None,
        org: None,
    });
    same!(privileges);
    same!(roles None::<&str>);
    same!(roles Some("a/b ü?"));
    same!(put_role "a/b", NewRole {
        name: "ü?".into(),
        privileges: vec!["DEVELOPER".into()],
        dry_run: true,
    });
    same!(remove_role "a/b", "c d/?", false);
    same!(remove_role "0", "x", true);
    same!(grant_role "0", Grant {
        role: "x".into(),
        group: "y/z".into(),
        given: false,
        dry_run: true,
    });
    same!(role_rules Some("0"));
    same!(set_role_rule "a&b", SetRule {
        group: "y".into(),
        role: "x".into(),
        given: true,
        dry_run: false,
    });
    same!(access "a/b", "ada@example.com/?ü");
}
