//! The Health view's state: numbers above, and who asks below.

use crate::clock::Timestamp;
use crate::model::delivery::WebhookStatus;
use crate::model::health::{ClientHealth, Health, Latency, MinuteRate};
use crate::text::{bytes, clean, fit, grouped, millis};
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
/// Those from this height on have a free line between them too: half a screen holds all lines.
const ROOMY: u16 = 52;
/// Widest bar of a minute, in columns.
const WIDEST: usize = 8;
/// What stands before and behind a chart, in columns.
const BESIDE: usize = 10 + 45;
/// Columns for the name of a webhook or sink.
const TARGET: usize = 16;
/// A disk with less than this share of it free is nearly full, in percent.
const LITTLE: u64 = 10;

/// State of the view.
#[derive(Debug, Default)]
pub struct HealthView {
    /// The last numbers.
    pub now: Option<Health>,
    /// How far webhooks and sinks are told.
    pub targets: Vec<WebhookStatus>,
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
pub fn height(targets: &[WebhookStatus], rows: u16) -> u16 {
    let told = match (late(targets).len(), configured(targets).count()) {
        (0, 0) => 0,
        (late, _) => late.clamp(1, most_late(rows)),
    };
    CHARTS * chart_height(rows) + FIGURES + u16::try_from(told).unwrap_or(0)
}

/// Webhooks and sinks that are behind, each with a line of its own, on a screen of `rows`.
const fn most_late(rows: u16) -> usize {
    match rows {
        ROOMY.. => 6,
        TALL.. => 3,
        _ => 1,
    }
}

fn configured(targets: &[WebhookStatus]) -> impl Iterator<Item = &WebhookStatus> {
    targets.iter().filter(|target| target.configured)
}

/// Those that did not take everything: first those with what was given up, then who waits longest.
fn late(targets: &[WebhookStatus]) -> Vec<&WebhookStatus> {
    let behind = |target: &&WebhookStatus| target.waiting > 0 || target.failed > 0;
    let mut late: Vec<_> = configured(targets).filter(behind).collect();
    late.sort_by_key(|target| {
        (
            target.failed == 0,
            target.oldest.unwrap_or(Timestamp(i64::MAX)),
        )
    });
    late
}

/// How far webhooks and sinks are told; nothing if there are none.
pub fn deliveries(targets: &[WebhookStatus], now: Timestamp, rows: u16) -> Vec<Line> {
    let late = late(targets);
    let all = configured(targets).count();
    let label = |number| if number == 0 { "told" } else { "" };
    if late.is_empty() && all > 0 {
        let text = format!("{all} of {all} webhooks and sinks, nothing waits");
        return vec![vec![
            (Role::Dim, format!("{:10}", label(0))),
            (Role::Dim, text),
        ]];
    }
    let most = most_late(rows);
    let more = late.len().saturating_sub(most);
    let shown = late.iter().take(most).enumerate();
    let mut lines: Vec<Line> = shown
        .map(|(number, target)| {
            let (role, given_up) = match target.failed {
                0 => (Role::Dim, "nothing given up".to_owned()),
                count => (Role::Crit, format!("{} given up", grouped(count))),
            };
            let waiting = match target.oldest {
                Some(oldest) if target.waiting > 0 => {
                    format!(
                        "{} wait since {}",
                        grouped(target.waiting),
                        when(oldest, now)
                    )
                }
                _ => format!("{} wait", grouped(target.waiting)),
            };
            vec![
                (Role::Dim, format!("{:10}", label(number))),
                (Role::Subject, fit(&clean(&target.webhook), TARGET)),
                (Role::Dim, format!("  {}  ", target.told.as_str())),
                (Role::Text, format!("{waiting}, ")),
                (role, given_up),
            ]
        })
        .collect();
    if let Some(last) = lines.last_mut().filter(|_| more > 0) {
        last.push((Role::Dim, format!("  +{more} more")));
    }
    lines
}

const fn chart_height(rows: u16) -> u16 {
    match rows {
        ROOMY.. => 4,
        TALL.. => 3,
        _ => 1,
    }
}

/// Rates, latencies, writer, storage, for a screen of this size.
pub fn lines(health: &Health, (columns, rows): (u16, u16)) -> Vec<Line> {
    let room = usize::from(columns).saturating_sub(BESIDE);
    let width = (room / health.minutes.len().max(1)).clamp(1, WIDEST);
    let free = usize::from(rows >= ROOMY);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::state::pane::View;
    use crate::tui::testing::status;
    use crate::tui::testing::watch::targets;

    fn shown(targets: &[WebhookStatus], rows: u16) -> Vec<String> {
        let lines = deliveries(targets, status().now, rows);
        let height = height(&[], rows) + u16::try_from(lines.len()).unwrap();
        assert_eq!(
            super::height(targets, rows),
            height,
            "as many lines as there is room for"
        );
        let text = |line: &Line| line.iter().map(|(_, text)| text.as_str()).collect();
        lines.iter().map(text).collect()
    }

    #[test]
    fn who_is_not_told_is_shown_and_who_is_not_configured_is_not() {
        let all = targets();
        let expected = [
            "told      wiki              events  3 wait since 13:57:31, 2 given up",
            "          billing           events  12 wait since 13:48:31, nothing given up",
        ];
        assert_eq!(shown(&all, 40), expected);
        assert_eq!(shown(&all, 24), [format!("{}  +1 more", expected[0])]);
        assert_eq!(
            shown(&all[2..3], 24),
            ["told      1 of 1 webhooks and sinks, nothing waits"]
        );
        assert_eq!(shown(&all[1..2], 24), [""; 0]);
        assert_eq!(shown(&[], 60), [""; 0]);
        let many: Vec<_> = (0..8).map(|_| all[0].clone()).collect();
        assert!(shown(&many, 40)[2].ends_with("+5 more"));
        assert!(shown(&many, 60)[5].ends_with("+2 more"));
    }

    #[test]
    fn all_lines_have_room_beside_the_worst_alert() {
        let many: Vec<_> = (0..8).map(|_| targets()[0].clone()).collect();
        for rows in 24..200 {
            let mut model = Model::new((200, rows), true, None);
            model.view = View::Health;
            model.health.targets.clone_from(&many);
            let with_banner = height(&many, rows) + 1;
            assert!(with_banner <= model.areas().body.height / 2, "{rows}");
        }
    }
}
