//! The description of the operations API (`OpenAPI` 3.1), made from its table of routes.

use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::http::ops::route::{Route, Shape, shape};
use crate::model::operator::OperatorRole;
use crate::ops::wire::{PROBLEM, Problem};

/// What stands in `{…}` of a path.
const SEGMENTS: &[(&str, &str)] = &[
    ("org", "Number or name of an Org"),
    (
        "which",
        "Id, or what else is unique: a name or `externalId`",
    ),
    ("token", "Id of a token (`tok_…`)"),
    ("seq", "Position"),
    ("fingerprint", "Fingerprint of an alert"),
    ("role", "Name of a role"),
    ("kind", "Kind of an item"),
    ("id", "The application's id of an item"),
];

/// The description of `routes`.
pub(super) fn document(routes: Vec<Route>) -> Value {
    let settings = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into());
    let mut generator = settings.into_generator();
    let failures = json!({
        "description": "A problem (RFC 9457)",
        "content": { PROBLEM: { "schema": shape::<Problem>(&mut generator) } },
    });
    let mut paths = Map::new();
    for route in routes {
        let path = paths.entry(route.whole_path()).or_insert_with(|| json!({}));
        path[route.method.as_str().to_ascii_lowercase()] = operation(&route, &mut generator);
    }
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "scimtop operations API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Everything an operator can see and do. Each operation names the least \
                role that may use it: viewer, operator, admin. The paths of content \
                and of events are served on the content API too, to applications with a token of \
                kind `application`, each for its Org.",
        },
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "responses": { "Problem": failures },
            "securitySchemes": { "operator": {
                "type": "http",
                "scheme": "bearer",
                "description": "An operator's token (`scimtop_ops_…`); none on the Unix socket",
            } },
        },
    });
    put_plainly(&mut document);
    document
}

/// Takes what only readers of the source understand out of every description.
fn put_plainly(value: &mut Value) {
    const WORDS: [(&str, &str); 4] = [("[`", "`"), ("`]", "`"), ("`None`", "absent"), ("\n", " ")];
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if name == "description" => {
                        for (word, plain) in WORDS {
                            *text = text.replace(word, plain);
                        }
                    }
                    member => put_plainly(member),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(put_plainly),
        _ => {}
    }
}

fn operation(route: &Route, generator: &mut SchemaGenerator) -> Value {
    let (status, media, answer) = route.answer;
    let mut operation = json!({
        "operationId": name(route),
        "summary": route.summary,
        "security": [{ "operator": [route.role.as_str()] }],
        "responses": {
            status.as_str(): {
                "description": status.canonical_reason().unwrap_or_default(),
                "content": { media: { "schema": answer(generator) } },
            },
            "default": { "$ref": "#/components/responses/Problem" },
        },
    });
    if route.role > OperatorRole::Viewer {
        operation["description"] = json!(format!("For the role `{}`.", route.role.as_str()));
    }
    let mut parameters = segments(route.path);
    if let Some(query) = route.query {
        parameters.extend(query_parameters(query, generator));
    }
    if !parameters.is_empty() {
        operation["parameters"] = Value::Array(parameters);
    }
    if !route.bodies.is_empty() {
        let content: Map<String, Value> = route
            .bodies
            .iter()
            .map(|(media, body)| ((*media).to_owned(), json!({ "schema": body(generator) })))
            .collect();
        operation["requestBody"] = json!({ "required": true, "content": content });
    }
    operation
}

/// Method and path as one word.
fn name(route: &Route) -> String {
    let path = route.path.replace(['{', '}'], "");
    let words = path.split(['/', '-', '.']).filter(|word| !word.is_empty());
    words.fold(route.method.as_str().to_ascii_lowercase(), |name, word| {
        name + "_" + word
    })
}

fn segments(path: &str) -> Vec<Value> {
    SEGMENTS
        .iter()
        .filter(|(name, _)| path.contains(&format!("{{{name}}}")))
        .map(|(name, what)| {
            let kind = if *name == "seq" { "integer" } else { "string" };
            json!({
                "name": name,
                "in": "path",
                "required": true,
                "description": what,
                "schema": { "type": kind },
            })
        })
        .collect()
}

/// The members of an object as query parameters.
fn query_parameters(query: Shape, generator: &mut SchemaGenerator) -> Vec<Value> {
    let object = query(generator).to_value();
    let required = |name: &str| {
        object["required"]
            .as_array()
            .is_some_and(|names| names.iter().any(|required| required == name))
    };
    let members = object["properties"].as_object();
    members
        .into_iter()
        .flatten()
        .map(|(name, schema)| {
            let mut schema = Schema::try_from(schema.clone()).unwrap_or_default();
            let description = schema.remove("description");
            json!({
                "name": name,
                "in": "query",
                "required": required(name),
                "description": description,
                "schema": schema,
            })
        })
        .collect()
}
