//! `resource/{json,create,diff,write,select}/<case>`: the way of a resource in and out: body text,
//! validation, what changed, representation by default and with `attributes`, a page of 100.

use std::hint::black_box;

use criterion::Criterion;
use scimtop::model::represent::{user_value, write_user};
use scimtop::model::user::UserRecord;
use scimtop::scim::diff::changes;
use scimtop::scim::list::{self, Place};
use scimtop::scim::project::Selection;
use scimtop::scim::schema::Registry;
use serde_json::{Map, Value, from_slice};

use crate::sample::{self, BASE};

fn page(users: &[UserRecord]) -> String {
    let mut text = list::head(users.len() as u64, &Place::Index(1), users.len());
    for (at, user) in users.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        write_user(user, BASE, &mut text);
    }
    text.push_str(list::TAIL);
    text
}

fn selected(selection: &Selection, user: &UserRecord, registry: &Registry) -> String {
    Value::Object(selection.apply(&registry.user, user_value(user, BASE))).to_string()
}

/// Resources.
pub fn benches(criterion: &mut Criterion) {
    let registry = sample::registry();
    let mut group = criterion.benchmark_group("resource");
    for (name, body) in [
        ("okta", sample::okta_user(1)),
        ("entra", sample::entra_user(1)),
    ] {
        let text = body.to_string();
        let doc = sample::document(&registry, &body);
        let record = sample::record(&registry, &body);
        let mut changed = doc.clone();
        changed.insert("title".to_owned(), "Director".into());
        group.bench_function(format!("json/{name}"), |bencher| {
            bencher.iter(|| from_slice::<Value>(black_box(text.as_bytes())).expect("was written"));
        });
        group.bench_function(format!("create/{name}"), |bencher| {
            bencher.iter(|| sample::document(&registry, black_box(&body)));
        });
        group.bench_function(format!("diff/{name}_created"), |bencher| {
            bencher.iter(|| changes(&Map::new(), black_box(&doc)));
        });
        group.bench_function(format!("diff/{name}_one_attribute"), |bencher| {
            bencher.iter(|| changes(black_box(&doc), &changed));
        });
        group.bench_function(format!("write/{name}"), |bencher| {
            bencher.iter(|| {
                let mut text = String::new();
                write_user(black_box(&record), BASE, &mut text);
                text
            });
        });
        for (asked, attributes) in [
            ("two", "userName,active"),
            ("deep", "name.givenName,emails"),
        ] {
            let selection =
                Selection::from_query(&format!("attributes={attributes}"), &registry.user)
                    .expect("only one of the two lists is given");
            group.bench_function(format!("select/{name}_{asked}"), |bencher| {
                bencher.iter(|| selected(&selection, black_box(&record), &registry));
            });
        }
    }
    let users: Vec<_> = (0..100)
        .map(|at| sample::record(&registry, &sample::entra_user(at)))
        .collect();
    group.bench_function("write/entra_page_100", |bencher| {
        bencher.iter(|| page(black_box(&users)));
    });
    group.finish();
}
