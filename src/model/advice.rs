//! Why an exchange ended as it did and what to do about it: the operator's explanation.
//!
//! A table from status, `scimType`, refusal and operation to cause and next steps; pure, and the
//! same text on the dashboard, the console and the command line. It never holds a secret.

use crate::model::exchange::{Client, ExchangeSummary, Operation};
use crate::model::token::{Refusal, Token};

/// An explanation of one exchange.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Advice {
    /// The cause, in one line.
    pub why: String,
    /// What to do, in order; empty if nothing needs doing.
    pub steps: Vec<String>,
}

/// What the explanation may refer to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    /// Tokens that are known, to name the one that was used.
    pub tokens: &'a [Token],
    /// Base URL that identity providers should have.
    pub base_url: &'a str,
}

/// Explains `exchange`.
pub fn advise(exchange: &ExchangeSummary, context: Context<'_>) -> Advice {
    match exchange.refusal {
        Some(refusal) => refused(refusal, exchange, context),
        None if exchange.status >= 400 => failed(exchange, context),
        None => Advice {
            why: done(exchange),
            steps: Vec::new(),
        },
    }
}

/// Where the administrator of `client` enters the bearer token.
pub const fn token_place(client: Client) -> &'static str {
    match client {
        Client::Okta => "Okta: app › Provisioning › Integration › Edit › API token",
        Client::Entra => "Entra: app › Provisioning › Admin Credentials › Secret Token",
        Client::OneLogin => "OneLogin: app › Configuration › SCIM Bearer Token",
        Client::JumpCloud => "JumpCloud: app › Identity Management › Token Key",
        Client::Ping => "Ping: connection › Authentication › OAuth 2 Bearer Token",
        Client::Keycloak => "Keycloak: User Federation › SCIM provider › Auth token",
        Client::Authentik => "authentik: Providers › SCIM provider › Token",
        Client::Rauthy => "rauthy: Clients › client › SCIM › Bearer token",
        Client::Curl | Client::Scim2Cli => "the request: -H \"Authorization: Bearer TOKEN\"",
        _ => "the identity provider's SCIM settings › bearer token",
    }
}

/// Where the administrator of `client` enters the base URL.
pub const fn url_place(client: Client) -> &'static str {
    match client {
        Client::Okta => "Okta: app › Provisioning › Integration › SCIM connector base URL",
        Client::Entra => "Entra: app › Provisioning › Admin Credentials › Tenant URL",
        Client::OneLogin => "OneLogin: app › Configuration › SCIM Base URL",
        Client::JumpCloud => "JumpCloud: app › Identity Management › Base URL",
        _ => "the identity provider's SCIM settings › base URL",
    }
}

fn refused(refusal: Refusal, exchange: &ExchangeSummary, context: Context<'_>) -> Advice {
    let place = token_place(exchange.client);
    let again = || {
        vec![
            format!("Paste the whole token once more: {place}"),
            "If it was not kept: scimtop token create".to_owned(),
        ]
    };
    let create = || {
        vec![
            "Issue a token: scimtop token create".to_owned(),
            format!("Paste it: {place}"),
        ]
    };
    let id = exchange.token.as_ref().map_or("TOKEN", |id| id.0.as_str());
    let token = context
        .tokens
        .iter()
        .find(|token| Some(&token.id) == exchange.token.as_ref());
    let (why, steps) = match refusal {
        Refusal::Missing => (
            "the request carried no Authorization header".to_owned(),
            vec![
                format!("Enter the token: {place}"),
                "If it is there: see whether a proxy in between removes the header".to_owned(),
            ],
        ),
        Refusal::SchemeMissing => (
            "the token came without the word Bearer before it".to_owned(),
            vec![format!("Write \"Bearer \" before the token: {place}")],
        ),
        Refusal::WrongScheme => (
            "the credential was not a bearer token (Basic or Digest)".to_owned(),
            vec![format!(
                "Choose bearer token (HTTP header) as authentication: {place}"
            )],
        ),
        Refusal::Foreign => (
            "the credential is not a token of this server, or not all of one".to_owned(),
            again(),
        ),
        Refusal::Damaged => (
            "one of this server's tokens, with characters lost or changed on the way".to_owned(),
            again(),
        ),
        Refusal::Unknown => (
            "a well-formed token that was never issued here (another server or data directory?)"
                .to_owned(),
            create(),
        ),
        Refusal::Expired => (
            token.map_or_else(
                || "bearer token expired".to_owned(),
                |token| {
                    let expired = token.expires.to_utc().format("%Y-%m-%d %H:%M:%SZ");
                    let issued = token.created.to_utc().format("%Y-%m-%d");
                    format!("bearer token expired {expired} (issued {issued})")
                },
            ),
            vec![
                format!("Issue its successor: scimtop token rotate {id}"),
                format!("Paste it: {place}"),
            ],
        ),
        Refusal::Revoked => (
            "bearer token was revoked by an operator".to_owned(),
            vec![
                "If this client is still wanted: scimtop token create".to_owned(),
                format!("Paste it: {place}"),
                "If it is not: end provisioning at the identity provider".to_owned(),
            ],
        ),
        Refusal::WrongKind => (
            "an application's token at the SCIM endpoint".to_owned(),
            vec![
                "Issue a token for SCIM: scimtop token create --kind scim".to_owned(),
                format!("Paste it: {place}"),
            ],
        ),
        Refusal::WrongOrg => (
            "a valid token on another Org's path".to_owned(),
            vec![
                format!("Correct the base URL: {}", url_place(exchange.client)),
                "Or use a token of that Org: scimtop token create --org ORG".to_owned(),
            ],
        ),
        Refusal::ScimDisabled => (
            "SCIM is not switched on for this Org".to_owned(),
            vec![format!(
                "Switch it on: scimtop org enable-scim {}",
                exchange
                    .org
                    .map_or_else(|| "ORG".to_owned(), |org| org.to_string())
            )],
        ),
        Refusal::NoSuchOrg => (
            "the path names an Org that does not exist".to_owned(),
            vec![
                "See which exist: scimtop org list".to_owned(),
                format!("Correct the base URL: {}", url_place(exchange.client)),
            ],
        ),
    };
    Advice { why, steps }
}

