//! The clients that can be simulated, by name.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use http::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

use super::company::Company;
use super::direct::Direct;
use super::direct::okta::{self, Okta};
use super::direct::plain::Plain;
use super::direct::ways::{self, Ways};
use super::entra::{self, Entra};
use super::machine::Machine;
use crate::clock::Timestamp;
use crate::wire::Headers;

/// A simulated client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Client {
    /// A custom application of Okta: GET and PUT.
    Okta,
    /// An application of Okta's catalogue: PATCH.
    OktaOin,
    /// Entra with `aadOptscim062020` in the tenant URL.
    Entra,
    /// Entra as it is without.
    EntraLegacy,
    /// OneLogin.
    #[serde(rename = "onelogin")]
    OneLogin,
    /// JumpCloud.
    #[serde(rename = "jumpcloud")]
    JumpCloud,
    /// The SCIM plugin of Keycloak.
    Keycloak,
    /// authentik.
    Authentik,
    /// rauthy.
    Rauthy,
    /// Canaille.
    Canaille,
}

impl Client {
    /// Every client.
    pub const ALL: [Self; 10] = [
        Self::Okta,
        Self::OktaOin,
        Self::Entra,
        Self::EntraLegacy,
        Self::OneLogin,
        Self::JumpCloud,
        Self::Keycloak,
        Self::Authentik,
        Self::Rauthy,
        Self::Canaille,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Okta => "okta",
            Self::OktaOin => "okta-oin",
            Self::Entra => "entra",
            Self::EntraLegacy => "entra-legacy",
            Self::OneLogin => "onelogin",
            Self::JumpCloud => "jumpcloud",
            Self::Keycloak => "keycloak",
            Self::Authentik => "authentik",
            Self::Rauthy => "rauthy",
            Self::Canaille => "canaille",
        }
    }

    /// What every `externalId` begins with.
    pub(super) const fn prefix(self) -> &'static str {
        match self {
            Self::Okta | Self::OktaOin => "00u",
            Self::Entra | Self::EntraLegacy => "",
            _ => "ext-",
        }
    }

    /// The headers of its requests.
    pub(super) fn headers(self) -> Arc<Headers> {
        let headers: &[(&'static str, &'static str)] = match self {
            Self::Okta | Self::OktaOin => &okta::HEADERS,
            Self::OneLogin => &ways::JSON_ANSWERS,
            Self::Rauthy => &ways::RAUTHY_HEADERS,
            Self::Canaille => &ways::JSON,
            _ => &entra::HEADERS,
        };
        headers
            .iter()
            .map(|&(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    /// The machine, about to meet an application that knows nobody of `company`.
    pub(super) fn machine(
        self,
        company: &Company,
        seed: u64,
        start: Timestamp,
        place: &Place,
    ) -> Box<dyn Machine> {
        match self {
            Self::Okta => Box::new(Direct::new(Okta { oin: false }, company)),
            Self::OktaOin => Box::new(Direct::new(Okta { oin: true }, company)),
            Self::OneLogin => direct(company, place, ways::ONELOGIN),
            Self::JumpCloud => direct(company, place, ways::JUMPCLOUD),
            Self::Keycloak => direct(company, place, ways::KEYCLOAK),
            Self::Authentik => direct(company, place, ways::AUTHENTIK),
            Self::Rauthy => direct(company, place, ways::RAUTHY),
            Self::Canaille => direct(company, place, ways::CANAILLE),
            Self::Entra | Self::EntraLegacy => {
                let settings = entra::Settings {
                    flag: self == Self::Entra,
                    base: place.base.clone(),
                    threshold: place.threshold,
                };
                Box::new(Entra::new(settings, company, seed, start))
            }
        }
    }
}

fn direct(company: &Company, place: &Place, ways: Ways) -> Box<dyn Machine> {
    let base = place.base.clone();
    Box::new(Direct::new(Plain { ways, base }, company))
}

/// What a machine has to know of where it is used.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// Base URL, as it stands in references.
    pub base: String,
    /// Removals in a cycle that Entra lets pass.
    pub threshold: Option<usize>,
}

impl FromStr for Client {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|client| client.name() == text);
        found.ok_or_else(|| {
            let all: Vec<_> = Self::ALL.iter().map(|client| client.name()).collect();
            format!("the clients are {}", all.join(", "))
        })
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
