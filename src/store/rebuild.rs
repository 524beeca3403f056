//! What only the rebuilding of a directory from its events needs: to put counters and remembered
//! memberships where the events say they were.

use rusqlite::params;

use crate::clock::Timestamp;
use crate::ids::{OrgId, ResourceId};
use crate::store::column::signed;
use crate::store::error::StoreError;
use crate::store::tx::Tx;

impl Tx<'_> {
    /// Sets a group's version, and when it was changed to that.
    pub fn set_group_version(
        &mut self,
        org: OrgId,
        group: &ResourceId,
        version: u64,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE groups SET version = ?3, modified = ?4 WHERE org = ?1 AND id = ?2";
        self.exec(sql, params![org, group, signed(version), at])?;
        Ok(())
    }

    /// Makes these the groups that a held account is to be a member of once it is back; those that
    /// are not there are passed over. Returns how many there are.
    pub fn set_held_groups(
        &mut self,
        org: OrgId,
        deletion: u64,
        groups: &[ResourceId],
    ) -> Result<u64, StoreError> {
        let deletion = signed(deletion);
        self.exec("DELETE FROM held_members WHERE deletion = ?1", [deletion])?;
        let mut found = 0;
        for group in groups {
            found += self.exec(
                "INSERT INTO held_members (group_key, deletion)
                 SELECT key, ?2 FROM groups WHERE org = ?1 AND id = ?3",
                params![org, deletion, group],
            )?;
        }
        Ok(found as u64)
    }
}
