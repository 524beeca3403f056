//! Roles, the groups that carry them, and the rules that give one to every group of a name.
//!
//! A rule is looked up by the group's name whenever its roles are read, so that renaming a group
//! takes effect with the rename. An Org in which no role is given costs a reader two look-ups.

use std::collections::BTreeSet;

use rusqlite::{Params, Row, params};

use crate::clock::Timestamp;
use crate::ids::{OrgId, ResourceId};
use crate::model::role::{Carried, Path, Role, RoleGroup, RoleRule, RoleSource};
use crate::model::system;
use crate::scim::fold::fold;
use crate::store::column::{Json, Named};
use crate::store::error::StoreError;
use crate::store::tx::{Reader, Tx};

macro_rules! select_role {
    ($tail:literal) => {
        concat!(
            "SELECT key, org, name, privileges, created FROM roles ",
            $tail
        )
    };
}

/// What a user's groups carry: `above` is every group that the user `?1` is in, directly or not,
/// and the user is in the group of all (`?3`) of its Org (`?2`) as well.
macro_rules! of_user {
    ($first:literal, $group:literal, $all:literal) => {
        concat!(
            "WITH RECURSIVE above (key) AS (
                 SELECT group_key FROM members WHERE user_key = ?1
                 UNION
                 SELECT s.parent FROM above JOIN subgroups s ON s.child = above.key
             )
             SELECT ",
            $first,
            $group,
            " FROM above CROSS JOIN groups g ON g.key = above.key
             CROSS JOIN group_roles c ON c.org = g.org AND c.group_id = g.id
             CROSS JOIN roles r ON r.key = c.role
             UNION ALL SELECT ",
            $first,
            $group,
            " FROM above CROSS JOIN groups g ON g.key = above.key
             CROSS JOIN (SELECT org, group_name_key, role, 'rule' AS source FROM role_rules) c
                 ON c.org = g.org AND c.group_name_key = g.display_name_key
             CROSS JOIN roles r ON r.key = c.role
             UNION ALL SELECT ",
            $first,
            $all,
            " FROM group_roles c CROSS JOIN roles r ON r.key = c.role
             WHERE c.org = ?2 AND c.group_id = ?3"
        )
    };
}

/// Row number and role, without its groups.
fn role(row: &Row<'_>) -> rusqlite::Result<(i64, Role)> {
    let role = Role {
        org: row.get(1)?,
        name: row.get(2)?,
        privileges: row.get::<_, Json<_>>(3)?.0,
        groups: Vec::new(),
        created: row.get(4)?,
    };
    Ok((row.get(0)?, role))
}

