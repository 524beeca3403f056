//! `bulk/{parse,resolve,schedule}/<case>`: a request of 1 000 operations that refer to each other.

use std::collections::{BTreeSet, HashMap};
use std::hint::black_box;

use criterion::{BatchSize, Criterion};
use scimtop::ids::ResourceId;
use scimtop::scim::builtin::GROUP_URN;
use scimtop::scim::bulk::{BulkRequest, REQUEST_URN, parse, schedule};
use scimtop::scim::quirk::Tolerance;
use serde_json::{Value, json};

const OPERATIONS: usize = 1_000;

/// Groups of which each has the next one as its member.
fn chain() -> Value {
    let operations: Vec<Value> = (0..OPERATIONS)
        .map(|at| {
            json!({ "method": "POST", "path": "/Groups", "bulkId": format!("g{at}"), "data": {
                "schemas": [GROUP_URN],
                "displayName": format!("Group {at}"),
                "members": [{ "value": format!("bulkId:g{}", (at + 1) % OPERATIONS) }],
            } })
        })
        .collect();
    json!({ "schemas": [REQUEST_URN], "Operations": operations })
}

fn read(body: Value) -> BulkRequest {
    parse(body, OPERATIONS as u64, &mut Tolerance::default()).expect("the sample is valid")
}

fn resolve(request: &mut BulkRequest, ids: &HashMap<String, ResourceId>) -> usize {
    let mut references = 0;
    for operation in request
        .entries
        .iter_mut()
        .flat_map(|entry| &mut entry.operation)
    {
        references += operation.references().len();
        operation.resolve(ids);
    }
    references
}

/// Bulk.
pub fn benches(criterion: &mut Criterion) {
    let body = chain();
    let request = read(body.clone());
    let ids: HashMap<_, _> = (0..OPERATIONS)
        .map(|at| (format!("g{at}"), ResourceId::new()))
        .collect();
    let mut group = criterion.benchmark_group("bulk");
    group.bench_function("parse/chain_1000", |bencher| {
        bencher.iter_batched(|| body.clone(), read, BatchSize::LargeInput);
    });
    group.bench_function("resolve/chain_1000", |bencher| {
        bencher.iter_batched(
            || request.clone(),
            |mut request| resolve(&mut request, &ids),
            BatchSize::LargeInput,
        );
    });
    let needs = |of: &dyn Fn(usize) -> Vec<usize>| -> Vec<BTreeSet<usize>> {
        (0..OPERATIONS)
            .map(|at| of(at).into_iter().collect())
            .collect()
    };
    for (name, needs) in [
        ("independent_1000", needs(&|_| Vec::new())),
        (
            "chain_1000",
            needs(&|at| (at + 1..OPERATIONS).take(1).collect()),
        ),
        ("circle_1000", needs(&|at| vec![(at + 1) % OPERATIONS])),
        (
            "dense_1000",
            needs(&|at| (at + 1..OPERATIONS).take(100).collect()),
        ),
    ] {
        group.bench_function(format!("schedule/{name}"), |bencher| {
            bencher.iter(|| schedule(black_box(&needs)));
        });
    }
    group.finish();
}
