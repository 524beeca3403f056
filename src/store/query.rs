//! Lists of users and groups: what can be asked, by filter, order and page, and what comes back.

use rusqlite::Row;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids::OrgId;
use crate::model::group::GroupRecord;
use crate::model::represent;
use crate::model::user::UserRecord;
use crate::scim::filter::{Expr, Target};
use crate::store::anchor::List;
use crate::store::error::StoreError;
use crate::store::orgs::Totals;
use crate::store::sort::{Sort, SortKey};
use crate::store::tx::Reader;
use crate::store::{groups, users};

/// Which users to list.
#[derive(Clone, Debug)]
pub struct UserQuery {
    /// Org.
    pub org: OrgId,
    /// URL before `/Users`: what `meta.location` and `$ref` compare with in filters.
    pub base: String,
    /// Bound filter; `None` lists all.
    pub filter: Option<Expr>,
    /// Words that must each stand in a name, an address or the `externalId`, without case (of an
    /// `externalId` without that of ASCII).
    pub words: Vec<String>,
    /// Order; `None` is the order of creation.
    pub sort: Option<Sort>,
    /// Page.
    pub page: Page,
    /// True to fill in the groups and roles of each.
    pub groups: bool,
}

/// Which groups to list.
#[derive(Clone, Debug)]
pub struct GroupQuery {
    /// Org.
    pub org: OrgId,
    /// URL before `/Groups`.
    pub base: String,
    /// Bound filter; `None` lists all.
    pub filter: Option<Expr>,
    /// Words that must each stand in `displayName` or `externalId`, as of users.
    pub words: Vec<String>,
    /// Order; `None` is the order of creation.
    pub sort: Option<Sort>,
    /// Page.
    pub page: Page,
}

/// Which part of a list.
#[derive(Clone, Debug)]
pub enum Page {
    /// By index (RFC 7644 §3.4.2.4).
    Index {
        /// First row, from 1.
        start: u64,
        /// Rows at most; 0 asks for the total alone.
        count: u64,
    },
    /// By cursor (RFC 9865): what follows a position, whatever was added or removed before it.
    After {
        /// Where the page before ended; `None` for the first page.
        position: Option<Position>,
        /// Rows at most; 0 asks for the total alone.
        count: u64,
    },
}

impl Page {
    pub(super) fn count(&self) -> u64 {
        match self {
            Self::Index { count, .. } | Self::After { count, .. } => *count,
        }
    }

    /// Rows to leave out before the page.
    pub(super) fn skip(&self) -> u64 {
        match self {
            Self::Index { start, .. } => start.saturating_sub(1),
            Self::After { .. } => 0,
        }
    }

    pub(super) fn position(&self) -> Option<&Position> {
        match self {
            Self::Index { .. } => None,
            Self::After { position, .. } => position.as_ref(),
        }
    }
}

/// The place of a row in a list, to continue behind it. Serializes to be sealed in a cursor; it
/// belongs to the query that returned it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Position {
    pub(super) value: SortKey,
    pub(super) key: i64,
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Listed<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Rows of the whole list.
    pub total: u64,
    /// Where to continue, if rows follow.
    pub next: Option<Position>,
}

