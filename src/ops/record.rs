//! From what the HTTP side saw to what is kept of it: secrets out, size capped, client named.
//!
//! A credential or password that a client puts anywhere, in a body, a query, a path or a header,
//! must not reach the traffic file. What cannot be shown to be clean is withheld.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use crate::engine::clients::{self, Traits};
use crate::ids::TokenId;
use crate::model::exchange::{Body, Client, Exchange, ExchangeSummary, MASK, Operation, WITHHELD};
use crate::model::token::Refusal;
use crate::ops::gateway::{Observed, Refused};
use crate::scim::quirk::Quirk;
use crate::secret::scrub;

/// Bytes kept of a body.
pub const BODY_CAP: usize = 64 * 1024;
/// Bytes kept of the answer to a successful read, which repeats what the directory holds.
pub const READ_CAP: usize = 4 * 1024;
/// Bodies that mention a password are parsed to remove it up to this size, else withheld.
const REDACT_CAP: usize = 1024 * 1024;
/// Tokens whose client is remembered for requests that do not give it away.
const REMEMBERED: usize = 4096;

/// Request headers whose values are kept; of others only the name is.
const KEPT_HEADERS: [&str; 20] = [
    "accept",
    "accept-charset",
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "forwarded",
    "host",
    "if-match",
    "if-none-match",
    "prefer",
    "traceparent",
    "transfer-encoding",
    "user-agent",
    "via",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-request-id",
];

/// Makes exchanges fit to keep.
#[derive(Default)]
pub struct Recorder {
    /// The client that each token was last seen with.
    clients: Mutex<HashMap<TokenId, Client>>,
}

impl Recorder {
    /// The exchange to keep. Its `seq` is 0 until the traffic file gives it one.
    pub fn exchange(&self, observed: Observed) -> Exchange {
        let user_agent = header(&observed.request_headers, "user-agent");
        let client = self.client(&observed, user_agent);
        let user_agent = scrub(user_agent).into_owned();
        let (org, token, token_label) = match (&observed.caller, &observed.refused) {
            (Some(caller), _) => (
                Some(caller.org.id),
                Some(caller.token.clone()),
                Some(caller.token_label.clone()),
            ),
            (None, Some(refused)) => {
                let (token, label) = refused.token.clone().unzip();
                (refused.org, token, label)
            }
            (None, None) => (None, None, None),
        };
        let read = matches!(
            observed.record.operation,
            Operation::Get | Operation::Query | Operation::Discovery
        );
        let response_cap = if read && observed.status < 400 {
            READ_CAP
        } else {
            BODY_CAP
        };
        let mut record = observed.record;
        if let Some(Refused {
            refusal: Refusal::SchemeMissing,
            ..
        }) = observed.refused
        {
            record.quirks.note(Quirk::MissingBearerScheme);
        }
        let path = scrub(&observed.path).into_owned();
        let subject = if record.subject.is_empty() {
            path.trim_end_matches('/')
                .rsplit('/')
                .next()
                .unwrap_or_default()
                .to_owned()
        } else if record.operation == Operation::Query {
            clean_filter(&record.subject)
        } else {
            scrub(&record.subject).into_owned()
        };
        Exchange {
            summary: ExchangeSummary {
                seq: 0,
                at: observed.at,
                org,
                token,
                token_label,
                client,
                source: observed.source.ip().to_string(),
                method: scrub(&observed.method).into_owned(),
                path,
                query: clean_query(&observed.query),
                operation: record.operation,
                subject,
                status: observed.status,
                scim_type: record
                    .scim_type
                    .map(|scim_type| scim_type.as_str().to_owned()),
                refusal: observed.refused.map(|refused| refused.refusal),
                latency_us: u64::try_from(observed.latency.as_micros()).unwrap_or(u64::MAX),
                what: scrub(&record.what).into_owned(),
                quirks: record
                    .quirks
                    .iter()
                    .map(|quirk| quirk.name().to_owned())
                    .collect(),
                request: observed.request,
            },
            user_agent,
            request_headers: observed
                .request_headers
                .into_iter()
                .map(clean_header)
                .collect(),
            request_body: body(
                &observed.request_body,
                observed.request_body.len() as u64,
                BODY_CAP,
            ),
            response_headers: observed.response_headers,
            response_body: body(
                &observed.response_body,
                observed.response_bytes,
                response_cap,
            ),
            detail: record.detail,
            changes: record.changes,
        }
    }

