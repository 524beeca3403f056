//! The loop: events in, state updated, actions carried out, a frame drawn when something changed.
//!
//! Alone in talking to [`Ops`] and to the terminal. Nothing is drawn while nothing changes, and
//! at most 30 frames a second are, however much comes in.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{Stream, StreamExt as _};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};

use crate::ops::api::{ExchangeQuery, Failure, FeedItem, Ops, OpsError};
use crate::tui::action::Action;
use crate::tui::call::{Call, Purpose};
use crate::tui::event::Event;
use crate::tui::shelf;
use crate::tui::state::look::Look;
use crate::tui::state::{Model, update};
use crate::tui::theme::{Changes, Theme};
use crate::tui::{Exit, TuiError, TuiOptions};

/// Shortest time between two frames.
const FRAME: Duration = Duration::from_millis(33);
/// Events that may wait; beyond it the feed waits, and the daemon counts what is skipped.
const QUEUE: usize = 2_048;
/// Events taken in between two looks at the clock.
const BATCH: usize = 512;
/// Exchanges listed at once.
const PAGE: u32 = 500;
/// How often the daemon is asked how it is.
const STATUS: Duration = Duration::from_secs(5);
/// Longest wait before a lost feed is taken up again.
const RETRY: Duration = Duration::from_secs(10);

/// What the dashboard is drawn on.
pub trait Surface {
    /// Columns and rows.
    fn size(&self) -> io::Result<(u16, u16)>;
    /// Draws one frame.
    fn draw(&mut self, model: &Model, theme: &Theme) -> io::Result<()>;
    /// Forgets what is on the screen, so that the next frame is drawn whole.
    fn repaint(&mut self) -> io::Result<()>;
    /// Puts text into the clipboard.
    fn copy(&mut self, text: &str) -> io::Result<()>;
}

/// Runs until the operator leaves, `input` ends or `shutdown` completes.
pub async fn drive(
    surface: &mut impl Surface,
    mut input: impl Stream<Item = Event> + Unpin,
    ops: Arc<dyn Ops>,
    mut options: TuiOptions,
    shutdown: impl Future<Output = ()>,
) -> Result<Exit, TuiError> {
    let mut model = Model::new(
        surface.size()?,
        options.embedded,
        options.first_token.take(),
    );
    model.keymap = options.keymap.clone();
    model.look = Look::new(&options.looks.name, options.looks.names());
    model.notice = options.notice.take();
    let (sender, mut events) = mpsc::channel(QUEUE);
    // Dropping the set ends its tasks: none outlives the dashboard.
    let mut tasks = JoinSet::new();
    tasks.spawn(follow(Arc::clone(&ops), sender.clone()));
    tasks.spawn(watch(Arc::clone(&ops), sender.clone()));
    match options.looks.watch() {
        Ok(changes) => drop(tasks.spawn(watch_themes(changes, sender.clone()))),
        Err(error) => tracing::warn!(%error, "changed themes are not seen"),
    }
    tasks.spawn_blocking(shelved(sender.clone(), options.filters.clone(), None));
    let mut shutdown = std::pin::pin!(shutdown);
    let mut batch = Vec::with_capacity(BATCH);
    let mut next_frame = Instant::now();
    let mut changed = true;
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => return Ok(Exit::Quit),
            event = input.next() => match event {
                Some(event) => batch.push(event),
                None => return Ok(Exit::Detach),
            },
            () = sleep_until(next_frame), if changed => {
                surface.draw(&model, &options.looks.theme)?;
                next_frame = Instant::now() + FRAME;
                changed = false;
            }
            _ = events.recv_many(&mut batch, BATCH) => {}
            Some(ended) = tasks.join_next() => if ended.is_err() {
                let message = "a part of the dashboard failed; leave it and start it again";
                batch.push(Event::FeedLost(OpsError::new(Failure::Internal, message)));
            },
        }
        for event in batch.drain(..) {
            changed = true;
            for action in update(&mut model, event) {
                match action {
                    Action::Leave(exit) => return Ok(exit),
                    Action::Repaint => surface.repaint()?,
                    Action::Copy(text) => surface.copy(&text.0)?,
                    Action::Load(seq) => {
                        tasks.spawn(load(Arc::clone(&ops), sender.clone(), seq));
                    }
                    Action::ListOlder(before) => {
                        tasks.spawn(list(Arc::clone(&ops), sender.clone(), before));
                    }
                    Action::Call {
                        ticket,
                        purpose,
                        call,
                    } => {
                        let (ops, sender) = (Arc::clone(&ops), sender.clone());
                        tasks.spawn(answer(ops, sender, (ticket, purpose), call));
                    }
                    Action::Theme(name) => {
                        let fault = options.looks.show(&name).err();
                        let look = Event::Look {
                            shown: options.looks.name.clone(),
                            fault: fault.map(|fault| fault.to_string()),
                        };
                        tasks.spawn(tell(sender.clone(), look));
                    }
                    Action::SaveFilter(change) => {
                        let file = options.filters.clone();
                        tasks.spawn_blocking(shelved(sender.clone(), file, Some(change)));
                    }
                    Action::Wake(wake) => {
                        let sender = sender.clone();
                        tasks.spawn(async move {
                            sleep(wake.after()).await;
                            let _ = sender.send(Event::Woke(wake)).await;
                        });
                    }
                }
            }
        }
    }
}

