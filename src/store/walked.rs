//! What a list that SQL cannot answer alone needs: the rest of the filter on each row, and a
//! window that keeps no more rows than the page asks for.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use serde_json::{Value, json};

use crate::model::represent;
use crate::scim::filter::{CompareOp, Expr, Operand, Target, matches};
use crate::store::anchor::List;
use crate::store::error::StoreError;
use crate::store::query::{Listable, Position, Request};
use crate::store::sort::SortKey;
use crate::store::tx::Reader;

/// Decides about one row at a time.
pub(super) struct Rest<'q> {
    filter: Option<&'q Expr>,
    sort: Option<&'q Target>,
    base: &'q str,
    /// The row alone does not hold all that is compared.
    incomplete: bool,
    /// The filter looks into the members of groups.
    members: bool,
}

impl<'q> Rest<'q> {
    pub fn new<R: Listable>(
        filter: Option<&'q Expr>,
        sort: Option<&'q Target>,
        base: &'q str,
    ) -> Self {
        let names = |names: &[&str]| {
            let named = |target: &Target| {
                target.extension.is_none() && names.contains(&target.attribute.as_str())
            };
            filter.is_some_and(|filter| mentions(filter, &named)) || sort.is_some_and(named)
        };
        Self {
            filter,
            sort,
            base,
            // The version of a user covers its groups and roles.
            incomplete: R::LIST == List::Users && names(&["groups", "roles", "meta"]),
            members: R::LIST == List::Groups && names(&["members"]),
        }
    }

    /// The sort key of a row that matches.
    pub fn admit<R: Listable>(
        &self,
        reader: &Reader<'_>,
        key: i64,
        mut record: R,
    ) -> Result<Option<SortKey>, StoreError> {
        if self.incomplete {
            record.complete(key, reader)?;
        }
        let value = record.value(self.base);
        let matching = match self.filter {
            None => true,
            Some(filter) if self.members => {
                matches(&self.decide_members(reader, key, filter)?, &value)
            }
            Some(filter) => matches(filter, &value),
        };
        Ok(matching.then(|| {
            self.sort
                .map_or(SortKey::Missing, |target| SortKey::of(target, &value))
        }))
    }

    /// Puts truth or falsehood in the place of every comparison with `members`, found by walking
    /// them a chunk at a time: a group of any size is decided in the same memory.
    fn decide_members(
        &self,
        reader: &Reader<'_>,
        group: i64,
        filter: &Expr,
    ) -> Result<Expr, StoreError> {
        let each = |exprs: &[Expr]| -> Result<Vec<Expr>, StoreError> {
            exprs
                .iter()
                .map(|expr| self.decide_members(reader, group, expr))
                .collect()
        };
        Ok(match filter {
            Expr::And(all) => Expr::And(each(all)?),
            Expr::Or(any) => Expr::Or(each(any)?),
            Expr::Not(inner) => Expr::Not(Box::new(self.decide_members(reader, group, inner)?)),
            Expr::Compare { target, op, value } if is_members(target) => {
                let (op, negated) = match (op, value) {
                    (CompareOp::Ne, _) => (CompareOp::Eq, true),
                    (op, _) => (*op, false),
                };
                let (expr, negated) = match value {
                    // Equal to null is what is not present.
                    Operand::Null => (Expr::Present(target.clone()), !negated),
                    _ => (
                        Expr::Compare {
                            target: target.clone(),
                            op,
                            value: value.clone(),
                        },
                        negated,
                    ),
                };
                truth(self.any_member(reader, group, &expr)? != negated)
            }
            Expr::Present(target) | Expr::Any { target, .. } if is_members(target) => {
                truth(self.any_member(reader, group, filter)?)
            }
            other => other.clone(),
        })
    }

    fn any_member(&self, reader: &Reader<'_>, group: i64, expr: &Expr) -> Result<bool, StoreError> {
        let mut found = false;
        reader.visit_members(group, |chunk| {
            let members: Vec<Value> = chunk
                .iter()
                .map(|member| represent::member_value(member, self.base))
                .collect();
            found = matches(expr, &json!({ "members": members }));
            !found
        })?;
        Ok(found)
    }
}

fn truth(truth: bool) -> Expr {
    if truth {
        Expr::Not(Box::new(Expr::Never))
    } else {
        Expr::Never
    }
}

fn is_members(target: &Target) -> bool {
    target.extension.is_none() && target.attribute == "members"
}

/// True if the filter names such an attribute of the resource.
fn mentions(expr: &Expr, named: &impl Fn(&Target) -> bool) -> bool {
    match expr {
        Expr::And(list) | Expr::Or(list) => list.iter().any(|expr| mentions(expr, named)),
        Expr::Not(inner) => mentions(inner, named),
        Expr::Present(target) | Expr::Compare { target, .. } | Expr::Any { target, .. } => {
            named(target)
        }
        Expr::Never => false,
    }
}

/// One row in the order asked for.
struct Entry {
    value: SortKey,
    key: i64,
    descending: bool,
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        let order = self.value.cmp(&other.value).then(self.key.cmp(&other.key));
        if self.descending {
            order.reverse()
        } else {
            order
        }
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Entry {}

/// Counts every row offered and keeps those up to the end of the page.
pub(super) struct Window {
    total: u64,
    after: Option<Entry>,
    skip: u64,
    /// Rows of the page, and one more.
    wanted: u64,
    sorted: bool,
    descending: bool,
    /// Unsorted rows come in order: what lies before the page is counted here, not kept.
    skipped: u64,
    /// The first rows of the order, the last of them on top.
    kept: BinaryHeap<Entry>,
    most: usize,
}

impl Window {
    pub fn new(request: &Request<'_>, most: usize) -> Self {
        let descending = request.sort.is_some_and(|sort| sort.descending);
        let entry = |position: &Position| Entry {
            value: position.value.clone(),
            key: position.key,
            descending,
        };
        let count = request.page.count();
        Self {
            total: 0,
            after: request.page.position().map(entry),
            skip: request.page.skip(),
            wanted: count.saturating_add(u64::from(count > 0)),
            sorted: request.sort.is_some(),
            descending,
            skipped: 0,
            kept: BinaryHeap::new(),
            most,
        }
    }

    /// Takes the next row.
    pub fn offer(&mut self, value: SortKey, key: i64) -> Result<(), StoreError> {
        self.total += 1;
        let entry = Entry {
            value,
            key,
            descending: self.descending,
        };
        if self.after.as_ref().is_some_and(|after| entry <= *after) {
            return Ok(());
        }
        if self.sorted {
            return self.keep_first(entry);
        }
        if self.skipped < self.skip {
            self.skipped += 1;
        } else if (self.kept.len() as u64) < self.wanted {
            self.kept.push(entry);
        }
        Ok(())
    }

    fn keep_first(&mut self, entry: Entry) -> Result<(), StoreError> {
        let room = if self.wanted == 0 {
            0
        } else {
            self.skip.saturating_add(self.wanted)
        };
        self.kept.push(entry);
        if self.kept.len() as u64 > room {
            self.kept.pop();
        } else if self.kept.len() > self.most {
            return Err(StoreError::TooMany);
        }
        Ok(())
    }

    /// The number of rows offered, and the keys of the page in order.
    pub fn finish(self) -> (u64, Vec<i64>) {
        let before = if self.sorted { self.skip } else { 0 };
        let keys = self
            .kept
            .into_sorted_vec()
            .into_iter()
            .skip(usize::try_from(before).unwrap_or(usize::MAX))
            .map(|entry| entry.key)
            .collect();
        (self.total, keys)
    }
}