    /// Recognises the client, or remembers what the same token's client was.
    fn client(&self, observed: &Observed, user_agent: &str) -> Client {
        let body = &observed.request_body[..observed.request_body.len().min(BODY_CAP)];
        let seen = clients::recognise(&Traits {
            user_agent,
            query: &observed.query,
            method: &observed.method,
            body: &String::from_utf8_lossy(body),
            quirks: observed.record.quirks,
        });
        let caller = observed.caller.as_ref().map(|caller| &caller.token);
        let refused = observed.refused.as_ref();
        let refused = refused.and_then(|refused| refused.token.as_ref().map(|(id, _)| id));
        let Some(token) = caller.or(refused) else {
            return seen;
        };
        if clients::is_ours(user_agent) {
            return seen;
        }
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        // Whose token has ended is still the client that it was.
        if seen == Client::Unknown {
            return clients.get(token).copied().unwrap_or_default();
        }
        if caller.is_some() && clients.get(token) != Some(&seen) {
            if clients.len() >= REMEMBERED {
                clients.clear();
            }
            clients.insert(token.clone(), seen);
        }
        seen
    }
}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> &'a str {
    headers
        .iter()
        .find(|(header, _)| header == name)
        .map_or("", |(_, value)| value)
}

fn clean_header((name, value): (String, String)) -> (String, String) {
    if KEPT_HEADERS.contains(&name.as_str()) {
        let value = scrub(&value).into_owned();
        (name, value)
    } else {
        (name, "(not kept)".to_owned())
    }
}

/// A filter without tokens; withheld whole if it asks about passwords.
fn clean_filter(filter: &str) -> String {
    if mentions_password(filter) {
        return WITHHELD.to_owned();
    }
    scrub(filter).into_owned()
}

/// A query without tokens; withheld whole if it asks about passwords.
fn clean_query(query: &str) -> String {
    let decoded = percent_encoding::percent_decode_str(query).decode_utf8_lossy();
    if mentions_password(&decoded) {
        return WITHHELD.to_owned();
    }
    let clean = scrub(query);
    // An encoded token must not survive either.
    if matches!(scrub(&decoded), std::borrow::Cow::Owned(_)) && clean == query {
        return WITHHELD.to_owned();
    }
    clean.into_owned()
}

fn mentions_password(text: &str) -> bool {
    const WORD: &[u8] = b"password";
    text.as_bytes()
        .windows(WORD.len())
        .any(|window| window.eq_ignore_ascii_case(WORD))
}

/// What is kept of a body of which `bytes` (the beginning of `size` bytes) were seen.
fn body(bytes: &[u8], size: u64, cap: usize) -> Body {
    let whole = bytes.len() as u64 == size;
    let text = String::from_utf8_lossy(bytes);
    // `\u` could spell the word in a way the search does not see.
    let suspect = mentions_password(&text) || text.contains("\\u");
    let clean = if suspect {
        let redacted = (whole && bytes.len() <= REDACT_CAP)
            .then(|| serde_json::from_slice::<Value>(bytes).ok())
            .flatten()
            .map(|mut value| {
                redact(&mut value);
                value.to_string()
            });
        match redacted {
            Some(text) => text.into(),
            None => {
                return Body {
                    text: String::new(),
                    bytes: size,
                    truncated: true,
                };
            }
        }
    } else {
        text
    };
    let clean = scrub(&clean);
    let end = (0..=cap.min(clean.len()))
        .rev()
        .find(|at| clean.is_char_boundary(*at))
        .unwrap_or(0);
    Body {
        text: clean[..end].to_owned(),
        bytes: size,
        truncated: !whole || end < clean.len(),
    }
}