async fn tell(events: mpsc::Sender<Event>, event: Event) {
    // The receiver is gone only when the dashboard is.
    let _ = events.send(event).await;
}

/// Reads the file of saved filters, changed or as it is.
fn shelved(
    events: mpsc::Sender<Event>,
    file: PathBuf,
    change: Option<shelf::Change>,
) -> impl FnOnce() {
    move || {
        let saved = match change {
            Some(change) => shelf::change(&file, change),
            None => shelf::load(&file),
        };
        let _ = events.blocking_send(Event::Saved(saved));
    }
}

/// Says when files of themes changed.
async fn watch_themes(mut changes: Changes, events: mpsc::Sender<Event>) {
    while changes.next().await.is_some() {
        if events.send(Event::ThemesChanged).await.is_err() {
            return;
        }
    }
}

async fn load(ops: Arc<dyn Ops>, events: mpsc::Sender<Event>, seq: u64) {
    let result = ops.exchange(&seq.to_string()).await.map(Box::new);
    // The receiver is gone only when the dashboard is.
    let _ = events.send(Event::Loaded { seq, result }).await;
}

async fn answer(
    ops: Arc<dyn Ops>,
    events: mpsc::Sender<Event>,
    (ticket, purpose): (u64, Purpose),
    call: Call,
) {
    let result = call.run(ops.as_ref()).await;
    let answered = Event::Answered {
        ticket,
        purpose,
        result,
    };
    let _ = events.send(answered).await;
}

async fn list(ops: Arc<dyn Ops>, events: mpsc::Sender<Event>, before: Option<u64>) {
    let query = ExchangeQuery {
        before,
        limit: PAGE,
        ..ExchangeQuery::default()
    };
    let _ = events.send(Event::Older(ops.exchanges(query).await)).await;
}

/// Asks how the daemon is, again and again.
async fn watch(ops: Arc<dyn Ops>, events: mpsc::Sender<Event>) {
    let mut ticks = interval(STATUS);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Ok(tokens) = ops.tokens(None).await {
            let _ = events.send(Event::Tokens(tokens)).await;
        }
        let status = ops.status().await;
        if events.send(Event::Status(status)).await.is_err() {
            return;
        }
    }
}

/// Hands on the newest page and then what is recorded from there on.
async fn follow(ops: Arc<dyn Ops>, events: mpsc::Sender<Event>) {
    let query = ExchangeQuery {
        limit: PAGE,
        ..ExchangeQuery::default()
    };
    let page = ops.exchanges(query).await;
    // Without a page it is not known what is stored: only what is new can follow.
    let newest = page
        .as_ref()
        .ok()
        .map(|page| page.exchanges.first().map_or(0, |exchange| exchange.seq));
    if events.send(Event::Older(page)).await.is_ok() {
        keep_following(ops, events, newest).await;
    }
}

/// Hands on what is recorded after position `after` (`None`: from now on). A feed that breaks
/// off is taken up where it ended. Ends when nobody reads `events` any more.
pub(super) async fn keep_following(
    ops: Arc<dyn Ops>,
    events: mpsc::Sender<Event>,
    mut after: Option<u64>,
) {
    let mut wait = Duration::from_secs(1);
    loop {
        let (error, some) = feed(ops.as_ref(), &events, &mut after).await;
        if events.send(Event::FeedLost(error)).await.is_err() {
            return;
        }
        if some {
            wait = Duration::from_secs(1);
        }
        sleep(wait).await;
        wait = (wait * 2).min(RETRY);
    }
}

/// Hands on one feed until it ends; returns why it did and whether anything came.
async fn feed(
    ops: &dyn Ops,
    events: &mpsc::Sender<Event>,
    after: &mut Option<u64>,
) -> (OpsError, bool) {
    let mut some = false;
    let mut feed = match ops.follow(*after).await {
        Ok(feed) => feed,
        Err(error) => return (error, some),
    };
    let _ = events.send(Event::FeedOpened).await;
    while let Some(item) = feed.next().await {
        some = true;
        let event = match item {
            Ok(FeedItem::Exchange(exchange)) => {
                *after = Some(exchange.seq);
                Event::Arrived(exchange)
            }
            Ok(FeedItem::Skipped(count)) => Event::Skipped(count),
            Err(error) => return (error, some),
        };
        // The receiver is gone only when the dashboard is, and this task with it.
        let _ = events.send(event).await;
    }
    let message = "the live feed ended; it is being taken up again";
    (OpsError::new(Failure::Unreachable, message), some)
}

#[cfg(test)]
mod tests;
