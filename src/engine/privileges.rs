//! Which privileges a role may hold: the known ones, and those that the configuration declares.

/// The known privileges. Roles are given through groups, so that what only groups may hold is
/// among them.
const KNOWN: [&str; 48] = [
    "A3ANALYSIS",
    "ADMINISTRATION",
    "ALLOW_NON_EMBED_FULL_APP_ACCESS",
    "APPLICATION_ADMINISTRATION",
    "AUTHENTICATION_ADMINISTRATION",
    "AUTHORING",
    "BILLING_INFO_ADMINISTRATION",
    "BYPASSRLS",
    "CAN_ACCESS_AGENTSPOT",
    "CAN_ACCESS_ANALYST_STUDIO",
    "CAN_CREATE_CATALOG",
    "CAN_CREATE_OR_EDIT_CONNECTIONS",
    "CAN_DOWNLOAD_DETAILED_DATA",
    "CAN_DOWNLOAD_VISUALS",
    "CAN_MANAGE_AGENTSPOT",
    "CAN_MANAGE_ANALYST_STUDIO",
    "CAN_MANAGE_CUSTOM_CALENDAR",
    "CAN_MANAGE_SPOTTER",
    "CAN_MANAGE_VARIABLES",
    "CAN_MANAGE_VERSION_CONTROL",
    "CAN_MANAGE_WEBHOOKS",
    "CAN_MANAGE_WORKSHEET_VIEWS_TABLES",
    "CAN_MODIFY_FOLDERS",
    "CAN_SETUP_VERSION_CONTROL",
    "CAN_USE_SPOTTER",
    "CAN_VIEW_FOLDERS",
    "CONTROL_TRUSTED_AUTH",
    "DATADOWNLOADING",
    "DATAMANAGEMENT",
    "DEVELOPER",
    "DISABLE_PINBOARD_CREATION",
    "EXPERIMENTALFEATUREPRIVILEGE",
    "GROUP_ADMINISTRATION",
    "JOBSCHEDULING",
    "LIVEBOARD_VERIFIER",
    "ORG_ADMINISTRATION",
    "PREVIEW_DOCUMENT_SEARCH",
    "PREVIEW_THOUGHTSPOT_SAGE",
    "RANALYSIS",
    "ROLE_ADMINISTRATION",
    "SHAREWITHALL",
    "SYNCMANAGEMENT",
    "SYSTEM_INFO_ADMINISTRATION",
    "TAGMANAGEMENT",
    "THIRDPARTY_ANALYSIS",
    "USERDATAUPLOADING",
    "USERMANAGEMENT",
    "USER_ADMINISTRATION",
];

/// Every privilege of this server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Privileges(Vec<String>);

impl Privileges {
    /// The known privileges and `declared`.
    pub fn new(declared: Vec<String>) -> Self {
        Self(sorted(KNOWN.into_iter().map(str::to_owned).chain(declared)))
    }

    /// Their names, sorted.
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// What a role with the privileges `given` holds: each once, sorted.
    ///
    /// # Errors
    /// Which of them, counted from 1, is unknown, and what to do.
    pub fn check(&self, given: Vec<String>) -> Result<Vec<String>, String> {
        let unknown = |name: &String| self.0.binary_search(name).is_err();
        match given.iter().position(unknown) {
            Some(at) => Err(format!(
                "privilege {} is unknown; `scimtop roles privileges` lists all, and `privileges = \
                 [\"MY_APP_ADMIN\"]` in the configuration declares more",
                at + 1
            )),
            None => Ok(sorted(given)),
        }
    }
}

fn sorted(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut names: Vec<_> = names.into_iter().collect();
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn known_and_declared_privileges_are_listed_once_and_in_order() {
        let all = Privileges::new(names(&["MY_APP_ADMIN", "DEVELOPER", "A"]));
        assert_eq!(all.names().len(), KNOWN.len() + 2);
        assert!(all.names().is_sorted());
        assert!(Privileges::new(Vec::new()).names() == KNOWN);
    }

    #[test]
    fn what_a_role_may_hold() {
        let all = Privileges::new(names(&["MY_APP_ADMIN"]));
        for (given, expected) in [
            (vec![], Ok(vec![])),
            (
                vec!["MY_APP_ADMIN", "DEVELOPER", "MY_APP_ADMIN"],
                Ok(vec!["DEVELOPER", "MY_APP_ADMIN"]),
            ),
            (vec!["USERMANAGEMENT"], Ok(vec!["USERMANAGEMENT"])),
            (vec!["DEVELOPER", "developer"], Err("privilege 2")),
            (vec!["", "NO"], Err("privilege 1")),
        ] {
            match (all.check(names(&given)), expected) {
                (Ok(held), Ok(expected)) => assert_eq!(held, names(&expected)),
                (Err(error), Err(place)) => {
                    assert!(error.starts_with(place) && error.contains("privileges = ["));
                }
                (found, _) => panic!("{given:?}: {found:?}"),
            }
        }
    }
}
