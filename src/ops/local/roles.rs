//! Roles, over the house.

use super::LocalOps;
use crate::model::role::{Access, Role, RoleRule};
use crate::ops::api::roles::{Grant, NewRole, SetRule};
use crate::ops::api::{Reply, Roles};
use crate::ops::roles;

impl Roles for LocalOps {
    fn privileges(&self) -> Reply<'_, Vec<String>> {
        self.run(|house, _| Ok(house.privileges.names().to_vec()))
    }

    fn roles<'a>(&'a self, org: Option<&'a str>) -> Reply<'a, Vec<Role>> {
        let org = org.map(str::to_owned);
        self.run(move |house, _| roles::list(house, org.as_deref()))
    }

    fn put_role<'a>(&'a self, org: &'a str, role: NewRole) -> Reply<'a, Role> {
        let org = org.to_owned();
        self.run(move |house, operator| roles::put(house, operator, &org, role))
    }

    fn remove_role<'a>(&'a self, org: &'a str, role: &'a str, dry_run: bool) -> Reply<'a, Role> {
        let (org, role) = (org.to_owned(), role.to_owned());
        self.run(move |house, operator| roles::remove(house, operator, &org, role, dry_run))
    }

    fn grant_role<'a>(&'a self, org: &'a str, grant: Grant) -> Reply<'a, Role> {
        let org = org.to_owned();
        self.run(move |house, operator| roles::grant(house, operator, &org, grant))
    }

    fn role_rules<'a>(&'a self, org: Option<&'a str>) -> Reply<'a, Vec<RoleRule>> {
        let org = org.map(str::to_owned);
        self.run(move |house, _| roles::rules(house, org.as_deref()))
    }

    fn set_role_rule<'a>(&'a self, org: &'a str, rule: SetRule) -> Reply<'a, Vec<RoleRule>> {
        let org = org.to_owned();
        self.run(move |house, operator| roles::set_rule(house, operator, &org, rule))
    }

    fn access<'a>(&'a self, org: &'a str, which: &'a str) -> Reply<'a, Access> {
        let (org, which) = (org.to_owned(), which.to_owned());
        self.run(move |house, _| roles::access(house, &org, &which))
    }
}
