//! Discovery documents, computed from the registry and the running settings, so that they never
//! claim what is not there (RFC 7643 §5-§7, RFC 7644 §4, RFC 9865 §4).

use serde_json::{Value, json};

use crate::scim::schema::{Registry, ResourceType, Schema};

const CONFIG_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
const RESOURCE_TYPE_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
const SCHEMA_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";

/// What the running server can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features {
    /// Operations of one Bulk request.
    pub bulk_operations: u64,
    /// Bytes of one Bulk request.
    pub bulk_payload: u64,
    /// Resources on a page if the client does not say.
    pub default_page: u64,
    /// Resources on a page at most; also `filter.maxResults`.
    pub max_page: u64,
    /// Seconds a cursor can be used.
    pub cursor_timeout: u64,
}

/// `/ServiceProviderConfig`
pub fn service_provider_config(features: &Features, base: &str) -> Value {
    json!({
        "schemas": [CONFIG_URN],
        "patch": { "supported": true },
        "bulk": {
            "supported": true,
            "maxOperations": features.bulk_operations,
            "maxPayloadSize": features.bulk_payload,
        },
        "filter": { "supported": true, "maxResults": features.max_page },
        "changePassword": { "supported": false },
        "sort": { "supported": true },
        "etag": { "supported": true },
        "pagination": {
            "cursor": true,
            "index": true,
            "defaultPaginationMethod": "index",
            "defaultPageSize": features.default_page,
            "maxPageSize": features.max_page,
            "cursorTimeout": features.cursor_timeout,
        },
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "OAuth Bearer Token",
            "description": "A bearer token issued by this server's operator for one Org.",
            "specUri": "https://www.rfc-editor.org/info/rfc6750",
            "primary": true,
        }],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": format!("{base}/ServiceProviderConfig"),
        },
    })
}

/// Every resource type, for `/ResourceTypes`.
pub fn resource_types(registry: &Registry, base: &str) -> Vec<Value> {
    [&registry.user, &registry.group]
        .map(|rt| resource_type(rt, base))
        .to_vec()
}

/// The resource type of that name, for `/ResourceTypes/{name}`.
pub fn resource_type_named(registry: &Registry, name: &str, base: &str) -> Option<Value> {
    [&registry.user, &registry.group]
        .into_iter()
        .find(|rt| rt.name == name)
        .map(|rt| resource_type(rt, base))
}

fn resource_type(rt: &ResourceType, base: &str) -> Value {
    let extensions: Vec<Value> = rt
        .extensions
        .iter()
        .map(|extension| json!({ "schema": extension.schema.id, "required": extension.required }))
        .collect();
    json!({
        "schemas": [RESOURCE_TYPE_URN],
        "id": rt.name,
        "name": rt.name,
        "endpoint": rt.endpoint,
        "description": rt.description,
        "schema": rt.schema.id,
        "schemaExtensions": extensions,
        "meta": {
            "resourceType": "ResourceType",
            "location": format!("{base}/ResourceTypes/{}", rt.name),
        },
    })
}

/// Every schema, for `/Schemas`.
pub fn schemas(registry: &Registry, base: &str) -> Vec<Value> {
    let mut all: Vec<&Schema> = Vec::new();
    for rt in [&registry.user, &registry.group] {
        let extensions = rt.extensions.iter().map(|extension| &*extension.schema);
        for schema in std::iter::once(&*rt.schema).chain(extensions) {
            if !all.iter().any(|known| known.id == schema.id) {
                all.push(schema);
            }
        }
    }
    all.into_iter()
        .map(|schema| schema_value(schema, base))
        .collect()
}

/// The schema of that URN (compared without case), for `/Schemas/{urn}`.
pub fn schema_named(registry: &Registry, urn: &str, base: &str) -> Option<Value> {
    schemas(registry, base).into_iter().find(|schema| {
        schema["id"]
            .as_str()
            .is_some_and(|id| id.eq_ignore_ascii_case(urn))
    })
}

fn schema_value(schema: &Schema, base: &str) -> Value {
    let mut value = json!({ "schemas": [SCHEMA_URN] });
    if let (Value::Object(target), Ok(Value::Object(held))) =
        (&mut value, serde_json::to_value(schema))
    {
        target.extend(held);
    }
    value["meta"] = json!({
        "resourceType": "Schema",
        "location": format!("{base}/Schemas/{}", schema.id),
    });
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::builtin;

    #[test]
    fn documents_come_from_the_registry_and_hold_no_null() {
        let registry = builtin::registry(Vec::new()).unwrap();
        let all = schemas(&registry, "http://x/scim/v2");
        assert_eq!(all.len(), 4);
        let types = resource_types(&registry, "http://x/scim/v2");
        for value in all.iter().chain(&types) {
            assert!(!value.to_string().contains("null"), "{value}");
        }
        let user =
            schema_named(&registry, "URN:ietf:params:scim:schemas:core:2.0:user", "b").unwrap();
        let names: Vec<_> = user["attributes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|attribute| attribute["name"].as_str().unwrap())
            .collect();
        assert!(names.contains(&"userName") && names.contains(&"groups"));
        assert!(resource_type_named(&registry, "User", "b").is_some());
        assert!(resource_type_named(&registry, "Device", "b").is_none());
    }
}