/// What users and groups have in common here.
pub(super) trait Listable: Sized {
    const LIST: List;
    /// `users` or `groups`.
    const TABLE: &'static str;
    /// Selects what `from_row` reads.
    const SELECT: &'static str;
    fn from_row(row: &Row<'_>) -> rusqlite::Result<(i64, Self)>;
    fn total(totals: &Totals) -> u64;
    /// The resource as filters and orders see it, members of groups apart.
    fn value(&self, base: &str) -> Value;
    /// Reads what [`Listable::value`] shows and a row does not hold.
    fn complete(&mut self, key: i64, reader: &Reader<'_>) -> Result<(), StoreError>;
    /// The column with an index that gives the order of `target`, and whether it may be NULL.
    fn order_column(target: &Target) -> Option<(&'static str, bool)>;
}

impl Listable for UserRecord {
    const LIST: List = List::Users;
    const TABLE: &'static str = "users";
    const SELECT: &'static str = users::SELECT;

    fn from_row(row: &Row<'_>) -> rusqlite::Result<(i64, Self)> {
        users::from_row(row)
    }

    fn total(totals: &Totals) -> u64 {
        totals.users
    }

    fn value(&self, base: &str) -> Value {
        let mut value = represent::user_value(self, base);
        // A user without `active` counts as active, to filters as well.
        value.entry("active").or_insert(self.active.into());
        Value::Object(value)
    }

    fn complete(&mut self, key: i64, reader: &Reader<'_>) -> Result<(), StoreError> {
        reader.join_groups(key, self)
    }

    fn order_column(target: &Target) -> Option<(&'static str, bool)> {
        if target.is("userName", None) && !target.case_exact {
            return Some(("user_name_key", false));
        }
        if target.is("displayName", None) && !target.case_exact {
            return Some(("display_name_key", true));
        }
        common_order_column(target)
    }
}

impl Listable for GroupRecord {
    const LIST: List = List::Groups;
    const TABLE: &'static str = "groups";
    const SELECT: &'static str = groups::SELECT;

    fn from_row(row: &Row<'_>) -> rusqlite::Result<(i64, Self)> {
        groups::from_row(row)
    }

    fn total(totals: &Totals) -> u64 {
        totals.groups
    }

    fn value(&self, base: &str) -> Value {
        Value::Object(represent::group_value(self, base))
    }

    fn complete(&mut self, _: i64, _: &Reader<'_>) -> Result<(), StoreError> {
        Ok(())
    }

    fn order_column(target: &Target) -> Option<(&'static str, bool)> {
        if target.is("displayName", None) && !target.case_exact {
            return Some(("display_name_key", false));
        }
        common_order_column(target)
    }
}

fn common_order_column(target: &Target) -> Option<(&'static str, bool)> {
    if target.is("id", None) {
        Some(("id", false))
    } else if target.is("meta", Some("lastModified")) {
        Some(("modified", false))
    } else {
        None
    }
}

/// A query, whatever it lists.
pub(super) struct Request<'q> {
    pub org: OrgId,
    pub base: &'q str,
    pub filter: Option<&'q Expr>,
    pub words: &'q [String],
    pub sort: Option<&'q Sort>,
    pub page: &'q Page,
}

impl Request<'_> {
    /// The attribute that gives the order; `None`: the order of creation.
    pub fn target(&self) -> Option<&Target> {
        self.sort.and_then(|sort| sort.target.as_ref())
    }

    /// True if nothing is left out.
    pub fn is_unfiltered(&self) -> bool {
        self.filter.is_none() && self.words.is_empty()
    }
}

impl Reader<'_> {
    /// A page of users.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such Org; [`StoreError::TooMany`].
    pub fn users(&self, query: &UserQuery) -> Result<Listed<UserRecord>, StoreError> {
        self.snapshot(|reader| {
            let mut listed = reader.list::<UserRecord>(&Request {
                org: query.org,
                base: &query.base,
                filter: query.filter.as_ref(),
                words: &query.words,
                sort: query.sort.as_ref(),
                page: &query.page,
            })?;
            for (key, user) in &mut listed.rows {
                user.groups.clear();
                user.roles.clear();
                if query.groups {
                    user.complete(*key, reader)?;
                }
            }
            Ok(listed.without_keys())
        })
    }

    /// A page of groups, without their members.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such Org; [`StoreError::TooMany`].
    pub fn groups(&self, query: &GroupQuery) -> Result<Listed<GroupRecord>, StoreError> {
        self.snapshot(|reader| {
            let listed = reader.list::<GroupRecord>(&Request {
                org: query.org,
                base: &query.base,
                filter: query.filter.as_ref(),
                words: &query.words,
                sort: query.sort.as_ref(),
                page: &query.page,
            })?;
            Ok(listed.without_keys())
        })
    }
}
