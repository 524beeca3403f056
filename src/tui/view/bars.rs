//! The lines around a view: header, filter, status, keys.

use std::time::Duration;

use ratatui::layout::Rect;

use super::{Canvas, field};
use crate::clock::Timestamp;
use crate::model::operator::OperatorRole;
use crate::text::{self, grouped};
use crate::tui::keymap::{Command, bindings};
use crate::tui::layout::{Form, NAME, VIEWS_FROM, form, label_of, views};
use crate::tui::state::filter::fault;
use crate::tui::state::list::Cursor;
use crate::tui::state::pane::{Pane, View};
use crate::tui::state::stats::STEPS;
use crate::tui::state::{Editing, Mode, Model, alerts};
use crate::tui::theme::Role;
use crate::tui::widget::spark::sparkline;

/// The whole dashboard in one line.
pub fn line(model: &Model, canvas: &mut Canvas<'_>) {
    let area = canvas.buffer.area;
    let newest = model.live.log.rows().back().map_or_else(
        || "no requests".to_owned(),
        |row| {
            let exchange = &row.newest;
            let subject = text::clean(&exchange.subject);
            format!("{} {} {subject}", exchange.status, exchange.method)
        },
    );
    let lost = model
        .lost
        .as_ref()
        .map(|_| "unreachable ")
        .unwrap_or_default();
    let total = model.live.log.total();
    canvas.put(area, 0, 0, Role::Text, &format!("{lost}{total} {newest}"));
}

/// Program, views, place, whether acts are allowed, daemon, time.
pub fn header(model: &Model, canvas: &mut Canvas<'_>) {
    let area = model.areas().header;
    canvas.fill(area, Role::Header);
    let mut x = canvas.put(area, 1, 0, Role::Title, NAME) + 3;
    let mut place = place(model);
    if area.width >= VIEWS_FROM {
        let urgent = alerts::urgent(model).count();
        for (view, at, width) in views(urgent) {
            let role = if view == model.view {
                Role::Title
            } else {
                Role::Header
            };
            canvas.put(area, at, 0, role, &label_of(view, urgent));
            x = at + width + 2;
        }
        place.remove(0);
    }
    let (role, lock) = lock(model);
    let lock_width = u16::try_from(lock.len()).unwrap_or(0) + 2;
    let room = area.width.saturating_sub(x + 2 + lock_width);
    let place = text::clean(&place.join(" › "));
    let place = text::cut(&place, usize::from(room.min(area.width / 2)));
    x += canvas.put(area, x, 0, Role::Header, &place);
    let mut right = Rect {
        width: area.width.saturating_sub(1),
        ..area
    };
    let room = right.width.saturating_sub(x + 2 + lock_width);
    let daemon = daemon(model, usize::from(area.width), usize::from(room));
    canvas.put_right(right, x + 1, 0, Role::Header, &daemon);
    let used = u16::try_from(text::width(&daemon)).unwrap_or(0);
    if used > 0 {
        right.width = right.width.saturating_sub(used + 2);
    }
    canvas.put_right(right, x + 1, 0, role, &lock);
}

/// The view, and what is shown in it.
fn place(model: &Model) -> Vec<String> {
    let mut place = vec![model.view.name().to_owned()];
    if model.view == View::Removals && model.removals.pane != Pane::Deletions {
        place.push(model.removals.pane.name().to_owned());
    }
    place.extend(model.org.map(|org| format!("org {}", model.org_name(org))));
    if let (View::Live, Some(detail)) = (model.view, &model.detail) {
        place.push(detail.summary.subject.clone());
    }
    place.extend(model.open().map(|open| open.name.clone()));
    if matches!(model.mode, Mode::Help(_)) {
        place.push("Keys".to_owned());
    }
    place
}

/// Whether acts are allowed, and for how long.
fn lock(model: &Model) -> (Role, String) {
    match model.unlocked_for() {
        None => {
            // Who may do everything, as on one's own machine, is told so only where there is room.
            let least = model.size.0 < VIEWS_FROM;
            let role = model.role();
            let role = role.filter(|role| *role < OperatorRole::Admin || !least);
            let role = role.map_or(String::new(), |role| format!(" {}", role.as_str()));
            (Role::Header, format!("RO{role}"))
        }
        Some(left) => {
            let left = left.as_secs();
            let text = format!(" RW {}:{:02} ", left / 60, left % 60);
            (Role::Warn, text)
        }
    }
}

