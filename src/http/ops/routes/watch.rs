//! Alerts and health on the operations API.

use axum::Json;

use crate::http::ops::extract::{Answered, Input, Params, Path, Session};
use crate::http::ops::route::{Route, delete, get, post};
use crate::model::alert::{Alert, Silence};
use crate::model::health::Health;
use crate::ops::api::operator::{ACKNOWLEDGE, SILENCE};
use crate::ops::api::watch::{NewSilence, Seen};
use crate::ops::wire::Rehearse;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get(
            "/alerts",
            alerts,
            "What calls for an operator now, worst first",
        )
        .answers::<Vec<Alert>>(),
        post(
            "/alerts/{fingerprint}/acknowledge",
            acknowledge,
            "Says that an alert was seen, or takes that back",
        )
        .needs(ACKNOWLEDGE)
        .body::<Seen>()
        .answers::<Alert>(),
        get(
            "/silences",
            silences,
            "Silences that have not ended, oldest first",
        )
        .answers::<Vec<Silence>>(),
        post("/silences", silence, "Silences alerts for a time")
            .needs(SILENCE)
            .body::<NewSilence>()
            .answers::<Silence>(),
        delete("/silences/{id}", unsilence, "Ends a silence")
            .needs(SILENCE)
            .query::<Rehearse>()
            .answers::<Silence>(),
        get("/health", health, "How the server does, in rates and times").answers::<Health>(),
    ]
}

async fn alerts(session: Session) -> Answered<Vec<Alert>> {
    Ok(Json(session.ops.alerts().await?))
}

async fn acknowledge(
    session: Session,
    Path(fingerprint): Path<String>,
    Input(seen): Input<Seen>,
) -> Answered<Alert> {
    Ok(Json(session.ops.acknowledge(&fingerprint, seen).await?))
}

async fn silences(session: Session) -> Answered<Vec<Silence>> {
    Ok(Json(session.ops.silences().await?))
}

async fn silence(session: Session, Input(new): Input<NewSilence>) -> Answered<Silence> {
    Ok(Json(session.ops.silence(new).await?))
}

async fn unsilence(
    session: Session,
    Path(id): Path<u64>,
    Params(Rehearse { dry_run }): Params<Rehearse>,
) -> Answered<Silence> {
    Ok(Json(session.ops.unsilence(id, dry_run).await?))
}

async fn health(session: Session) -> Answered<Health> {
    Ok(Json(session.ops.health().await?))
}
