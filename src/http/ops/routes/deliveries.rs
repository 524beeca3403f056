//! The routes of webhooks and their deliveries.

use axum::Json;

use crate::http::ops::extract::{Answered, Input, Params, Session};
use crate::http::ops::route::{Route, get, post};
use crate::model::delivery::Delivery;
use crate::ops::api::deliveries::{Deliveries, DeliveryQuery, Replay};
use crate::ops::api::operator::REPLAY;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get(
            "/deliveries",
            deliveries,
            "How far each webhook is told, and what it did not take",
        )
        .query::<DeliveryQuery>()
        .answers::<Deliveries>(),
        post(
            "/deliveries/replay",
            replay,
            "Has what was given up tried again",
        )
        .needs(REPLAY)
        .body::<Replay>()
        .answers::<Vec<Delivery>>(),
    ]
}

async fn deliveries(
    session: Session,
    Params(query): Params<DeliveryQuery>,
) -> Answered<Deliveries> {
    Ok(Json(session.ops.deliveries(query).await?))
}

async fn replay(session: Session, Input(order): Input<Replay>) -> Answered<Vec<Delivery>> {
    Ok(Json(session.ops.replay(order).await?))
}
