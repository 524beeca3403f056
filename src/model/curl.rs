//! A recorded exchange as a `curl` command that repeats it, without its secret.

use crate::model::exchange::Exchange;
use crate::text::{json, shell_quote};

/// The command, for a POSIX shell; the token is read from `$SCIM_TOKEN`. `base_url` tells where
/// the server is; only its scheme and authority are used.
pub fn curl(exchange: &Exchange, base_url: &str) -> String {
    let summary = &exchange.summary;
    let mut url = format!("{}{}", origin(base_url), summary.path);
    if !summary.query.is_empty() {
        url.push('?');
        url.push_str(&summary.query);
    }
    let mut command = format!(
        "curl -sS -X {} {} -H \"Authorization: Bearer $SCIM_TOKEN\"",
        shell_quote(&summary.method),
        shell_quote(&url)
    );
    let body = &exchange.request_body;
    if !body.text.is_empty() {
        command.push_str(" -H 'Content-Type: application/scim+json' --data-raw ");
        command.push_str(&shell_quote(&json(&body.text)));
    }
    if body.truncated {
        command.push_str(" # the recorded body is only its beginning");
    }
    command
}

fn origin(base_url: &str) -> &str {
    let authority = base_url.find("://").map_or(0, |at| at + 3);
    let end = base_url[authority..]
        .find('/')
        .map_or(base_url.len(), |at| authority + at);
    &base_url[..end]
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::model::exchange::Body;
    use crate::model::exchange_filter::tests::exchange;

    #[test]
    fn quotes_what_a_shell_or_terminal_would_obey() {
        let body = "{\"name\":\"O'Hara $(id)\u{1b}[2J\"}";
        let mut summary = exchange();
        summary.query = "attributes=id".to_owned();
        let exchange = Exchange {
            summary,
            user_agent: String::new(),
            request_headers: Vec::new(),
            request_body: Body {
                text: body.to_owned(),
                bytes: 30,
                truncated: false,
            },
            response_headers: Vec::new(),
            response_body: Body::default(),
            detail: None,
            changes: Value::Null,
        };
        assert_eq!(
            curl(&exchange, "http://127.0.0.1:8080/scim/v2"),
            "curl -sS -X 'PATCH' 'http://127.0.0.1:8080/scim/v2/Users/2819c223?attributes=id' \
             -H \"Authorization: Bearer $SCIM_TOKEN\" -H 'Content-Type: application/scim+json' \
             --data-raw '{\"name\":\"O'\\''Hara $(id)[2J\"}'"
        );
    }
}
