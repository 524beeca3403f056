//! Remembers where index pages began, so that page 5 000 of a list continues from page 4 999
//! instead of counting from the start.
//!
//! Rows are listed by a key that only grows, so an index once seen stays right until a row is
//! removed; the Org's removal counter tells. A reader on an older snapshot than the anchors
//! neither uses nor adds any.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use crate::ids::OrgId;

/// More anchors than this per list are forgotten together; they grow back page by page.
const MOST: usize = 16_384;

/// Which list.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum List {
    Users,
    Groups,
}

#[derive(Default)]
pub(super) struct Anchors(Mutex<HashMap<(OrgId, List), Known>>);

#[derive(Default)]
struct Known {
    removed: u64,
    /// Rows before → key of the last of them.
    keys: BTreeMap<u64, i64>,
}

impl Anchors {
    /// The nearest known point at or before `skip` rows: how many rows lie before it, and the key
    /// of the last of these.
    pub fn nearest(&self, org: OrgId, list: List, removed: u64, skip: u64) -> (u64, i64) {
        self.with(org, list, |known| {
            if known.removed != removed {
                return None;
            }
            let (&rows, &key) = known.keys.range(..=skip).next_back()?;
            Some((rows, key))
        })
        .unwrap_or((0, 0))
    }

    /// Notes that `key` is the last of the first `rows` rows.
    pub fn note(&self, org: OrgId, list: List, removed: u64, rows: u64, key: i64) {
        self.with(org, list, |known| {
            if known.removed > removed {
                return;
            }
            if known.removed < removed || known.keys.len() >= MOST {
                known.keys.clear();
                known.removed = removed;
            }
            known.keys.insert(rows, key);
        });
    }

    fn with<T>(&self, org: OrgId, list: List, work: impl FnOnce(&mut Known) -> T) -> T {
        let mut lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        work(lists.entry((org, list)).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_hold_until_something_is_removed() {
        let anchors = Anchors::default();
        let at = |removed, skip| anchors.nearest(OrgId(1), List::Users, removed, skip);
        assert_eq!(at(0, 500), (0, 0));
        anchors.note(OrgId(1), List::Users, 0, 100, 107);
        anchors.note(OrgId(1), List::Users, 0, 200, 230);
        assert_eq!(at(0, 199), (100, 107));
        assert_eq!(at(0, 200), (200, 230));
        assert_eq!(at(1, 200), (0, 0));
        assert_eq!(anchors.nearest(OrgId(2), List::Users, 0, 200), (0, 0));
        assert_eq!(anchors.nearest(OrgId(1), List::Groups, 0, 200), (0, 0));
        anchors.note(OrgId(1), List::Users, 1, 50, 60);
        assert_eq!(at(1, 200), (50, 60));
        // A reader that still sees the time before the removal changes nothing.
        anchors.note(OrgId(1), List::Users, 0, 90, 97);
        assert_eq!(at(1, 200), (50, 60));
    }
}
