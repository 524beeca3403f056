//! The routes of webhooks and their deliveries.

use axum::Json;

use crate::http::ops::extract::{Answered, Input, Params, Session};
use crate::http::ops::route::{Route, get, post};
use crate::model::delivery::Delivery;
use crate::ops::api::deliveries::{Deliveries, DeliveryQuery, Replay, SinkTest, TestOrder};
use crate::ops::api::operator::{REPLAY, TEST};

pub(super) fn routes() -> Vec<Route> {
    vec![
        get(
            "/deliveries",
            deliveries,
            "How far each webhook and sink is told, and what it did not take",
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
        post(
            "/alerts/test",
            test,
            "Sends a test notice to sinks, and says of each how that went",
        )
        .needs(TEST)
        .body::<TestOrder>()
        .answers::<Vec<SinkTest>>(),
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

async fn test(session: Session, Input(order): Input<TestOrder>) -> Answered<Vec<SinkTest>> {
    Ok(Json(session.ops.test_sinks(order).await?))
}
