//! The people of a run: names, documents and filters, all computed from a number.
//!
//! Nothing of them needs to be remembered. Ten consecutive numbers share a family name with a
//! number of its own, so that `sw` and `co` on it find ten users in a directory of any size.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

/// Users that share a family name.
pub(super) const FAMILY: u64 = 10;

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// Schema of a group (RFC 7643 §4.2).
pub(super) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// Given names.
pub(crate) const GIVEN: [&str; 32] = [
    "Aisha", "Amelie", "Anna", "Bruno", "Carla", "Chen", "Daniel", "Elif", "Emma", "Fatima",
    "Gabriel", "Hana", "Ingrid", "Ivan", "Joao", "Kofi", "Lena", "Liam", "Mateo", "Mei", "Nadia",
    "Noah", "Olga", "Omar", "Priya", "Quentin", "Ravi", "Sofia", "Tomas", "Uma", "Viktor", "Zoe",
];

/// Family names.
pub(crate) const FAMILIES: [&str; 40] = [
    "Abebe", "Andersen", "Baker", "Bianchi", "Castro", "Cohen", "Dubois", "Eriksen", "Fischer",
    "Garcia", "Haddad", "Hoffmann", "Ivanova", "Jensen", "Kaya", "Kim", "Kowalski", "Larsson",
    "Lopez", "Martin", "Meyer", "Miller", "Moreau", "Nakamura", "Nguyen", "Novak", "Okafor",
    "Patel", "Quinn", "Rossi", "Santos", "Schmidt", "Silva", "Singh", "Smith", "Tanaka", "Usman",
    "Virtanen", "Weber", "Zhang",
];

/// Departments.
pub(crate) const DEPARTMENTS: [&str; 6] = [
    "Sales",
    "Engineering",
    "Finance",
    "Support",
    "Legal",
    "People",
];

/// Spreads `value` over all 64 bits (the finalizer of `SplitMix64`).
pub(crate) const fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// One of `from`, decided by `draw`.
pub(crate) fn choose<'a>(from: &[&'a str], draw: u64) -> &'a str {
    let at = draw % u64::try_from(from.len()).unwrap_or(1);
    usize::try_from(at)
        .ok()
        .and_then(|at| from.get(at))
        .copied()
        .unwrap_or_default()
}

/// The naming of one run.
#[derive(Clone, Debug)]
pub(super) struct People {
    /// Unique to the run; begins every name that it creates.
    pub prefix: String,
    /// Decides names and picks.
    pub seed: u64,
}

impl People {
    /// Names that no other run, and nobody's directory, has.
    pub fn new(seed: u64) -> Self {
        let unique = uuid::Uuid::new_v4().simple().to_string();
        Self {
            prefix: format!("bench{}", &unique[..10]),
            seed,
        }
    }

    fn names(&self, n: u64) -> (&'static str, &'static str) {
        let draw = mix(self.seed ^ mix(n / FAMILY));
        let given = choose(&GIVEN, (draw >> 32).wrapping_add(n % FAMILY));
        (given, choose(&FAMILIES, draw))
    }

    /// What the `userName`s of a family have in common.
    pub fn family_prefix(&self, n: u64) -> String {
        let (_, family) = self.names(n);
        format!("{}-{}{}.", self.prefix, family.to_lowercase(), n / FAMILY)
    }

    /// Text inside the `userName`s of a family, at the beginning of none.
    pub fn family_part(&self, n: u64) -> String {
        self.family_prefix(n).split_off("bench".len())
    }

    /// `userName` of user `n`.
    pub fn user_name(&self, n: u64) -> String {
        let (given, _) = self.names(n);
        let given = given.to_lowercase();
        format!("{}{given}@bench.example", self.family_prefix(n))
    }

    /// `externalId` of user `n`, in no order.
    pub fn external_id(&self, n: u64) -> String {
        format!("{}-{:016x}", self.prefix, mix(n))
    }

