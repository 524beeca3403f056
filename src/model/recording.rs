//! A file of recorded exchanges: JSON lines, a header first, that hold everything a replay needs
//! and say of each exchange what the record does not hold.
//!
//! Written by `requests export` and read by `replay`. Members may be added; a change of what one
//! means counts [`VERSION`] up.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Timestamp;
use crate::ids::{OrgId, RequestId, TokenId};
use crate::model::exchange::{Body, Client, Exchange, MASK, Operation, WITHHELD};
use crate::secret::MASKED;

/// What the first line names itself.
pub const FORMAT: &str = "scimtop-exchanges";
/// The version of the format that is written and read.
pub const VERSION: u32 = 1;

/// The first line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// [`FORMAT`].
    pub format: String,
    /// [`VERSION`].
    pub version: u32,
    /// Version of the program that wrote it.
    pub program: String,
    /// When it was written.
    pub exported: Timestamp,
    /// Base URL of the server that recorded.
    pub base_url: String,
    /// What was asked for.
    pub selection: Selection,
    /// The Orgs of that server.
    pub orgs: Vec<OrgName>,
    /// Exchanges that the server could not record since it started; nothing tells which.
    pub dropped: u64,
    /// What the record does not hold of any exchange.
    pub never_recorded: Vec<String>,
    /// What each word in `lacks` means.
    pub lacks: Vec<Meaning>,
}

/// Which exchanges were asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Selection {
    /// Of this Org.
    pub org: Option<OrgId>,
    /// Begun then or later.
    pub since: Option<Timestamp>,
    /// Begun before.
    pub until: Option<Timestamp>,
    /// In the filter language.
    pub filter: String,
}

/// An Org by number and name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrgName {
    /// Number.
    pub id: OrgId,
    /// Name.
    pub name: String,
}

/// A word and what it means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Meaning {
    /// The word.
    pub word: Lack,
    /// What it means.
    pub meaning: String,
}

/// Something that was sent and that the record does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lack {
    /// The end of the request body, beyond the size that is kept.
    BodyCut,
    /// The whole request body.
    BodyWithheld,
    /// The value of a password in the request body.
    Password,
    /// Something that looked like a token.
    Secret,
    /// The query.
    Query,
    /// The end of the answer's body, or all of it.
    Answer,
}

impl Lack {
    /// Every word.
    pub const ALL: [Self; 6] = [
        Self::BodyCut,
        Self::BodyWithheld,
        Self::Password,
        Self::Secret,
        Self::Query,
        Self::Answer,
    ];

    /// The word in a file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BodyCut => "body-cut",
            Self::BodyWithheld => "body-withheld",
            Self::Password => "password",
            Self::Secret => "secret",
            Self::Query => "query",
            Self::Answer => "answer",
        }
    }

    /// What it means, for whoever reads the file.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::BodyCut => "the end of `body` was not kept: it was too large",
            Self::BodyWithheld => {
                "`body` was not kept: it could not be shown to be free of secrets, or recording \
                 fell behind"
            }
            Self::Password => "passwords in `body` stand as ****",
            Self::Secret => "what looked like a token stands as scimtop_****",
            Self::Query => "`query` asked about a password or held a token",
            Self::Answer => "the end of `answer`, or all of it, was not kept",
        }
    }

    /// True if the request cannot be sent as it was.
    pub const fn hinders(self) -> bool {
        !matches!(self, Self::Password | Self::Answer)
    }
}

/// One exchange.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    /// Position in the record.
    pub seq: u64,
    /// When the request began.
    pub at: Timestamp,
    /// Org of its token or its path.
    pub org: Option<OrgId>,
    /// Which token it came with, if it was one of the server's.
    pub token: Option<TokenHint>,
    /// Why the credential was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// Kind of client.
    pub client: Client,
    /// Method.
    pub method: String,
    /// Path below the server's root.
    pub path: String,
    /// Query, percent-encoded; empty if none.
    #[serde(default)]
    pub query: String,
    /// Headers that decide about the answer, and `user-agent`.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// Request body as recorded.
    #[serde(default)]
    pub body: String,
    /// What it set out to do.
    pub operation: Operation,
    /// Status of the answer.
    pub status: u16,
    /// `scimType` of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scim_type: Option<String>,
    /// Ids of what it made, in the order of the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<String>,
    /// The answer's body as recorded.
    #[serde(default)]
    pub answer: String,
    /// Request id.
    pub request: RequestId,
    /// What the record does not hold of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lacks: Vec<Lack>,
}

