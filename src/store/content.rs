//! Registered content: what users own in the application, and the recipients of its schedules.

use std::collections::BTreeMap;

use rusqlite::{Row, params, params_from_iter};

use crate::clock::Timestamp;
use crate::ids::{OrgId, ResourceId};
use crate::model::content::{Content, KindCounts, Person, Schedule};
use crate::model::system;
use crate::scim::fold::fold;
use crate::store::column::{Count, Json};
use crate::store::error::StoreError;
use crate::store::sql::Conditions;
use crate::store::tx::{Reader, Tx};

/// The owner's `userName` for a row `c` of `content`; a system user has none in the store.
macro_rules! owner_name {
    () => {
        "ifnull((SELECT user_name FROM users u WHERE u.org = c.org AND u.id = c.owner),
             ifnull((SELECT user_name FROM held h WHERE h.org = c.org AND h.id = c.owner), ''))"
    };
}
pub(super) use owner_name;

macro_rules! select {
    ($tail:literal) => {
        concat!(
            "SELECT c.org, c.kind, c.object, c.title, c.owner, ",
            owner_name!(),
            ", c.cron, c.time_zone, CASE WHEN c.cron IS NOT NULL THEN (
                 SELECT json_group_array(r.recipient ORDER BY r.recipient_key)
                 FROM recipients r WHERE r.content = c.key
             ) END, c.verify, c.created, c.modified, c.key FROM content c ",
            $tail
        )
    };
}

/// A person as the store names it.
pub(super) fn person(id: ResourceId, stored_name: String) -> Person {
    let user_name = system::user_name(&id).map_or(stored_name, str::to_owned);
    Person { id, user_name }
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Content> {
    let schedule = match row.get(6)? {
        Some(cron) => Some(Schedule {
            cron,
            time_zone: row.get(7)?,
            recipients: row.get::<_, Json<_>>(8)?.0,
        }),
        None => None,
    };
    Ok(Content {
        org: row.get(0)?,
        kind: row.get(1)?,
        id: row.get(2)?,
        title: row.get(3)?,
        owner: person(row.get(4)?, row.get(5)?),
        schedule,
        verify: row.get(9)?,
        created: row.get(10)?,
        modified: row.get(11)?,
    })
}

fn keyed(row: &Row<'_>) -> rusqlite::Result<(i64, Content)> {
    Ok((row.get(12)?, from_row(row)?))
}

/// An item to register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentDraft {
    /// Kind.
    pub kind: String,
    /// The application's own id of it.
    pub id: String,
    /// Title.
    pub title: String,
    /// A live, held or system user.
    pub owner: ResourceId,
    /// What only a schedule has.
    pub schedule: Option<Schedule>,
}

/// What a registration did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// The item is new.
    Created,
    /// It was known otherwise.
    Changed,
    /// It was known as it is.
    Unchanged,
}

/// Which items to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContentQuery {
    /// Of this owner.
    pub owner: Option<ResourceId>,
    /// Of this kind.
    pub kind: Option<String>,
    /// With a title that contains this, without case.
    pub title: Option<String>,
    /// Only those to be verified.
    pub verify: bool,
    /// Behind this item.
    pub after: Option<ContentPosition>,
}

/// Where a page of items ended: kind and id of its last item.
pub type ContentPosition = (String, String);

