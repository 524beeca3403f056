//! The seam to a server of the simulation's own, in the same process and in simulated time.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::Request;
use http_body_util::Full;

use super::asked::Question;
use super::incident::Deed;
use crate::clock::Timestamp;
use crate::model::alert::AlertChange;
use crate::model::diagnosis::Diagnosis;
use crate::wire::Answer;

/// Whose network a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// The provider's.
    Provider,
    /// Somebody else's.
    Elsewhere,
}

/// A server whose clock the simulation sets. Errors are sentences for whoever runs it.
pub trait Inside: Send + Sync {
    /// Lets its time pass until `to`, with everything that falls due there meanwhile. What was
    /// answered before is recorded when this returns.
    fn pass(&self, to: Timestamp) -> BoxFuture<'_, Result<(), String>>;

    /// The answer to a request that comes in now; an error is an answer that broke off.
    fn answer(
        &self,
        request: Request<Full<Bytes>>,
        from: Network,
    ) -> BoxFuture<'_, Result<Answer, String>>;

    /// Does something to the server, or on it.
    fn act(&self, deed: Deed) -> BoxFuture<'_, Result<(), String>>;

    /// The answer to a question of its operator.
    fn diagnose(&self, question: Question) -> BoxFuture<'_, Result<Diagnosis, String>>;

    /// Every change of an alert so far, oldest first.
    fn told(&self) -> Vec<AlertChange>;
}
