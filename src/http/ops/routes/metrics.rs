//! Metrics, where Prometheus looks for them and in the form that it asks for.

use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE};
use schemars::{Schema, SchemaGenerator};

use crate::http::ops::extract::{Failed, Session};
use crate::http::ops::route::{Route, get, shape};
use crate::ops::api::watch::Exposition;
use crate::ops::wire::METRICS;

/// Media type of OpenMetrics.
const OPEN_METRICS: &str = "application/openmetrics-text";

pub(super) fn route() -> Route {
    get(
        METRICS,
        metrics,
        "Metrics in Prometheus's text format, or OpenMetrics if Accept prefers it",
    )
    .at_root()
    .answers_with("text/plain", text)
}

fn text(generator: &mut SchemaGenerator) -> Schema {
    shape::<String>(generator)
}

async fn metrics(session: Session, headers: HeaderMap) -> Result<Response, Failed> {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    let form = form(accept.unwrap_or_default());
    let written = session.ops.metrics(form).await?;
    Ok(([(CONTENT_TYPE, form.media())], written).into_response())
}

/// The form that an `Accept` header weighs more; the text format if it does not care. What names
/// neither gets the text format, too: it is told apart by its type.
fn form(accept: &str) -> Exposition {
    let (mut open, mut text) = (0, 0);
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default().to_ascii_lowercase();
        let (mut weight, mut served) = (1000, true);
        for (name, value) in parts.filter_map(|part| part.split_once('=')) {
            match name.to_ascii_lowercase().as_str() {
                "q" => weight = thousandths(value),
                "version" => served = value == "1.0.0",
                _ => {}
            }
        }
        match media.as_str() {
            OPEN_METRICS if served => open = open.max(weight),
            "text/plain" | "text/*" | "*/*" => text = text.max(weight),
            _ => {}
        }
    }
    if open > 0 && open >= text {
        Exposition::OpenMetrics
    } else {
        Exposition::Text
    }
}

/// A weight (RFC 9110 §12.4.2) in thousandths; 0 if it is none.
fn thousandths(weight: &str) -> u32 {
    let (whole, rest) = weight.split_once('.').unwrap_or((weight, ""));
    let digits = rest.chars().chain("000".chars()).take(3);
    let digits: String = whole.chars().chain(digits).collect();
    digits.parse().unwrap_or(0).min(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_what_the_reader_weighs_most() {
        use Exposition::{OpenMetrics, Text};
        for (accept, expected) in [
            ("", Text),
            ("*/*", Text),
            ("text/html", Text),
            ("text/plain;version=0.0.4", Text),
            ("application/openmetrics-text", OpenMetrics),
            (
                "Application/OpenMetrics-Text; version=1.0.0; charset=utf-8",
                OpenMetrics,
            ),
            (
                "application/openmetrics-text;version=0.0.1,text/plain;q=0.2",
                Text,
            ),
            ("application/openmetrics-text;q=0", Text),
            ("application/openmetrics-text;q=0.3,text/plain;q=0.31", Text),
            // Prometheus 2.42 and 3.5.
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;\
                 version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                OpenMetrics,
            ),
            (
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
                 application/openmetrics-text;version=0.0.1;q=0.5,\
                 text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
                 text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
                OpenMetrics,
            ),
        ] {
            assert_eq!(form(accept), expected, "{accept}");
        }
    }
}