impl Reader<'_> {
    /// The role of that name, compared without case, with the groups that carry it.
    pub fn role(&self, org: OrgId, name: &str) -> Result<Option<Role>, StoreError> {
        let sql = select_role!("WHERE org = ?1 AND name_key = ?2");
        let found = self.row(sql, params![org, fold(name)], role)?;
        found.map(|found| self.with_groups(found)).transpose()
    }

    /// The roles of one Org, or of all, by Org and name, with the groups that carry them.
    pub fn roles(&self, org: Option<OrgId>) -> Result<Vec<Role>, StoreError> {
        let all = match org {
            Some(org) => {
                let sql = select_role!("WHERE org = ?1 ORDER BY name_key");
                self.rows(sql, [org], role)?
            }
            None => self.rows(select_role!("ORDER BY org, name_key"), [], role)?,
        };
        let all = all.into_iter().map(|found| self.with_groups(found));
        all.collect()
    }

    fn with_groups(&self, (key, mut role): (i64, Role)) -> Result<Role, StoreError> {
        role.groups = self.rows(
            "SELECT c.group_id, g.display_name, c.source FROM group_roles c
             LEFT JOIN groups g ON g.org = c.org AND g.id = c.group_id
             WHERE c.role = ?1
             UNION ALL
             SELECT g.id, g.display_name, 'rule' FROM role_rules c
             JOIN groups g ON g.org = c.org AND g.display_name_key = c.group_name_key
             WHERE c.role = ?1",
            [key],
            |row| {
                let id = row.get(0)?;
                let display: Option<String> = row.get(1)?;
                Ok(RoleGroup {
                    id,
                    display: display.unwrap_or_else(|| system_name(&id)),
                    source: row.get::<_, Named<_>>(2)?.0,
                })
            },
        )?;
        role.groups
            .sort_by(|a, b| (&a.display, a.source).cmp(&(&b.display, b.source)));
        Ok(role)
    }

    /// The rules of one Org, or of all, by Org, group and role.
    pub fn role_rules(&self, org: Option<OrgId>) -> Result<Vec<RoleRule>, StoreError> {
        let rule = |row: &Row<'_>| {
            Ok(RoleRule {
                org: row.get(0)?,
                group: row.get(1)?,
                role: row.get(2)?,
            })
        };
        match org {
            Some(org) => self.rows(
                "SELECT c.org, c.group_name, r.name FROM role_rules c JOIN roles r ON r.key = c.role
                 WHERE c.org = ?1 ORDER BY c.group_name_key, r.name_key",
                [org],
                rule,
            ),
            None => self.rows(
                "SELECT c.org, c.group_name, r.name FROM role_rules c JOIN roles r ON r.key = c.role
                 ORDER BY c.org, c.group_name_key, r.name_key",
                [],
                rule,
            ),
        }
    }

    /// Names of the roles that a group carries, and how each came to it, sorted.
    pub fn group_roles(
        &self,
        org: OrgId,
        group: &ResourceId,
    ) -> Result<Vec<(String, RoleSource)>, StoreError> {
        let mut roles: Vec<(String, RoleSource)> = self.rows(
            "SELECT r.name, c.source FROM group_roles c JOIN roles r ON r.key = c.role
             WHERE c.org = ?1 AND c.group_id = ?2
             UNION ALL
             SELECT r.name, 'rule' FROM groups g
             JOIN role_rules c ON c.org = g.org AND c.group_name_key = g.display_name_key
             JOIN roles r ON r.key = c.role
             WHERE g.org = ?1 AND g.id = ?2",
            params![org, group],
            |row| Ok((row.get(0)?, row.get::<_, Named<_>>(1)?.0)),
        )?;
        roles.sort();
        Ok(roles)
    }

    /// Names of the roles that a user has, each once, sorted.
    pub fn roles_of_user(&self, org: OrgId, id: &ResourceId) -> Result<Vec<String>, StoreError> {
        match self.user_key(org, id)? {
            Some(key) => self.roles_of(org, key),
            None => Ok(Vec::new()),
        }
    }

    pub(super) fn roles_of(&self, org: OrgId, user: i64) -> Result<Vec<String>, StoreError> {
        let names = self.carried(
            org,
            of_user!("r.name", "", ""),
            params![user, org, system::ALL],
            |row| row.get(0),
        )?;
        let once: BTreeSet<String> = names.into_iter().collect();
        Ok(once.into_iter().collect())
    }

    /// Every role that a user has, by every way it comes; in no order.
    pub fn roles_carried(&self, org: OrgId, id: &ResourceId) -> Result<Vec<Carried>, StoreError> {
        let Some(user) = self.user_key(org, id)? else {
            return Ok(Vec::new());
        };
        let sql = of_user!(
            "r.name, r.privileges, c.source, ",
            "g.id, g.display_name, EXISTS (
                 SELECT 1 FROM members m WHERE m.group_key = g.key AND m.user_key = ?1
             )",
            "c.group_id, NULL, 1"
        );
        self.carried(org, sql, params![user, org, system::ALL], |row| {
            let group_id = row.get(3)?;
            let display: Option<String> = row.get(4)?;
            Ok(Carried {
                path: Path {
                    role: row.get(0)?,
                    group: display.unwrap_or_else(|| system_name(&group_id)),
                    group_id,
                    source: row.get::<_, Named<_>>(2)?.0,
                    direct: row.get(5)?,
                },
                privileges: row.get::<_, Json<_>>(1)?.0,
            })
        })
    }

    /// The rows of `sql` if any role is given in the Org.
    fn carried<T>(
        &self,
        org: OrgId,
        sql: &str,
        params: impl Params,
        map: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let given = self.row(
            "SELECT EXISTS (SELECT 1 FROM group_roles WHERE org = ?1)
             OR EXISTS (SELECT 1 FROM role_rules WHERE org = ?1)",
            [org],
            |row| row.get(0),
        )?;
        match given {
            Some(true) => self.rows(sql, params, map),
            _ => Ok(Vec::new()),
        }
    }

    fn role_key(&self, org: OrgId, name: &str) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT key FROM roles WHERE org = ?1 AND name_key = ?2";
        self.row(sql, params![org, fold(name)], |row| row.get(0))
    }
}

