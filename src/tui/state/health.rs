//! The Health view's state: numbers above, and who asks below.

use crate::clock::Timestamp;
use crate::model::health::{ClientHealth, Health, Latency};
use crate::text::{bytes, clean, millis};
use crate::tui::action::Action;
use crate::tui::state::list::{Keyed, List};
use crate::tui::state::removals::when;
use crate::tui::state::{Model, places};
use crate::tui::theme::Role;
use crate::tui::widget::rich::{Line, fact};
use crate::tui::widget::spark::sparkline;

/// Lines above the table.
pub const LINES: u16 = 8;
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

/// Rates, latencies, writer, storage.
pub fn lines(health: &Health) -> Vec<Line> {
    let chart = |count: fn(&_) -> u64| {
        let counts: Vec<u64> = health.minutes.iter().map(count).collect();
        let small = |count: &u64| u32::try_from(*count).unwrap_or(u32::MAX);
        let small: Vec<u32> = counts.iter().map(small).collect();
        let most = small.iter().copied().max().unwrap_or(0);
        (sparkline(&small, most), counts.iter().sum::<u64>())
    };
    let rate = |name: &str, role, (chart, sum): (String, u64)| {
        let alarm = if sum > 0 { role } else { Role::Dim };
        vec![
            (Role::Dim, format!("{name:10}")),
            (Role::Chart, chart),
            (alarm, format!("  {sum} in 15 min")),
        ]
    };
    let storage = &health.storage;
    let dropped = if storage.exchanges_dropped > 0 {
        Role::Warn
    } else {
        Role::Dim
    };
    vec![
        rate("ok", Role::Ok, chart(|minute| minute.ok)),
        rate("4xx", Role::Warn, chart(|minute| minute.client_errors)),
        rate("5xx", Role::Crit, chart(|minute| minute.server_errors)),
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
pub fn explain(client: &ClientHealth, now: Timestamp) -> (String, &'static str) {
    let why = format!(
        "{} of {} requests failed since the start; last asked {}",
        client.errors,
        client.requests,
        when(client.last, now)
    );
    let step = if client.errors == 0 {
        "nothing; Enter shows its requests"
    } else {
        "Enter shows its requests; each failed one says why and what to do"
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
