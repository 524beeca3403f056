//! Where in an identity provider's console its administrator finds what has to be done.

use crate::model::exchange::Client;

pub use crate::model::advice::{token_place, url_place};

/// Who is assigned to the application: users and groups that are not are never sent.
pub const fn assignments(client: Client) -> &'static str {
    match client {
        Client::Okta => "Okta: app › Assignments › Assign",
        Client::Entra => "Entra: app › Users and groups › Add user/group",
        Client::OneLogin => "OneLogin: app › Users",
        Client::JumpCloud => "JumpCloud: app › User Groups",
        Client::Authentik => "authentik: Applications › app › Backchannel providers",
        Client::Rauthy => "rauthy: Clients › client › SCIM › group sync prefix",
        _ => "the identity provider's assignments of the application",
    }
}

/// How what failed, or was never sent, is sent again. What Okta failed at waits as a task; Entra
/// tries again by itself, more and more seldom.
pub const fn resend(client: Client) -> &'static str {
    match client {
        Client::Okta => {
            "Okta: Dashboard › Tasks › resubmit, or app › Assignments: remove and assign again"
        }
        Client::Entra => "Entra: app › Provisioning › Provision on demand, or Restart provisioning",
        Client::OneLogin => "OneLogin: app › Users › user › Retry",
        Client::JumpCloud => "JumpCloud: app › Identity Management › activate again",
        Client::Authentik => "authentik: Providers › SCIM provider › Sync",
        _ => "the identity provider's provisioning log › retry",
    }
}

/// Which attribute a user or group is recognised by, and what is sent of it.
pub const fn mappings(client: Client) -> &'static str {
    match client {
        Client::Okta => {
            "Okta: app › Provisioning › To App › Attribute Mappings; Sign On › Application username format"
        }
        Client::Entra => "Entra: app › Provisioning › Mappings › Matching precedence",
        Client::OneLogin => "OneLogin: app › Parameters",
        Client::Keycloak => "Keycloak: User Federation › SCIM provider › Mappers",
        Client::Authentik => "authentik: Providers › SCIM provider › Property mappings",
        _ => "the identity provider's attribute mappings",
    }
}

/// Where it is seen whether provisioning runs, and tried.
pub const fn provisioning(client: Client) -> &'static str {
    match client {
        Client::Okta => {
            "Okta: app › Provisioning › Integration › Test API Credentials; Dashboard › Tasks"
        }
        Client::Entra => "Entra: app › Provisioning › Overview › Restart provisioning",
        Client::OneLogin => "OneLogin: app › Provisioning › Enable provisioning",
        Client::Authentik => "authentik: Providers › SCIM provider › Sync status",
        _ => "the state of provisioning at the identity provider",
    }
}

/// How a group is sent with all its members once more.
pub const fn push_group(client: Client) -> &'static str {
    match client {
        Client::Okta => "Okta: app › Push Groups › group › Push now",
        Client::Entra => {
            "Entra: app › Users and groups (the group must be assigned) › Provisioning › Provision on demand"
        }
        Client::OneLogin => "OneLogin: app › Provisioning › Refresh entitlements",
        Client::Authentik => "authentik: Providers › SCIM provider › Sync",
        _ => "the identity provider's group provisioning › sync the group again",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_client_has_a_place_for_everything() {
        for client in Client::ALL {
            for place in [
                assignments,
                resend,
                mappings,
                push_group,
                token_place,
                url_place,
            ] {
                assert!(place(client).len() > 10, "{client:?}");
            }
        }
        assert!(push_group(Client::Okta).contains("Push Groups"));
        assert!(mappings(Client::Entra).contains("Matching precedence"));
    }
}
