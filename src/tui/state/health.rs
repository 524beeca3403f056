//! The Health view's state: numbers above, and who asks below.

use crate::clock::Timestamp;
use crate::model::health::{ClientHealth, Health, Latency, MinuteRate};
use crate::text::{bytes, clean, grouped, millis};
use crate::tui::action::Action;
use crate::tui::keymap::{Command, Keys};
use crate::tui::state::list::{Keyed, List};
use crate::tui::state::removals::when;
use crate::tui::state::{Model, places};
use crate::tui::theme::Role;
use crate::tui::widget::rich::{Line, fact};
use crate::tui::widget::spark::bars;

/// Lines above the table beside the charts.
const FIGURES: u16 = 5;
/// Charts above the table.
const CHARTS: u16 = 3;
/// Screens from this height on have high charts.
const TALL: u16 = 40;
/// Widest bar of a minute, in columns.
const WIDEST: usize = 8;
/// What stands before and behind a chart, in columns.
const BESIDE: usize = 10 + 45;
/// A disk with less than this share of it free is nearly full, in percent.
const LITTLE: u64 = 10;

/// State of the view.
#[derive(Debug, Default)]
pub struct HealthView {
    /// The last numbers.
    pub now: Option<Health>,
    /// Who asks.
    pub clients: List<ClientHealth>,
}

impl Keyed for ClientHealth {
    fn key(&self) -> u128 {
        let token = self.token.as_ref().map_or("", |token| token.0.as_str());
        // Tokens' names are short, and there are few clients.
        let bytes = token.bytes().chain(self.client.as_str().bytes());
        bytes.fold(0, |key, byte| {
            u128::wrapping_add(u128::wrapping_mul(key, 257), u128::from(byte))
        })
    }
}

/// How many lines stand above the table on a screen of `rows`.
pub const fn height(rows: u16) -> u16 {
    CHARTS * chart_height(rows) + FIGURES
}

const fn chart_height(rows: u16) -> u16 {
    if rows >= TALL { 4 } else { 1 }
}

/// Rates, latencies, writer, storage, for a screen of this size.
pub fn lines(health: &Health, (columns, rows): (u16, u16)) -> Vec<Line> {
    let room = usize::from(columns).saturating_sub(BESIDE);
    let width = (room / health.minutes.len().max(1)).clamp(1, WIDEST);
    // A high chart has a free line above it.
    let free = usize::from(chart_height(rows) > 1);
    let height = usize::from(chart_height(rows)) - free;
    let chart = |name: &str, role, count: fn(&MinuteRate) -> u64| {
        let small = |minute| u32::try_from(count(minute)).unwrap_or(u32::MAX);
        let counts: Vec<u32> = health.minutes.iter().map(small).collect();
        let most = counts.iter().copied().max().unwrap_or(0);
        let sum: u64 = health.minutes.iter().map(count).sum();
        let mut lines: Vec<Line> = bars(&counts, most, width, height)
            .into_iter()
            .map(|bars| vec![(Role::Dim, " ".repeat(10)), (role, bars)])
            .collect();
        if let Some(line) = lines.last_mut() {
            line[0].1 = format!("{name:10}");
            let role = if sum > 0 { role } else { Role::Dim };
            line.push((role, format!("  {} in 15 min", grouped(sum))));
            line.push((Role::Dim, format!("  at most {} a minute", grouped(most))));
        }
        lines.splice(0..0, vec![Line::new(); free]);
        lines
    };
    let mut lines = chart("ok", Role::Ok, |minute| minute.ok);
    lines.extend(chart("4xx", Role::Warn, |minute| minute.client_errors));
    lines.extend(chart("5xx", Role::Crit, |minute| minute.server_errors));
    lines.extend(figures(health));
    lines
}

