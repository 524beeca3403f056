//! Media types: what a body claims to be, and what an answer is to be called.

use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, HeaderName};

/// The media type of SCIM (RFC 7644 §8.1).
pub(super) const SCIM: &str = "application/scim+json";
/// What some clients ask for instead.
pub(super) const JSON: &str = "application/json";

/// What `Content-Type` says of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    /// SCIM or JSON, or nothing at all.
    Json,
    /// Another media type.
    Other,
    /// JSON in a charset other than UTF-8, which JSON does not have (RFC 8259 §8.1).
    Charset,
}

/// Sorts out `Content-Type`.
pub(super) fn claim(headers: &HeaderMap) -> Claim {
    let Some(value) = headers.get(CONTENT_TYPE) else {
        return Claim::Json;
    };
    let Ok(value) = value.to_str() else {
        return Claim::Other;
    };
    let mut parts = value.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    if !(media.is_empty() || is(media, SCIM) || is(media, JSON)) {
        return Claim::Other;
    }
    let utf8 = parts
        .filter_map(|parameter| parameter.split_once('='))
        .filter(|(name, _)| is(name.trim(), "charset"))
        .all(|(_, charset)| is(charset.trim().trim_matches('"'), "utf-8"));
    if utf8 { Claim::Json } else { Claim::Charset }
}

/// True if the body is compressed; this server does not unpack (a few bytes may become
/// gigabytes).
pub(super) fn is_encoded(headers: &HeaderMap) -> bool {
    items(headers, &CONTENT_ENCODING).any(|coding| !coding.is_empty() && !is(coding, "identity"))
}

/// What to call an answer: SCIM's own type unless `Accept` names JSON and not SCIM.
///
/// An `Accept` that excludes both is disregarded (RFC 9110 §12.5.1): what asks for `text/html`
/// here is a browser or a misconfigured proxy, and its owner is helped more by the answer.
pub(super) fn answer_type(headers: &HeaderMap) -> &'static str {
    let mut json = false;
    for range in items(headers, &ACCEPT) {
        let (media, parameters) = range.split_once(';').unwrap_or((range, ""));
        if is_refused(parameters) {
            continue;
        }
        if is(media.trim(), SCIM) {
            return SCIM;
        }
        json |= is(media.trim(), JSON);
    }
    if json { JSON } else { SCIM }
}

/// The comma-separated items of all lines of a header.
fn items<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h str> {
    headers
        .get_all(name)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

/// True if the parameters hold a weight of zero.
fn is_refused(parameters: &str) -> bool {
    parameters
        .split(';')
        .filter_map(|parameter| parameter.split_once('='))
        .any(|(name, weight)| {
            is(name.trim(), "q")
                && weight
                    .trim()
                    .parse::<f32>()
                    .is_ok_and(|weight| weight <= 0.0)
        })
}

fn is(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &HeaderName, values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn content_types() {
        for (value, expected) in [
            ("application/scim+json", Claim::Json),
            ("application/json", Claim::Json),
            ("Application/SCIM+JSON; charset=utf-8", Claim::Json),
            ("application/json;charset=\"UTF-8\"", Claim::Json),
            ("application/json; profile=x", Claim::Json),
            ("", Claim::Json),
            ("application/json; charset=iso-8859-1", Claim::Charset),
            ("application/scim+json;Charset = utf-16", Claim::Charset),
            ("text/plain", Claim::Other),
            ("application/x-www-form-urlencoded", Claim::Other),
            ("application/jsonp", Claim::Other),
        ] {
            assert_eq!(
                claim(&headers(&CONTENT_TYPE, &[value])),
                expected,
                "{value}"
            );
        }
        assert_eq!(claim(&HeaderMap::new()), Claim::Json);
    }

    #[test]
    fn accepts() {
        for (values, expected) in [
            (&[][..], SCIM),
            (&["*/*"], SCIM),
            (&["application/*"], SCIM),
            (&["application/scim+json"], SCIM),
            (&["application/json"], JSON),
            (&["application/json, application/scim+json"], SCIM),
            (&["application/json", "application/scim+json;q=0.5"], SCIM),
            (&["application/json, application/scim+json;q=0"], JSON),
            (&["application/json;q=0"], SCIM),
            (&["application/json, text/plain, */*"], JSON),
            (&["text/html"], SCIM),
        ] {
            assert_eq!(
                answer_type(&headers(&ACCEPT, values)),
                expected,
                "{values:?}"
            );
        }
    }

    #[test]
    fn encodings() {
        for (values, expected) in [
            (&[][..], false),
            (&["identity"], false),
            (&[""], false),
            (&["gzip"], true),
            (&["identity, br"], true),
            (&["identity", "zstd"], true),
        ] {
            assert_eq!(
                is_encoded(&headers(&CONTENT_ENCODING, values)),
                expected,
                "{values:?}"
            );
        }
    }
}
