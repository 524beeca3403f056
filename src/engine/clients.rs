//! Which identity provider is this? Recognised from what it sends, never from what it claims to
//! be allowed to do: the answer is shown to operators and decides nothing else.

use crate::model::exchange::Client;
use crate::scim::quirk::{Quirk, Quirks};

/// What a request shows of its sender.
#[derive(Clone, Copy, Debug)]
pub struct Traits<'a> {
    /// `User-Agent`, as sent; empty if none.
    pub user_agent: &'a str,
    /// Query, as sent.
    pub query: &'a str,
    /// HTTP method.
    pub method: &'a str,
    /// Request body, as text; empty if none.
    pub body: &'a str,
    /// Quirks that were met.
    pub quirks: Quirks,
}

/// Words in a `User-Agent` (compared in lower case), most telling first.
const AGENTS: [(&str, Client); 15] = [
    ("okta", Client::Okta),
    ("rauthy", Client::Rauthy),
    ("onelogin", Client::OneLogin),
    ("jumpcloud", Client::JumpCloud),
    ("sailpoint", Client::SailPoint),
    ("cyberark", Client::CyberArk),
    ("rippling", Client::Rippling),
    ("authentik", Client::Authentik),
    ("keycloak", Client::Keycloak),
    ("canaille", Client::Canaille),
    ("pingfederate", Client::Ping),
    ("pingone", Client::Ping),
    ("apache-httpclient", Client::Ping),
    ("scim2", Client::Scim2Cli),
    ("curl/", Client::Curl),
];

/// Marks in a body that only Entra sends.
const ENTRA_BODY: [&str; 3] = [
    "schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM",
    "WindowsAzureActiveDirectoryRole",
    "extension:enterprise:2.0User",
];

/// True if it is this program that asks (a comparison, a benchmark), whosever token it was given:
/// that says nothing about the token's client.
pub fn is_ours(user_agent: &str) -> bool {
    user_agent.starts_with("scimtop/")
}

/// Recognises the client, [`Client::Unknown`] if nothing gives it away.
pub fn recognise(traits: &Traits<'_>) -> Client {
    let agent = traits.user_agent.to_ascii_lowercase();
    if let Some((_, client)) = AGENTS.iter().find(|(word, _)| agent.contains(word)) {
        return *client;
    }
    if looks_like_entra(traits) {
        return Client::Entra;
    }
    if traits.method == "PUT" && traits.body.contains("\"tel:+") && traits.body.contains(":null") {
        return Client::JumpCloud;
    }
    Client::Unknown
}

fn looks_like_entra(traits: &Traits<'_>) -> bool {
    let query = traits.query.to_ascii_lowercase();
    query.contains("aadoptscim062020")
        || query.contains("azureadscimpatch2017")
        || (query.contains("excludedattributes=members") && query.contains("filter="))
        || ENTRA_BODY.iter().any(|mark| traits.body.contains(mark))
        || traits.quirks.has(Quirk::OpCase)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(user_agent: &str, method: &str, query: &str, body: &str) -> Client {
        recognise(&Traits {
            user_agent,
            query,
            method,
            body,
            quirks: Quirks::default(),
        })
    }

    #[test]
    fn user_agents_and_fingerprints_name_the_client() {
        for (agent, method, query, body, client) in [
            ("Okta SCIM Client 1.0.0", "GET", "", "", Client::Okta),
            ("Rauthy Client v0.36.0", "GET", "", "", Client::Rauthy),
            ("curl/8.5.0", "GET", "", "", Client::Curl),
            (
                "Apache-HttpClient/4.5.13 (Java/11)",
                "GET",
                "",
                "",
                Client::Ping,
            ),
            ("", "PATCH", "aadOptscim062020", "", Client::Entra),
            (
                "",
                "GET",
                "excludedAttributes=members&filter=displayName%20eq%20%22x%22",
                "",
                Client::Entra,
            ),
            (
                "",
                "POST",
                "",
                r#"{"schemas":["http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"]}"#,
                Client::Entra,
            ),
            (
                "axios/1.6",
                "PUT",
                "",
                r#"{"emails":null,"phoneNumbers":[{"value":"tel:+1-555"}]}"#,
                Client::JumpCloud,
            ),
            ("python-requests/2.32", "GET", "", "", Client::Unknown),
        ] {
            assert_eq!(of(agent, method, query, body), client, "{agent} {query}");
        }
    }

    #[test]
    fn what_this_program_sends_is_known_as_its_own() {
        assert!(is_ours("scimtop/0.1.0"));
        assert!(!is_ours("Okta SCIM Client 1.0.0") && !is_ours(""));
    }

    #[test]
    fn capital_ops_are_entras() {
        let mut quirks = Quirks::default();
        quirks.note(Quirk::OpCase);
        let traits = Traits {
            user_agent: "",
            query: "",
            method: "PATCH",
            body: "",
            quirks,
        };
        assert_eq!(recognise(&traits), Client::Entra);
    }
}
