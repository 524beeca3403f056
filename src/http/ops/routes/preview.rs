//! The routes of impact and simulation.

use axum::extract::Path;
use axum::routing::{get, post};
use axum::{Json, Router};

use crate::http::ops::extract::{Answered, Input, Params, Session};
use crate::ops::api::preview::{Impact, Simulated, Simulation};
use crate::ops::wire::Which;

pub(super) fn routes() -> Router {
    Router::new()
        .route("/orgs/{org}/impact", get(impact))
        .route("/orgs/{org}/simulate", post(simulate))
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
