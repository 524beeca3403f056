//! The URL table of the operations API.

pub(in crate::http) mod content;
mod directory;
mod preview;
mod removals;
mod roles;
mod watch;

use std::convert::Infallible;

use axum::body::Body;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post};
use axum::{Json, Router};
use futures_util::StreamExt;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde::Serialize;

use crate::http::ops::extract::{Answered, Failed, Input, Params, Session, no_method, no_route};
use crate::http::server::stopped;
use crate::ids::TokenId;
use crate::model::event::{ChainReport, Event};
use crate::model::exchange::Exchange;
use crate::model::org::Org;
use crate::model::token::Token;
use crate::ops::api::{
    EventQuery, ExchangePage, ExchangeQuery, NewOrg, NewToken, OrgChange, Rotation, Status,
};
use crate::ops::wire::{BASE, FEED, Line, OfOrg, Since};

pub(super) fn router() -> Router {
    let paths = Router::new()
        .route("/status", get(status))
        .route("/orgs", get(orgs).post(create_org))
        .route("/orgs/{org}", patch(change_org))
        .route("/tokens", get(tokens).post(create_token))
        .route("/tokens/{token}/rotate", post(rotate_token))
        .route("/tokens/{token}/revoke", post(revoke_token))
        .route("/exchanges", get(exchanges))
        .route("/exchanges/{which}", get(exchange))
        .route("/follow", get(follow))
        .route("/events", get(events))
        .route("/events/verify", get(verify_events))
        .merge(directory::routes())
        .merge(preview::routes())
        .merge(removals::routes())
        .merge(roles::routes())
        .merge(watch::routes())
        .merge(content::transfer_paths())
        .merge(content::paths());
    Router::new()
        .nest(BASE, paths)
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
}

async fn status(session: Session) -> Answered<Status> {
    Ok(Json(session.ops.status().await?))
}

async fn orgs(session: Session) -> Answered<Vec<Org>> {
    Ok(Json(session.ops.orgs().await?))
}

async fn create_org(session: Session, Input(new): Input<NewOrg>) -> Result<Response, Failed> {
    Ok(created(session.ops.create_org(new).await?))
}

async fn change_org(
    session: Session,
    Path(org): Path<String>,
    Input(change): Input<OrgChange>,
) -> Answered<Org> {
    Ok(Json(session.ops.change_org(&org, change).await?))
}

async fn tokens(session: Session, Params(of): Params<OfOrg>) -> Answered<Vec<Token>> {
    Ok(Json(session.ops.tokens(of.org.as_deref()).await?))
}

async fn create_token(session: Session, Input(new): Input<NewToken>) -> Result<Response, Failed> {
    Ok(created(session.ops.create_token(new).await?))
}

async fn rotate_token(
    session: Session,
    Path(token): Path<TokenId>,
    Input(rotation): Input<Rotation>,
) -> Result<Response, Failed> {
    Ok(created(session.ops.rotate_token(&token, rotation).await?))
}

async fn revoke_token(session: Session, Path(token): Path<TokenId>) -> Answered<Token> {
    Ok(Json(session.ops.revoke_token(&token).await?))
}

async fn exchanges(
    session: Session,
    Params(query): Params<ExchangeQuery>,
) -> Answered<ExchangePage> {
    Ok(Json(session.ops.exchanges(query).await?))
}

async fn exchange(session: Session, Path(which): Path<String>) -> Answered<Exchange> {
    Ok(Json(session.ops.exchange(&which).await?))
}

async fn follow(session: Session, Params(since): Params<Since>) -> Result<Response, Failed> {
    let feed = session.ops.follow(since.after).await?;
    let lines = feed
        .take_until(stopped(session.stop))
        .map(|item| Ok::<_, Infallible>(line(&item.into())));
    Ok(([(CONTENT_TYPE, FEED)], Body::from_stream(lines)).into_response())
}

async fn events(session: Session, Params(query): Params<EventQuery>) -> Answered<Vec<Event>> {
    Ok(Json(session.ops.events(query).await?))
}

async fn verify_events(session: Session) -> Answered<ChainReport> {
    Ok(Json(session.ops.verify_events().await?))
}

fn created(made: impl Serialize) -> Response {
    (StatusCode::CREATED, Json(made)).into_response()
}

fn line(line: &Line) -> String {
    let mut text = serde_json::to_string(line).expect("a line has only string keys");
    text.push('\n');
    text
}
