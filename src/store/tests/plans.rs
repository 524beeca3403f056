//! What operations cost, in instructions of SQLite's virtual machine: a count that is the same on
//! every machine and grows with every row that is looked at.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::Connection;

use super::*;
use crate::model::role::RoleSource;
use crate::store::anchor::List;
use crate::store::filter_sql::Translator;

/// A house of `size` users, each with every indexed attribute, all of them in one group.
struct Sized {
    house: House,
    size: u64,
    some: ResourceId,
    group: ResourceId,
    apart: ResourceId,
}

impl Sized {
    fn new(size: u64) -> Self {
        let house = House::new();
        let ids = house.write(move |tx| {
            (0..size)
                .map(|n| {
                    let draft = user(json!({
                        "userName": format!("user{n:06}@example.com"),
                        "displayName": format!("User {n:06}"),
                        "externalId": format!("ext{n}"),
                        "emails": [{ "value": format!("mail{n}@x"), "type": "work" }],
                    }));
                    let at = Timestamp(NOW.0 + i64::try_from(n).unwrap());
                    Ok(tx
                        .insert_user(ORG, crate::ids::ResourceId::new(), &draft, None, at)?
                        .id)
                })
                .collect::<Result<Vec<_>, StoreError>>()
        });
        let group = house.add_group(ORG, "everyone").id;
        let small = house.add_group(ORG, "small").id;
        let apart = house.add_user(ORG, "apart").id;
        let some = ids[ids.len() / 2];
        house.write(move |tx| {
            tx.add_members(ORG, &group, &ids, NOW)?;
            tx.add_members(ORG, &small, &[some], NOW)
        });
        Self {
            house,
            size,
            some,
            group,
            apart,
        }
    }