fn system_name(id: &ResourceId) -> String {
    system::group_name(id).unwrap_or_default().to_owned()
}

impl Tx<'_> {
    /// Makes a role, or gives the one of that name these privileges.
    pub fn put_role(
        &mut self,
        org: OrgId,
        name: &str,
        privileges: &[String],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.exec(
            "INSERT INTO roles (org, name, name_key, privileges, created)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (org, name_key) DO UPDATE SET privileges = excluded.privileges",
            params![org, name, fold(name), Json(privileges), now],
        )?;
        Ok(())
    }

    /// Removes a role; false if there is none of that name. Groups that carry it and rules that
    /// name it have to be gone before.
    pub fn remove_role(&mut self, org: OrgId, name: &str) -> Result<bool, StoreError> {
        let sql = "DELETE FROM roles WHERE org = ?1 AND name_key = ?2";
        Ok(self.exec(sql, params![org, fold(name)])? == 1)
    }

    /// Gives a role to a group of its Org, also to a system group; false if it has it from that
    /// source.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such role.
    pub fn grant_role(
        &mut self,
        org: OrgId,
        group: &ResourceId,
        role: &str,
        source: RoleSource,
    ) -> Result<bool, StoreError> {
        let role = self.role_key(org, role)?.ok_or(StoreError::NotFound)?;
        self.insert_group_role(org, group, role, source)
    }

    fn insert_group_role(
        &mut self,
        org: OrgId,
        group: &ResourceId,
        role: i64,
        source: RoleSource,
    ) -> Result<bool, StoreError> {
        let sql = "INSERT INTO group_roles (org, group_id, role, source) VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT DO NOTHING";
        Ok(self.exec(sql, params![org, group, role, Named(source)])? == 1)
    }

    /// Takes a role from a group, as far as it came from that source; false if it did not.
    pub fn revoke_role(
        &mut self,
        org: OrgId,
        group: &ResourceId,
        role: &str,
        source: RoleSource,
    ) -> Result<bool, StoreError> {
        let sql = "DELETE FROM group_roles WHERE org = ?1 AND group_id = ?2 AND source = ?4
                   AND role = (SELECT key FROM roles WHERE org = ?1 AND name_key = ?3)";
        Ok(self.exec(sql, params![org, group, fold(role), Named(source)])? == 1)
    }

    /// Makes `roles` what the identity provider gives to a group. Returns the place, from 0, of
    /// the first name that is no role of the Org; nothing is changed then.
    pub fn set_scim_roles(
        &mut self,
        org: OrgId,
        group: &ResourceId,
        roles: &[&str],
    ) -> Result<Result<(), usize>, StoreError> {
        let mut keys = Vec::with_capacity(roles.len());
        for (at, role) in roles.iter().enumerate() {
            match self.role_key(org, role)? {
                Some(key) => keys.push(key),
                None => return Ok(Err(at)),
            }
        }
        self.exec(
            "DELETE FROM group_roles WHERE org = ?1 AND group_id = ?2 AND source = ?3",
            params![org, group, Named(RoleSource::Scim)],
        )?;
        for key in keys {
            self.insert_group_role(org, group, key, RoleSource::Scim)?;
        }
        Ok(Ok(()))
    }

    /// Makes a rule; false if it is there.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such role.
    pub fn insert_role_rule(
        &mut self,
        org: OrgId,
        group_name: &str,
        role: &str,
    ) -> Result<bool, StoreError> {
        let role = self.role_key(org, role)?.ok_or(StoreError::NotFound)?;
        let sql = "INSERT INTO role_rules (org, group_name, group_name_key, role)
                   VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
        Ok(self.exec(sql, params![org, group_name, fold(group_name), role])? == 1)
    }

    /// Removes a rule; false if it was not there.
    pub fn remove_role_rule(
        &mut self,
        org: OrgId,
        group_name: &str,
        role: &str,
    ) -> Result<bool, StoreError> {
        let sql = "DELETE FROM role_rules WHERE org = ?1 AND group_name_key = ?2
                   AND role = (SELECT key FROM roles WHERE org = ?1 AND name_key = ?3)";
        Ok(self.exec(sql, params![org, fold(group_name), fold(role)])? == 1)
    }
}
