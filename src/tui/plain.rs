//! The console of `--no-tui`: each exchange one line, append-only, fit for logs and screen
//! readers. Repetitions are counted, and of more than a person or a log can take in a second
//! only the sum is written.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::model::advice::{Context, advise};
use crate::model::exchange::ExchangeSummary;
use crate::model::token::Token;
use crate::ops::api::Ops;
use crate::text::{ascii, clean, graphemes};
use crate::tui::FirstRun;
use crate::tui::event::Event;
use crate::tui::runner::keep_following;
use crate::tui::state::detail::millis;
use crate::tui::state::live::client;
use crate::tui::state::log::repeats;
use crate::tui::view::outcome;

/// Most exchanges written in a second.
const LINES: u32 = 40;
/// Events that may wait.
const QUEUE: usize = 1_024;

/// What is said when the dashboard has been left.
const LEFT: &str = "the endpoint goes on: scimtop attach shows the dashboard again, Ctrl-C stops the endpoint; Ctrl-Z, then bg and disown, free this shell";

/// How the console is to be written.
#[derive(Debug, Default)]
pub struct PlainOptions {
    /// ASCII characters only.
    pub ascii: bool,
    /// The first token, if the store was empty: written once, at the beginning.
    pub first_token: Option<FirstRun>,
    /// A dashboard was here and has been left: says what goes on.
    pub left: bool,
}

/// Writes what happens to `out` until `shutdown` completes or `out` cannot be written.
pub async fn run(
    ops: Arc<dyn Ops>,
    mut out: impl Write,
    options: PlainOptions,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let mut console = Console::default();
    let mut write = |lines: Vec<String>| -> io::Result<()> {
        for line in lines {
            let line = clean(&line);
            if options.ascii {
                let ascii: String = graphemes(&line).map(ascii).collect();
                writeln!(out, "{ascii}")?;
            } else {
                writeln!(out, "{line}")?;
            }
        }
        out.flush()
    };
    match ops.status().await {
        Ok(status) => {
            console.base_url.clone_from(&status.base_url);
            if options.left {
                write(vec![LEFT.to_owned()])?;
            }
            write(greeting(
                &status.version,
                &status.base_url,
                options.first_token,
            ))?;
        }
        Err(error) => write(vec![error.message])?,
    }
    let (sender, mut events) = mpsc::channel(QUEUE);
    let mut tasks = JoinSet::new();
    tasks.spawn(keep_following(Arc::clone(&ops), sender, None));
    let mut shutdown = std::pin::pin!(shutdown);
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => return write(console.flush()),
            _ = ticks.tick(), if console.waits() => write(console.flush())?,
            event = events.recv() => match event {
                // An expired token is named with its end.
                Some(Event::Arrived(exchange)) => {
                    if exchange.refusal.is_some() && console.tokens.is_empty() {
                        console.tokens = ops.tokens(None).await.unwrap_or_default();
                    }
                    write(console.arrive(&exchange))?;
                }
                Some(Event::Skipped(count)) => console.skipped += count,
                Some(Event::FeedLost(error, _)) if !console.lost => {
                    console.lost = true;
                    write(vec![error.message])?;
                }
                Some(Event::FeedOpened(_)) => console.lost = false,
                Some(_) => {}
                None => return write(console.flush()),
            },
        }
    }
}

fn greeting(version: &str, base_url: &str, first: Option<FirstRun>) -> Vec<String> {
    let mut lines = vec![format!("scimtop {version} serving {base_url}")];
    if let Some(first) = first {
        lines.push(format!("first token, shown only now: {}", first.secret));
    }
    lines
}

/// What has been written in this second, and what has not.
#[derive(Default)]
struct Console {
    base_url: String,
    tokens: Vec<Token>,
    last: Option<Arc<ExchangeSummary>>,
    repeated: u32,
    written: u32,
    unwritten: [u32; 3],
    skipped: u64,
    /// The feed is gone, and that was said.
    lost: bool,
}

impl Console {
    /// The lines to write at once.
    fn arrive(&mut self, exchange: &Arc<ExchangeSummary>) -> Vec<String> {
        if self
            .last
            .as_ref()
            .is_some_and(|last| repeats(last, exchange))
        {
            self.repeated += 1;
            return Vec::new();
        }
        if self.written >= LINES {
            let class = match exchange.status {
                ..400 => 0,
                400..500 => 1,
                _ => 2,
            };
            self.unwritten[class] += 1;
            return Vec::new();
        }
        let mut lines: Vec<_> = self.repetition().into_iter().collect();
        lines.push(self.line(exchange));
        self.written += 1;
        self.last = Some(Arc::clone(exchange));
        lines
    }

    /// True if [`Console::flush`] has something to do.
    fn waits(&self) -> bool {
        self.written > 0 || self.repeated > 0 || self.skipped > 0
    }