/// Masks the values of password attributes: by key, by PATCH path, in filters, and JSON inside
/// strings.
fn redact(value: &mut Value) {
    match value {
        Value::Object(members) => {
            let by_path = members.iter().any(|(key, path)| {
                key.eq_ignore_ascii_case("path") && path.as_str().is_some_and(mentions_password)
            });
            for (key, member) in members.iter_mut() {
                let asks = key.eq_ignore_ascii_case("filter")
                    && member.as_str().is_some_and(mentions_password);
                if asks || mentions_password(key) || (by_path && key.eq_ignore_ascii_case("value"))
                {
                    *member = MASK.into();
                } else {
                    redact(member);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(redact),
        Value::String(text) if text.contains(['{', '[']) && mentions_password(text) => {
            MASK.clone_into(text);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(text: &str) -> Body {
        body(text.as_bytes(), text.len() as u64, BODY_CAP)
    }

    #[test]
    fn passwords_never_survive() {
        for text in [
            r#"{"userName":"ada","password":"hunter2"}"#,
            r#"{"PassWord":"hunter2"}"#,
            r#"{"p\u0061ssword":"hunter2"}"#,
            r#"{"Operations":[{"op":"replace","path":"password","value":"hunter2"}]}"#,
            r#"{"Operations":[{"op":"replace","Path":"urn:ietf:params:scim:schemas:core:2.0:User:password","Value":"hunter2"}]}"#,
            r#"{"Operations":[{"op":"replace","value":{"urn:x:password":"hunter2"}}]}"#,
            r#"{"roles":[{"value":"{\"password\":\"hunter2\"}"}]}"#,
            r#"{"filter":"password eq \"hunter2\""}"#,
            r#"{"Filter":"urn:ietf:params:scim:schemas:core:2.0:User:passWord eq hunter2"}"#,
            r#"{"password":"hunter2""#,
            r#"{"userName":"x","\u0070assword":"hunter2","#,
        ] {
            assert!(!kept(text).text.contains("hunter2"), "{text}");
        }
        assert!(
            kept(r#"{"userName":"ada","password":"x"}"#)
                .text
                .contains("\"ada\"")
        );
    }

    #[test]
    fn other_bodies_are_kept_as_sent_up_to_the_cap() {
        let text = r#"{ "userName" : "ada" }"#;
        let kept_body = kept(text);
        assert_eq!(kept_body.text, text);
        assert!(!kept_body.truncated);
        let long = "é".repeat(BODY_CAP);
        let cut = kept(&long);
        assert!(cut.truncated && cut.text.len() <= BODY_CAP);
        assert_eq!(cut.bytes, long.len() as u64);
    }

    #[test]
    fn filters_lose_tokens_and_questions_about_passwords() {
        assert_eq!(clean_filter("Password eq \"hunter2\""), WITHHELD);
        assert_eq!(clean_filter("userName eq \"a\""), "userName eq \"a\"");
        let token = crate::secret::PlainToken::generate(
            crate::model::token::TokenKind::Scim,
            &TokenId::new(),
        )
        .unwrap();
        assert!(!clean_filter(token.reveal()).contains(&token.reveal()[20..50]));
    }

    #[test]
    fn queries_lose_tokens_and_password_filters() {
        assert_eq!(clean_query("filter=password%20sw%20%22a%22"), "(withheld)");
        assert_eq!(
            clean_query("filter=userName+eq+%22a%22"),
            "filter=userName+eq+%22a%22"
        );
        let token = crate::secret::PlainToken::generate(
            crate::model::token::TokenKind::Scim,
            &TokenId::new(),
        )
        .unwrap();
        let secret = &token.reveal()[20..50];
        assert!(!clean_query(&format!("token={}", token.reveal())).contains(secret));
        let encoded = token.reveal().replace('_', "%5F");
        assert!(!clean_query(&format!("token={encoded}")).contains(secret));
    }
}
