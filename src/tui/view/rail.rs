//! The rail: who sends how much, rates, latency, tokens, removals, directory.

use ratatui::layout::Rect;

use super::Canvas;
use super::bars::span;
use crate::clock::Timestamp;
use crate::model::token::{Token, TokenState};
use crate::text::{clean, fit, fit_right, grouped};
use crate::tui::state::Model;
use crate::tui::state::detail::millis;
use crate::tui::state::stats::{STEPS, Stats};
use crate::tui::theme::Role;
use crate::tui::widget::rich::Line;
use crate::tui::widget::spark::sparkline;

/// Most clients and tokens that are listed.
const LISTED: usize = 8;

/// Draws it into `area`.
pub fn draw(model: &Model, area: Rect, canvas: &mut Canvas<'_>) {
    if area.is_empty() {
        return;
    }
    let stats = &model.live.stats;
    let mut lines = clients(stats, model.now);
    lines.push(Line::new());
    lines.extend(charts(stats));
    lines.push(Line::new());
    lines.extend(tokens(&model.tokens, model.now));
    lines.extend(directory(model));
    for (line, y) in lines.iter().zip(0..area.height) {
        canvas.line(area, y, line);
    }
}

fn clients(stats: &Stats, now: Timestamp) -> Vec<Line> {
    let head = format!(" {}  req/s   err%  last", fit("CLIENT", 13));
    let mut lines = vec![vec![(Role::Title, head)]];
    let mut clients: Vec<_> = stats.clients.iter().collect();
    clients.sort_by_key(|(_, client)| std::cmp::Reverse(client.total));
    for (name, client) in clients.into_iter().take(LISTED) {
        let errors = f64::from(client.failed) * 100.0 / f64::from(client.total.max(1));
        let (role, mark) = match errors {
            errors if errors >= 20.0 => (Role::Crit, "!!"),
            errors if errors > 0.0 => (Role::Warn, "▲"),
            _ => (Role::Ok, "ok"),
        };
        lines.push(vec![
            (Role::Client, format!(" {}", fit(&clean(name), 13))),
            (Role::Text, format!(" {:>6.1} {errors:>6.1}", client.rate)),
            (Role::Dim, fit_right(&span(now.since(client.last)), 5)),
            (role, format!(" {mark}")),
        ]);
    }
    lines
}

fn charts(stats: &Stats) -> Vec<Line> {
    let mut lines = vec![vec![(Role::Title, " RATE  15 min".to_owned())]];
    for (name, role, series) in [
        ("ok", Role::Ok, &stats.ok),
        ("4xx", Role::Warn, &stats.client_errors),
        ("5xx", Role::Crit, &stats.server_errors),
    ] {
        let max = series.steps.iter().copied().max().unwrap_or(0);
        // As in the status line: nothing to see of these is the usual thing.
        if role == Role::Crit && max == 0 {
            continue;
        }
        lines.push(vec![
            (role, format!(" {}", fit(name, 4))),
            (Role::Chart, sparkline(&series.steps[STEPS - 23..], max)),
            (Role::Text, format!("{:>6.1}", series.rate)),
        ]);
    }
    if let Some(latency) = stats.latency_us {
        let [p50, p95, p99] = latency.map(millis);
        lines.push(Line::new());
        let text = format!("  p50 {p50} p95 {p95} p99 {p99}");
        lines.push(vec![
            (Role::Title, " LATENCY ms".to_owned()),
            (Role::Text, text),
        ]);
    }
    lines
}

fn tokens(tokens: &[Token], now: Timestamp) -> Vec<Line> {
    if tokens.is_empty() {
        return Vec::new();
    }
    let head = format!(" {}expires in", fit("TOKENS", 22));
    let mut lines = vec![vec![(Role::Title, head)]];
    let mut tokens: Vec<_> = tokens
        .iter()
        .filter(|token| token.state(now) != TokenState::Revoked)
        .collect();
    tokens.sort_by_key(|token| token.expires);
    for token in tokens.iter().take(LISTED) {
        let left = token.expires.since(now);
        let (role, text, mark) = match token.state(now) {
            TokenState::Expired => (Role::Crit, "EXPIRED".to_owned(), "!!"),
            TokenState::Rotating => (Role::Info, span(left), "→"),
            _ if left.as_secs() < 7 * 86_400 => (Role::Crit, span(left), "!!"),
            _ if left.as_secs() < 14 * 86_400 => (Role::Warn, span(left), "▲"),
            _ => (Role::Ok, span(left), "ok"),
        };
        lines.push(vec![
            (Role::Client, format!(" {}", fit(&clean(&token.label), 15))),
            (Role::Dim, format!(" …{}", fit(&clean(&token.hint), 4))),
            (role, format!(" {} {mark}", fit(&text, 7))),
        ]);
    }
    if tokens.len() > LISTED {
        let more = format!(" and {} more", tokens.len() - LISTED);
        lines.push(vec![(Role::Dim, more)]);
    }
    lines.push(Line::new());
    lines
}

fn directory(model: &Model) -> Vec<Line> {
    let Some(status) = &model.status else {
        return Vec::new();
    };
    let row = |text: String| vec![(Role::Text, text)];
    vec![
        vec![(Role::Title, " REMOVALS     1h     24h      7d".to_owned())],
        row(format!(
            " accounts  {:>5} {:>7} {:>7}",
            grouped(status.removals_hour),
            grouped(status.removals_day),
            grouped(status.removals_week)
        )),
        Line::new(),
        vec![(Role::Title, " DIRECTORY".to_owned())],
        row(format!(
            " users {}  groups {}  orgs {}",
            grouped(status.users),
            grouped(status.groups),
            grouped(status.orgs)
        )),
        Line::new(),
        vec![(Role::Title, " RECORD".to_owned())],
        row(format!(" exchanges {}", grouped(status.exchanges))),
        row(format!(
            " not recorded {}",
            grouped(status.exchanges_dropped)
        )),
    ]
}
