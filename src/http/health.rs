//! `/livez` and `/readyz`, for whoever restarts the daemon or routes to it. Never authenticated
//! and never recorded: a probe every second would bury what operators look for.

use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Method, Response, StatusCode};

use crate::http::reply::ReplyBody;

/// Answers a probe with what it found; the error says what is wrong (503).
pub(super) fn probe(method: &Method, found: Result<(), String>) -> Response<ReplyBody> {
    let (status, text) = match found {
        _ if method != Method::GET && method != Method::HEAD => (
            StatusCode::METHOD_NOT_ALLOWED,
            "probes are read with GET".to_owned(),
        ),
        Ok(()) => (StatusCode::OK, "ok".to_owned()),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, why),
    };
    let mut response = Response::new(ReplyBody::Whole((text + "\n").into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    }
    response
}
