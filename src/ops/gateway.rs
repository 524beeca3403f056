//! What the HTTP side needs of the house, as one trait: authenticate, answer, record.
//!
//! The seam lets the HTTP layer be tested with scripted answers, and keeps it from reaching the
//! store or the engine.

use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::clock::Timestamp;
use crate::ids::{OrgId, RequestId, TokenId};
use crate::model::operator::OperatorRole;
use crate::model::token::Refusal;
use crate::ops::api::{Contents, Events, Ops};
use crate::ops::provision::request::{Answer, Caller, Record, Request};

/// The house as the SCIM endpoint sees it.
pub trait Gateway: Send + Sync + 'static {
    /// Sorts out a credential: the raw `Authorization` header (`None` if absent or not text) and
    /// the Org that the path names (`None`: the token selects it). Takes microseconds and never
    /// blocks; how long it takes says nothing about why it refused.
    fn authenticate(
        &self,
        authorization: Option<&str>,
        org: Option<&str>,
    ) -> Result<Caller, Refused>;

    /// Answers an authenticated request. Errors are answers.
    fn answer(&self, request: Request) -> Pin<Box<dyn Future<Output = Answer> + Send + '_>>;

    /// Hands over a finished exchange for the record. Never waits.
    fn record(&self, observed: Observed);

    /// Whether requests can be served; the error says why not, for `/readyz`.
    fn ready(&self) -> Result<(), String>;
}

/// The house as the content API sees it.
pub trait ContentGateway: Send + Sync + 'static {
    /// Sorts out an application's credential, as [`Gateway::authenticate`] does for SCIM, and notes
    /// where it was used from.
    ///
    /// # Errors
    /// As for [`Gateway::authenticate`].
    fn admit(
        &self,
        authorization: Option<&str>,
        org: Option<&str>,
        source: IpAddr,
        user_agent: &str,
    ) -> Result<Admitted, Refused>;
}

/// An application that was let in.
pub struct Admitted {
    /// Its token.
    pub token: TokenId,
    /// The registry, which acts in the token's name.
    pub contents: Arc<dyn Contents>,
    /// The events of its Org.
    pub events: Arc<dyn Events>,
}

/// The house as the operations API over TCP sees it.
pub trait OperatorGateway: Send + Sync + 'static {
    /// Sorts out an operator's credential, as [`Gateway::authenticate`] does for SCIM, and notes
    /// where it was used from.
    ///
    /// # Errors
    /// As for [`Gateway::authenticate`], always with 401.
    fn operator(
        &self,
        authorization: Option<&str>,
        source: IpAddr,
        user_agent: &str,
    ) -> Result<AdmittedOperator, Refused>;
}

/// An operator that was let in.
pub struct AdmittedOperator {
    /// The token.
    pub token: TokenId,
    /// What it may do.
    pub role: OperatorRole,
    /// The operations, done in the token's name.
    pub ops: Arc<dyn Ops>,
}

/// A credential that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Why; for the operator only.
    pub refusal: Refusal,
    /// 401 or 403; all that the client learns.
    pub status: u16,
    /// The Org, if the credential or the path named one.
    pub org: Option<OrgId>,
    /// The token and its label, if the credential named one of ours.
    pub token: Option<(TokenId, String)>,
}

/// A finished exchange as the HTTP side saw it; bodies and headers are still raw.
#[derive(Clone, Debug)]
pub struct Observed {
    /// Names the exchange.
    pub request: RequestId,
    /// When the request began.
    pub at: Timestamp,
    /// Who asked, unless it was refused.
    pub caller: Option<Caller>,
    /// Why the credential was refused, if it was.
    pub refused: Option<Refused>,
    /// Peer address.
    pub source: SocketAddr,
    /// HTTP method, as sent (any word).
    pub method: String,
    /// Path, as sent.
    pub path: String,
    /// Query, as sent, percent-encoded.
    pub query: String,
    /// Request headers without `Authorization` and `Cookie`, names in lower case.
    pub request_headers: Vec<(String, String)>,
    /// Request body as far as it was read.
    pub request_body: Bytes,
    /// Status of the answer.
    pub status: u16,
    /// Response headers, names in lower case.
    pub response_headers: Vec<(String, String)>,
    /// The beginning of the response body.
    pub response_body: Bytes,
    /// Full size of the response body, in bytes.
    pub response_bytes: u64,
    /// From the request's head to the end of the answer.
    pub latency: Duration,
    /// What the answer says for the record.
    pub record: Record,
}
