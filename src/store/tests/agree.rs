//! Lists agree with the evaluator: for any users, groups and filter, SQL finds what
//! `scim::filter::matches` accepts, pages add up to the whole, and orders are the RFC's.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::model::role::RoleSource;
use crate::model::{represent, system};
use crate::scim::filter::matches;
use crate::store::sort::SortKey;

/// One store for all cases; each case is an Org of its own, which tests that they stay apart.
static HOUSE: LazyLock<House> = LazyLock::new(House::new);

const WORDS: [&str; 14] = [
    "",
    "a",
    "A",
    "ab",
    "Ab",
    "b",
    "é",
    "E\u{301}",
    "ＡＢ",
    "k",
    "\u{212a}",
    "a\u{10ffff}",
    "aİ",
    "'%_\"",
];

fn word() -> impl Strategy<Value = String> {
    prop::sample::select(WORDS.to_vec()).prop_map(str::to_owned)
}

#[derive(Clone, Debug)]
struct Person {
    attributes: Value,
    at: i64,
}

fn person() -> impl Strategy<Value = Person> {
    let email =
        (prop::option::of(word()), word(), any::<bool>()).prop_map(|(value, kind, primary)| {
            let mut email = json!({ "type": kind, "primary": primary });
            if let Some(value) = value {
                email["value"] = value.into();
            }
            email
        });
    (
        word(),
        prop::option::of(word()),
        prop::option::of(word()),
        prop::option::of(word()),
        any::<bool>(),
        prop::collection::vec(email, 0..3),
        0..4_i64,
    )
        .prop_map(|(name, display, external, title, active, emails, at)| {
            let mut attributes = json!({ "userName": name, "active": active });
            for (key, value) in [
                ("displayName", display),
                ("externalId", external),
                ("title", title),
            ] {
                if let Some(value) = value {
                    attributes[key] = value.into();
                }
            }
            if !emails.is_empty() {
                attributes["emails"] = emails.into();
            }
            Person { attributes, at }
        })
}

const OPS: [CompareOp; 9] = [
    CompareOp::Eq,
    CompareOp::Ne,
    CompareOp::Co,
    CompareOp::Sw,
    CompareOp::Ew,
    CompareOp::Gt,
    CompareOp::Lt,
    CompareOp::Ge,
    CompareOp::Le,
];

/// `#n` stands for the id of the n-th row, which is not known yet.
fn operand(target: &Target) -> BoxedStrategy<Operand> {
    let case_exact = target.case_exact;
    match target.kind {
        Type::Boolean => any::<bool>().prop_map(Operand::Bool).boxed(),
        Type::DateTime => (-1..5_i64)
            .prop_map(|n| Operand::DateTime(Timestamp(NOW.0 + n)))
            .boxed(),
        _ => prop_oneof![
            1 => Just(Operand::Null),
            3 => (0..6_usize).prop_map(|n| Operand::String(format!("#{n}"))),
            8 => word().prop_map(move |word| Operand::String(if case_exact {
                word
            } else {
                crate::scim::fold::fold(&word).into_owned()
            })),
        ]
        .boxed(),
    }
}

fn term(names: &'static [&'static str]) -> impl Strategy<Value = Expr> {
    prop::sample::select(names.to_vec()).prop_flat_map(|name| {
        let target = target(name);
        let present = Expr::Present(target.clone());
        if target.kind == Type::Complex {
            return Just(present).boxed();
        }
        let compare =
            (operand(&target), prop::sample::select(OPS.to_vec())).prop_map(move |(value, op)| {
                Expr::Compare {
                    target: target.clone(),
                    op: match (&value, op) {
                        (Operand::Null, CompareOp::Ne) => op,
                        (Operand::Null, _) => CompareOp::Eq,
                        _ => op,
                    },
                    value,
                }
            });
        prop_oneof![1 => Just(present), 6 => compare].boxed()
    })
}

fn tree(leaf: impl Strategy<Value = Expr> + 'static) -> impl Strategy<Value = Expr> {
    leaf.prop_recursive(3, 12, 3, |inner| {
        let list = prop::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            list.clone().prop_map(Expr::And),
            list.prop_map(Expr::Or),
            inner.prop_map(|inner| Expr::Not(Box::new(inner))),
        ]
    })
}

fn filter(
    names: &'static [&'static str],
    complex: &'static [&'static str],
    inner: &'static [&'static str],
) -> impl Strategy<Value = Expr> {
    let any =
        (prop::sample::select(complex.to_vec()), tree(term(inner))).prop_map(|(name, filter)| {
            Expr::Any {
                target: target(name),
                filter: Box::new(filter),
            }
        });
    tree(prop_oneof![6 => term(names), 2 => any, 1 => Just(Expr::Never)])
}