impl Reader<'_> {
    /// Up to `count` items of an Org, by kind and id.
    pub fn content_page(
        &self,
        org: OrgId,
        query: &ContentQuery,
        count: u64,
    ) -> Result<Vec<Content>, StoreError> {
        let mut conditions = Conditions::new();
        conditions.and("c.org = ?", [&org]);
        conditions.and_some("c.owner = ?", query.owner.as_ref().map(|id| id as _));
        conditions.and_some("c.kind = ?", query.kind.as_ref().map(|kind| kind as _));
        let title = query.title.as_deref().map(fold);
        let title = title.as_ref().map(|title| title as _);
        conditions.and_some("instr(c.title_key, ?) > 0", title);
        if query.verify {
            conditions.and("c.verify = 1", []);
        }
        match &query.after {
            // Within a kind, the index goes on at the id.
            Some((_, object)) if query.kind.is_some() => conditions.and("c.object > ?", [object]),
            Some((kind, object)) => conditions.and("(c.kind, c.object) > (?, ?)", [kind, object]),
            None => {}
        }
        conditions.then(" ORDER BY c.kind, c.object LIMIT ?", count);
        let sql = format!("{}WHERE {}", select!(""), conditions.text());
        self.rows(&sql, params_from_iter(conditions.values()), from_row)
    }

    /// One item.
    pub fn content(&self, org: OrgId, kind: &str, id: &str) -> Result<Option<Content>, StoreError> {
        Ok(self.keyed_content(org, kind, id)?.map(|(_, item)| item))
    }

    /// How many items of each kind a user owns.
    pub fn content_counts(&self, org: OrgId, owner: &ResourceId) -> Result<KindCounts, StoreError> {
        let counts = self.rows(
            "SELECT kind, count(*) FROM content WHERE org = ?1 AND owner = ?2 GROUP BY kind",
            params![org, owner],
            |row| Ok((row.get(0)?, row.get::<_, Count>(1)?.0)),
        )?;
        Ok(counts.into_iter().collect())
    }

    /// How many items a user owns.
    pub fn content_count(&self, org: OrgId, owner: &ResourceId) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM content WHERE org = ?1 AND owner = ?2";
        let count = self.row(sql, params![org, owner], |row| row.get::<_, Count>(0))?;
        Ok(count.map_or(0, |count| count.0))
    }

    /// Somebody who can own content: a live user, a held one or a system user, by `id` or, without
    /// case, by `userName`. A live user goes before a held one of the same name, and of several
    /// held ones the last removed.
    pub fn owner(&self, org: OrgId, which: &str) -> Result<Option<Person>, StoreError> {
        let named = |row: &Row<'_>| Ok(person(row.get(0)?, row.get(1)?));
        if let Some(id) = system::user_named(which) {
            return Ok(Some(person(id, String::new())));
        }
        if let Some(id) = ResourceId::parse(which) {
            if system::user_name(&id).is_some() {
                return Ok(Some(person(id, String::new())));
            }
            let sql = "SELECT id, user_name FROM users WHERE org = ?1 AND id = ?2
                 UNION ALL
                 SELECT id, user_name FROM held WHERE org = ?1 AND id = ?2";
            if let Some(found) = self.row(sql, params![org, id], named)? {
                return Ok(Some(found));
            }
        }
        let name = fold(which);
        let sql = "SELECT id, user_name FROM users WHERE org = ?1 AND user_name_key = ?2";
        if let Some(found) = self.row(sql, params![org, name], named)? {
            return Ok(Some(found));
        }
        self.row(
            "SELECT h.id, h.user_name FROM deletions d JOIN held h ON h.deletion = d.seq
             WHERE d.org = ?1 AND d.user_name_key = ?2 ORDER BY d.seq DESC LIMIT 1",
            params![org, name],
            named,
        )
    }

    fn keyed_content(
        &self,
        org: OrgId,
        kind: &str,
        id: &str,
    ) -> Result<Option<(i64, Content)>, StoreError> {
        let sql = select!("WHERE c.org = ?1 AND c.kind = ?2 AND c.object = ?3");
        self.row(sql, params![org, kind, id], keyed)
    }

    /// The item with that key.
    pub(super) fn content_at(&self, key: i64) -> Result<Option<Content>, StoreError> {
        self.row(select!("WHERE c.key = ?1"), [key], from_row)
    }
}

