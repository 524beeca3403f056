//! Alerts and health on the operations API.

use axum::extract::Path;
use axum::routing::{get, post};
use axum::{Json, Router};

use crate::http::ops::extract::{Answered, Input, Session};
use crate::model::alert::Alert;
use crate::model::health::Health;
use crate::ops::api::watch::Seen;

pub(super) fn routes() -> Router {
    Router::new()
        .route("/alerts", get(alerts))
        .route("/alerts/{fingerprint}/acknowledge", post(acknowledge))
        .route("/health", get(health))
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
