//! To whom content goes when its owner leaves.

use serde_json::{Value, json};

use super::item;
use crate::ids::ResourceId;
use crate::model::guard::GuardSettings;
use crate::model::org::{Heir, RemovalPolicy};
use crate::ops::api::content::Register;
use crate::ops::api::{
    Contents as _, DeletionQuery, Directory as _, Ops as _, OrgChange, Removals as _,
};
use crate::ops::provision::request::{Method, Target};
use crate::ops::testing::Site;
use crate::scim::builtin::{ENTERPRISE_URN, USER_URN};

async fn reports_to(site: &Site, name: &str, manager: &Value) -> String {
    let body = json!({
        "schemas": [USER_URN, ENTERPRISE_URN],
        "userName": name,
        ENTERPRISE_URN: { "manager": manager },
    });
    let made = site.ask(Method::Post, Target::Users, body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    made.body["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_heir_who_is_there_receives_it() {
    let site = Site::guarded(GuardSettings::default(), RemovalPolicy::Delete).await;
    let (ops, boss, fixed) = (
        site.ops(),
        site.user("boss").await,
        site.user("fixed").await,
    );
    let fixed_id = ResourceId::parse(&fixed).unwrap();
    let mut site = site;
    let heirs = OrgChange {
        heirs: Some(vec![Heir::Manager, Heir::User(fixed_id)]),
        ..OrgChange::default()
    };
    site.org = ops.change_org("0", heirs).await.unwrap();
    for (number, (manager, heir)) in [
        // By id as Entra sends it, by userName and by externalId as others do.
        (json!({ "value": boss }), "boss"),
        (json!({ "value": "BOSS" }), "boss"),
        (json!({ "value": ResourceId::new() }), "fixed"),
        (json!({ "displayName": "boss" }), "fixed"),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("report-{number}");
        let id = reports_to(&site, &name, &manager).await;
        assert_eq!(ops.user("0", &name).await.unwrap().heir.user_name, heir);
        let order = Register {
            items: vec![item("answer", &name, &id, &[])],
            dry_run: false,
        };
        ops.register("0", order).await.unwrap();
        site.delete(&id).await;
        let moved = ops.content_item("0", "answer", &name).await.unwrap();
        assert_eq!(moved.owner.user_name, heir, "{manager}");
    }
    // Nobody inherits from themselves: not the boss of himself, and not the fixed one.
    site.delete(&boss).await;
    let left = ops.content_item("0", "answer", "report-0").await.unwrap();
    assert_eq!(left.owner.user_name, "fixed");
    site.delete(&fixed).await;
    for number in 0..4 {
        let name = format!("report-{number}");
        let left = ops.content_item("0", "answer", &name).await.unwrap();
        assert_eq!(left.owner.user_name, "tsadmin");
    }
    let records = ops.deletions(DeletionQuery::default()).await.unwrap();
    let last = records[0].heir.as_ref().unwrap();
    assert_eq!(
        (last.user_name.as_str(), records[0].content["answer"]),
        ("tsadmin", 4)
    );
}
