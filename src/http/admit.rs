//! What a request's head decides: who asks, for what, and whether to read on.
//!
//! The order is a promise. Authentication comes first, so that without a token every path below
//! a base answers alike; nothing of a body is read before all of this has passed.

use http::header::{AUTHORIZATION, HeaderName};
use http::request::Parts;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::http::media::{self, Claim};
use crate::http::observe::Exchange;
use crate::http::scim::Endpoint;
use crate::http::{reply, route};
use crate::model::exchange::Operation;
use crate::model::token::Refusal;
use crate::ops::gateway::Refused;
use crate::ops::provision::request::{Answer, Method, Request, Target};
use crate::scim::error::ScimError;
use crate::scim::quirk::{Quirk, Tolerance};

/// What stays as it is in a path segment (RFC 3986 §2.3).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

impl Endpoint {
    /// Sorts out a request below a base; it comes back complete but for its body. The error is
    /// the answer.
    #[allow(clippy::result_large_err)] // the request is as large
    pub(super) fn admit(
        &self,
        head: &Parts,
        has_body: bool,
        org: Option<&str>,
        target: Option<Target>,
        exchange: &mut Exchange,
    ) -> Result<Request, Answer> {
        let asked = target.map(|target| (route::method(&target, &head.method), target));
        let operation = match &asked {
            Some((Some(method), target)) => route::operation(target, *method),
            _ => Operation::NoRoute,
        };
        let refuse = |error| reply::refusal(error, operation);

        let caller = self
            .gateway
            .authenticate(text(head, &AUTHORIZATION), org)
            .map_err(|refused| turn_away(refused, operation, exchange))?;
        exchange.seen.caller = Some(caller.clone());
        self.rates.admit(&caller.token).map_err(|seconds| Answer {
            retry_after: Some(seconds),
            ..refuse(ScimError::status(
                429,
                "This token sends more requests a second than are allowed. Slow down.",
            ))
        })?;
        let Some((method, target)) = asked else {
            return Err(refuse(no_such_endpoint()));
        };
        let Some(method) = method else {
            exchange.manner.allow = Some(route::allow(&target));
            return Err(refuse(ScimError::status(
                405,
                "This endpoint does not have the method. The Allow header lists those it has.",
            )));
        };
        let mut tolerance = Tolerance::new(caller.org.dialect);
        let writes = matches!(method, Method::Post | Method::Put | Method::Patch);
        if has_body && writes {
            check_media(head, &mut tolerance).map_err(refuse)?;
        }
        Ok(Request {
            id: exchange.seen.request,
            base: base(&self.origin, org),
            method,
            target,
            query: exchange.seen.query.clone(),
            body: bytes::Bytes::new(),
            quirks: tolerance.seen,
            if_match: text(head, &http::header::IF_MATCH).map(str::to_owned),
            if_none_match: text(head, &http::header::IF_NONE_MATCH).map(str::to_owned),
            caller,
        })
    }
}

/// The base URL in the form that the request used.
fn base(origin: &str, org: Option<&str>) -> String {
    match org {
        None => format!("{origin}/scim/v2"),
        Some(org) => {
            let org = utf8_percent_encode(org, SEGMENT);
            format!("{origin}/orgs/{org}/scim/v2")
        }
    }
}

/// The answer to a refused credential: it depends on the status alone, never on the reason.
fn turn_away(refused: Refused, operation: Operation, exchange: &mut Exchange) -> Answer {
    let error = if refused.status == 403 {
        ScimError::status(
            403,
            "This token does not open this Org, or SCIM is not switched on for it. \
             Ask the operator of this server.",
        )
    } else {
        ScimError::status(
            401,
            "A valid bearer token is needed. Check the token that the identity provider sends.",
        )
    };
    let mut answer = reply::refusal(error, operation);
    if refused.refusal == Refusal::SchemeMissing {
        answer.record.quirks.note(Quirk::MissingBearerScheme);
    }
    exchange.seen.refused = Some(refused);
    answer
}

fn check_media(head: &Parts, tolerance: &mut Tolerance) -> Result<(), ScimError> {
    let unsupported = |detail| Err(ScimError::status(415, detail));
    if media::is_encoded(&head.headers) {
        return unsupported("Compressed bodies are not read. Send it without Content-Encoding.");
    }
    match media::claim(&head.headers) {
        Claim::Json => Ok(()),
        Claim::Other if tolerance.allows(Quirk::ContentType) => Ok(()),
        Claim::Other => unsupported("Send the body as application/scim+json."),
        Claim::Charset => unsupported("Send the body in UTF-8."),
    }
}

/// The 404 of a path that names no endpoint.
pub(super) fn no_such_endpoint() -> ScimError {
    ScimError::status(
        404,
        "No endpoint has this path. Check the base URL that the identity provider uses: \
         it ends in /scim/v2.",
    )
}

pub(super) fn text<'h>(head: &'h Parts, name: &HeaderName) -> Option<&'h str> {
    head.headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_keeps_the_form_of_the_request() {
        for (org, expected) in [
            (None, "http://h:1/scim/v2"),
            (Some("7"), "http://h:1/orgs/7/scim/v2"),
            (Some("a.b_c-d"), "http://h:1/orgs/a.b_c-d/scim/v2"),
            (Some("a b\"/é"), "http://h:1/orgs/a%20b%22%2F%C3%A9/scim/v2"),
        ] {
            assert_eq!(base("http://h:1", org), expected);
        }
    }
}
