//! The routes of removals, holds and the guard.

use axum::Json;

use crate::http::ops::extract::{Answered, Input, Params, Path, Session};
use crate::http::ops::route::{Route, get, post};
use crate::model::deletion::Deletion;
use crate::model::guard::GuardStatus;
use crate::model::operator::OperatorRole;
use crate::ops::api::DeletionQuery;
use crate::ops::api::operator;
use crate::ops::api::removals::{
    Decided, Decision, DeletionDetail, NewAllowance, Purged, Restored, Selected,
};
use crate::ops::wire::OfOrg;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/deletions", deletions, "Deletion records, newest first")
            .query::<DeletionQuery>()
            .answers::<Vec<Deletion>>(),
        get(
            "/deletions/{seq}",
            deletion,
            "One deletion record with everything that belongs to it",
        )
        .answers::<DeletionDetail>(),
        post(
            "/deletions/restore",
            restore,
            "Brings held accounts back as they were",
        )
        .needs(operator::RESTORE)
        .body::<Selected>()
        .answers::<Restored>(),
        post(
            "/deletions/purge",
            purge,
            "Deletes held accounts now and erases personal data, for good",
        )
        .needs(operator::PURGE)
        .body::<Selected>()
        .answers::<Purged>(),
        get("/guard", guard, "The guard of one Org or of all")
            .query::<OfOrg>()
            .answers::<Vec<GuardStatus>>(),
        post(
            "/guard/{org}/decide",
            decide,
            "Carries a verdict out on what the guard froze",
        )
        .needs(operator::DECIDE)
        .body::<Decision>()
        .answers::<Decided>(),
        post(
            "/guard/{org}/allow",
            allow,
            "Announces removals, so that they pass the guard",
        )
        .needs(OperatorRole::Operator)
        .body::<NewAllowance>()
        .answers::<GuardStatus>(),
    ]
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
