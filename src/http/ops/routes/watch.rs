//! Alerts and health on the operations API.

use axum::Json;

use crate::http::ops::extract::{Answered, Input, Path, Session};
use crate::http::ops::route::{Route, get, post};
use crate::model::alert::Alert;
use crate::model::health::Health;
use crate::ops::api::operator::ACKNOWLEDGE;
use crate::ops::api::watch::Seen;

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

async fn health(session: Session) -> Answered<Health> {
    Ok(Json(session.ops.health().await?))
}