/// A token as far as it may be known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TokenHint {
    /// Its name.
    pub id: TokenId,
    /// Its label when the exchange happened.
    pub label: String,
    /// The last four characters of its secret, if it is still listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// Request headers that decide about an answer, and who asks.
const HEADERS: [&str; 6] = [
    "accept",
    "content-type",
    "if-match",
    "if-none-match",
    "prefer",
    "user-agent",
];

impl Recorded {
    /// What is exported of an exchange; `hint` belongs to its token.
    pub fn of(exchange: Exchange, hint: Option<String>) -> Self {
        let lacks = lacks(&exchange);
        let ids = made(&exchange);
        let summary = exchange.summary;
        let label = summary.token_label.unwrap_or_default();
        Self {
            seq: summary.seq,
            at: summary.at,
            org: summary.org,
            token: summary.token.map(|id| TokenHint { id, label, hint }),
            refused: summary.refusal.map(|why| why.as_str().to_owned()),
            client: summary.client,
            method: summary.method,
            path: summary.path,
            query: summary.query,
            headers: exchange
                .request_headers
                .into_iter()
                .filter(|(name, _)| HEADERS.contains(&name.as_str()))
                .collect(),
            body: exchange.request_body.text,
            operation: summary.operation,
            status: summary.status,
            scim_type: summary.scim_type,
            ids,
            answer: exchange.response_body.text,
            request: summary.request,
            lacks,
        }
    }
}

fn lacks(exchange: &Exchange) -> Vec<Lack> {
    let (summary, body) = (&exchange.summary, &exchange.request_body);
    let withheld = body.truncated && body.text.is_empty();
    let masked = || {
        body.text.contains(MASK)
            && serde_json::from_str(&body.text).is_ok_and(|value| holds_mask(&value))
    };
    let secret = [&summary.path, &summary.query, &body.text];
    let found = [
        (body.truncated && !withheld, Lack::BodyCut),
        (withheld, Lack::BodyWithheld),
        (masked(), Lack::Password),
        (
            secret.iter().any(|text| text.contains(MASKED)),
            Lack::Secret,
        ),
        (summary.query == WITHHELD, Lack::Query),
        (exchange.response_body.truncated, Lack::Answer),
    ];
    let found = found.into_iter().filter(|(is, _)| *is);
    found.map(|(_, lack)| lack).collect()
}

/// True if a value in it is masked.
fn holds_mask(value: &Value) -> bool {
    match value {
        Value::String(text) => text == MASK,
        Value::Array(items) => items.iter().any(holds_mask),
        Value::Object(members) => members.values().any(holds_mask),
        _ => false,
    }
}

/// The ids of what an exchange made: by its `Location`, or of each operation of Bulk.
fn made(exchange: &Exchange) -> Vec<String> {
    let last = |location: &str| location.rsplit('/').next().unwrap_or_default().to_owned();
    let headers = &exchange.response_headers;
    let location = headers.iter().find(|(name, _)| name == "location");
    match exchange.summary.operation {
        Operation::Bulk => bulk_locations(&exchange.response_body)
            .iter()
            .map(|location| last(location))
            .collect(),
        _ if exchange.summary.status == 201 => location
            .map(|(_, location)| last(location))
            .into_iter()
            .collect(),
        _ => Vec::new(),
    }
}

/// Where each POST of a Bulk answer put what it made; nothing if the answer was cut.
fn bulk_locations(body: &Body) -> Vec<String> {
    let Ok(Value::Object(answer)) = serde_json::from_str(&body.text) else {
        return Vec::new();
    };
    let operations = answer.get("Operations").and_then(Value::as_array);
    operations
        .into_iter()
        .flatten()
        .filter(|operation| operation["status"] == "201")
        .filter_map(|operation| operation["location"].as_str().map(str::to_owned))
        .collect()
}

