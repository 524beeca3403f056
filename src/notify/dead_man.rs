//! Tells a watchdog elsewhere that this daemon is there and serves: when it is not asked any more,
//! it is the watchdog that raises the alarm.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use super::send::{self, Door, Letter};
use super::settings::Outbound;
use super::target::Target;
use crate::ops::gateway::Gateway as _;
use crate::ops::house::House;

/// Asks for `target` every so often, as long as the house can serve.
pub async fn run(
    house: &Arc<House>,
    target: Option<&(Target, Duration)>,
    outbound: &Outbound,
    mut stop: watch::Receiver<bool>,
) {
    let Some((target, every)) = target else {
        let _ = stop.wait_for(|stop| *stop).await;
        return;
    };
    let door = Door::of(outbound);
    let mut every = interval(*every);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut silent = false;
    loop {
        tokio::select! {
            _ = stop.changed() => return,
            _ = every.tick() => {}
        }
        let asked = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            asked = ask(house, target, &door) => asked,
        };
        match &asked {
            Ok(()) if silent => tracing::info!("the watchdog is asked again"),
            Err(why) if !silent => {
                tracing::warn!(at = target.shown(), why, "the watchdog could not be asked");
            }
            Ok(()) | Err(_) => {}
        }
        silent = asked.is_err();
    }
}

/// Asks for `target`, if the house can serve; else says why not.
async fn ask(house: &Arc<House>, target: &Target, door: &Door) -> Result<(), String> {
    let asking = Arc::clone(house);
    let ready = tokio::task::spawn_blocking(move || asking.ready()).await;
    ready.map_err(|_| "the store cannot be asked".to_owned())??;
    let letter = Letter {
        method: Method::GET,
        media: "",
        headers: Vec::new(),
        body: Bytes::new(),
    };
    let asked = send::send(target, letter, door).await;
    asked.map_err(|refusal| refusal.why)
}
