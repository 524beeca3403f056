//! Content of an Org: the same paths for operators on the socket and for applications on the
//! content API.

use axum::extract::{DefaultBodyLimit, Path};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::http::ops::extract::{
    Answered, Failed, Input, Params, Registry, Session, failed, no_method, no_route, unsupported,
};
use crate::model::content::Content;
use crate::model::transfer::Transfer;
use crate::ops::api::Failure;
use crate::ops::api::content::{
    Batch, ContentPage, ContentQuery, GiveBack, GivenBack, Imported, NewContent, Register,
    Registered, TransferQuery,
};
use crate::ops::api::import::{self, Format};
use crate::ops::wire::BASE;

/// The paths alone, for whoever may use nothing else.
pub(in crate::http) fn router() -> Router {
    Router::new()
        .nest(BASE, paths())
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
}

/// Bodies are as large as whoever serves these paths lets them be.
pub(super) fn paths() -> Router {
    Router::new()
        .route("/orgs/{org}/content", get(page).post(register))
        .route("/orgs/{org}/content/import", post(import))
        .route(
            "/orgs/{org}/content/{kind}/{id}",
            get(item).put(put).delete(unregister),
        )
        .layer(DefaultBodyLimit::disable())
}

/// The ledger, for operators alone.
pub(super) fn transfer_paths() -> Router {
    Router::new()
        .route("/transfers", get(transfers))
        .route("/transfers/give-back", post(give_back))
}

/// Whether to pretend only.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default)]
struct Pretend {
    dry_run: bool,
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
    Params(pretend): Params<Pretend>,
    Input(body): Input<Value>,
) -> Answered<Registered> {
    let mut order = if body.get("items").is_some() {
        read::<Register>(body)?
    } else {
        Register {
            items: vec![read::<NewContent>(body)?],
            dry_run: false,
        }
    };
    order.dry_run |= pretend.dry_run;
    Ok(Json(registry.register(&org, order).await?))
}

/// One item whose kind and id stand in the path; the body need not repeat them.
async fn put(
    Registry(registry): Registry,
    Path((org, kind, id)): Path<(String, String, String)>,
    Params(pretend): Params<Pretend>,
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
    Params(pretend): Params<Pretend>,
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
