//! Events as detection rules look at them: a few values taken out of each detail by SQLite, so that
//! no detail has to be read whole.

use serde::Deserialize;

use crate::ids::ResourceId;
use crate::model::happening::Happening;
use crate::scim::fold::fold;
use crate::store::column::{Count, Json, Named, signed};
use crate::store::error::StoreError;
use crate::store::tx::Reader;

/// The rows of [`Reader::happenings`]. What is not in an event is read from the directory as it is
/// now: whoever reads soon after the event reads what was so then.
const SELECT: &str = "
WITH event AS (
    SELECT *, kind IN ('group-created', 'group-replaced', 'group-patched', 'members-changed') AS of_group
    FROM events
    WHERE seq > ?1 AND subject IS NOT NULL AND kind IN ('user-created', 'user-removed', 'user-held',
        'user-returned', 'user-enabled', 'user-disabled', 'group-created', 'group-replaced',
        'group-patched', 'members-changed', 'group-deleted')
    ORDER BY seq LIMIT ?2
)
SELECT seq, at, org, kind, subject, COALESCE(detail ->> '$.subject', ''),
    CASE WHEN kind IN ('group-replaced', 'group-patched') THEN
        (SELECT value ->> '$.before' FROM json_each(detail, '$.changes')
         WHERE value ->> '$.path' = 'displayName')
    END,
    CASE WHEN of_group THEN
        (SELECT value FROM json_each(detail, '$.changes') WHERE value ->> '$.path' = 'members')
    END,
    CASE
        WHEN of_group THEN
            (SELECT member_count FROM groups WHERE org = event.org AND id = event.subject)
        WHEN kind IN ('user-removed', 'user-held') THEN json_array_length(detail, '$.groups')
        WHEN kind <> 'group-deleted' THEN
            (SELECT count(*) FROM users JOIN members ON user_key = users.key
             WHERE users.org = event.org AND users.id = event.subject)
    END,
    CASE WHEN kind = 'group-deleted' THEN detail ->> '$.members' END,
    of_group AND (EXISTS (SELECT 1 FROM group_roles
            WHERE org = event.org AND group_id = event.subject)
        OR EXISTS (SELECT 1 FROM groups g
            JOIN role_rules c ON c.org = g.org AND c.group_name_key = g.display_name_key
            WHERE g.org = event.org AND g.id = event.subject))
        OR COALESCE(json_array_length(detail, '$.roles'), 0) > 0,
    kind = 'user-created' AND EXISTS (SELECT 1 FROM users
        JOIN emails AS own ON own.user = users.key
        JOIN emails AS other ON other.org = own.org AND other.email_key = own.email_key
            AND other.user <> own.user
        WHERE users.org = event.org AND users.id = event.subject)
FROM event ORDER BY seq";

#[derive(Default, Deserialize)]
#[serde(default)]
struct Moved {
    added: Vec<ResourceId>,
    removed: Vec<ResourceId>,
}

impl Reader<'_> {
    /// Up to `count` changes of users and groups after event `after`, oldest first, and the number
    /// of the event to go on from.
    pub fn happenings(&self, after: u64, count: u64) -> Result<(Vec<Happening>, u64), StoreError> {
        let head = self.last_event()?;
        if head <= after {
            return Ok((Vec::new(), after));
        }
        let mut found = self.rows(SELECT, [signed(after), signed(count)], |row| {
            let moved = row.get::<_, Option<Json<Moved>>>(7)?;
            let moved = moved.map(|moved| moved.0).unwrap_or_default();
            let lost = row.get::<_, Option<Count>>(9)?;
            Ok(Happening {
                seq: row.get::<_, Count>(0)?.0,
                at: row.get(1)?,
                org: row.get(2)?,
                kind: row.get::<_, Named<_>>(3)?.0,
                subject: row.get(4)?,
                name: row.get(5)?,
                renamed_from: row.get(6)?,
                removed: lost.map_or(moved.removed.len() as u64, |lost| lost.0),
                added: moved.added,
                size: row.get::<_, Option<Count>>(8)?.map_or(0, |size| size.0),
                roles: row.get(10)?,
                twin: row.get(11)?,
            })
        })?;
        for happening in found.iter_mut().filter(|happening| !happening.roles) {
            // Roles that a rule gave to its former name are lost with that.
            if let Some(before) = &happening.renamed_from {
                let rule =
                    "SELECT 1 FROM role_rules WHERE org = ?1 AND group_name_key = ?2 LIMIT 1";
                let params = (happening.org, fold(before));
                happening.roles = self.row(rule, params, |_| Ok(()))?.is_some();
            }
        }
        let next = match found.last() {
            Some(last) if found.len() as u64 == count => last.seq,
            _ => head,
        };
        Ok((found, next))
    }

    /// Number of the last event; 0: there is none.
    pub fn last_event(&self) -> Result<u64, StoreError> {
        let last = self.row("SELECT COALESCE(MAX(seq), 0) FROM events", [], |row| {
            Ok(row.get::<_, Count>(0)?.0)
        })?;
        Ok(last.unwrap_or(0))
    }
}
