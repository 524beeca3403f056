//! Discovery documents: what the server offers (RFC 7644 §4).

use super::render;
use super::reply::{Notes, plain, record};
use super::request::{Answer, Request, Target};
use crate::model::exchange::Operation;
use crate::scim::discovery::{self, Features};
use crate::scim::error::ScimError;
use crate::scim::list;
use crate::scim::query::pairs;
use crate::scim::quirk::Quirks;
use crate::scim::schema::Registry;

/// Answers a request for a discovery document.
///
/// # Errors
/// 403 if it has a filter (RFC 7644 §4), 404 if there is none.
pub(super) fn discover(
    registry: &Registry,
    features: &Features,
    request: &Request,
) -> Result<Answer, ScimError> {
    if pairs(&request.query).any(|(name, _)| name.eq_ignore_ascii_case("filter")) {
        return Err(ScimError::status(
            403,
            "Discovery documents cannot be filtered.",
        ));
    }
    let base = request.base.as_str();
    let document = match &request.target {
        Target::ServiceProviderConfig => discovery::service_provider_config(features, base),
        Target::Schemas => list::all(&discovery::schemas(registry, base)),
        Target::Schema(urn) => {
            discovery::schema_named(registry, urn, base).ok_or_else(ScimError::not_found)?
        }
        Target::ResourceTypes => list::all(&discovery::resource_types(registry, base)),
        Target::ResourceType(name) => {
            discovery::resource_type_named(registry, name, base).ok_or_else(ScimError::not_found)?
        }
        _ => return Err(ScimError::not_found()),
    };
    Ok(Answer {
        record: record(
            Operation::Discovery,
            &Notes::default(),
            "read".to_owned(),
            Quirks::default(),
        ),
        ..plain(200, render::json(&document))
    })
}
