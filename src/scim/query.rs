//! Query strings: percent-decoding with `+` for a space, names without regard to case.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// The name-value pairs of a query string, decoded; a name without `=` has an empty value.
/// Bytes that are not UTF-8 become U+FFFD.
pub fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts.map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (decode(name), decode(value))
    })
}

fn decode(text: &str) -> String {
    let text: Cow<'_, str> = if text.contains('+') {
        text.replace('+', " ").into()
    } else {
        text.into()
    };
    percent_decode_str(&text).decode_utf8_lossy().into_owned()
}