/// What there is room for: the time goes last.
fn daemon(model: &Model, width: usize, room: usize) -> String {
    let mut parts = Vec::new();
    if model.now > Timestamp::default() {
        parts.push(model.now.to_utc().format("%H:%M:%SZ").to_string());
    }
    let base = model.base_url();
    if width >= 60 && !base.is_empty() {
        parts.push(format!("serving {}", short_url(base, width)));
    }
    if let Some(status) = &model.status {
        if let Some(started) = status.started.filter(|_| width >= 60) {
            parts.push(format!("up {}", span(status.now.since(started))));
        }
        if width >= 120 {
            match (model.org, status.orgs) {
                // Line 1 names it as part of the place.
                (Some(_), _) => {}
                (None, 0 | 1) => parts.push("org Primary".to_owned()),
                (None, orgs) => parts.push(format!("{orgs} orgs")),
            }
            parts.push(format!("v{}", status.version));
        }
    }
    let mut shown = String::new();
    for part in parts {
        let part = text::clean(&part);
        let longer = if shown.is_empty() {
            part
        } else {
            format!("{part}  {shown}")
        };
        if text::width(&longer) > room {
            break;
        }
        shown = longer;
    }
    shown
}

/// All of the base URL where there is room, else from the host on.
fn short_url(base: &str, width: usize) -> &str {
    if width >= 100 {
        return base;
    }
    let from = base.find("://").map_or(0, |at| at + 3);
    let authority = &base[from..];
    &authority[..authority.find('/').unwrap_or(authority.len())]
}

/// A time span in its largest unit, rounded down.
pub fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..86_400 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// The filter, the counts, and whether it follows.
pub fn filter(model: &Model, canvas: &mut Canvas<'_>) {
    let area = model.areas().filter;
    let (counts, role, state) = match model.cursor() {
        None => live_counts(model),
        Some(at) => list_counts(model, at),
    };
    let columns = |text: &str| u16::try_from(text::width(text)).unwrap_or(0);
    let (state_width, counts_width) = (columns(&state) + 1, columns(&counts) + 2);
    let room = area.width.saturating_sub(state_width + counts_width);
    let left = Rect {
        width: room,
        ..area
    };
    if room >= 12 {
        canvas.put_right(area, 0, 0, role, &format!("{state} "));
        let counts_area = Rect {
            width: area.width - state_width - 1,
            ..area
        };
        canvas.put_right(counts_area, 0, 0, Role::Dim, &counts);
    } else {
        canvas.put_right(area, 0, 0, role, &state);
    }
    if model.pane().is_some_and(|pane| !pane.filters()) {
        return;
    }
    let filter = model.keys().key(Command::Filter);
    let filter = filter.unwrap_or_else(|| "/".to_owned());
    let x = canvas.put(left, 1, 0, Role::Key, &filter) + 2;
    let (text, on) = match model.cursor() {
        None => (&model.live.filter, model.live.filter_on),
        Some(at) => (&at.filter, !at.filter_off),
    };
    match &model.mode {
        Mode::Filter(editing) => {
            let fault = fault(model).map(|(span, _)| span);
            let field = Rect {
                x: left.x + x.min(left.width),
                width: left.width.saturating_sub(x),
                ..left
            };
            field::draw(&editing.input, fault.as_ref(), true, field, canvas);
        }
        _ if text.is_empty() => {
            canvas.put(left, x, 0, Role::Dim, "filter (none)");
        }
        _ if on => {
            canvas.put(left, x, 0, Role::Input, text);
        }
        _ => {
            canvas.put(left, x, 0, Role::Dim, &format!("(off) {text}"));
        }
    }
}

/// How much of Live is shown, and whether it follows.
fn live_counts(model: &Model) -> (String, Role, String) {
    let live = &model.live;
    let (role, state) = if live.following {
        (Role::Follow, "FOLLOW".to_owned())
    } else if live.unseen > 0 {
        (Role::Paused, format!("PAUSED +{} new", live.unseen))
    } else {
        (Role::Paused, "PAUSED".to_owned())
    };
    let mut counts = format!(
        "{} of {}",
        grouped(live.log.shown()),
        grouped(live.log.total())
    );
    if live.log.marked() > 0 || live.log.only_marked() {
        let only = if live.log.only_marked() { " only" } else { "" };
        counts = format!("{} marked{only}  {counts}", live.log.marked());
    }
    if live.skipped > 0 {
        counts = format!("{} skipped  {counts}", live.skipped);
    }
    if let Some(since) = live.storm.since {
        let rate = live.storm.rate(model.now);
        let groups = if live.in_storm() {
            let others = match live.storm.others {
                0 => String::new(),
                others => format!(", {others} in none"),
            };
            format!(
                "{} grouped since {}{others}",
                grouped(usize::try_from(live.storm.total()).unwrap_or(usize::MAX)),
                since.to_utc().format("%H:%M:%S")
            )
        } else {
            format!("{} groups", model.keys().of(Command::Bottom))
        };
        // What is held says little beside what is counted.
        counts = if live.in_storm() && model.size.0 < VIEWS_FROM {
            format!("storm {rate}/s, {groups}")
        } else {
            format!("storm {rate}/s, {groups}  {counts}")
        };
    }
    (counts, role, state)
}