fn failed(exchange: &ExchangeSummary, context: Context<'_>) -> Advice {
    let (why, step) = match (exchange.status, exchange.scim_type.as_deref()) {
        (404 | 405, _) if exchange.operation == Operation::NoRoute => {
            return no_route(exchange, context);
        }
        (_, Some(scim_type)) => by_type(scim_type),
        (404, _) => (
            "no resource has this id: it was removed, or the id is another Org's",
            "scimtop deletions list shows what was removed; then let the identity provider match \
             again (Entra: Restart provisioning; Okta: unassign and assign)",
        ),
        (401, _) => (
            "the credential was refused",
            "Check the token at the identity provider",
        ),
        (403, _) => (
            "the account or group is protected from identity providers",
            "Take it out of the identity provider's assignments",
        ),
        (412, _) => (
            "the resource changed since the client read it (If-Match)",
            "Nothing, if the client reads again and retries",
        ),
        (413, _) => (
            "the body is larger than the limit",
            "Let the identity provider send smaller batches, or raise the limit",
        ),
        (415, _) => (
            "the body is not JSON",
            "Set Content-Type to application/scim+json",
        ),
        (429, _) => (
            "more requests than the limit allows",
            "Nothing: the client waits as Retry-After says",
        ),
        (501, _) => (
            "the endpoint is not offered",
            "Nothing, if the client goes on",
        ),
        (503, _) => (
            "the server could not take it right then",
            "Nothing, if the client retries; else look at disk and load: scimtop status",
        ),
        (500..=599, _) => (
            "a fault on this side",
            "Look for the request id in the log and report it",
        ),
        _ => (
            "the request was refused",
            "Compare request and response in the detail",
        ),
    };
    let why = if exchange.what.is_empty() {
        why.to_owned()
    } else {
        format!("{why}: {}", exchange.what)
    };
    Advice {
        why,
        steps: vec![step.to_owned()],
    }
}

fn no_route(exchange: &ExchangeSummary, context: Context<'_>) -> Advice {
    let base = if context.base_url.is_empty() {
        "the one that scimtop status shows"
    } else {
        context.base_url
    };
    Advice {
        why: "nothing is served at this path: the base URL is wrong".to_owned(),
        steps: vec![format!(
            "Set it to {base} in {}",
            url_place(exchange.client)
        )],
    }
}

