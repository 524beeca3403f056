//! `patch/{parse,apply}/<case>`: reading a PATCH, and carrying it out on a stored resource.

use std::hint::black_box;

use criterion::Criterion;
use scimtop::ids::ResourceId;
use scimtop::scim::builtin::ENTERPRISE_URN;
use scimtop::scim::limits::Limits;
use scimtop::scim::patch::{Operation, PATCH_URN, Patched, apply, parse};
use scimtop::scim::quirk::Tolerance;
use scimtop::scim::schema::{Registry, ResourceType};
use serde_json::{Map, Value, json};

use crate::sample;

struct Case<'a> {
    name: &'static str,
    rt: &'a ResourceType,
    current: Map<String, Value>,
    body: Value,
}

fn cases(registry: &Registry) -> Vec<Case<'_>> {
    let user = sample::document(registry, &sample::entra_user(1));
    let of_user = |name, operations: Value| Case {
        name,
        rt: &registry.user,
        current: user.clone(),
        body: message(&operations),
    };
    let of_group = |name, members: usize| Case {
        name,
        rt: &registry.group,
        current: sample::group(),
        body: message(&add_members(members)),
    };
    vec![
        of_group("entra_member_add", 1),
        of_group("members_1000", 1_000),
        of_user(
            "okta_deactivate",
            json!([{ "op": "replace", "value": { "active": false } }]),
        ),
        of_user(
            "pathless_dotted",
            json!([{ "op": "Replace", "value": {
                "displayName": "Bjfe",
                "name.givenName": "Kkom",
                "name.familyName": "Unua",
                format!("{ENTERPRISE_URN}:employeeNumber"): "7",
            } }]),
        ),
        of_user("value_path", json!([value_path("work", 1)])),
        of_user(
            "operations_100",
            (0..100).map(|at| value_path("work", at)).collect(),
        ),
        of_user("list_1000", add_emails(1_000)),
        Case {
            name: "operations_100_on_list_1000",
            rt: &registry.user,
            current: crowded(registry),
            body: message(&(0..100).map(display).collect()),
        },
    ]
}

fn message(operations: &Value) -> Value {
    json!({ "schemas": [PATCH_URN], "Operations": operations })
}

fn add_members(count: usize) -> Value {
    let members: Vec<Value> = (0..count)
        .map(|_| json!({ "$ref": null, "value": ResourceId::new() }))
        .collect();
    json!([{ "op": "Add", "path": "members", "value": members }])
}

fn value_path(kind: &str, at: usize) -> Value {
    json!({
        "op": "Replace",
        "path": format!("emails[type eq \"{kind}\"].value"),
        "value": format!("user{at}@example.com"),
    })
}

fn add_emails(count: usize) -> Value {
    let emails: Vec<Value> = (0..count)
        .map(|at| json!({ "value": format!("user{at}@example.com"), "type": "other" }))
        .collect();
    json!([{ "op": "replace", "path": "emails", "value": emails }])
}

/// A user that has as many emails as the caps allow.
fn crowded(registry: &Registry) -> Map<String, Value> {
    let mut body = sample::entra_user(1);
    body["emails"] = add_emails(1_000)[0]["value"].take();
    sample::document(registry, &body)
}

fn display(at: usize) -> Value {
    json!({ "op": "replace", "path": "emails[type eq \"other\"].display", "value": format!("{at}") })
}

fn read(body: &Value, rt: &ResourceType, limits: &Limits) -> Vec<Operation> {
    parse(body, rt, limits, &mut Tolerance::default()).expect("the samples are valid")
}

fn carry_out(case: &Case<'_>, operations: &[Operation], limits: &Limits) -> Patched {
    let mut tolerance = Tolerance::default();
    apply(&case.current, operations, case.rt, limits, &mut tolerance)
        .expect("the samples fit the resource")
}

/// PATCH.
pub fn benches(criterion: &mut Criterion) {
    let registry = sample::registry();
    let limits = Limits::default();
    let mut group = criterion.benchmark_group("patch");
    for case in cases(&registry) {
        let operations = read(&case.body, case.rt, &limits);
        group.bench_function(format!("parse/{}", case.name), |bencher| {
            bencher.iter(|| read(black_box(&case.body), case.rt, &limits));
        });
        group.bench_function(format!("apply/{}", case.name), |bencher| {
            bencher.iter(|| carry_out(&case, black_box(&operations), &limits));
        });
    }
    group.finish();
}
