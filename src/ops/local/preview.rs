//! Impact and simulation, over the house.

use super::LocalOps;
use crate::ops::api::preview::{Impact, Simulated, Simulation};
use crate::ops::api::{Preview, Reply};
use crate::ops::{impact, preview};
use crate::scim::schema::Kind;

impl Preview for LocalOps {
    fn impact<'a>(&'a self, org: &'a str, kind: Kind, which: &'a str) -> Reply<'a, Impact> {
        let (org, which) = (org.to_owned(), which.to_owned());
        self.run(move |house, _| impact::of(house, &org, kind, &which))
    }

    fn simulate<'a>(
        &'a self,
        org: &'a str,
        requests: Vec<Simulated>,
    ) -> Reply<'a, Vec<Simulation>> {
        let org = org.to_owned();
        self.run(move |house, _| preview::simulate(house, &org, requests))
    }
}