fn by_type(scim_type: &str) -> (&'static str, &'static str) {
    match scim_type {
        "uniqueness" => (
            "the name is taken in this Org",
            "Filter for the subject to see who holds it; then correct the matching attribute at \
             the identity provider, or remove the duplicate",
        ),
        "invalidFilter" => (
            "the filter cannot be read or uses an unknown attribute",
            "Correct the matching attribute or filter at the identity provider",
        ),
        "tooMany" => (
            "the answer would be too large",
            "Let the client page, or narrow its filter",
        ),
        "mutability" => (
            "the request would change a read-only or immutable attribute",
            "Take the attribute out of the identity provider's mapping",
        ),
        "invalidSyntax" => (
            "the body is not a valid SCIM message",
            "Look at the request's body in the detail; if the client is a product, report it",
        ),
        "invalidPath" => (
            "a PATCH path is unknown or malformed",
            "Correct or remove the attribute in the identity provider's mapping",
        ),
        "noTarget" => (
            "a PATCH filter matched no value",
            "Nothing, if the client reads again; else correct the mapping",
        ),
        "invalidValue" => (
            "a value is missing or of the wrong type",
            "Correct the attribute's value or mapping at the identity provider",
        ),
        "sensitive" => (
            "the request carried sensitive data in its URL",
            "Let the client use POST /.search",
        ),
        "invalidCursor" | "expiredCursor" => (
            "the page's cursor is unknown or too old",
            "Nothing: the client begins the list again",
        ),
        "invalidCount" => (
            "the page size is out of range",
            "Let the client ask for fewer",
        ),
        _ => (
            "the request was refused",
            "Compare request and response in the detail",
        ),
    }
}

fn done(exchange: &ExchangeSummary) -> String {
    if !exchange.what.is_empty() {
        return exchange.what.clone();
    }
    match exchange.operation {
        Operation::Create => "created",
        Operation::Get | Operation::Query | Operation::Discovery | Operation::Me => "read",
        Operation::Replace => "replaced",
        Operation::Patch => "changed",
        Operation::Deactivate => "deactivated",
        Operation::Activate => "activated",
        Operation::Delete => "removed",
        Operation::Bulk => "done in bulk",
        Operation::NoRoute => "nothing",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::ids::{OrgId, TokenId};
    use crate::model::exchange_filter::tests::exchange;

    fn advice(change: impl FnOnce(&mut ExchangeSummary)) -> Advice {
        let mut exchange = exchange();
        change(&mut exchange);
        let id = TokenId("tok_0a1b2c3d".to_owned());
        let token = Token {
            role: None,
            kind: crate::model::token::TokenKind::Scim,
            id: id.clone(),
            org: OrgId(0),
            lineage: id,
            label: "okta-prod".to_owned(),
            hint: "x9Qa".to_owned(),
            created: Timestamp::parse("2026-02-23T00:00:00Z").unwrap(),
            expires: Timestamp::parse("2026-08-23T13:58:31Z").unwrap(),
            revoked: None,
            successor: None,
            last_used: None,
        };
        advise(
            &exchange,
            Context {
                tokens: &[token],
                base_url: "https://scim.example.com/scim/v2",
            },
        )
    }

    #[test]
    fn an_expired_token_names_its_end_and_the_way_out() {
        let advice = advice(|exchange| {
            exchange.status = 401;
            exchange.refusal = Some(Refusal::Expired);
        });
        assert_eq!(
            advice.why,
            "bearer token expired 2026-08-23 13:58:31Z (issued 2026-02-23)"
        );
        assert_eq!(
            advice.steps,
            [
                "Issue its successor: scimtop token rotate tok_0a1b2c3d",
                "Paste it: Okta: app › Provisioning › Integration › Edit › API token",
            ]
        );
    }

    #[test]
    fn every_failure_has_a_cause_and_a_step() {
        for name in [
            "missing",
            "scheme-missing",
            "wrong-scheme",
            "foreign",
            "damaged",
            "unknown",
            "expired",
            "revoked",
            "wrong-kind",
            "wrong-org",
            "scim-disabled",
            "no-such-org",
        ] {
            let advice = advice(|exchange| exchange.refusal = Refusal::parse(name));
            assert!(!advice.why.is_empty() && !advice.steps.is_empty(), "{name}");
        }
        for status in 400..600 {
            let advice = advice(|exchange| {
                exchange.status = status;
                exchange.scim_type = None;
            });
            assert!(
                !advice.why.is_empty() && !advice.steps.is_empty(),
                "{status}"
            );
        }
    }

    #[test]
    fn a_wrong_base_url_is_answered_with_the_right_one() {
        let advice = advice(|exchange| {
            exchange.status = 404;
            exchange.scim_type = None;
            exchange.operation = Operation::NoRoute;
        });
        assert!(advice.steps[0].contains("https://scim.example.com/scim/v2"));
    }

    #[test]
    fn success_needs_nothing() {
        let advice = advice(|exchange| {
            exchange.status = 200;
            exchange.what.clear();
        });
        assert_eq!(advice.why, "deactivated");
        assert!(advice.steps.is_empty());
    }
}
