//! Histories: which events concern a user or group, beside those about it. An event about a group
//! also concerns whoever it moves in or out, and one about a user the groups that it leaves or comes
//! back to. Which ones that are is kept apart from the event, as an index of ids that the chain does
//! not cover and that is pruned with the events.

use rusqlite::{params, params_from_iter};

use crate::ids::{OrgId, ResourceId};
use crate::model::event::Event;
use crate::store::Walk;
use crate::store::column::signed;
use crate::store::error::StoreError;
use crate::store::events;
use crate::store::sql::Conditions;
use crate::store::tx::{Reader, Tx};

impl Reader<'_> {
    /// Up to `count` events that concern a user or group: those about it, and those that moved it in
    /// or out of a group or moved somebody in or out of it. Also of one that is gone.
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
        walk.apply(&mut page, count);
        let sql = format!("{}WHERE {}", events::SELECT, page.text());
        self.rows(&sql, params_from_iter(page.values()), events::from_row)
    }
}

impl Tx<'_> {
    /// Notes that the event `seq` moved these in or out of a group, or somebody in or out of these.
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