    /// What was held back; a new second begins.
    fn flush(&mut self) -> Vec<String> {
        let mut lines: Vec<_> = self.repetition().into_iter().collect();
        let [ok, client, server] = std::mem::take(&mut self.unwritten);
        if ok + client + server > 0 {
            lines.push(format!(
                "and {} more: {ok} ok, {client} client errors, {server} server errors",
                ok + client + server
            ));
        }
        if self.skipped > 0 {
            lines.push(format!("and {} recorded but not shown", self.skipped));
        }
        self.skipped = 0;
        self.written = 0;
        lines
    }

    fn repetition(&mut self) -> Option<String> {
        let count = std::mem::take(&mut self.repeated);
        let last = self.last.as_ref()?;
        (count > 0).then(|| {
            format!(
                "the last repeated {count} times: {} {} {}",
                client(last),
                last.operation.as_str(),
                last.status
            )
        })
    }

    fn line(&self, exchange: &ExchangeSummary) -> String {
        let why = if exchange.status < 400 {
            String::new()
        } else {
            let context = Context {
                tokens: &self.tokens,
                base_url: &self.base_url,
            };
            format!("; why: {}", advise(exchange, context).why)
        };
        let outcome = outcome(exchange);
        let colon = if outcome.is_empty() { "" } else { ": " };
        format!(
            "{} {} {} {} {}{colon}{outcome} ({} ms){why}",
            exchange.at,
            client(exchange),
            exchange.operation.as_str(),
            exchange.status,
            exchange.subject,
            millis(exchange.latency_us),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::testing::{Scripted, first_run, hostile, summary, tokens};

    struct Paper(mpsc::UnboundedSender<String>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            // The reader may be gone already.
            let _ = self.0.send(String::from_utf8_lossy(bytes).into_owned());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn lines(
        console: &mut Console,
        exchanges: impl IntoIterator<Item = ExchangeSummary>,
    ) -> Vec<String> {
        exchanges
            .into_iter()
            .flat_map(|exchange| console.arrive(&Arc::new(exchange)))
            .collect()
    }

    #[test]
    fn a_line_says_who_what_and_why() {
        let mut console = Console {
            tokens: tokens(),
            ..Console::default()
        };
        let lines = lines(&mut console, [summary(3), summary(5), summary(60)]);
        assert_eq!(
            lines,
            [
                "2026-08-23T13:55:46.000Z okta-prod delete 204 j.doe@example.com: removed (9.7 ms)",
                "2026-08-23T13:55:56.000Z okta-prod create 409 ada.l@example.com: userName already \
                 exists (16 ms); why: the name is taken in this Org: userName already exists",
                "2026-08-23T14:00:31.000Z okta-prod query 401 userName eq \"q@example.com\": token \
                 expired (13 ms); why: bearer token expired 2026-08-23 13:58:31Z (issued 2026-02-24)",
            ]
        );
    }

    #[test]
    fn repetitions_are_counted() {
        let mut console = Console::default();
        assert_eq!(lines(&mut console, (57..=60).map(summary)).len(), 1);
        let next = lines(&mut console, [summary(3)]);
        assert_eq!(next[0], "the last repeated 3 times: okta-prod query 401");
        assert_eq!(next.len(), 2);
        assert!(console.flush().is_empty());
    }

    #[test]
    fn of_too_many_only_the_sum_is_written() {
        let mut console = Console::default();
        let many = (0..1_000).map(|number| ExchangeSummary {
            subject: format!("user{number}"),
            ..summary(3)
        });
        assert_eq!(lines(&mut console, many).len(), 40);
        assert!(console.waits());
        let sum = "and 960 more: 960 ok, 0 client errors, 0 server errors";
        assert_eq!(console.flush(), [sum]);
        assert!(!console.waits());
        assert_eq!(lines(&mut console, [summary(3)]).len(), 1);
    }

    #[test]
    fn the_first_lines_say_where_and_with_what_and_nothing_is_obeyed() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let (sender, mut written) = mpsc::unbounded_channel::<String>();
        let options = PlainOptions {
            ascii: true,
            first_token: Some(first_run()),
            left: true,
        };
        let ops = Arc::new(Scripted { stored: 7, live: 3 });
        let mut text = String::new();
        let shutdown = async {
            while !text.contains("and 3 recorded but not shown") {
                text += &written.recv().await.expect("lines are written");
            }
        };
        runtime
            .block_on(run(ops, Paper(sender), options, shutdown))
            .unwrap();
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some(LEFT));
        let first = "scimtop 0.1.0 serving https://scim.example.com:8443/scim/v2";
        assert_eq!(lines.next(), Some(first));
        let token = format!("first token, shown only now: {}", first_run().secret);
        assert_eq!(lines.next(), Some(token.as_str()));
        assert_eq!(lines.count(), 4, "{text}");
        assert!(text.is_ascii());
        let shown = clean(&Console::default().line(&hostile(1)));
        assert!(!shown.contains(char::is_control));
    }
}
