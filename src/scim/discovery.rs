//! What a client can ask the server about itself: /ServiceProviderConfig, /Schemas,
//! /ResourceTypes (RFC 7643 §5, §6, §7; RFC 7644 §4; RFC 9865 §3).

use serde_json::{Value, json};

use crate::scim::list::LIST_URN;
use crate::scim::schema::{Registry, ResourceType, Schema};

/// What this server offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Features {
    /// Most operations of a bulk request.
    pub bulk_max_operations: usize,
    /// Largest body of a bulk request, in bytes.
    pub bulk_max_payload: u64,
    /// Most resources of one answer.
    pub max_results: u32,
    /// Resources of one answer if the client does not say.
    pub default_page_size: u32,
    /// How long a cursor is good for, in seconds.
    pub cursor_timeout: u64,
    /// Where people read about the server.
    pub documentation_uri: Option<String>,
}

/// The service provider's configuration; `base` is the base URL without a slash at its end.
pub fn service_provider_config(features: &Features, base: &str) -> Value {
    let mut config = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": {"supported": true},
        "bulk": {
            "supported": true,
            "maxOperations": features.bulk_max_operations,
            "maxPayloadSize": features.bulk_max_payload,
        },
        "filter": {"supported": true, "maxResults": features.max_results},
        "changePassword": {"supported": false},
        "sort": {"supported": true},
        "etag": {"supported": true},
        "pagination": {
            "cursor": true,
            "index": true,
            "defaultPaginationMethod": "index",
            "defaultPageSize": features.default_page_size,
            "maxPageSize": features.max_results,
            "cursorTimeout": features.cursor_timeout,
        },
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "Bearer token",
            "description": "A token that the operator of this server has made, in the Authorization header.",
            "specUri": "https://www.rfc-editor.org/info/rfc6750",
            "primary": true,
        }],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": format!("{base}/ServiceProviderConfig"),
        },
    });
    if let Some(uri) = &features.documentation_uri {
        config["documentationUri"] = uri.as_str().into();
    }
    config
}

/// All schemas, as a ListResponse.
pub fn schemas(registry: &Registry, base: &str) -> Value {
    list(
        all_schemas(registry)
            .map(|schema| schema_resource(schema, base))
            .collect(),
    )
}

/// The schema with that URN, compared without case.
pub fn schema(registry: &Registry, urn: &str, base: &str) -> Option<Value> {
    let found = all_schemas(registry).find(|schema| schema.id.eq_ignore_ascii_case(urn))?;
    Some(schema_resource(found, base))
}

/// All resource types, as a ListResponse.
pub fn resource_types(registry: &Registry, base: &str) -> Value {
    let types = [&registry.user, &registry.group];
    list(types.map(|rt| type_resource(rt, base)).to_vec())
}

/// The resource type with that name, compared without case.
pub fn resource_type(registry: &Registry, name: &str, base: &str) -> Option<Value> {
    let types = [&registry.user, &registry.group];
    let found = types
        .into_iter()
        .find(|rt| rt.name.eq_ignore_ascii_case(name))?;
    Some(type_resource(found, base))
}

fn all_schemas(registry: &Registry) -> impl Iterator<Item = &Schema> {
    let types = [&registry.user, &registry.group];
    types.into_iter().flat_map(|rt| {
        let extensions = rt.extensions.iter().map(|extension| &*extension.schema);
        std::iter::once(&*rt.schema).chain(extensions)
    })
}

fn schema_resource(schema: &Schema, base: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
        "id": schema.id,
        "name": schema.name,
        "description": schema.description,
        "attributes": schema.attributes,
        "meta": {"resourceType": "Schema", "location": format!("{base}/Schemas/{}", schema.id)},
    })
}

fn type_resource(rt: &ResourceType, base: &str) -> Value {
    let extensions: Vec<_> = rt
        .extensions
        .iter()
        .map(|extension| json!({"schema": extension.schema.id, "required": extension.required}))
        .collect();
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
        "id": rt.name,
        "name": rt.name,
        "endpoint": rt.endpoint,
        "description": rt.description,
        "schema": rt.schema.id,
        "schemaExtensions": extensions,
        "meta": {"resourceType": "ResourceType", "location": format!("{base}/ResourceTypes/{}", rt.name)},
    })
}

fn list(resources: Vec<Value>) -> Value {
    let count = resources.len();
    json!({
        "schemas": [LIST_URN],
        "totalResults": count,
        "startIndex": 1,
        "itemsPerPage": count,
        "Resources": resources,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::scim::builtin::{ENTERPRISE_URN, registry};

    const BASE: &str = "https://x/scim/v2";

    fn features() -> Features {
        Features {
            bulk_max_operations: 1_000,
            bulk_max_payload: 1 << 20,
            max_results: 500,
            default_page_size: 100,
            cursor_timeout: 3_600,
            documentation_uri: None,
        }
    }

    fn has_null(value: &Value) -> bool {
        match value {
            Value::Null => true,
            Value::Array(values) => values.iter().any(has_null),
            Value::Object(object) => object.values().any(has_null),
            _ => false,
        }
    }

    #[test]
    fn everything_the_rfc_requires_and_no_null() {
        let registry = registry(Vec::new()).unwrap();
        let config = service_provider_config(&features(), BASE);
        for name in ["patch", "bulk", "filter", "changePassword", "sort", "etag"] {
            assert!(config[name]["supported"].is_boolean(), "{name}");
        }
        assert_eq!(config["pagination"]["defaultPaginationMethod"], "index");
        let schemas = schemas(&registry, BASE);
        let types = resource_types(&registry, BASE);
        assert_eq!(
            (&schemas["totalResults"], &types["totalResults"]),
            (&json!(3), &json!(2))
        );
        for answer in [config, schemas, types] {
            assert!(!has_null(&answer), "{answer}");
        }
    }

    #[test]
    fn every_characteristic_of_an_attribute_is_there() {
        let registry = registry(Vec::new()).unwrap();
        let user = schema(&registry, crate::scim::builtin::USER_URN, BASE).unwrap();
        let user_name = json!({"name": "userName", "type": "string", "multiValued": false,
            "description": user["attributes"][0]["description"], "required": true, "caseExact": false,
            "mutability": "readWrite", "returned": "default", "uniqueness": "server"});
        assert_eq!(user["attributes"][0], user_name);
    }

    #[test]
    fn one_of_each() {
        let registry = registry(Vec::new()).unwrap();
        let found = schema(&registry, &ENTERPRISE_URN.to_uppercase(), BASE).unwrap();
        assert_eq!(
            found["meta"]["location"],
            format!("{BASE}/Schemas/{ENTERPRISE_URN}")
        );
        assert!(schema(&registry, "urn:x:y", BASE).is_none());
        let group = resource_type(&registry, "Group", BASE).unwrap();
        assert_eq!(
            (&group["endpoint"], &group["schemaExtensions"]),
            (&json!("/Groups"), &json!([]))
        );
        assert!(resource_type(&registry, "Device", BASE).is_none());
    }

    #[test]
    fn documentation_is_named_where_there_is_some() {
        let features = Features {
            documentation_uri: Some("https://d".into()),
            ..features()
        };
        assert_eq!(
            service_provider_config(&features, BASE)["documentationUri"],
            "https://d"
        );
    }
}
