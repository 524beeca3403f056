//! Diagnoses on the operations API.

use axum::Json;

use crate::http::ops::extract::{Answered, Params, Session};
use crate::http::ops::route::{Route, get};
use crate::model::diagnosis::Diagnosis;
use crate::ops::api::diagnose::Question;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get(
            "/diagnose",
            diagnose,
            "Why a user or group is not what it should be, who is slow, who is refused",
        )
        .query::<Question>()
        .answers::<Diagnosis>(),
    ]
}

async fn diagnose(session: Session, Params(question): Params<Question>) -> Answered<Diagnosis> {
    Ok(Json(session.ops.diagnose(question).await?))
}
