//! Reading request bodies: bounded in size, in time, and in memory over all requests.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Body;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::http::limits::Limits;
use crate::scim::error::ScimError;

/// How long the rest of a refused body is taken in, so that its sender comes to read the answer
/// instead of meeting a closed connection.
const LINGER: Duration = Duration::from_secs(2);

/// Reads bodies within the limits.
pub(super) struct Bodies {
    limit: usize,
    time: Duration,
    budget: Arc<Semaphore>,
}

/// A body as far as it was read.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) bytes: Bytes,
    /// Its share of the memory for bodies, given back when dropped.
    pub(super) share: Option<OwnedSemaphorePermit>,
}

impl Bodies {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            limit: limits.body_bytes,
            time: Duration::from_millis(limits.body_timeout_ms),
            budget: Arc::new(Semaphore::new(
                limits
                    .body_budget_bytes
                    .clamp(limits.body_bytes, Semaphore::MAX_PERMITS),
            )),
        }
    }

    /// Reads `body` into `taken`; what it says of its own length is not relied on.
    pub(super) async fn read<B: Body<Data = Bytes> + Unpin>(
        &self,
        body: &mut B,
        taken: &mut Taken,
    ) -> Result<(), ScimError> {
        if body.is_end_stream() {
            return Ok(());
        }
        if body.size_hint().lower() > self.limit as u64 {
            return Err(self.too_large());
        }
        let mut read = BytesMut::new();
        let outcome = timeout(self.time, self.frames(body, taken, &mut read)).await;
        if !read.is_empty() {
            taken.bytes = read.freeze();
        }
        outcome.unwrap_or_else(|_| {
            Err(ScimError::status(
                408,
                "The body did not arrive in time. Check the network between client and server.",
            ))
        })
    }

    /// Takes frames until the end. One frame is kept as it is; only more are copied together.
    async fn frames<B: Body<Data = Bytes> + Unpin>(
        &self,
        body: &mut B,
        taken: &mut Taken,
        read: &mut BytesMut,
    ) -> Result<(), ScimError> {
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_| lost())?.into_data() else {
                continue;
            };
            let size = taken.bytes.len() + read.len() + data.len();
            if size > self.limit {
                return Err(self.too_large());
            }
            self.take_share(taken, data.len())?;
            if size == data.len() {
                taken.bytes = data;
            } else {
                read.extend_from_slice(&std::mem::take(&mut taken.bytes));
                read.extend_from_slice(&data);
            }
        }
        Ok(())
    }

    fn take_share(&self, taken: &mut Taken, bytes: usize) -> Result<(), ScimError> {
        let more = u32::try_from(bytes)
            .ok()
            .and_then(|bytes| Arc::clone(&self.budget).try_acquire_many_owned(bytes).ok())
            .ok_or_else(|| {
                ScimError::status(503, "The server is busy reading other requests. Try again.")
            })?;
        match &mut taken.share {
            Some(share) => share.merge(more),
            share => *share = Some(more),
        }
        Ok(())
    }

    fn too_large(&self) -> ScimError {
        let limit = self.limit;
        ScimError::status(
            413,
            format!("The body is larger than the {limit} bytes that are read. Send less at once."),
        )
    }

    /// Takes in and forgets the rest of a refused body, for a moment.
    pub(super) async fn discard<B: Body<Data = Bytes> + Unpin>(&self, mut body: B) {
        let rest = async {
            let mut left = self.limit;
            while let Some(Ok(frame)) = body.frame().await {
                let data = frame.into_data().unwrap_or_default();
                let Some(still) = left.checked_sub(data.len()) else {
                    break;
                };
                left = still;
            }
        };
        // Whoever is not done by then may meet a closed connection.
        let _ = timeout(LINGER, rest).await;
    }
}

fn lost() -> ScimError {
    ScimError::status(
        400,
        "The connection ended before the body did. Send it again.",
    )
}