fn figures(health: &Health) -> [Line; FIGURES as usize] {
    let storage = &health.storage;
    let dropped = if storage.exchanges_dropped > 0 {
        Role::Warn
    } else {
        Role::Dim
    };
    [
        latency("reads", &health.reads),
        latency("writes", &health.writes),
        vec![
            (Role::Dim, format!("{:10}", "writer")),
            (
                Role::Text,
                format!(
                    "{} wait, {} jobs in {} commits",
                    health.writer.queued, health.writer.jobs, health.writer.commits
                ),
            ),
        ],
        vec![
            (Role::Dim, format!("{:10}", "storage")),
            (
                Role::Text,
                format!(
                    "directory {} (log {}), {} requests in {}",
                    bytes(storage.directory_bytes),
                    bytes(storage.log_bytes),
                    storage.exchanges,
                    bytes(storage.traffic_bytes)
                ),
            ),
            (
                dropped,
                format!(", {} not recorded", storage.exchanges_dropped),
            ),
        ],
        disk(health),
    ]
}

fn latency(name: &str, of: &Latency) -> Line {
    let text = if of.count == 0 {
        "nothing measured".to_owned()
    } else {
        format!(
            "p50 {}  p95 {}  p99 {}  max {} ms",
            millis(of.p50_us),
            millis(of.p95_us),
            millis(of.p99_us),
            millis(of.max_us)
        )
    };
    vec![
        (Role::Dim, format!("{name:10}")),
        (Role::Text, text),
        (Role::Dim, format!("  of {}", of.count)),
    ]
}

fn disk(health: &Health) -> Line {
    let storage = &health.storage;
    let label = (Role::Dim, format!("{:10}", "disk"));
    let (Some(free), Some(all)) = (storage.disk_free_bytes, storage.disk_bytes) else {
        return vec![label, (Role::Dim, "unknown".to_owned())];
    };
    let percent = free.saturating_mul(100) / all.max(1);
    let role = if percent < LITTLE {
        Role::Warn
    } else {
        Role::Text
    };
    let text = format!("{} free of {} ({percent} %)", bytes(free), bytes(all));
    vec![label, (role, text)]
}

/// What the operator calls a client's token, or what the token is.
pub fn token(client: &ClientHealth) -> String {
    let id = client.token.as_ref().map(ToString::to_string);
    let label = client.label.clone().or(id);
    label.unwrap_or_else(|| "none of ours".to_owned())
}

/// Share of failed requests, in percent.
pub const fn failed(client: &ClientHealth) -> u64 {
    let requests = if client.requests == 0 {
        1
    } else {
        client.requests
    };
    client.errors.saturating_mul(100) / requests
}

/// A client in a line.
pub fn headline(client: &ClientHealth) -> Line {
    vec![
        (Role::Client, format!("{}  ", client.client.as_str())),
        (Role::Subject, clean(&token(client))),
    ]
}

/// Why a client looks as it does, and what to do.
pub fn explain(client: &ClientHealth, now: Timestamp, keys: Keys<'_>) -> (String, String) {
    let open = keys.of(Command::Open);
    let why = format!(
        "{} of {} requests failed since the start; last asked {}",
        client.errors,
        client.requests,
        when(client.last, now)
    );
    let step = if client.errors == 0 {
        format!("nothing; {open} shows its requests")
    } else {
        format!("{open} shows its requests; each failed one says why and what to do")
    };
    (why, step)
}

/// All that is known of a client.
pub fn summary(model: &Model, client: &ClientHealth, columns: usize) -> Vec<Line> {
    let mut lines = vec![headline(client)];
    if let Some(id) = &client.token {
        lines.extend(fact("token", &id.to_string(), columns));
    }
    lines.extend(fact("15 min", &client.recent.to_string(), columns));
    lines.extend(fact("requests", &client.requests.to_string(), columns));
    let failed = format!("{} ({} %)", client.errors, failed(client));
    lines.extend(fact("failed", &failed, columns));
    lines.extend(fact("last", &when(client.last, model.now), columns));
    lines
}

/// Shows the requests of the selected client.
pub fn open(model: &mut Model) -> Vec<Action> {
    let Some(client) = model.health.clients.selected() else {
        return Vec::new();
    };
    let text = match &client.token {
        Some(token) => format!("token:{token}"),
        None => format!("client:{}", client.client.as_str()),
    };
    places::live(model, &text)
}
