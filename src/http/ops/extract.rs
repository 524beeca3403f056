//! What handlers of the operations API take from a request, and how their failures are said.

use std::sync::Arc;

use axum::Json;
use axum::extract::{self, FromRequest, FromRequestParts, Query, Request};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use serde::de::DeserializeOwned;

use crate::http::server::Stop;
use crate::model::operator::OperatorRole;
use crate::ops::api::{Contents, Events, Failure, Ops, OpsError};
use crate::ops::wire::{PROBLEM, Problem};

/// Who a request is from.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) ops: Arc<dyn Ops>,
    /// What the operator may do.
    pub(super) role: OperatorRole,
    /// Ends feeds when the daemon stops.
    pub(super) stop: Stop,
}

impl Session {
    /// Gives the request to its handler with this.
    pub(super) fn enter(self, head: &mut Parts) {
        head.extensions.insert(Registry(self.ops.clone()));
        head.extensions.insert(Record {
            events: self.ops.clone(),
            stop: self.stop.clone(),
        });
        head.extensions.insert(self);
    }
}

impl<S: Sync> FromRequestParts<S> for Session {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failed> {
        let session = parts.extensions.get::<Self>().cloned();
        session.ok_or_else(|| failed(Failure::Internal, "the request belongs to no operator"))
    }
}

/// The registry of content that a request is for.
#[derive(Clone)]
pub(in crate::http) struct Registry(pub(in crate::http) Arc<dyn Contents>);

impl<S: Sync> FromRequestParts<S> for Registry {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failed> {
        let registry = parts.extensions.get::<Self>().cloned();
        registry.ok_or_else(|| failed(Failure::Internal, "the request belongs to nobody"))
    }
}

/// The events that a request may read.
#[derive(Clone)]
pub(in crate::http) struct Record {
    pub(in crate::http) events: Arc<dyn Events>,
    /// Ends streams when the daemon stops.
    pub(in crate::http) stop: Stop,
}

impl<S: Sync> FromRequestParts<S> for Record {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failed> {
        let record = parts.extensions.get::<Self>().cloned();
        record.ok_or_else(|| failed(Failure::Internal, "the request belongs to nobody"))
    }
}

/// What stands in the variable segments of the path.
pub(super) struct Path<T>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failed> {
        match extract::Path::from_request_parts(parts, state).await {
            Ok(extract::Path(segments)) => Ok(Self(segments)),
            Err(_) => Err(failed(
                Failure::Invalid,
                "a part of the path is not what belongs there, such as a number",
            )),
        }
    }
}

/// Query parameters.
pub(super) struct Params<T>(pub(super) T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failed> {
        let Query(params) = Query::try_from_uri(&parts.uri).map_err(|_| {
            failed(
                Failure::Invalid,
                "a query parameter is of the wrong kind, or given twice",
            )
        })?;
        Ok(Self(params))
    }
}

/// A JSON body.
pub(super) struct Input<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Input<T> {
    type Rejection = Failed;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failed> {
        let body = Bytes::from_request(request, state).await.map_err(|_| {
            failed(
                Failure::Invalid,
                "the body could not be read, or is too large",
            )
        })?;
        let input = serde_json::from_slice(&body).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let message = format!(
                "the body is not what this operation takes, from line {line} column {column}"
            );
            failed(Failure::Invalid, &message)
        })?;
        Ok(Self(input))
    }
}

/// What a handler comes back with.
pub(super) type Answered<T> = Result<Json<T>, Failed>;

/// A failure on its way out.
pub(in crate::http) struct Failed(pub(super) OpsError);

pub(super) fn failed(failure: Failure, message: &str) -> Failed {
    Failed(OpsError::new(failure, message))
}

impl From<OpsError> for Failed {
    fn from(error: OpsError) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        answer(Problem::from(self.0))
    }
}

fn answer(problem: Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, Json(problem)).into_response();
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM));
    response
}

/// The answer to an operator whose role is not enough.
pub(super) fn denied(needed: OperatorRole, has: OperatorRole) -> Failed {
    let (needed, has) = (needed.as_str(), has.as_str());
    let message = format!("this needs the role `{needed}`; yours is `{has}`");
    failed(Failure::Denied, &message)
}

/// The answer to a path that names nothing.
pub(super) async fn no_route() -> Failed {
    failed(Failure::NotFound, "the operations API has no such path")
}

/// The answer to a method that a path does not have.
pub(super) async fn no_method() -> Response {
    let Failed(error) = failed(Failure::Invalid, "this path does not have the method");
    answer(Problem {
        status: StatusCode::METHOD_NOT_ALLOWED.as_u16(),
        ..error.into()
    })
}

/// The answer to a body of a media type that is not read.
pub(super) fn unsupported(detail: &str) -> Response {
    problem(415, "Unsupported media type", Failure::Invalid, detail)
}

/// A problem whose status no [`Failure`] stands for.
pub(in crate::http) fn problem(
    status: u16,
    title: &str,
    failure: Failure,
    detail: &str,
) -> Response {
    answer(Problem {
        status,
        title: title.to_owned(),
        ..OpsError::new(failure, detail).into()
    })
}
