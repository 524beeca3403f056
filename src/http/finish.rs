//! Work that ends even when its client does not wait.
//!
//! hyper drops a request's future when the connection goes away. Between the decision and the
//! commit of a write, and before the exchange is recorded, that must not happen: dropped work
//! moves into a set of its own and ends there. Work whose client waits costs nothing extra.

use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinSet;

/// Work as it is kept.
type Work<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Where work goes on that has lost its client.
pub(super) struct Abandoned {
    runtime: Handle,
    tasks: Mutex<JoinSet<()>>,
}

impl Abandoned {
    /// A set on the present runtime.
    pub(super) fn new() -> Self {
        Self {
            runtime: Handle::current(),
            tasks: Mutex::default(),
        }
    }

    fn adopt<T: 'static>(&self, work: Work<T>) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn_on(async move { drop(work.await) }, &self.runtime);
    }

    /// Waits until all of it has ended, for `grace` at most.
    pub(super) async fn settle(&self, grace: Duration) {
        let mut tasks = mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        let ended = async { while tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(grace, ended).await.is_err() {
            tracing::warn!("stopping: cut off requests that outlasted the grace period");
        }
    }
}

/// A future that ends among the [`Abandoned`] if it is dropped before its end.
pub(super) struct Lasting<T: 'static> {
    work: Option<Work<T>>,
    home: Arc<Abandoned>,
}

impl<T> Lasting<T> {
    pub(super) fn new(
        work: impl Future<Output = T> + Send + 'static,
        home: &Arc<Abandoned>,
    ) -> Self {
        Self {
            work: Some(Box::pin(work)),
            home: Arc::clone(home),
        }
    }
}

impl<T> Future for Lasting<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let work = self.work.as_mut().expect("not polled after its end");
        let polled = work.as_mut().poll(cx);
        if polled.is_ready() {
            self.work = None;
        }
        polled
    }
}

impl<T> Drop for Lasting<T> {
    fn drop(&mut self) {
        // Work that panicked cannot go on.
        if let Some(work) = self.work.take()
            && !std::thread::panicking()
        {
            self.home.adopt(work);
        }
    }
}