    /// Instructions that `work` takes the second time, when every statement is prepared.
    fn reading<T>(&self, work: impl Fn(&Reader<'_>) -> Result<T, StoreError>) -> u64 {
        let mut conn = conn::open_reader(&self.house.path().join("scimtop.db")).unwrap();
        let count = counting(&mut conn);
        let reader = Reader {
            conn: &conn,
            anchors: Some(&self.house.store.0.anchors),
            scan_rows: 1000,
        };
        work(&reader).unwrap();
        count.store(0, Ordering::Relaxed);
        work(&reader).unwrap();
        count.load(Ordering::Relaxed)
    }

    fn writing(&self, work: impl FnOnce(&mut Tx<'_>) -> Result<(), StoreError>) -> u64 {
        let path = self.house.path().join("scimtop.db");
        let mut conn = conn::open_writer(&path, Kind::Directory).unwrap();
        let count = counting(&mut conn);
        work(&mut Tx::new(&conn, 1000)).unwrap();
        count.load(Ordering::Relaxed)
    }

    fn listing(&self, filter: Expr) -> u64 {
        let query = users(
            Some(filter),
            None,
            Page::Index {
                start: 1,
                count: 10,
            },
        );
        self.reading(|r| {
            let listed = r.users(&query)?;
            assert_eq!(listed.rows.len(), 1);
            Ok(())
        })
    }
}

fn counting(conn: &mut Connection) -> Arc<AtomicU64> {
    let count = Arc::new(AtomicU64::new(0));
    let handler = Arc::clone(&count);
    let each = move || {
        handler.fetch_add(1, Ordering::Relaxed);
        false
    };
    conn.progress_handler(1, Some(each)).unwrap();
    count
}

/// Asserts that `cost` grows from a small to a large house by next to nothing.
fn flat(houses: &[Sized; 2], what: &str, cost: impl Fn(&Sized) -> u64) {
    let [small, large] = houses.each_ref().map(cost);
    assert!(
        small > 0 && large <= small + small / 10,
        "{what}: {small} instructions among few, {large} among many"
    );
}

#[test]
fn what_an_index_answers_costs_the_same_among_few_and_among_many() {
    let houses = [Sized::new(150), Sized::new(3000)];
    let flat = |what: &str, cost: &dyn Fn(&Sized) -> u64| flat(&houses, what, cost);
    flat("by id", &|h| {
        h.reading(|r| r.user_with_groups(ORG, &h.some))
    });
    flat("by name", &|h| {
        h.reading(|r| r.user_by_name(ORG, "USER000100@example.com"))
    });
    flat("id eq", &|h| h.listing(eq("id", &h.some.to_string())));
    flat("userName eq", &|h| {
        h.listing(eq("userName", "user000100@example.com"))
    });
    flat("externalId eq", &|h| h.listing(eq("externalId", "ext100")));
    flat("displayName eq", &|h| {
        h.listing(eq("displayName", "user 000100"))
    });
    flat("emails.value eq", &|h| {
        h.listing(eq("emails.value", "mail100@x"))
    });
    flat("emails[…]", &|h| {
        h.listing(Expr::Any {
            target: target("emails"),
            filter: Box::new(Expr::And(vec![
                eq("type", "work"),
                eq("value", "mail100@x"),
            ])),
        })
    });
    flat("userName sw", &|h| {
        h.listing(text("userName", CompareOp::Sw, "user000100"))
    });
    flat("lastModified gt", &|h| {
        let at = Timestamp(NOW.0 + i64::try_from(h.size).unwrap() - 2);
        h.listing(compare(
            "meta.lastModified",
            CompareOp::Gt,
            Operand::DateTime(at),
        ))
    });
    flat("or", &|h| {
        h.listing(Expr::Or(vec![
            eq("userName", "user000100@example.com"),
            eq("externalId", "ext100"),
            eq("emails.value", "mail100@x"),
        ]))
    });
    flat("and with a rest", &|h| {
        h.listing(Expr::And(vec![
            eq("schemas", "urn:user"),
            eq("userName", "user000100@example.com"),
        ]))
    });
    flat("groups.value eq", &|h| {
        let small = h.house.read(|r| r.group_by_name(ORG, "small")).unwrap().id;
        h.listing(eq("groups.value", &small.to_string()))
    });
    flat("roles where none are given", &|h| {
        h.reading(|r| r.roles_of_user(ORG, &h.some))
    });
    for house in &houses {
        let small = house.house.read(|r| r.group_by_name(ORG, "small")).unwrap();
        house.house.write(move |tx| {
            for role in ["given", "ruled"] {
                tx.put_role(ORG, role, &["A".to_owned()], NOW)?;
            }
            tx.grant_role(ORG, &small.id, "given", RoleSource::Operator)?;
            tx.insert_role_rule(ORG, "small", "ruled")
        });
    }
    flat("roles", &|h| {
        h.reading(|r| {
            assert_eq!(r.roles_of_user(ORG, &h.some)?, ["given", "ruled"]);
            Ok(())
        })
    });
    flat("access", &|h| {
        h.reading(|r| {
            assert_eq!(r.roles_carried(ORG, &h.some)?.len(), 2);
            Ok(())
        })
    });
    flat("a role with its groups", &|h| {
        h.reading(|r| r.role(ORG, "ruled"))
    });
    for role in ["given", "ruled"] {
        flat("roles.value eq", &|h| h.listing(eq("roles.value", role)));
    }
    flat("groups of a member", &|h| {
        let member = eq("members.value", &h.some.to_string());
        let query = groups(Some(member), None, all());
        h.reading(|r| {
            assert_eq!(r.groups(&query)?.rows.len(), 2);
            Ok(())
        })
    });
    flat("groups without members", &|h| {
        h.reading(|r| r.groups(&groups(None, None, all())))
    });
    flat("a page of members", &|h| {
        h.reading(|r| r.members_page(ORG, &h.group, None, 20))
    });
}

#[test]
fn a_page_deep_in_a_list_costs_what_the_first_one_costs() {
    let houses = [Sized::new(150), Sized::new(3000)];
    let orders = [
        None,
        Some(""),
        Some("userName"),
        Some("displayName"),
        Some("id"),
        Some("meta.lastModified"),
    ];
    for (order, descending) in orders
        .into_iter()
        .flat_map(|order| [(order, false), (order, true)])
    {
        let sort = order.map(|name| Sort {
            target: (!name.is_empty()).then(|| target(name)),
            descending,
        });
        flat(&houses, &format!("cursor by {order:?}"), |h| {
            let page = |position| Page::After {
                position,
                count: 10,
            };
            let mut position = None;
            for _ in 0..h.size / 20 {
                let query = users(None, sort.clone(), page(position));
                position = h.house.read(|r| r.users(&query)).next;
            }
            let query = users(None, sort.clone(), page(position));
            h.reading(|r| {
                assert_eq!(r.users(&query)?.rows.len(), 10);
                Ok(())
            })
        });
    }
    flat(&houses, "index pages one after the other", |h| {
        let page = |start| users(None, None, Page::Index { start, count: 10 });
        let deep = h.size - 20;
        for start in (1..deep).step_by(10) {
            h.house.read(|r| r.users(&page(start)));
        }
        h.reading(|r| r.users(&page(deep / 10 * 10 + 1)))
    });
}

#[test]
fn a_change_costs_the_same_among_few_and_among_many() {
    let houses = [Sized::new(150), Sized::new(3000)];
    flat(&houses, "+1 member", |h| {
        let (group, apart) = (h.group, h.apart);
        h.writing(move |tx| {
            assert_eq!(tx.add_members(ORG, &group, &[apart], NOW)?.added.len(), 1);
            Ok(())
        })
    });
    flat(&houses, "-1 member", |h| {
        let (group, apart) = (h.group, h.apart.to_string());
        h.writing(move |tx| {
            let removed = tx.remove_members_where(ORG, &group, &eq("value", &apart), NOW)?;
            assert_eq!(removed.len(), 1);
            Ok(())
        })
    });
    flat(&houses, "insert", |h| {
        let draft = user(json!({ "userName": "new", "emails": [{ "value": "new@x" }] }));
        h.writing(move |tx| {
            tx.insert_user(ORG, crate::ids::ResourceId::new(), &draft, None, NOW)
                .map(drop)
        })
    });
    flat(&houses, "update", |h| {
        let (id, draft) = (h.some, user(json!({ "userName": "changed" })));
        h.writing(move |tx| tx.update_user(ORG, &id, &draft, NOW).map(drop))
    });
    flat(&houses, "remove", |h| {
        let id = h.some;
        h.writing(move |tx| {
            assert!(tx.remove_user(ORG, &id, NOW)?);
            Ok(())
        })
    });
}

#[test]
fn a_page_of_a_history_costs_the_same_in_a_short_and_in_a_long_one() {
    use crate::model::event::{Actor, EventKind, NewEvent};
    let houses = [Sized::new(150), Sized::new(3000)];
    for h in &houses {
        let (some, group, apart, size) = (h.some, h.group, h.apart, h.size);
        h.house.write(move |tx| {
            for n in 0..size {
                let subject = [some, group, apart][usize::try_from(n % 3).unwrap()];
                let seq = tx.append_event(&NewEvent {
                    at: NOW,
                    org: ORG,
                    kind: EventKind::MembersChanged,
                    actor: Actor::System,
                    subject: Some(subject),
                    request: None,
                    cause: "test".to_owned(),
                    detail: json!({}),
                })?;
                if subject == group {
                    tx.note_moved(seq, &[some])?;
                }
            }
            Ok(())
        });
    }
    for deep in [false, true] {
        flat(&houses, "a page of a history", |h| {
            let from = if deep { h.size / 2 } else { 30 };
            h.reading(|r| {
                for walk in [
                    Walk::Newest { before: Some(from) },
                    Walk::Oldest { after: Some(from) },
                ] {
                    assert_eq!(r.history(ORG, &h.some, walk, 10)?.len(), 10);
                }
                Ok(())
            })
        });
    }
}

/// The rows that a `co` or a word must look at stand in the index alone.
#[test]
fn a_search_inside_names_reads_an_index_and_not_the_table() {
    let house = House::new();
    house.read(|r| {
        for (list, table, indexes) in [
            (
                List::Users,
                "users",
                &[
                    "users USING COVERING INDEX users_user_name",
                    "users USING COVERING INDEX users_display_name",
                    "users USING COVERING INDEX users_external_id",
                    "emails USING COVERING INDEX emails_key",
                ][..],
            ),
            (
                List::Groups,
                "groups",
                &[
                    "groups USING COVERING INDEX groups_display_name",
                    "groups USING COVERING INDEX groups_external_id",
                ],
            ),
        ] {
            let word = Translator { list, org: ORG }.word("x");
            let sql = format!(
                "EXPLAIN QUERY PLAN SELECT count(*) FROM {table} WHERE 1 AND org = 0 AND {}",
                word.text
            );
            let values = rusqlite::params_from_iter(&word.values);
            let plan = r.rows(&sql, values, |row| row.get::<_, String>(3))?;
            for index in indexes {
                let covered = format!("SEARCH {index} (org=?");
                let found = plan.iter().any(|line| line.starts_with(&covered));
                assert!(found, "{covered}: {plan:#?}");
            }
            assert!(
                !plan.iter().any(|line| line.starts_with("SCAN")),
                "{plan:#?}"
            );
        }
        Ok(())
    });
}