const USER: &[&str] = &[
    "id",
    "userName",
    "displayName",
    "externalId",
    "title",
    "active",
    "meta.created",
    "meta.lastModified",
    "meta.version",
    "meta.location",
    "emails",
    "emails.value",
    "emails.type",
    "emails.primary",
    "groups",
    "groups.value",
    "groups.display",
    "groups.type",
    "roles",
    "roles.value",
    "roles.display",
];

const GROUP: &[&str] = &[
    "id",
    "displayName",
    "externalId",
    "meta.created",
    "meta.lastModified",
    "meta.version",
    "members",
    "members.value",
    "members.display",
    "members.type",
];

fn sort(names: &'static [&'static str]) -> impl Strategy<Value = Option<Sort>> {
    let names = prop::option::of(prop::sample::select(names.to_vec()));
    prop::option::of((names, any::<bool>()).prop_map(|(name, descending)| Sort {
        target: name.map(target),
        descending,
    }))
}

/// Puts ids in the place of `#n`.
fn resolve(expr: &mut Expr, ids: &[ResourceId]) {
    match expr {
        Expr::And(list) | Expr::Or(list) => list.iter_mut().for_each(|expr| resolve(expr, ids)),
        Expr::Not(inner) | Expr::Any { filter: inner, .. } => resolve(inner, ids),
        Expr::Compare {
            value: Operand::String(text),
            ..
        } => {
            if let Some(n) = text.strip_prefix('#').and_then(|n| n.parse::<usize>().ok())
                && let Some(id) = ids.get(n)
            {
                *text = id.to_string();
            }
        }
        _ => {}
    }
}

struct Case {
    org: OrgId,
    users: Vec<ResourceId>,
    groups: Vec<ResourceId>,
}

/// Makes the people whose names are free, and groups with them and each other as members.
fn fill(people: Vec<Person>, memberships: Vec<(usize, usize)>) -> Case {
    HOUSE.write(move |tx| {
        let name = ResourceId::new().to_string();
        let org = tx.insert_org(&name, NOW)?.id;
        let mut users = Vec::new();
        for person in people {
            let at = Timestamp(NOW.0 + person.at);
            match tx.insert_user(
                org,
                crate::ids::ResourceId::new(),
                &user(person.attributes),
                None,
                at,
            ) {
                Ok(user) => users.push(user.id),
                Err(StoreError::Conflict { .. }) => {}
                Err(other) => return Err(other),
            }
        }
        let mut groups = Vec::new();
        for (n, name) in ["A", "ＡＢ", "é"].into_iter().enumerate() {
            let mut attributes = json!({ "displayName": name });
            if n > 0 {
                attributes["externalId"] = "k".repeat(n).into();
            }
            groups.push(
                tx.insert_group(
                    org,
                    crate::ids::ResourceId::new(),
                    &group(&attributes),
                    None,
                    NOW,
                )?
                .id,
            );
        }
        let all: Vec<_> = users.iter().chain(&groups).copied().collect();
        for (group, member) in memberships {
            let (group, member) = (groups[group % groups.len()], all[member % all.len()]);
            let at = Timestamp(NOW.0 + 2);
            tx.add_members(org, &group, &[member], at)?;
        }
        for role in ["ab", "é", "k"] {
            tx.put_role(org, role, &[], NOW)?;
        }
        tx.grant_role(org, &groups[0], "ab", RoleSource::Scim)?;
        tx.insert_role_rule(org, "e\u{301}", "é")?;
        if users.len().is_multiple_of(2) {
            tx.grant_role(org, &system::ALL, "k", RoleSource::Operator)?;
        }
        Ok(Case { org, users, groups })
    })
}

/// The ids in `rows` that match, in order.
fn reference(
    rows: Vec<(ResourceId, Value)>,
    filter: Option<&Expr>,
    sort: Option<&Sort>,
) -> Vec<ResourceId> {
    let mut rows: Vec<_> = rows
        .into_iter()
        .filter(|(_, value)| filter.is_none_or(|filter| matches(filter, value)))
        .collect();
    if let Some(sort) = sort {
        let key = |value: &Value| {
            let target = sort.target.as_ref();
            target.map_or(SortKey::Missing, |target| SortKey::of(target, value))
        };
        rows.sort_by(|(_, a), (_, b)| key(a).cmp(&key(b)));
        if sort.descending {
            // Ties are broken by creation, in the direction of the order.
            let groups = rows.chunk_by(|(_, a), (_, b)| key(a) == key(b));
            let reversed: Vec<_> = groups
                .rev()
                .flat_map(|group| group.iter().rev().cloned())
                .collect();
            rows = reversed;
        }
    }
    rows.into_iter().map(|(id, _)| id).collect()
}

