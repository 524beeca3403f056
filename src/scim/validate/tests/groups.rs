//! Groups and their members.

use serde_json::{Value, json};

use super::{schemas, verdict};
use crate::ids::ResourceId;
use crate::scim::builtin::GROUP_URN;
use crate::scim::limits::Limits;
use crate::scim::quirk::{Dialect, Tolerance};
use crate::scim::validate::create;

const ID: &str = "0199a7d2-0000-7000-8000-00000000000a";

#[test]
fn members_of_a_group_in_every_shape() {
    let id = ResourceId::parse(ID).unwrap();
    let rows = [
        (
            json!([{"value": ID, "display": "a", "type": "User"}]),
            Some(vec![id]),
            "ok",
        ),
        (
            json!([{"$ref": format!("https://x/Users/{ID}")}]),
            Some(vec![id]),
            "ok",
        ),
        (
            json!([{"value": null, "$ref": format!("Users/{ID}/")}]),
            Some(vec![id]),
            "ok",
        ),
        (
            json!([{"value": ID}, {"VALUE": ID, "$ref": null}]),
            Some(vec![id]),
            "ok",
        ),
        (json!([]), Some(vec![]), "ok"),
        (json!(null), Some(vec![]), "ok"),
        (json!([ID]), Some(vec![id]), "400 invalidValue"),
        (json!({"value": ID}), Some(vec![id]), "400 invalidValue"),
        (
            json!([{"value": ID, "shoe": 1}]),
            Some(vec![id]),
            "400 invalidSyntax",
        ),
        (json!([{"value": "bulkId:x"}]), None, "400 invalidValue"),
        (
            json!([{"value": ID.to_uppercase()}]),
            None,
            "400 invalidValue",
        ),
        (json!([{"value": 7}]), None, "400 invalidValue"),
        (json!([{}]), None, "400 invalidValue"),
        (json!("x"), None, "400 invalidValue"),
    ];
    for (members, expected, strict) in rows {
        let body = json!({"schemas": [GROUP_URN], "displayName": "g", "members": members});
        let read = |dialect| {
            create(
                &schemas().group,
                &body,
                &Limits::default(),
                &mut Tolerance::new(dialect),
            )
        };
        let auto = read(Dialect::Auto);
        assert_eq!(
            auto.ok().and_then(|incoming| incoming.members),
            expected,
            "{members}"
        );
        assert_eq!(verdict(&read(Dialect::Strict)), strict, "{members}");
    }
}

#[test]
fn a_group_without_members_says_nothing_about_them() {
    let body = json!({"schemas": [GROUP_URN], "displayName": "g"});
    let mut tolerance = Tolerance::new(Dialect::Strict);
    let incoming = create(&schemas().group, &body, &Limits::default(), &mut tolerance).unwrap();
    assert_eq!(
        (incoming.members, Value::Object(incoming.doc)),
        (None, body)
    );
}