impl Tx<'_> {
    /// Registers an item or changes what is known of it. Nobody has to verify it any more.
    pub fn register_content(
        &mut self,
        org: OrgId,
        draft: &ContentDraft,
        now: Timestamp,
    ) -> Result<Put, StoreError> {
        let Some((key, known)) = self.keyed_content(org, &draft.kind, &draft.id)? else {
            self.exec(
                "INSERT INTO content (org, kind, object, title, title_key, owner, cron, time_zone,
                     created, modified)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)",
                params![
                    org,
                    draft.kind,
                    draft.id,
                    draft.title,
                    fold(&draft.title),
                    draft.owner,
                    draft.cron(),
                    draft.time_zone(),
                    now
                ],
            )?;
            let key = self.conn.last_insert_rowid();
            self.set_recipients(org, key, draft.recipients())?;
            return Ok(Put::Created);
        };
        let recipients = by_key(draft.recipients());
        let known_recipients = known.schedule.as_ref().map_or(&[][..], |s| &s.recipients);
        let same = known.title == draft.title
            && known.owner.id == draft.owner
            && known.schedule.as_ref().map(times) == draft.schedule.as_ref().map(times)
            && !known.verify;
        let same_recipients = recipients == by_key(known_recipients);
        if same && same_recipients {
            return Ok(Put::Unchanged);
        }
        self.exec(
            "UPDATE content SET title = ?2, title_key = ?3, owner = ?4, cron = ?5, time_zone = ?6,
                 verify = 0, modified = ?7
             WHERE key = ?1",
            params![
                key,
                draft.title,
                fold(&draft.title),
                draft.owner,
                draft.cron(),
                draft.time_zone(),
                now
            ],
        )?;
        if !same_recipients {
            self.exec("DELETE FROM recipients WHERE content = ?1", [key])?;
            self.set_recipients(org, key, draft.recipients())?;
        }
        Ok(Put::Changed)
    }

    /// Forgets an item; returns what was known of it.
    pub fn unregister_content(
        &mut self,
        org: OrgId,
        kind: &str,
        id: &str,
    ) -> Result<Option<Content>, StoreError> {
        let Some((key, item)) = self.keyed_content(org, kind, id)? else {
            return Ok(None);
        };
        self.exec("DELETE FROM recipients WHERE content = ?1", [key])?;
        self.exec("DELETE FROM content WHERE key = ?1", [key])?;
        Ok(Some(item))
    }

    fn set_recipients(
        &mut self,
        org: OrgId,
        content: i64,
        recipients: &[String],
    ) -> Result<(), StoreError> {
        for recipient in by_key(recipients).into_values() {
            self.add_recipient(org, content, recipient)?;
        }
        Ok(())
    }

    /// Adds a recipient to a schedule; false if it is there already.
    pub(super) fn add_recipient(
        &mut self,
        org: OrgId,
        content: i64,
        recipient: &str,
    ) -> Result<bool, StoreError> {
        let added = self.exec(
            "INSERT INTO recipients (content, recipient_key, org, recipient)
             VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
            params![content, fold(recipient), org, recipient],
        )?;
        Ok(added == 1)
    }
}

impl ContentDraft {
    fn cron(&self) -> Option<&str> {
        self.schedule
            .as_ref()
            .map(|schedule| schedule.cron.as_str())
    }

    fn time_zone(&self) -> Option<&str> {
        self.schedule
            .as_ref()
            .map(|schedule| schedule.time_zone.as_str())
    }

    fn recipients(&self) -> &[String] {
        self.schedule
            .as_ref()
            .map_or(&[], |schedule| &schedule.recipients)
    }
}

fn times(schedule: &Schedule) -> (&str, &str) {
    (&schedule.cron, &schedule.time_zone)
}

/// Each recipient once, by the key it is compared under; of several spellings the first.
fn by_key(recipients: &[String]) -> BTreeMap<String, &str> {
    let mut keyed = BTreeMap::new();
    for recipient in recipients {
        keyed
            .entry(fold(recipient).into_owned())
            .or_insert(recipient.as_str());
    }
    keyed
}
