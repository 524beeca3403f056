//! What holds for every filter: printing loses nothing, and no input panics.

use proptest::prelude::*;
use serde_json::{Number, Value};

use super::fixture::user_type;
use super::{AttrPath, CompValue, CompareOp, Filter, Limits, Unknown, bind, matches, parse};
use crate::scim::path::{self, Path};
use crate::scim::quirk::{Dialect, Tolerance};

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[A-Za-z$][A-Za-z0-9_$-]{0,8}",
        1 => prop::sample::select(vec!["and", "or", "not", "pr", "eq", "true", "null"])
            .prop_map(str::to_owned),
        2 => prop::sample::select(vec!["userName", "emails", "active", "level", "value", "type"])
            .prop_map(str::to_owned),
    ]
}

fn attr_path() -> impl Strategy<Value = AttrPath> {
    let urn = prop::option::of("urn(:[a-z0-9.]{1,6}){1,4}");
    (urn, name(), prop::option::of(name())).prop_map(|(urn, name, sub)| AttrPath {
        urn,
        name,
        sub,
        span: 0..0,
    })
}

fn op() -> impl Strategy<Value = CompareOp> {
    prop::sample::select(CompareOp::ALL.to_vec())
}

fn comp_value() -> impl Strategy<Value = CompValue> {
    let finite = prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO;
    prop_oneof![
        Just(CompValue::Null),
        any::<bool>().prop_map(CompValue::Bool),
        any::<i64>().prop_map(|n| CompValue::Number(n.into())),
        any::<u64>().prop_map(|n| CompValue::Number(n.into())),
        finite.prop_map(|n| CompValue::Number(Number::from_f64(n).unwrap())),
        any::<String>().prop_map(CompValue::String),
    ]
}

fn term() -> impl Strategy<Value = Filter> {
    prop_oneof![
        attr_path().prop_map(Filter::Present),
        (attr_path(), op(), comp_value()).prop_map(|(path, op, value)| Filter::Compare {
            path,
            op,
            value,
            span: 0..0,
        }),
    ]
}

/// `and`, `or` and `not` over `leaf`, with flat lists as the parser makes them.
fn combined(leaf: impl Strategy<Value = Filter> + 'static) -> impl Strategy<Value = Filter> {
    leaf.prop_recursive(4, 24, 3, |inner| {
        let list = prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            list.clone().prop_map(|list| {
                Filter::And(
                    list.into_iter()
                        .flat_map(|filter| match filter {
                            Filter::And(all) => all,
                            other => vec![other],
                        })
                        .collect(),
                )
            }),
            list.prop_map(|list| {
                Filter::Or(
                    list.into_iter()
                        .flat_map(|filter| match filter {
                            Filter::Or(any) => any,
                            other => vec![other],
                        })
                        .collect(),
                )
            }),
            inner.prop_map(|filter| Filter::Not(Box::new(filter))),
        ]
    })
}

fn filter() -> impl Strategy<Value = Filter> {
    let value_path = (attr_path(), combined(term())).prop_map(|(path, filter)| Filter::ValuePath {
        path,
        filter: Box::new(filter),
    });
    combined(prop_oneof![4 => term(), 1 => value_path])
}

fn json() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        name(),
        Just(super::fixture::ENTERPRISE.to_owned()),
        Just(super::fixture::HR.to_owned()),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// The same filter with every span at 0, so that only its meaning is compared.
fn without_spans(filter: Filter) -> Filter {
    let bare = |path: AttrPath| AttrPath { span: 0..0, ..path };
    match filter {
        Filter::And(all) => Filter::And(all.into_iter().map(without_spans).collect()),
        Filter::Or(any) => Filter::Or(any.into_iter().map(without_spans).collect()),
        Filter::Not(inner) => Filter::Not(Box::new(without_spans(*inner))),
        Filter::Present(path) => Filter::Present(bare(path)),
        Filter::Compare {
            path, op, value, ..
        } => Filter::Compare {
            path: bare(path),
            op,
            value,
            span: 0..0,
        },
        Filter::ValuePath { path, filter } => Filter::ValuePath {
            path: bare(path),
            filter: Box::new(without_spans(*filter)),
        },
    }
}

/// Room for every generated tree.
const ROOMY: Limits = Limits {
    bytes: 1 << 20,
    depth: 64,
    terms: 1024,
};

/// Parses, binds and evaluates; only a panic can fail.
fn run(text: &str, resource: &Value) {
    for dialect in [Dialect::Auto, Dialect::Strict] {
        let tolerance = &mut Tolerance::new(dialect);
        let _ = path::parse(text, &Limits::default(), tolerance);
        let Ok(filter) = parse(text, &Limits::default(), tolerance) else {
            continue;
        };
        for unknown in [Unknown::Refuse, Unknown::Never] {
            if let Ok(expr) = bind(&filter, &user_type(), unknown, tolerance) {
                matches(&expr, resource);
            }
        }
    }
}

proptest! {
    #[test]
    fn a_printed_filter_is_read_as_the_same_in_the_strict_dialect(filter in filter()) {
        let text = filter.to_string();
        let read = parse(&text, &ROOMY, &mut Tolerance::new(Dialect::Strict));
        prop_assert_eq!(read.map(without_spans), Ok(filter), "{}", text);
    }

    #[test]
    fn a_printed_path_is_read_as_the_same(
        attr in attr_path(),
        filter in prop::option::of(combined(term())),
        sub in prop::option::of(name()),
    ) {
        let sub = sub.filter(|_| filter.is_some());
        let written = Path { attr, filter, sub };
        let text = written.to_string();
        prop_assume!(text.len() <= path::MAX_BYTES);
        let mut read = path::parse(&text, &ROOMY, &mut Tolerance::new(Dialect::Strict)).unwrap();
        read.attr.span = 0..0;
        read.filter = read.filter.map(without_spans);
        prop_assert_eq!(read, written);
    }

    #[test]
    fn no_text_panics(text in any::<String>(), resource in json()) {
        run(&text, &resource);
    }

    #[test]
    fn no_text_of_the_grammar_s_characters_panics(
        text in r#"([a-zé]{1,4}|[\[\]()."\\:$ ]|eq |and |or |not |pr |-1e5|\\ud83d){0,24}"#,
        resource in json(),
    ) {
        run(&text, &resource);
    }

    #[test]
    fn no_changed_filter_panics(
        filter in filter(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<char>()), 1..4),
        resource in json(),
    ) {
        let mut text: Vec<char> = filter.to_string().chars().collect();
        for (at, with) in edits {
            let at = at.index(text.len());
            text[at] = with;
        }
        run(&text.into_iter().collect::<String>(), &resource);
    }

    #[test]
    fn no_bound_filter_panics_on_any_json(filter in filter(), resource in json()) {
        let tolerance = &mut Tolerance::default();
        for unknown in [Unknown::Refuse, Unknown::Never] {
            if let Ok(expr) = bind(&filter, &user_type(), unknown, tolerance) {
                matches(&expr, &resource);
            }
        }
    }
}
