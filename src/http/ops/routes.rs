//! The table of the operations API: every path, and who may use it.

pub(in crate::http) mod content;
mod deliveries;
mod diagnose;
mod directory;
pub(in crate::http) mod events;
mod metrics;
mod preview;
mod removals;
mod roles;
mod stream;
mod watch;

use std::sync::LazyLock;

use axum::response::Response;
use axum::{Json, Router};
use serde_json::Value;

use crate::http::ops::extract::{Answered, Failed, Input, Params, Path, Session};
use crate::http::ops::openapi;
use crate::http::ops::route::{Route, created, get, guarded, patch, post};
use crate::ids::TokenId;
use crate::model::event::ChainReport;
use crate::model::exchange::Exchange;
use crate::model::org::Org;
use crate::model::token::Token;
use crate::ops::api::operator::TOKENS;
use crate::ops::api::{
    ExchangePage, ExchangeQuery, ExportPage, ExportQuery, IssuedToken, NewOrg, NewToken, OrgChange,
    Rotation, Status, WhoAmI,
};
use crate::ops::wire::OfOrg;

/// Every operation of the API.
pub(super) fn table() -> Vec<Route> {
    let mut routes = vec![
        get("/status", status, "How the daemon is, in numbers").answers::<Status>(),
        get("/whoami", whoami, "Who asks, and what that operator may do").answers::<WhoAmI>(),
        get("/orgs", orgs, "All Orgs").answers::<Vec<Org>>(),
        post(
            "/orgs",
            create_org,
            "Makes an Org; SCIM is off for it at first",
        )
        .body::<NewOrg>()
        .creates::<Org>(),
        patch("/orgs/{org}", change_org, "Changes an Org")
            .body::<OrgChange>()
            .answers::<Org>(),
        get("/tokens", tokens, "Tokens of one Org or of all")
            .query::<OfOrg>()
            .answers::<Vec<Token>>(),
        post(
            "/tokens",
            create_token,
            "Issues a token; the answer alone has its secret",
        )
        .needs(TOKENS)
        .body::<NewToken>()
        .creates::<IssuedToken>(),
        post(
            "/tokens/{token}/rotate",
            rotate_token,
            "Issues a successor; the old token ends after an overlap",
        )
        .needs(TOKENS)
        .body::<Rotation>()
        .creates::<IssuedToken>(),
        post(
            "/tokens/{token}/revoke",
            revoke_token,
            "Ends a token at once",
        )
        .needs(TOKENS)
        .answers::<Token>(),
        get("/exchanges", exchanges, "Recorded requests, newest first")
            .query::<ExchangeQuery>()
            .answers::<ExchangePage>(),
        get(
            "/exchanges/export",
            export_exchanges,
            "Recorded requests with their bodies, oldest first",
        )
        .query::<ExportQuery>()
        .answers::<ExportPage>(),
        get(
            "/exchanges/{which}",
            exchange,
            "One recorded request with its bodies",
        )
        .answers::<Exchange>(),
        get(
            "/events/verify",
            verify_events,
            "Checks the hash chain of all events",
        )
        .answers::<ChainReport>(),
        get("/openapi.json", describe, "This description").answers::<Value>(),
    ];
    routes.push(stream::route());
    routes.extend(events::routes());
    routes.extend(deliveries::routes());
    routes.extend(diagnose::routes());
    routes.extend(directory::routes());
    routes.extend(preview::routes());
    routes.extend(removals::routes());
    routes.extend(roles::routes());
    routes.extend(watch::routes());
    routes.push(metrics::route());
    routes.extend(content::ledger());
    routes.extend(content::routes());
    routes
}

/// For operators.
pub(super) fn router() -> Router {
    guarded(table())
}

async fn status(session: Session) -> Answered<Status> {
    Ok(Json(session.ops.status().await?))
}

async fn whoami(session: Session) -> Answered<WhoAmI> {
    let whoami = session.ops.whoami().await?;
    let role = session.role;
    Ok(Json(WhoAmI { role, ..whoami }))
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

async fn export_exchanges(
    session: Session,
    Params(query): Params<ExportQuery>,
) -> Answered<ExportPage> {
    Ok(Json(session.ops.export_exchanges(query).await?))
}

async fn exchange(session: Session, Path(which): Path<String>) -> Answered<Exchange> {
    Ok(Json(session.ops.exchange(&which).await?))
}

async fn verify_events(session: Session) -> Answered<ChainReport> {
    Ok(Json(session.ops.verify_events().await?))
}

async fn describe(_: Session) -> Json<&'static Value> {
    static DESCRIPTION: LazyLock<Value> = LazyLock::new(|| openapi::document(table()));
    Json(&DESCRIPTION)
}
