//! Requests answered over a store on disk: what no single module shows.

use bytes::Bytes;
use serde_json::{Value, json};

use super::ProvisionLimits;
use super::request::{Method, Target};
use crate::clock::Timestamp;
use crate::ids::ResourceId;
use crate::model::org::RemovalPolicy;
use crate::ops::testing::{Read, Site};
use crate::scim::builtin::{GROUP_ROLES_URN, GROUP_URN, USER_URN};
use crate::scim::error::ScimType;
use crate::scim::quirk::{Dialect, Quirk};

#[tokio::test]
async fn a_copy_that_is_still_good_is_not_sent_again() {
    let service = Site::new().await;
    let user = service.user("ada").await;
    let group = service.group("Engineers", &[&user]).await;
    for target in [Target::User(user), Target::Group(group)] {
        let first = service.ask(Method::Get, target.clone(), Value::Null).await;
        assert_eq!(first.status, 200);
        assert_eq!(first.body["meta"]["version"], *first.etag.as_ref().unwrap());
        let mut request = service.request(Method::Get, target, &Value::Null);
        request.if_none_match.clone_from(&first.etag);
        let second = service.send(request).await;
        assert_eq!((second.status, second.body), (304, Value::Null));
        assert_eq!(second.etag, first.etag);
    }
}

#[tokio::test]
async fn bulk_tells_the_versions_that_a_circle_of_groups_ends_with() {
    let service = Site::new().await;
    let group = |name: &str, member: &str| {
        json!({ "method": "POST", "path": "/Groups", "bulkId": name, "data": {
            "schemas": [GROUP_URN], "displayName": name,
            "members": [{ "value": format!("bulkId:{member}") }],
        } })
    };
    let body = json!({ "Operations": [group("a", "b"), group("b", "c"), group("c", "a")] });
    let answer = service.ask(Method::Post, Target::Bulk, body).await;
    let operations = answer.body["Operations"].as_array().unwrap();
    assert_eq!(operations.len(), 3);
    for operation in operations {
        assert_eq!(operation["status"], "201", "{operation}");
        let location = operation["location"].as_str().unwrap();
        let id = location.rsplit('/').next().unwrap().to_owned();
        let read = service
            .ask(Method::Get, Target::Group(id), Value::Null)
            .await;
        assert_eq!(read.body["members"].as_array().unwrap().len(), 1);
        assert_eq!(operation["version"], *read.etag.as_ref().unwrap());
    }
}

#[tokio::test]
async fn bulk_gives_roles_with_each_group_or_not_at_all() {
    let service = Site::new().await;
    let (store, org) = (service.house.store.clone(), service.org.id);
    store
        .write(move |tx| tx.put_role(org, "Analyst", &[], Timestamp(0)))
        .await
        .unwrap();
    let user = service.user("ada").await;
    let group = |name: &str, role: &str| {
        json!({ "method": "POST", "path": "/Groups", "bulkId": name, "data": {
            "schemas": [GROUP_URN, GROUP_ROLES_URN], "displayName": name,
            "members": [{ "value": user }], GROUP_ROLES_URN: { "roles": [role] },
        } })
    };
    let body = json!({ "Operations": [group("a", "None"), group("b", "Analyst")] });
    let answer = service.ask(Method::Post, Target::Bulk, body).await;
    let operations = &answer.body["Operations"];
    assert_eq!(operations[0]["response"]["scimType"], "invalidValue");
    assert_eq!(operations[1]["status"], "201");
    let listed = service.query(Target::Groups, "").await.body;
    assert_eq!(listed["totalResults"], 1);
    assert_eq!(
        listed["Resources"][0][GROUP_ROLES_URN]["roles"],
        json!(["Analyst"])
    );
    let read = service
        .ask(Method::Get, Target::User(user.clone()), Value::Null)
        .await;
    assert_eq!(read.body["roles"][0]["value"], "Analyst");
    // A projection without groups shows the roles and the same version.
    let listed = service
        .query(Target::Users, "attributes=roles,meta")
        .await
        .body;
    assert_eq!(listed["Resources"][0]["roles"], read.body["roles"]);
    assert_eq!(
        listed["Resources"][0]["meta"]["version"],
        *read.etag.as_ref().unwrap()
    );
}

