//! `filter/{parse,bind,one,hundred}/<case>`: reading a filter, and matching it against one user
//! and against a hundred.

use std::hint::black_box;

use criterion::Criterion;
use scimtop::model::represent::user_value;
use scimtop::scim::filter::{Expr, Filter, Limits, Unknown, bind, matches, parse};
use scimtop::scim::quirk::Tolerance;
use scimtop::scim::schema::ResourceType;
use serde_json::Value;

use crate::sample;

/// What clients ask, and the most that the caps allow.
fn cases() -> Vec<(&'static str, String)> {
    let deep = format!("{}title pr{}", "not (".repeat(32), ")".repeat(32));
    let wide = vec!["name.familyName co \"zz\""; 64].join(" or ");
    vec![
        ("okta", r#"userName eq "user50@example.com""#.to_owned()),
        (
            "entra_external_id",
            r#"externalId eq "0a21f0f2-8d2a-4f8e-bf98-000000000050""#.to_owned(),
        ),
        (
            "entra_email",
            r#"emails[type eq "work"].value eq "user_50@testuser.com""#.to_owned(),
        ),
        (
            "mixed",
            r#"(userName sw "test" or title pr) and not (emails.value ew "x.org") and active eq true"#
                .to_owned(),
        ),
        ("deep", deep),
        ("wide", wide),
    ]
}

fn read(text: &str) -> Filter {
    parse(text, &Limits::default(), &mut Tolerance::default()).expect("the samples are filters")
}

fn bound(filter: &Filter, rt: &ResourceType) -> Expr {
    bind(filter, rt, Unknown::Refuse, &mut Tolerance::default())
        .expect("the samples name attributes of a user")
}

/// Filters.
pub fn benches(criterion: &mut Criterion) {
    let registry = sample::registry();
    let users: Vec<Value> = (0..100)
        .map(|at| {
            let record = sample::record(&registry, &sample::entra_user(at));
            user_value(&record, sample::BASE).into()
        })
        .collect();
    let mut group = criterion.benchmark_group("filter");
    for (name, text) in cases() {
        let filter = read(&text);
        let expr = bound(&filter, &registry.user);
        group.bench_function(format!("parse/{name}"), |bencher| {
            bencher.iter(|| read(black_box(&text)));
        });
        group.bench_function(format!("bind/{name}"), |bencher| {
            bencher.iter(|| bound(black_box(&filter), &registry.user));
        });
        group.bench_function(format!("one/{name}"), |bencher| {
            bencher.iter(|| matches(black_box(&expr), &users[50]));
        });
        group.bench_function(format!("hundred/{name}"), |bencher| {
            bencher.iter(|| {
                let all = users.iter();
                all.filter(|user| matches(black_box(&expr), user)).count()
            });
        });
    }
    group.finish();
}
