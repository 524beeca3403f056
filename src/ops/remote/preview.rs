//! Impact and simulation, of a running daemon.

use http::Method;

use super::{RemoteOps, encoded};
use crate::ops::api::preview::{Impact, Simulated, Simulation};
use crate::ops::api::{Preview, Reply};
use crate::ops::wire::Which;
use crate::scim::schema::Kind;

impl Preview for RemoteOps {
    fn impact<'a>(&'a self, org: &'a str, kind: Kind, which: &'a str) -> Reply<'a, Impact> {
        let which = which.to_owned();
        let path = format!("/orgs/{}/impact", encoded(org));
        self.get(&path, &Which { kind, which })
    }

    fn simulate<'a>(
        &'a self,
        org: &'a str,
        requests: Vec<Simulated>,
    ) -> Reply<'a, Vec<Simulation>> {
        let path = format!("/orgs/{}/simulate", encoded(org));
        self.change(Method::POST, &path, &requests)
    }
}