#[tokio::test]
async fn members_that_are_streamed_are_shown_as_asked_for() {
    let service = Site::with(ProvisionLimits {
        inline_members: 0,
        ..ProvisionLimits::default()
    })
    .await;
    let user = service.user("ada").await;
    service.group("Engineers", &[&user]).await;
    let search = json!({ "attributes": ["displayName", "members.value"] });
    for target in [Target::Search, Target::SearchGroups] {
        let found = service.ask(Method::Post, target, search.clone()).await;
        let group = found.body["Resources"].as_array().unwrap().last().unwrap();
        assert_eq!(group["displayName"], "Engineers");
        assert_eq!(group["members"], json!([{ "value": user }]));
    }
}

#[tokio::test]
async fn sort_by_names_one_attribute() {
    let service = Site::new().await;
    service.user("ada").await;
    for (name, status) in [
        ("userName", 200),
        ("name.familyName", 200),
        ("", 200),
        ("shoeSize", 400),
        ("password", 400),
        ("userName%20pr%20or%20title", 400),
        ("not%20(title%20pr)%20and%20title", 400),
    ] {
        let read = service
            .query(Target::Users, &format!("sortBy={name}"))
            .await;
        assert_eq!(read.status, status, "{name}");
    }
}

#[tokio::test]
async fn members_that_are_not_here_are_refused_unless_they_were() {
    let mut service = Site::new().await;
    let (ada, eva) = (service.user("ada").await, service.user("eva").await);
    let group = service.group("Engineers", &[]).await;
    let gone = service
        .ask(Method::Delete, Target::User(eva.clone()), Value::Null)
        .await;
    assert_eq!(gone.status, 204);
    let never = ResourceId::new().to_string();

    let mixed = service.add_member(&group, &[&ada, &eva, &never]).await;
    assert_eq!(
        (mixed.status, mixed.scim_type),
        (400, Some(ScimType::InvalidValue))
    );
    let removed = service.add_member(&group, &[&ada, &eva]).await;
    assert_eq!((removed.status, removed.what.as_str()), (204, "members +1"));
    assert!(removed.quirks.has(Quirk::RemovedMember));

    service.org.dialect = Dialect::Strict;
    assert_eq!(service.add_member(&group, &[&eva]).await.status, 400);
}

#[tokio::test]
async fn what_cannot_be_done_is_answered_and_recorded() {
    let service = Site::with(ProvisionLimits {
        json_values: 50,
        ..ProvisionLimits::default()
    })
    .await;
    let ada = service.user("ada").await;
    let mut many = service.request(Method::Post, Target::Users, &Value::Null);
    many.body = format!("[{}1]", "1,".repeat(50)).into();
    let mut broken = service.request(Method::Post, Target::Users, &Value::Null);
    broken.body = Bytes::from_static(b"{\"userName\":");
    let mut stale = service.request(Method::Delete, Target::User(ada.clone()), &Value::Null);
    stale.if_match = Some("W/\"7\"".to_owned());
    let mut filtered = service.request(Method::Get, Target::Schemas, &Value::Null);
    filtered.query = "filter=name%20pr".to_owned();
    let twice = json!({ "schemas": [USER_URN], "userName": "ADA" });
    let never = ResourceId::new().to_string();
    for (request, status, scim_type) in [
        (many, 413, None),
        (broken, 400, Some(ScimType::InvalidSyntax)),
        (stale, 412, None),
        (filtered, 403, None),
        (
            service.request(Method::Post, Target::Users, &twice),
            409,
            Some(ScimType::Uniqueness),
        ),
        (
            service.request(Method::Get, Target::User(never), &Value::Null),
            404,
            None,
        ),
        (
            service.request(Method::Get, Target::User("../x".to_owned()), &Value::Null),
            404,
            None,
        ),
        (
            service.request(Method::Get, Target::Me, &Value::Null),
            501,
            None,
        ),
    ] {
        let name = format!("{:?} {:?}", request.method, request.target);
        let read = service.send(request).await;
        assert_eq!((read.status, read.scim_type), (status, scim_type), "{name}");
        assert_eq!(read.body["status"], status.to_string(), "{name}");
        assert!(!read.body["detail"].as_str().unwrap().is_empty());
    }
    let still = service
        .ask(Method::Get, Target::User(ada), Value::Null)
        .await;
    assert_eq!(still.status, 200);
}

