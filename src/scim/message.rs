//! The `schemas` of a message: the one URN that says what the message is (RFC 7644 §8.2).

use serde_json::{Map, Value};

use crate::scim::error::{ScimError, ScimType};
use crate::scim::quirk::{Quirk, Tolerance};

/// Checks that `body` says it is the message `urn`.
///
/// # Errors
/// 400 `invalidSyntax` if it says something else; if it says nothing or no list, only where the
/// dialect does not understand that.
pub fn check(
    body: &Map<String, Value>,
    urn: &str,
    tolerance: &mut Tolerance,
) -> Result<(), ScimError> {
    let wrong = || {
        ScimError::new(
            ScimType::InvalidSyntax,
            format!("`schemas` of this message must be [\"{urn}\"]."),
        )
    };
    let names = |value: &Value| {
        value
            .as_str()
            .is_some_and(|text| text.eq_ignore_ascii_case(urn))
    };
    let schemas = body
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case("schemas"))
        .map(|(_, value)| value);
    let quirk = match schemas {
        Some(Value::Array(urns)) if urns.iter().any(names) => return Ok(()),
        None | Some(Value::Null) => Quirk::MissingSchemas,
        Some(single) if names(single) => Quirk::ObjectForList,
        Some(_) => return Err(wrong()),
    };
    if tolerance.allows(quirk) {
        Ok(())
    } else {
        Err(wrong())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scim::quirk::Dialect;

    #[test]
    fn a_message_says_what_it_is() {
        for (body, auto, strict) in [
            (json!({ "schemas": ["urn:x"] }), true, true),
            (json!({ "schemas": ["urn:y", "URN:X"] }), true, true),
            (json!({}), true, false),
            (json!({ "schemas": null }), true, false),
            (json!({ "Schemas": "urn:x" }), true, false),
            (json!({ "schemas": [] }), false, false),
            (json!({ "schemas": ["urn:y"] }), false, false),
            (json!({ "schemas": 3 }), false, false),
        ] {
            let body = body.as_object().unwrap();
            for (dialect, fine) in [(Dialect::Auto, auto), (Dialect::Strict, strict)] {
                let result = check(body, "urn:x", &mut Tolerance::new(dialect));
                assert_eq!(result.is_ok(), fine, "{body:?} {dialect:?}");
            }
        }
    }
}