/// How much of a list is loaded and marked, and whether it is as of now.
fn list_counts(model: &Model, at: &Cursor) -> (String, Role, String) {
    let loaded = grouped(at.count());
    let counts = match at.total {
        Some(total) => {
            let total = usize::try_from(total).unwrap_or(usize::MAX);
            format!("{loaded} of {}", grouped(total))
        }
        None if at.has_more() => format!("{loaded}, more below"),
        None => loaded,
    };
    let (role, state) = if at.stale {
        let load = model.keys().of(Command::Repaint);
        (Role::Paused, format!("CHANGED, {load} loads"))
    } else if at.marks.is_empty() && !at.only_marked() {
        (Role::Dim, String::new())
    } else {
        let only = if at.only_marked() { " ONLY" } else { "" };
        (Role::Notice, format!("{} MARKED{only}", at.marks.len()))
    };
    (counts, role, state)
}

/// A message if there is one, else the rates.
pub fn status(model: &Model, canvas: &mut Canvas<'_>) {
    let area = model.areas().status;
    let message = match (&model.mode, &model.notice, &model.lost) {
        (
            Mode::Filter(Editing {
                error: Some(error), ..
            }),
            ..,
        ) => Some((Role::Crit, error.message.clone())),
        (_, Some(notice), _) => Some((Role::Notice, notice.clone())),
        (_, None, Some(reason)) => Some((Role::Crit, lost(model, reason))),
        _ => doing(model),
    };
    if let Some((role, message)) = message {
        canvas.put(area, 1, 0, role, &message);
        return;
    }
    if form(model.size.0, model.size.1) == Form::Full {
        rates(model, canvas);
    } else {
        let keys = keys_of(model);
        canvas.line(area, 0, &keys);
    }
}

/// That the daemon is out of reach, since when, and why.
fn lost(model: &Model, reason: &str) -> String {
    match model.live.gaps.since() {
        Some(since) => {
            let since = since.to_utc().format("%H:%M:%SZ");
            format!("! disconnected since {since}, tried again: {reason}")
        }
        None => format!("! {reason}"),
    }
}

/// What is being carried out, or why a list is not as of now.
fn doing(model: &Model) -> Option<(Role, String)> {
    if let Some((_, title)) = &model.acting {
        return Some((Role::Notice, format!("{title}: being carried out …")));
    }
    let error = model.cursor()?.error.as_ref()?;
    Some((Role::Crit, format!("! {error}")))
}

fn rates(model: &Model, canvas: &mut Canvas<'_>) {
    let area = model.areas().status;
    let stats = &model.live.stats;
    let mut x = 1;
    let series = [
        ("ok", Role::Ok, &stats.ok, true),
        ("4xx", Role::Warn, &stats.client_errors, true),
        (
            "5xx",
            Role::Crit,
            &stats.server_errors,
            stats.server_errors.steps.iter().any(|count| *count > 0),
        ),
    ];
    let max = series
        .iter()
        .flat_map(|(_, _, series, _)| series.steps)
        .max()
        .unwrap_or(0);
    for (name, role, series, _) in series.into_iter().filter(|(.., shown)| *shown) {
        let rate = format!("{name} {:.1}/s ", series.rate);
        x += canvas.put(area, x, 0, role, &rate);
        let chart = sparkline(&series.steps[STEPS - 8..], max);
        x += canvas.put(area, x, 0, Role::Chart, &chart) + 2;
    }
    let mut facts = Vec::new();
    if let Some([_, p95, _]) = stats.latency_us {
        facts.push(format!(
            "p95 {}ms",
            super::super::state::detail::millis(p95)
        ));
    }
    if let Some(status) = &model.status {
        facts.push(format!("removals 1h: {}", status.removals_hour));
        if status.exchanges_dropped > 0 {
            facts.push(format!("{} not recorded", status.exchanges_dropped));
        }
    }
    canvas.put(area, x, 0, Role::Text, &facts.join("  "));
}

/// The keys that matter here.
pub fn keys(model: &Model, canvas: &mut Canvas<'_>) {
    let area = model.areas().keys;
    let keys = keys_of(model);
    canvas.line(area, 0, &keys);
}

fn keys_of(model: &Model) -> Vec<(Role, String)> {
    let mut pieces = Vec::new();
    let mut room = usize::from(model.size.0);
    let context = model.context();
    let labelled = bindings(context).filter(|binding| !binding.label.is_empty());
    let labelled = labelled.filter(|binding| {
        model.forbidden(binding.command).is_none() && model.leads(context, binding.command)
    });
    for binding in labelled {
        let keys = model.keymap.keys(context, binding);
        let Some(key) = keys.first().map(|key| key.name()) else {
            continue;
        };
        let gap = if pieces.is_empty() { " " } else { "  " };
        let columns = text::width(gap) + text::width(&key) + text::width(binding.label) + 1;
        // Whole entries only; a later, shorter one may still fit.
        let Some(left) = room.checked_sub(columns) else {
            continue;
        };
        room = left;
        pieces.push((Role::Label, gap.to_owned()));
        pieces.push((Role::Key, key));
        pieces.push((Role::Label, format!(" {}", binding.label)));
    }
    pieces
}
