//! The tasks of a daemon: the only place that starts them, and the place that waits for their
//! end. One that ends before it was told to, or panics, ends the daemon.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

/// Running tasks and the signal that ends them.
pub struct Tasks {
    running: JoinSet<&'static str>,
    stop: watch::Sender<bool>,
}

impl Tasks {
    /// No tasks yet.
    pub fn new() -> Self {
        Self {
            running: JoinSet::new(),
            stop: watch::Sender::new(false),
        }
    }

    /// The signal that tasks end on.
    pub fn stop(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }

    /// Starts a task. It runs until the stop signal.
    pub fn start(&mut self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        self.running.spawn(async move {
            task.await;
            name
        });
    }

    /// Waits until a task ends, which none should before the stop signal; says which.
    pub async fn fault(&mut self) -> String {
        match self.running.join_next().await {
            Some(Ok(name)) => format!("{name} ended"),
            Some(Err(_)) => "a task failed".to_owned(),
            None => std::future::pending().await,
        }
    }

    /// Tells all tasks to end and waits for them, `grace` at most.
    pub async fn end(mut self, grace: Duration) {
        self.stop.send_replace(true);
        let all = async { while self.running.join_next().await.is_some() {} };
        if tokio::time::timeout(grace, all).await.is_err() {
            tracing::warn!("some tasks did not end in time and were ended");
        }
    }
}
