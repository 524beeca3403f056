//! Histories: which events concern a user or group, beside those about it. An event about a group
//! also concerns whoever it moves in or out, and the end or return of a user the groups it was in;
//! which ones that are is kept apart from the event, as an index that the chain does not cover and
//! that is pruned with the events.

use rusqlite::{params, params_from_iter};

use crate::ids::{OrgId, ResourceId};
use crate::model::event::Event;
use crate::scim::fold::fold;
use crate::store::Walk;
use crate::store::column::signed;
use crate::store::error::StoreError;
use crate::store::events;
use crate::store::sql::Conditions;
use crate::store::tx::{Reader, Tx};

impl Reader<'_> {
    /// Up to `count` events that concern a user or group: those about it, and those about a group
    /// that it was moved in or out of. Also of one that is gone.
    pub fn history(
        &self,
        org: OrgId,
        id: &ResourceId,
        walk: Walk,
        count: u64,
    ) -> Result<Vec<Event>, StoreError> {
        // Each index is read no further than the page needs.
        let mut about = Conditions::new();
        about.and("subject = ? AND +org = ?", [id, &org]);
        walk.apply(&mut about, count);
        let mut moved = Conditions::new();
        moved.and("member = ?", [id]);
        walk.apply(&mut moved, count);
        let found = format!(
            "seq IN (SELECT * FROM (SELECT seq FROM events WHERE {})
                 UNION ALL SELECT * FROM (SELECT seq FROM event_members WHERE {}))",
            about.text(),
            moved.text()
        );
        let mut page = Conditions::new();
        page.and_clause(&found, [about.values(), moved.values()].concat());
        page.and("+org = ?", [&org]);
        walk.apply(&mut page, count);
        let sql = format!("{}WHERE {}", events::SELECT, page.text());
        self.rows(&sql, params_from_iter(page.values()), events::from_row)
    }

    /// True if an event tells that a group with that `id` was deleted.
    pub fn was_deleted(&self, org: OrgId, group: &ResourceId) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM events
                   WHERE subject = ?1 AND +org = ?2 AND kind = 'group-deleted' LIMIT 1";
        Ok(self.row(sql, params![group, org], |_| Ok(()))?.is_some())
    }

    /// The last deleted group that had this name, compared without case. Walks the events.
    pub fn last_deleted_group(
        &self,
        org: OrgId,
        name: &str,
    ) -> Result<Option<ResourceId>, StoreError> {
        let sql = "SELECT subject, detail ->> '$.subject' FROM events
                   WHERE org = ?1 AND kind = 'group-deleted' AND detail IS NOT NULL
                   ORDER BY seq DESC";
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query([org])?;
        let name = fold(name);
        while let Some(row) = rows.next()? {
            let called: Option<String> = row.get(1)?;
            if called.is_some_and(|called| fold(&called) == name) {
                return Ok(row.get(0)?);
            }
        }
        Ok(None)
    }
}

impl Reader<'_> {
    /// The last event by which a group lost this name for another, compared without case. Walks
    /// the events.
    pub fn last_renamed_group(&self, org: OrgId, name: &str) -> Result<Option<Event>, StoreError> {
        let sql = "SELECT e.seq, change.value ->> '$.before'
                   FROM events e, json_each(e.detail, '$.changes') change
                   WHERE e.org = ?1 AND e.kind IN ('group-patched', 'group-replaced')
                     AND e.detail IS NOT NULL AND change.value ->> '$.path' = 'displayName'
                   ORDER BY e.seq DESC";
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query([org])?;
        let name = fold(name);
        while let Some(row) = rows.next()? {
            let before: Option<String> = row.get(1)?;
            if before.is_some_and(|before| fold(&before) == name) {
                let seq: i64 = row.get(0)?;
                let sql = format!("{}WHERE seq = ?1", events::SELECT);
                return self.row(&sql, [seq], events::from_row);
            }
        }
        Ok(None)
    }
}

impl Tx<'_> {
    /// Notes that the event `seq` concerns these beside the one it is about: it moved them in or
    /// out of a group, or somebody out of them.
    pub fn note_moved<'i>(
        &mut self,
        seq: u64,
        ids: impl IntoIterator<Item = &'i ResourceId>,
    ) -> Result<(), StoreError> {
        for id in ids {
            self.exec(
                "INSERT INTO event_members (member, seq) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                params![id, signed(seq)],
            )?;
        }
        Ok(())
    }

    /// Notes that the event `seq` moves every direct member out of a group.
    pub fn note_all_moved(
        &mut self,
        seq: u64,
        org: OrgId,
        group: &ResourceId,
    ) -> Result<(), StoreError> {
        let key = self.group_key(org, group)?.ok_or(StoreError::NotFound)?;
        self.exec(
            "INSERT INTO event_members (member, seq)
             SELECT u.id, ?2 FROM members m JOIN users u ON u.key = m.user_key
             WHERE m.group_key = ?1
             UNION ALL
             SELECT g.id, ?2 FROM subgroups s JOIN groups g ON g.key = s.child
             WHERE s.parent = ?1",
            params![key, signed(seq)],
        )?;
        Ok(())
    }
}
