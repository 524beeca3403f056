//! The loop: events in, state updated, actions carried out, a frame drawn when something changed.
//!
//! Alone in talking to [`Ops`] and to the terminal. Nothing is drawn while nothing changes, and
//! however much comes in, no more frames are than the link's pace allows: what arrives between
//! two of them is shown together.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{Stream, StreamExt as _};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};

use crate::clock::Clock;
use crate::files::Changes;
use crate::ops::api::{ExchangeQuery, Failure, FeedItem, Ops, OpsError, Since};
use crate::tui::action::{Action, Export, Wake};
use crate::tui::call::{Call, Purpose};
use crate::tui::event::Event;
use crate::tui::state::log::CAPACITY;
use crate::tui::state::look::Look;
use crate::tui::state::{Model, update};
use crate::tui::theme::Theme;
use crate::tui::{Exit, TuiError, TuiOptions};
use crate::tui::{export, shelf};
use pace::{Lane, Pace};

mod pace;

/// Events that may wait; beyond it the feed waits, and the daemon counts what is skipped.
const QUEUE: usize = 2_048;
/// Events taken in between two looks at the clock.
const BATCH: usize = 512;
/// Exchanges listed at once.
const PAGE: u32 = 500;
/// How often the daemon is asked how it is.
const STATUS: Duration = Duration::from_secs(5);
/// First and longest wait before a lost feed is taken up again.
const RETRY: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));
/// How long the process may need to stop once it was asked to.
const STOPPING: Duration = Duration::from_millis(500);

/// A frame that was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// Bytes of it.
    pub bytes: usize,
    /// It shows everything; if not, the next one does.
    pub whole: bool,
}

/// What the dashboard is drawn on.
pub trait Surface {
    /// Columns and rows.
    fn size(&self) -> io::Result<(u16, u16)>;
    /// Begins to draw one frame, if there is anything to draw. The one before has been
    /// [`written`](Self::written). What need not be seen at once may be left out of a frame that
    /// would have more bytes than `most`.
    fn draw(&mut self, model: &Model, theme: &Theme, most: Option<usize>) -> io::Result<Drawn>;
    /// Waits until the frame that was begun is drawn. May be dropped and asked again.
    fn written(&mut self) -> impl Future<Output = io::Result<()>>;
    /// Forgets what is on the screen, so that the next frame is drawn whole.
    fn repaint(&mut self);
    /// Puts text into the clipboard, with the next frame.
    fn copy(&mut self, text: &str);
    /// Gives the terminal back and has the process stopped, which may take a moment.
    fn suspend(&mut self);
    /// Takes the terminal over again.
    fn resume(&mut self) -> io::Result<()>;
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
    let mut pace = Pace::new(options.link, Instant::now());
    let (mut changed, mut drawing) = (Some(Lane::Key), false);
    // While the process is about to stop: until when, unless nothing stops it.
    let mut stopping = None;
    loop {
        let due = changed.map_or_else(Instant::now, |lane| pace.due(lane));
        tokio::select! {
            biased;
            () = &mut shutdown => return Ok(Exit::Quit),
            event = input.next() => match event {
                Some(event) => batch.push(event),
                None => return Ok(Exit::Detach),
            },
            written = surface.written(), if drawing => {
                written?;
                drawing = false;
            }
            () = sleep_until(stopping.unwrap_or(due)), if stopping.is_some() => {
                batch.push(Event::Resumed);
            }
            () = sleep_until(due), if changed.is_some() && !drawing && stopping.is_none() => {
                let lane = changed.unwrap_or(Lane::Data);
                let drawn = surface.draw(&model, &options.looks.theme, pace.most(lane))?;
                pace.sent(lane, drawn.bytes, Instant::now());
                changed = (!drawn.whole).then_some(Lane::Rest);
                drawing = true;
            }
            _ = events.recv_many(&mut batch, BATCH) => {}
            Some(ended) = tasks.join_next() => if ended.is_err() {
                let message = "a part of the dashboard failed; leave it and start it again";
                let error = OpsError::new(Failure::Internal, message);
                batch.push(Event::FeedLost(error, Clock::system().now()));
            },
        }
        for event in batch.drain(..) {
            changed = changed.max(Some(lane(&model, &event)));
            for action in update(&mut model, event) {
                match action {
                    Action::Leave(exit) => return Ok(exit),
                    Action::Repaint => surface.repaint(),
                    Action::Copy(text) => surface.copy(&text.0),
                    Action::Export(export) => {
                        let sender = sender.clone();
                        tasks.spawn_blocking(move || written(&sender, &export));
                    }
                    Action::Suspend => {
                        surface.suspend();
                        stopping = Some(Instant::now() + STOPPING);
                    }
                    Action::Resume => {
                        stopping = None;
                        surface.resume()?;
                        // Its size may be another by now, and nobody said so.
                        model.size = surface.size()?;
                    }
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

/// Writes a file into the current directory, and says where it is.
fn written(events: &mpsc::Sender<Event>, export: &Export) {
    let result = std::env::current_dir()
        .map_err(|error| error.to_string())
        .and_then(|dir| export::write(&dir, export));
    let _ = events.blocking_send(Event::Exported(result));
}

/// Whether somebody waits to see what `event` brings.
fn lane(model: &Model, event: &Event) -> Lane {
    match event {
        // The first rows of the list that a key opened.
        Event::Answered {
            purpose: Purpose::Rows(_),
            ..
        } if model.cursor().is_some_and(|at| !at.loaded) => Lane::Key,
        Event::Arrived(_)
        | Event::Skipped(_)
        | Event::Status(_)
        | Event::Tokens(_)
        | Event::Woke(Wake::Refresh)
        | Event::Answered {
            purpose: Purpose::Rows(_) | Purpose::Orgs,
            ..
        } => Lane::Data,
        _ => Lane::Key,
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
    let mut wait = RETRY.0;
    loop {
        let (error, some) = feed(ops.as_ref(), &events, &mut after).await;
        let lost = Event::FeedLost(error, Clock::system().now());
        if events.send(lost).await.is_err() {
            return;
        }
        if some {
            wait = RETRY.0;
        }
        sleep(jittered(wait)).await;
        wait = (wait * 2).min(RETRY.1);
    }
}

/// `wait`, a quarter shorter or longer: dashboards do not all come back at once.
fn jittered(wait: Duration) -> Duration {
    let dice = getrandom::u32().unwrap_or(u32::MAX / 2) % 1_000;
    wait * (750 + dice / 2) / 1_000
}

/// Hands on one feed until it ends; returns why it did and whether anything came.
async fn feed(
    ops: &dyn Ops,
    events: &mpsc::Sender<Event>,
    after: &mut Option<u64>,
) -> (OpsError, bool) {
    let mut some = false;
    // More than is held could not be shown.
    let since = Since {
        after: *after,
        behind: Some(CAPACITY as u64),
    };
    let mut feed = match ops.follow(since).await {
        Ok(feed) => feed,
        Err(error) => return (error, some),
    };
    let opened = Event::FeedOpened(Clock::system().now());
    let _ = events.send(opened).await;
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