    /// `displayName` of user `n`.
    pub fn display_name(&self, n: u64) -> String {
        let (given, family) = self.names(n);
        format!("{given} {family} {} ({})", n / FAMILY, self.prefix)
    }

    /// Work address of user `n`.
    pub fn email(&self, n: u64) -> String {
        format!("{}.{n}@mail.bench.example", self.prefix)
    }

    /// `displayName` of group `n`.
    pub fn group_name(&self, n: u64) -> String {
        format!("{} {} {n}", self.prefix, choose(&DEPARTMENTS, mix(n)))
    }

    /// The document that creates user `n`: what a provider with an ordinary mapping sends.
    pub fn user(&self, n: u64) -> Value {
        let (given, family) = self.names(n);
        json!({
            "schemas": [USER, ENTERPRISE],
            "externalId": self.external_id(n),
            "userName": self.user_name(n),
            "name": {
                "formatted": format!("{given} {family}"),
                "familyName": family,
                "givenName": given,
            },
            "displayName": self.display_name(n),
            "title": "Account Executive",
            "emails": [{"value": self.email(n), "type": "work", "primary": true}],
            "phoneNumbers": [{"value": format!("+1 555 {:07}", n % 10_000_000), "type": "work"}],
            "locale": "en-US",
            "active": true,
            ENTERPRISE: {
                "employeeNumber": n.to_string(),
                "department": choose(&DEPARTMENTS, mix(n)),
            },
        })
    }

    /// The document that creates group `n` with `members`.
    pub fn group(&self, n: u64, members: &[Value]) -> Value {
        json!({
            "schemas": [GROUP],
            "externalId": self.external_id(n),
            "displayName": self.group_name(n),
            "members": members,
        })
    }

    /// A number below `below` for operation `n`, the same in each run with this seed.
    pub fn pick(&self, n: u64, below: u64) -> u64 {
        mix(self.seed.rotate_left(32) ^ n) % below.max(1)
    }
}

/// A PATCH of `operations` (RFC 7644 §3.5.2).
pub(super) fn patch(operations: &Value) -> Value {
    json!({"schemas": [PATCH], "Operations": operations})
}

/// `attribute operator "value"` as a query parameter.
pub(super) fn filter(attribute: &str, operator: &str, value: &str) -> String {
    let text = format!("{attribute} {operator} \"{value}\"");
    format!("filter={}", utf8_percent_encode(&text, NON_ALPHANUMERIC))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_name_is_unique_and_ten_share_a_family() {
        let people = People::new(7);
        let mut seen = HashSet::new();
        for n in 0..5_000 {
            for name in [
                people.user_name(n),
                people.display_name(n),
                people.external_id(n),
            ] {
                assert!(seen.insert(name.clone()), "{name}");
            }
        }
        let names: Vec<_> = (0..5_000).map(|n| people.user_name(n)).collect();
        for n in [0, 11, 123, 4_999] {
            let (start, part) = (people.family_prefix(n), people.family_part(n));
            assert_eq!(
                names.iter().filter(|name| name.starts_with(&start)).count(),
                10
            );
            assert_eq!(names.iter().filter(|name| name.contains(&part)).count(), 10);
            assert!(!names.iter().any(|name| name.starts_with(&part)));
        }
    }

    #[test]
    fn names_follow_the_seed_and_the_prefix_does_not() {
        let (a, b) = (People::new(3), People::new(3));
        assert_ne!(a.prefix, b.prefix);
        assert_eq!(a.names(42), b.names(42));
        assert_eq!(a.pick(9, 1_000), b.pick(9, 1_000));
        assert!((0..1_000).all(|n| a.pick(n, 10) < 10));
        assert_eq!(a.pick(1, 0), 0);
    }

    #[test]
    fn filters_are_encoded() {
        assert_eq!(
            filter("userName", "eq", "a b@c"),
            "filter=userName%20eq%20%22a%20b%40c%22"
        );
    }
}