/// What no exchange's record holds.
pub fn never_recorded() -> Vec<String> {
    [
        "credentials: Authorization and Cookie headers",
        "the values of headers that are not listed",
        "exchanges that a purge erased or that were pruned by age or size",
    ]
    .map(str::to_owned)
    .into()
}

/// The words of `lacks`, explained.
pub fn meanings() -> Vec<Meaning> {
    Lack::ALL
        .into_iter()
        .map(|word| Meaning {
            word,
            meaning: word.meaning().to_owned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn exchange(change: impl FnOnce(&mut Exchange)) -> Exchange {
        let mut exchange: Exchange = serde_json::from_value(json!({
            "seq": 7, "at": "2026-11-24T19:54:36.123Z", "org": 3, "token": "tok_00000001",
            "token_label": "okta", "client": "okta", "source": "127.0.0.1", "method": "POST",
            "path": "/scim/v2/Users", "query": "", "operation": "create", "subject": "ada",
            "status": 201, "scim_type": null, "refusal": null, "latency_us": 1, "what": "created",
            "quirks": [], "request": "00000000000000000000000000000001", "user_agent": "Okta",
            "request_headers": [["content-type", "application/json"], ["host", "x"]],
            "request_body": {"text": "{\"userName\":\"ada\"}", "bytes": 18, "truncated": false},
            "response_headers": [["location", "http://x/scim/v2/Users/u-1"]],
            "response_body": {"text": "{}", "bytes": 2, "truncated": false},
            "detail": null, "changes": null,
        }))
        .unwrap();
        change(&mut exchange);
        exchange
    }

    #[test]
    fn a_whole_exchange_lacks_nothing_and_reads_back() {
        let recorded = Recorded::of(exchange(|_| {}), Some("erTy".to_owned()));
        assert_eq!(recorded.lacks, []);
        assert_eq!(recorded.ids, ["u-1"]);
        assert_eq!(recorded.headers.len(), 1, "{:?}", recorded.headers);
        let text = serde_json::to_string(&recorded).unwrap();
        assert_eq!(serde_json::from_str::<Recorded>(&text).unwrap(), recorded);
    }

    #[test]
    fn what_the_record_does_not_hold_is_named() {
        type Change = fn(&mut Exchange);
        let table: [(Change, Lack); 7] = [
            (|e| e.request_body.truncated = true, Lack::BodyCut),
            (
                |e| {
                    e.request_body = Body {
                        text: String::new(),
                        bytes: 9,
                        truncated: true,
                    }
                },
                Lack::BodyWithheld,
            ),
            (
                |e| e.request_body.text = r#"{"password":"****"}"#.to_owned(),
                Lack::Password,
            ),
            (
                |e| e.request_body.text = format!(r#"{{"title":"{MASKED}"}}"#),
                Lack::Secret,
            ),
            (|e| e.summary.path = format!("/{MASKED}"), Lack::Secret),
            (|e| e.summary.query = WITHHELD.to_owned(), Lack::Query),
            (|e| e.response_body.truncated = true, Lack::Answer),
        ];
        for (change, lack) in table {
            assert_eq!(Recorded::of(exchange(change), None).lacks, [lack]);
        }
        let stars = |e: &mut Exchange| e.request_body.text = r#"{"title":"a **** b"}"#.to_owned();
        assert_eq!(Recorded::of(exchange(stars), None).lacks, []);
        for lack in Lack::ALL {
            assert_eq!(serde_json::to_value(lack).unwrap(), lack.as_str());
        }
    }

    #[test]
    fn bulk_names_everything_it_made() {
        let recorded = Recorded::of(
            exchange(|e| {
                e.summary.operation = Operation::Bulk;
                e.summary.status = 200;
                e.response_body.text = json!({"Operations": [
                    {"method": "POST", "status": "201", "location": "http://x/Users/a"},
                    {"method": "PATCH", "status": "200", "location": "http://x/Users/b"},
                    {"method": "POST", "status": "201", "location": "http://x/Groups/c"},
                ]})
                .to_string();
            }),
            None,
        );
        assert_eq!(recorded.ids, ["a", "c"]);
    }
}
