//! The routes of impact and simulation.

use axum::Json;

use crate::http::ops::extract::{Answered, Input, Params, Path, Session};
use crate::http::ops::route::{Route, get, post};
use crate::model::operator::OperatorRole;
use crate::ops::api::preview::{Impact, Simulated, Simulation};
use crate::ops::wire::Which;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get(
            "/orgs/{org}/impact",
            impact,
            "What would be lost if a user or group went; an estimate",
        )
        .query::<Which>()
        .answers::<Impact>(),
        post(
            "/orgs/{org}/simulate",
            simulate,
            "What requests would change; changes nothing",
        )
        .needs(OperatorRole::Operator)
        .body::<Vec<Simulated>>()
        .answers::<Vec<Simulation>>(),
    ]
}

async fn impact(
    session: Session,
    Path(org): Path<String>,
    Params(of): Params<Which>,
) -> Answered<Impact> {
    Ok(Json(session.ops.impact(&org, of.kind, &of.which).await?))
}

async fn simulate(
    session: Session,
    Path(org): Path<String>,
    Input(requests): Input<Vec<Simulated>>,
) -> Answered<Vec<Simulation>> {
    Ok(Json(session.ops.simulate(&org, requests).await?))
}
