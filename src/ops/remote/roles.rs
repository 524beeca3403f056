//! Roles, of a running daemon.

use http::Method;

use super::{RemoteOps, encoded, query_string};
use crate::model::role::{Access, Role, RoleRule};
use crate::ops::api::roles::{Grant, NewRole, SetRule};
use crate::ops::api::{Reply, Roles};
use crate::ops::wire::{OfOrg, Rehearse};

impl Roles for RemoteOps {
    fn privileges(&self) -> Reply<'_, Vec<String>> {
        self.get("/privileges", &())
    }

    fn roles<'a>(&'a self, org: Option<&'a str>) -> Reply<'a, Vec<Role>> {
        let org = org.map(str::to_owned);
        self.get("/roles", &OfOrg { org })
    }

    fn put_role<'a>(&'a self, org: &'a str, role: NewRole) -> Reply<'a, Role> {
        self.change(Method::PUT, &of(org, "roles"), &role)
    }

    fn remove_role<'a>(&'a self, org: &'a str, role: &'a str, dry_run: bool) -> Reply<'a, Role> {
        let path = format!("{}/{}", of(org, "roles"), encoded(role));
        let target = format!("{path}{}", query_string(&Rehearse { dry_run }));
        self.change(Method::DELETE, &target, &())
    }

    fn grant_role<'a>(&'a self, org: &'a str, grant: Grant) -> Reply<'a, Role> {
        self.change(Method::POST, &of(org, "role-grants"), &grant)
    }

    fn role_rules<'a>(&'a self, org: Option<&'a str>) -> Reply<'a, Vec<RoleRule>> {
        let org = org.map(str::to_owned);
        self.get("/role-rules", &OfOrg { org })
    }

    fn set_role_rule<'a>(&'a self, org: &'a str, rule: SetRule) -> Reply<'a, Vec<RoleRule>> {
        self.change(Method::POST, &of(org, "role-rules"), &rule)
    }

    fn access<'a>(&'a self, org: &'a str, which: &'a str) -> Reply<'a, Access> {
        let path = format!("{}/{}", of(org, "access"), encoded(which));
        self.get(&path, &())
    }
}

fn of(org: &str, what: &str) -> String {
    format!("/orgs/{}/{what}", encoded(org))
}
