//! What of the configuration is put in force while the daemon runs: thresholds of alerts, and who
//! is told of what. All else that is set there is read at the start only.

use std::path::Path;
use std::sync::Arc;

use tokio::signal::unix::Signal;
use tokio::sync::watch;

use super::connect::operator;
use super::outgoing::{self, Outgoing};
use crate::config::Loaded;
use crate::files::Changes;
use crate::ops::api::Ops as _;
use crate::ops::house::House;
use crate::ops::local::LocalOps;

/// The settings that are in force.
pub struct InForce {
    house: Arc<House>,
    loaded: Box<Loaded>,
    /// The file as it was when it was last looked at.
    text: Option<Vec<u8>>,
    told: watch::Sender<Arc<Outgoing>>,
}

impl InForce {
    /// Those that the daemon was started with; `told` gets others.
    pub fn new(house: Arc<House>, loaded: Loaded, told: watch::Sender<Arc<Outgoing>>) -> Self {
        Self {
            house,
            text: text(&loaded),
            loaded: Box::new(loaded),
            told,
        }
    }

    /// Reads the settings anew when the configuration file changes, and with every one of
    /// `hangups`, until `stop`. What cannot be read changes nothing.
    pub async fn keep(mut self, mut hangups: Signal, mut stop: watch::Receiver<bool>) {
        let place = self.loaded.place();
        let directory = place.parent().map(|dir| {
            if dir.as_os_str().is_empty() {
                Path::new(".")
            } else {
                dir
            }
        });
        let watched = Changes::new().and_then(|mut changes| {
            changes.within(directory, false)?;
            Ok(changes)
        });
        let mut changes = match watched {
            Ok(changes) => Some(changes),
            Err(error) => {
                tracing::warn!(%error, "the configuration file cannot be watched: SIGHUP has it read anew");
                None
            }
        };
        loop {
            let asked = tokio::select! {
                _ = stop.changed() => return,
                Some(()) = hangups.recv() => true,
                Some(()) = next(&mut changes) => false,
            };
            // Other files of the directory change too, the log perhaps, which would be told of it.
            let was = std::mem::replace(&mut self.text, text(&self.loaded));
            if !asked && was == self.text {
                continue;
            }
            if let Err(error) = self.read(asked).await {
                let error = format!("{error:#}");
                tracing::warn!(
                    error,
                    "thresholds of alerts, webhooks and sinks stay as they were"
                );
            }
        }
    }

    /// Puts in force what is different. Secrets and certificates stand in other files: they are
    /// read when what names them has changed, or somebody `asked`.
    async fn read(&mut self, asked: bool) -> anyhow::Result<()> {
        let anew = self.loaded.again()?;
        let (was, is) = (&self.loaded.settings, &anew.settings);
        let other_thresholds = is.alerts != was.alerts;
        let others_told = (&is.webhooks, &is.sinks, &is.notices)
            != (&was.webhooks, &was.sinks, &was.notices)
            || (&is.outbound, &is.dead_man) != (&was.outbound, &was.dead_man);
        if asked || others_told {
            let orgs = LocalOps::new(self.house.clone(), &operator())
                .orgs()
                .await?;
            let told = outgoing::read(&anew, Some(&orgs))?;
            self.told.send_replace(Arc::new(told));
            tracing::info!("webhooks and sinks were read anew");
        }
        if other_thresholds {
            self.house.set_alerts(&anew.settings.alerts);
            tracing::info!("the thresholds of alerts were read anew");
        }
        *self.loaded = anew;
        Ok(())
    }
}

/// What is in the configuration file; `None`: there is none, or it cannot be read.
fn text(loaded: &Loaded) -> Option<Vec<u8>> {
    std::fs::read(loaded.place()).ok()
}

async fn next(changes: &mut Option<Changes>) -> Option<()> {
    changes.as_mut()?.next().await
}