#[tokio::test]
async fn a_disabled_account_is_removed_or_kept_as_its_org_says() {
    let mut service = Site::new().await;
    let patch = |active: bool| {
        json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "replace", "value": { "active": active } }],
        })
    };
    for (policy, first, afterwards, second) in [
        (RemovalPolicy::Suspend, "disabled", 200, "no change"),
        (
            RemovalPolicy::Delete,
            "active=false: removed; left 1 group",
            404,
            "No resource has this id",
        ),
    ] {
        service.org.policy = policy;
        let id = service.user(policy.as_str()).await;
        service.group(policy.as_str(), &[&id]).await;
        let target = Target::User(id);
        let off = service
            .ask(Method::Patch, target.clone(), patch(false))
            .await;
        assert_eq!((off.status, off.what.as_str()), (200, first));
        assert_eq!(off.body["active"], false);
        let read = service.ask(Method::Get, target.clone(), Value::Null).await;
        assert_eq!(read.status, afterwards, "{policy:?}");
        let again = service.ask(Method::Patch, target, patch(false)).await;
        assert_eq!(again.what, second);
    }
}

#[tokio::test]
async fn users_and_groups_are_one_list_by_index_and_by_cursor() {
    let service = Site::new().await;
    let mut all = Vec::new();
    for name in ["a", "b", "c"] {
        all.push(service.user(name).await);
    }
    for name in ["d", "e"] {
        all.push(service.group(name, &[]).await);
    }
    let ids = |read: &Read| -> Vec<String> {
        let resources = read.body["Resources"].as_array().unwrap().iter();
        resources
            .map(|resource| resource["id"].as_str().unwrap().to_owned())
            .collect()
    };
    for count in 1..=6 {
        let (mut by_index, mut by_cursor) = (Vec::new(), Vec::new());
        for start in (1..=5).step_by(count) {
            let body = json!({ "startIndex": start, "count": count });
            let page = service.ask(Method::Post, Target::Search, body).await;
            assert_eq!(page.body["totalResults"], 5);
            by_index.extend(ids(&page));
        }
        let mut cursor = Some(String::new());
        while let Some(text) = cursor {
            let body = json!({ "cursor": text, "count": count });
            let page = service.ask(Method::Post, Target::Search, body).await;
            assert_eq!((page.status, &page.body["totalResults"]), (200, &json!(5)));
            by_cursor.extend(ids(&page));
            assert!(by_cursor.len() <= all.len());
            cursor = page.body["nextCursor"].as_str().map(str::to_owned);
        }
        assert_eq!((&by_index, &by_cursor), (&all, &all), "pages of {count}");
    }
}

#[tokio::test]
async fn bulk_stops_after_the_errors_it_may_have() {
    let service = Site::new().await;
    let user = |name: &str| {
        json!({ "method": "POST", "path": "/Users", "bulkId": name, "data": {
            "schemas": [USER_URN], "userName": name,
        } })
    };
    let wrong = json!({ "method": "DELETE", "path": format!("/Users/{}", ResourceId::new()) });
    let orphan = json!({ "method": "PATCH", "path": "/Users/bulkId:nobody", "data": {} });
    let operations = [user("a"), wrong, orphan, user("b")];
    for (most, statuses) in [
        (Value::Null, vec!["201", "404", "400", "201"]),
        (json!(1), vec!["409"]),
        (json!(2), vec!["409", "404"]),
    ] {
        let body = json!({ "Operations": operations, "failOnErrors": most });
        let answer = service.ask(Method::Post, Target::Bulk, body).await;
        let done = answer.body["Operations"].as_array().unwrap().iter();
        let done: Vec<_> = done
            .map(|operation| operation["status"].as_str().unwrap())
            .collect();
        assert_eq!(done, statuses);
    }
}

#[tokio::test]
async fn a_resource_does_not_grow_without_end() {
    let service = Site::new().await;
    let id = service.user("ada").await;
    let target = Target::User(id);
    let long = "x".repeat(8_000);
    let grow = |from: usize| {
        let emails: Vec<_> = (from..from + 100)
            .map(|at| json!({ "value": format!("{at}@{long}") }))
            .collect();
        json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "add", "path": "emails", "value": emails }],
        })
    };
    let first = service.ask(Method::Patch, target.clone(), grow(0)).await;
    assert_eq!(first.status, 200);
    let second = service.ask(Method::Patch, target.clone(), grow(100)).await;
    assert_eq!(
        (second.status, &second.body["scimType"]),
        (400, &json!("invalidValue"))
    );
    let read = service.ask(Method::Get, target, Value::Null).await;
    assert_eq!(read.body["emails"].as_array().map(Vec::len), Some(100));
}