/// Reads the whole list at once, by index pages and by cursor, and compares each with `expected`.
fn check(
    expected: &[ResourceId],
    size: u64,
    read: impl Fn(Page) -> Listed<ResourceId>,
) -> Result<(), TestCaseError> {
    let whole = read(all());
    prop_assert_eq!(&whole.rows, expected);
    prop_assert_eq!(whole.total, expected.len() as u64);
    prop_assert!(whole.next.is_none());
    let total = read(Page::Index { start: 1, count: 0 });
    prop_assert_eq!((total.rows.len(), total.total), (0, expected.len() as u64));
    let (mut by_index, mut by_cursor, mut position) = (Vec::new(), Vec::new(), None);
    for page in 0..=expected.len() as u64 / size {
        let start = page * size + 1;
        let listed = read(Page::Index { start, count: size });
        prop_assert_eq!(listed.total, expected.len() as u64);
        by_index.extend(listed.rows);
    }
    prop_assert_eq!(&by_index, expected);
    loop {
        let listed = read(Page::After {
            position,
            count: size,
        });
        prop_assert_eq!(listed.total, expected.len() as u64);
        by_cursor.extend(listed.rows);
        prop_assert!(by_cursor.len() <= expected.len(), "a cursor that goes back");
        position = listed.next;
        if position.is_none() {
            break;
        }
    }
    prop_assert_eq!(&by_cursor, expected);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn users(
        people in prop::collection::vec(person(), 0..12),
        memberships in prop::collection::vec((0..3_usize, 0..15_usize), 0..8),
        filter in prop::option::of(filter(
            USER,
            &["emails", "groups"],
            &["value", "type", "display"],
        )),
        sort in sort(USER),
        size in 1..5_u64,
    ) {
        let case = fill(people, memberships);
        let mut filter = filter;
        let ids: Vec<_> = case.groups.iter().chain(&case.users).copied().collect();
        if let Some(filter) = &mut filter {
            resolve(filter, &ids);
        }
        let rows = HOUSE.read(|r| {
            case.users.iter().map(|id| {
                let user = r.user_with_groups(case.org, id)?.unwrap();
                Ok((*id, Value::Object(represent::user_value(&user, BASE))))
            }).collect::<Result<Vec<_>, StoreError>>()
        });
        let expected = reference(rows, filter.as_ref(), sort.as_ref());
        check(&expected, size, |page| {
            let query = UserQuery {
                org: case.org,
                ..super::users(filter.clone(), sort.clone(), page)
            };
            let listed = HOUSE.read(|r| r.users(&query));
            Listed {
                rows: listed.rows.iter().map(|user| user.id).collect(),
                total: listed.total,
                next: listed.next,
            }
        })?;
    }

    #[test]
    fn groups(
        people in prop::collection::vec(person(), 0..5),
        memberships in prop::collection::vec((0..3_usize, 0..8_usize), 0..8),
        filter in prop::option::of(filter(
            GROUP,
            &["members"],
            &["value", "type", "display"],
        )),
        sort in sort(&["displayName", "externalId", "id", "meta.created", "meta.lastModified"]),
        size in 1..3_u64,
    ) {
        let case = fill(people, memberships);
        let mut filter = filter;
        let ids: Vec<_> = case.users.iter().chain(&case.groups).copied().collect();
        if let Some(filter) = &mut filter {
            resolve(filter, &ids);
        }
        let rows = HOUSE.read(|r| {
            case.groups.iter().map(|id| {
                let mut value = represent::group_value(&r.group(case.org, id)?.unwrap(), BASE);
                let (members, _) = r.members_page(case.org, id, None, 100)?;
                if !members.is_empty() {
                    let members: Vec<_> = members
                        .iter()
                        .map(|member| represent::member_value(member, BASE))
                        .collect();
                    value.insert("members".to_owned(), members.into());
                }
                Ok((*id, Value::Object(value)))
            }).collect::<Result<Vec<_>, StoreError>>()
        });
        let expected = reference(rows, filter.as_ref(), sort.as_ref());
        check(&expected, size, |page| {
            let query = GroupQuery {
                org: case.org,
                ..super::groups(filter.clone(), sort.clone(), page)
            };
            let listed = HOUSE.read(|r| r.groups(&query));
            Listed {
                rows: listed.rows.iter().map(|group| group.id).collect(),
                total: listed.total,
                next: listed.next,
            }
        })?;
    }
}
