//! Who is at the other end of the operations socket, and what that user may do.
//!
//! Names come from `/etc/passwd` and `/etc/group` alone, read anew for each connection.

use std::fs;

use crate::model::operator::{OperatorRole, OperatorRule, Whom};

/// A process at the other end, as the kernel tells it (`SO_PEERCRED`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its user.
    pub uid: u32,
    /// Its primary group.
    pub gid: u32,
}

/// The users and groups of this machine, as text of the forms of passwd(5) and group(5).
#[derive(Default)]
pub(super) struct Accounts {
    users: String,
    groups: String,
}

impl Accounts {
    /// Those of now. What cannot be read names nobody.
    pub(super) fn read() -> Self {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        Self {
            users: read("/etc/passwd"),
            groups: read("/etc/group"),
        }
    }

    /// The login name of a user.
    fn login(&self, uid: u32) -> Option<&str> {
        self.users.lines().find_map(|line| {
            let mut fields = line.split(':');
            let (name, number) = (fields.next()?, fields.nth(1)?);
            (number.parse() == Ok(uid) && !name.is_empty()).then_some(name)
        })
    }

    /// Number and members of a group.
    fn group(&self, group: &str) -> Option<(u32, &str)> {
        self.groups.lines().find_map(|line| {
            let mut fields = line.split(':');
            let (name, number) = (fields.next()?, fields.nth(1)?);
            let members = fields.next().unwrap_or_default();
            (name == group).then_some((number.parse().ok()?, members))
        })
    }

    /// The number of a group.
    pub(super) fn gid(&self, group: &str) -> Option<u32> {
        self.group(group).map(|(gid, _)| gid)
    }

    /// The login name of a user, or `uid 1000` if it has none here.
    pub(super) fn name(&self, uid: u32) -> String {
        self.login(uid)
            .map_or_else(|| format!("uid {uid}"), str::to_owned)
    }

    /// What a peer may do under `rules`, to a daemon of the user `owner`; `None`: nothing.
    pub(super) fn role(
        &self,
        peer: Peer,
        owner: u32,
        rules: &[OperatorRule],
    ) -> Option<OperatorRole> {
        if peer.uid == 0 || peer.uid == owner {
            return Some(OperatorRole::Admin);
        }
        let login = self.login(peer.uid);
        let meant = |whom: &Whom| match whom {
            Whom::User(user) => login == Some(user.as_str()),
            Whom::Group(group) => self.group(group).is_some_and(|(gid, members)| {
                gid == peer.gid
                    || login.is_some_and(|login| members.split(',').any(|name| name == login))
            }),
        };
        let rules = rules.iter().filter(|rule| meant(&rule.whom));
        rules.map(|rule| rule.role).max()
    }
}

/// The login name of a user, or `uid 1000` if it has none here.
pub fn login(uid: u32) -> String {
    Accounts::read().name(uid)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accounts() -> Accounts {
        Accounts {
            users:
                "root:x:0:0::/root:/bin/sh\nbroken\n:x:7:7::/:/\nada:x:1000:1000:Ada:/home/ada:\n\
                    bob:x:1001:200::/:\neve:x:1002:1002::/:"
                    .into(),
            groups: "root:x:0:\nscim-ops:x:200:ada,carol\nnobody\nempty:x:300:\nlast:x:400".into(),
        }
    }

    #[test]
    fn names_of_users() {
        for (uid, name) in [(0, "root"), (1000, "ada"), (7, "uid 7"), (100, "uid 100")] {
            assert_eq!(accounts().name(uid), name);
        }
        assert_eq!(login(u32::MAX - 1), format!("uid {}", u32::MAX - 1));
    }

    #[test]
    fn root_and_the_daemons_user_are_admins_and_others_are_what_rules_say() {
        use OperatorRole::{Admin, Operator, Viewer};
        let rule = |whom, role| OperatorRule { whom, role };
        let (user, group) = (
            |name: &str| Whom::User(name.into()),
            |name: &str| Whom::Group(name.into()),
        );
        let rules = [
            rule(group("scim-ops"), Viewer),
            rule(user("ada"), Operator),
            rule(group("nowhere"), Admin),
            rule(group("empty"), Admin),
            rule(user(""), Admin),
        ];
        for (uid, gid, expected) in [
            (0, 0, Some(Admin)),
            (500, 500, Some(Admin)),
            // By name, and in the group too: the higher counts.
            (1000, 1000, Some(Operator)),
            // By primary group.
            (1001, 200, Some(Viewer)),
            (1002, 1002, None),
            (7, 7, None),
            (4242, 4242, None),
        ] {
            let peer = Peer { uid, gid };
            assert_eq!(accounts().role(peer, 500, &rules), expected, "{uid}");
            let unruled = accounts().role(peer, 500, &[]);
            assert_eq!(
                unruled,
                expected.filter(|_| [0, 500].contains(&uid)),
                "{uid}"
            );
        }
        let unnamed = Peer { uid: 1000, gid: 1 };
        assert_eq!(Accounts::default().role(unnamed, 500, &rules), None);
    }

    #[test]
    fn numbers_of_groups() {
        let accounts = accounts();
        assert_eq!(accounts.gid("scim-ops"), Some(200));
        assert_eq!(accounts.gid("last"), Some(400));
        assert_eq!((accounts.gid("nobody"), accounts.gid("ops")), (None, None));
    }
}
