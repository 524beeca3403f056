//! Content of an Org: the same paths for operators on the socket and for applications on the
//! content API.

use axum::Json;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::http::ops::extract::{
    Answered, Failed, Input, Params, Path, Registry, Session, failed, unsupported,
};
use crate::http::ops::route::{Route, delete, get, post, put, shape};
use crate::model::content::Content;
use crate::model::operator::OperatorRole;
use crate::model::transfer::Transfer;
use crate::ops::api::Failure;
use crate::ops::api::content::{
    Batch, ContentPage, ContentQuery, GiveBack, GivenBack, Imported, NewContent, Register,
    Registered, TransferQuery,
};
use crate::ops::api::import::{self, Format};
use crate::ops::api::operator::GIVE_BACK;
use crate::ops::wire::Rehearse;

/// Content of an Org.
pub(in crate::http) fn routes() -> Vec<Route> {
    const ITEM: &str = "/orgs/{org}/content/{kind}/{id}";
    vec![
        get("/orgs/{org}/content", page, "Registered items of an Org")
            .query::<ContentQuery>()
            .answers::<ContentPage>(),
        post(
            "/orgs/{org}/content",
            register,
            "Registers one item or several, all or none",
        )
        .needs(OperatorRole::Operator)
        .query::<Rehearse>()
        .body::<Items>()
        .answers::<Registered>(),
        post(
            "/orgs/{org}/content/import",
            import,
            "Registers the items of a file that can be, and says what is wrong with the others",
        )
        .needs(OperatorRole::Operator)
        .query::<Rehearse>()
        .body::<Batch>()
        .body_of("text/csv", shape::<String>)
        .body_of("application/x-ndjson", shape::<String>)
        .answers::<Imported>(),
        get(ITEM, item, "One item").answers::<Content>(),
        put(
            ITEM,
            put_item,
            "Registers one item or changes what is known of it",
        )
        .needs(OperatorRole::Operator)
        .query::<Rehearse>()
        .body_of("application/json", unnamed)
        .answers::<Registered>(),
        delete(
            ITEM,
            unregister,
            "Forgets an item: the application deleted it",
        )
        .needs(OperatorRole::Operator)
        .answers::<Content>(),
    ]
}

/// The ledger, for operators alone.
pub(super) fn ledger() -> Vec<Route> {
    vec![
        get("/transfers", transfers, "The transfer ledger, newest first")
            .query::<TransferQuery>()
            .answers::<Vec<Transfer>>(),
        post(
            "/transfers/give-back",
            give_back,
            "Gives what a removal moved to a user",
        )
        .needs(GIVE_BACK)
        .body::<GiveBack>()
        .answers::<GivenBack>(),
    ]
}

/// What registers.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum Items {
    /// Several items, all or none.
    Several(Register),
    /// One item.
    One(NewContent),
}

/// An item whose kind and id stand in the path.
fn unnamed(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = NewContent::json_schema(generator);
    schema.insert("required".to_owned(), json!(["title", "owner"]));
    schema
}

async fn page(
    Registry(registry): Registry,
    Path(org): Path<String>,
    Params(query): Params<ContentQuery>,
) -> Answered<ContentPage> {
    Ok(Json(registry.content(&org, query).await?))
}

async fn item(
    Registry(registry): Registry,
    Path((org, kind, id)): Path<(String, String, String)>,
) -> Answered<Content> {
    Ok(Json(registry.content_item(&org, &kind, &id).await?))
}

/// One item, or several in `items`.
async fn register(
    Registry(registry): Registry,
    Path(org): Path<String>,
    Params(pretend): Params<Rehearse>,
    Input(body): Input<Value>,
) -> Answered<Registered> {
    let mut order = match read(body)? {
        Items::Several(order) => order,
        Items::One(item) => Register {
            items: vec![item],
            dry_run: false,
        },
    };
    order.dry_run |= pretend.dry_run;
    Ok(Json(registry.register(&org, order).await?))
}

/// One item whose kind and id stand in the path; the body need not repeat them.
async fn put_item(
    Registry(registry): Registry,
    Path((org, kind, id)): Path<(String, String, String)>,
    Params(pretend): Params<Rehearse>,
    Input(mut body): Input<Value>,
) -> Answered<Registered> {
    let members = body.as_object_mut().ok_or_else(not_an_item)?;
    for (name, value) in [("kind", kind), ("id", id)] {
        let value = Value::from(value);
        if members
            .insert(name.to_owned(), value.clone())
            .is_some_and(|said| said != value)
        {
            return Err(failed(
                Failure::Invalid,
                "kind or id in the body are not those of the path",
            ));
        }
    }
    let order = Register {
        items: vec![read::<NewContent>(body)?],
        dry_run: pretend.dry_run,
    };
    Ok(Json(registry.register(&org, order).await?))
}

/// A file of items, or a batch as JSON.
async fn import(
    Registry(registry): Registry,
    Path(org): Path<String>,
    Params(pretend): Params<Rehearse>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failed> {
    let media = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let media = media
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default();
    let format = match media.trim().to_ascii_lowercase().as_str() {
        "text/csv" => Format::Csv,
        "application/x-ndjson" => Format::JsonLines,
        "application/json" => {
            let value = serde_json::from_slice(&body).map_err(|_| not_an_item())?;
            let batch = read::<Batch>(value)?;
            return Ok(Json(registry.import(&org, batch).await?).into_response());
        }
        _ => {
            return Ok(unsupported(
                "send text/csv with a header row, or application/x-ndjson with an item a line",
            ));
        }
    };
    let imported: Imported = import::run(
        &*registry,
        &org,
        import::lines(format, &body[..])?,
        pretend.dry_run,
    )
    .await?;
    Ok(Json(imported).into_response())
}

async fn unregister(
    Registry(registry): Registry,
    Path((org, kind, id)): Path<(String, String, String)>,
) -> Answered<Content> {
    Ok(Json(registry.unregister(&org, &kind, &id).await?))
}

async fn transfers(
    session: Session,
    Params(query): Params<TransferQuery>,
) -> Answered<Vec<Transfer>> {
    Ok(Json(session.ops.transfers(query).await?))
}

async fn give_back(session: Session, Input(order): Input<GiveBack>) -> Answered<GivenBack> {
    Ok(Json(session.ops.give_back(order).await?))
}

fn read<T: DeserializeOwned>(body: Value) -> Result<T, Failed> {
    serde_json::from_value(body).map_err(|_| not_an_item())
}

fn not_an_item() -> Failed {
    failed(
        Failure::Invalid,
        "the body is not an item or `{\"items\": […]}`: kind, id, title and owner are texts and \
         must be there; cron, time_zone and recipients may be; nothing else is known",
    )
}
