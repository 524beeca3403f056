//! The routes of removals, holds and the guard.

use axum::extract::Path;
use axum::routing::{get, post};
use axum::{Json, Router};

use crate::http::ops::extract::{Answered, Input, Params, Session};
use crate::model::deletion::Deletion;
use crate::model::guard::GuardStatus;
use crate::ops::api::DeletionQuery;
use crate::ops::api::removals::{
    Decided, Decision, DeletionDetail, NewAllowance, Purged, Restored, Selected,
};
use crate::ops::wire::OfOrg;

pub(super) fn routes() -> Router {
    Router::new()
        .route("/deletions", get(deletions))
        .route("/deletions/{seq}", get(deletion))
        .route("/deletions/restore", post(restore))
        .route("/deletions/purge", post(purge))
        .route("/guard", get(guard))
        .route("/guard/{org}/decide", post(decide))
        .route("/guard/{org}/allow", post(allow))
}

async fn deletions(
    session: Session,
    Params(query): Params<DeletionQuery>,
) -> Answered<Vec<Deletion>> {
    Ok(Json(session.ops.deletions(query).await?))
}

async fn deletion(session: Session, Path(seq): Path<u64>) -> Answered<DeletionDetail> {
    Ok(Json(session.ops.deletion(seq).await?))
}

async fn restore(session: Session, Input(which): Input<Selected>) -> Answered<Restored> {
    Ok(Json(session.ops.restore(which).await?))
}

async fn purge(session: Session, Input(which): Input<Selected>) -> Answered<Purged> {
    Ok(Json(session.ops.purge(which).await?))
}

async fn guard(session: Session, Params(of): Params<OfOrg>) -> Answered<Vec<GuardStatus>> {
    Ok(Json(session.ops.guard(of.org.as_deref()).await?))
}

async fn decide(
    session: Session,
    Path(org): Path<String>,
    Input(decision): Input<Decision>,
) -> Answered<Decided> {
    Ok(Json(session.ops.decide(&org, decision).await?))
}

async fn allow(
    session: Session,
    Path(org): Path<String>,
    Input(new): Input<NewAllowance>,
) -> Answered<GuardStatus> {
    Ok(Json(session.ops.allow(&org, new).await?))
}
