//! Reading Bulk requests, their references and their order.

use super::*;

fn needs(list: &[&[usize]]) -> Vec<BTreeSet<usize>> {
    list.iter()
        .map(|needs| needs.iter().copied().collect())
        .collect()
}

#[test]
fn what_is_needed_comes_first_and_circles_stay_together() {
    for (list, units) in [
        (needs(&[&[], &[], &[]]), vec![vec![0], vec![1], vec![2]]),
        (needs(&[&[2], &[], &[]]), vec![vec![2], vec![0], vec![1]]),
        (needs(&[&[1], &[0], &[]]), vec![vec![0, 1], vec![2]]),
        (
            needs(&[&[1], &[2], &[1], &[0]]),
            vec![vec![1, 2], vec![0], vec![3]],
        ),
        (needs(&[&[0]]), vec![vec![0]]),
        (needs(&[]), vec![]),
    ] {
        assert_eq!(schedule(&list), units);
    }
}

#[test]
fn a_thousand_operations_in_a_chain_or_a_circle_are_scheduled() {
    let chain: Vec<_> = (0..1000)
        .map(|at| BTreeSet::from([(at + 1) % 1000]))
        .collect();
    assert_eq!(schedule(&chain).len(), 1);
    let mut open = chain;
    open[999].clear();
    assert_eq!(schedule(&open).len(), 1000);
}

#[test]
fn references_are_found_and_replaced_wherever_they_stand() {
    let request = parse(
        json!({ "Operations": [{
            "method": "patch", "path": "/Groups/bulkId:g",
            "data": { "Operations": [
                { "op": "add", "path": "members", "value": [{ "value": "bulkId:a" }] },
                { "op": "remove", "path": "members[value eq \"bulkId:b\"]" },
                { "op": "add", "value": { "$ref": "../Users/bulkId:c", "x": "bulkId:unknown" } },
            ]},
        }]}),
        10,
        &mut Tolerance::default(),
    )
    .unwrap();
    let mut operation = request.entries[0].operation.clone().unwrap();
    let names: Vec<_> = operation.references().into_iter().collect();
    assert_eq!(names, ["a", "b", "c", "g", "unknown"]);
    let ids: HashMap<_, _> = ["a", "b", "c", "g"]
        .map(|name| (name.to_owned(), ResourceId::new()))
        .into();
    operation.resolve(&ids);
    assert_eq!(operation.id, Some(ids["g"].to_string()));
    let text = operation.data.to_string();
    for name in ["a", "b", "c"] {
        assert!(text.contains(&ids[name].to_string()), "{name}");
    }
    assert!(text.contains("bulkId:unknown"));
}

#[test]
fn a_text_full_of_references_is_read_once() {
    let ids = HashMap::from([("a".to_owned(), ResourceId::new())]);
    let id = ids["a"].to_string();
    for (text, names, resolved) in [
        (
            "bulkId:bulkId:a",
            vec!["bulkId:a"],
            "bulkId:bulkId:a".to_owned(),
        ),
        (
            "x bulkId:a/bulkId:b bulkId:a y",
            vec!["a", "b", "a"],
            format!("x {id}/bulkId:b {id} y"),
        ),
        ("bulkId:", vec![""], "bulkId:".to_owned()),
        ("bulkid:a", vec![], "bulkid:a".to_owned()),
    ] {
        let found: Vec<_> = references_in(text).map(|(_, name)| name).collect();
        assert_eq!(found, names, "{text}");
        let mut text = text.to_owned();
        resolve_text(&mut text, &ids);
        assert_eq!(text, resolved);
    }
    // What is kept of a text must not outgrow it.
    let hostile = REFERENCE.repeat(100_000);
    let kept: usize = references_in(&hostile).map(|(_, name)| name.len()).sum();
    assert!(kept < hostile.len());
}

#[test]
fn unusable_operations_fail_alone_and_unusable_messages_as_a_whole() {
    let bad = [
        json!(3),
        json!({ "method": "GET", "path": "/Users" }),
        json!({ "method": "POST", "path": "/Users", "data": {} }),
        json!({ "method": "POST", "path": "/Users/1", "bulkId": "a", "data": {} }),
        json!({ "method": "PUT", "path": "/Users", "data": {} }),
        json!({ "method": "PUT", "path": "/Users/1" }),
        json!({ "method": "DELETE", "path": "/Devices/1" }),
    ];
    let request = parse(json!({ "Operations": bad }), 100, &mut Tolerance::default()).unwrap();
    for entry in &request.entries {
        assert_eq!(entry.operation.as_ref().unwrap_err().status, 400);
    }
    let twice = json!({ "method": "POST", "path": "/Users", "bulkId": "a", "data": {} });
    let request = parse(
        json!({ "Operations": [twice, twice] }),
        100,
        &mut Tolerance::default(),
    )
    .unwrap();
    assert!(request.entries[0].operation.is_ok() && request.entries[1].operation.is_err());
    for (body, status) in [
        (json!([]), 400),
        (json!({}), 400),
        (json!({ "Operations": {} }), 400),
        (json!({ "Operations": [], "failOnErrors": 0 }), 400),
        (json!({ "Operations": [1, 2, 3] }), 413),
    ] {
        assert_eq!(
            parse(body, 2, &mut Tolerance::default())
                .unwrap_err()
                .status,
            status
        );
    }
}
