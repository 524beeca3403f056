//! What lies over a view: the list of keys, what an act did, the question what quitting means.

use ratatui::layout::Rect;

use super::Canvas;
use super::page::padded;
use crate::text::{clean, fit, wrap};
use crate::tui::keymap::{Binding, Command, Context, bindings};
use crate::tui::layout::DIALOG;
use crate::tui::state::Model;
use crate::tui::state::acts::Report;
use crate::tui::state::acts::credential::Issued;
use crate::tui::state::pane::View;
use crate::tui::state::sheet::{self, Sheet};
use crate::tui::theme::Role;
use crate::tui::widget::rich::{Line, break_line, entry, line};

/// The Orgs to choose from; row `at` is selected.
pub fn orgs(model: &Model, at: usize, canvas: &mut Canvas<'_>) {
    let body = model.areas().body;
    let names = model
        .orgs
        .iter()
        .map(|org| format!("{}  {}", org.id, org.name));
    let names: Vec<String> = std::iter::once("all Orgs".to_owned())
        .chain(names)
        .collect();
    let height = u16::try_from(names.len() + 2).unwrap_or(u16::MAX);
    let height = height.min(body.height);
    let width = DIALOG.min(body.width);
    let area = centred(body, width, height);
    let inner = canvas.boxed(area, "NARROW EVERY VIEW TO", Role::Title);
    let from = (at + 1).saturating_sub(usize::from(inner.height));
    for ((index, name), y) in names.iter().enumerate().skip(from).zip(0..inner.height) {
        canvas.put(inner, 0, y, Role::Text, name);
        if index == at {
            canvas.fill(
                Rect {
                    y: inner.y + y,
                    height: 1,
                    ..inner
                },
                Role::Selection,
            );
        }
    }
}

/// Columns of the screen that a column of keys takes.
const KEYS_WIDTH: u16 = 90;

/// The keys, from line `from` on; beside each other where there is room.
pub fn help(model: &Model, from: usize, canvas: &mut Canvas<'_>) {
    let area = padded(model.areas().body);
    let side_by_side = columns(help_parts(model), area.width / KEYS_WIDTH);
    let width = area.width / u16::try_from(side_by_side.len()).unwrap_or(1).max(1);
    let highest = side_by_side.iter().map(Vec::len).max().unwrap_or(0);
    let from = from.min(highest.saturating_sub(usize::from(area.height)));
    for (lines, number) in side_by_side.iter().zip(0..) {
        let place = Rect {
            x: area.x + number * width,
            width,
            ..area
        };
        for (line, y) in lines.iter().skip(from).zip(0..area.height) {
            canvas.line(place, y, line);
        }
    }
}

/// Sets `parts` into at most `count` columns of about the same height, each part in one piece.
fn columns(parts: Vec<Vec<Line>>, count: u16) -> Vec<Vec<Line>> {
    let count = usize::from(count).max(1);
    let all: usize = parts.iter().map(Vec::len).sum();
    let height = all.div_ceil(count);
    let mut columns: Vec<Vec<Line>> = vec![Vec::new()];
    for part in parts {
        let full = columns
            .last()
            .is_some_and(|column| !column.is_empty() && column.len() + part.len() / 2 > height);
        if full && columns.len() < count {
            columns.push(Vec::new());
        }
        if let Some(column) = columns.last_mut() {
            column.extend(part);
        }
    }
    columns
}

fn help_parts(model: &Model) -> Vec<Vec<Line>> {
    let view = model.view;
    let sections = sections(view);
    // What holds everywhere has the same keys everywhere, unless keys.toml says otherwise.
    let (_, first) = sections[0];
    let keys = |context, binding| model.keymap.keys(context, binding);
    let is_common = |context, binding: &'static Binding| {
        binding.is_common() && keys(context, binding) == keys(first, binding)
    };
    let part = |title: &str, lines: Vec<Line>| {
        let mut part = vec![vec![(Role::Title, title.to_owned())]];
        part.extend(lines);
        part.push(Line::new());
        part
    };
    let mut parts: Vec<_> = sections
        .iter()
        .map(|(title, context)| {
            let own = bindings(*context).filter(|binding| !is_common(*context, binding));
            let lines = own.filter_map(|binding| explained(model, *context, binding));
            part(title, lines.collect())
        })
        .collect();
    let common = bindings(first).filter(|binding| binding.is_common());
    let lines = common.filter_map(|binding| explained(model, first, binding));
    parts.push(part("EVERYWHERE", lines.collect()));
    let language = filter_language(view);
    if !language.is_empty() {
        let lines = language
            .iter()
            .map(|text| vec![(Role::Text, format!("  {text}"))]);
        parts.push(part("FILTER LANGUAGE", lines.collect()));
    }
    parts
}

fn explained(model: &Model, context: Context, binding: &'static Binding) -> Option<Line> {
    let keys = model.keymap.names(context, binding);
    if keys.is_empty() {
        return None;
    }
    let keys = format!("  {} ", fit(&keys.join(" "), 18));
    Some(match model.forbidden(binding.command) {
        None => vec![(Role::Key, keys), (Role::Text, binding.help.to_owned())],
        Some(why) => vec![(
            Role::Dim,
            format!("{keys}{}: {why}", binding.command.name()),
        )],
    })
}

/// The places of a view, each with its title.
const fn sections(view: View) -> &'static [(&'static str, Context)] {
    match view {
        View::Live => &[
            ("LIVE", Context::Live),
            ("OPENED EXCHANGE", Context::Detail),
            ("FILTER", Context::Filter),
            ("COMMANDS (after :)", Context::Palette),
            ("COPY (after y)", Context::Copying),
            ("EXPORT (after x)", Context::Exporting),
            ("RELATED (after o)", Context::OfExchange),
        ],
        View::Alerts => &[
            ("ALERTS", Context::Alerts),
            ("RELATED (after o)", Context::OfAlert),
            ("RUNBOOK, DIAGNOSIS", Context::Sheet),
            ("ORG (after O)", Context::Orgs),
        ],
        View::Health => &[
            ("HEALTH", Context::Health),
            ("DIAGNOSIS", Context::Sheet),
            ("ORG (after O)", Context::Orgs),
        ],
        View::Users => &[
            ("USERS", Context::Users),
            ("OPENED USER", Context::User),
            ("FILTER", Context::Filter),
            ("COMMANDS (after :)", Context::Palette),
            ("RELATED (after o)", Context::OfUser),
            ("COPY (after y)", Context::CopyingRow),
            ("EXPORT (after x)", Context::Exporting),
        ],
        View::Groups => &[
            ("GROUPS", Context::Groups),
            ("OPENED GROUP", Context::Group),
            ("FILTER", Context::Filter),
            ("COMMANDS (after :)", Context::Palette),
            ("RELATED (after o)", Context::OfGroup),
            ("COPY (after y)", Context::CopyingRow),
            ("EXPORT (after x)", Context::Exporting),
        ],
        View::Tokens => &[
            ("TOKENS", Context::Tokens),
            ("OPENED TOKEN", Context::Token),
            ("CONFIRMATION", Context::Confirm),
            ("FILTER", Context::Filter),
            ("RELATED (after o)", Context::OfToken),
            ("COPY (after y)", Context::CopyingRow),
            ("EXPORT (after x)", Context::Exporting),
        ],
        View::Audit => &[
            ("AUDIT", Context::Audit),
            ("OPENED EVENT", Context::Event),
            ("FILTER", Context::Filter),
            ("RELATED (after o)", Context::OfEvent),
            ("COPY (after y)", Context::CopyingRow),
            ("EXPORT (after x)", Context::Exporting),
        ],
        View::Removals => &[
            ("DELETIONS, HOLDS", Context::Removals),
            ("GUARD", Context::Guard),
            ("TRANSFERS", Context::Transfers),
            ("OPENED REMOVAL", Context::Removal),
            ("CONFIRMATION", Context::Confirm),
            ("FILTER", Context::Filter),
            ("COMMANDS (after :)", Context::Palette),
            ("RELATED (after o)", Context::OfRemoval),
            ("COPY (after y)", Context::CopyingRow),
            ("EXPORT (after x)", Context::Exporting),
        ],
    }
}

const fn filter_language(view: View) -> &'static [&'static str] {
    match view {
        View::Live => &[
            "client:okta op:delete,deactivate status>=400 latency>200ms since:10m",
            "subject: user: group: org: token: method: quirk: scimType: path: what: source: request: is:marked",
            "words match subject, path and what was done; and or not ( ); \"in quotes\"",
        ],
        View::Alerts | View::Health => &[],
        View::Users | View::Groups => &[
            "words that names, addresses or externalId contain",
            "or a SCIM filter: userName sw \"a\" and active eq false",
        ],
        View::Tokens => &[
            "words that label, id or hint contain",
            "org:sales  kind:scim  kind:application  state:rotating state:expired state:urgent",
        ],
        View::Audit => &[
            "words that subject, label, id or cause contain; \"in quotes\" with white space",
            "kind:user-removed kind:group-,token-  by:okta-prod  since:2d  request:0b1e",
        ],
        View::Removals => &[
            "a part of the userName, or the id of an account",
            "state:deleted state:held state:restored state:returned  batch:3",
            "transfers: words of the title, org:sales, removal:3",
        ],
    }
}

/// What an act did.
pub fn report(model: &Model, report: &Report, canvas: &mut Canvas<'_>) {
    let body = model.areas().body;
    let width = body.width.min(DIALOG);
    let columns = usize::from(width.saturating_sub(4));
    let lines: Vec<Line> = report
        .lines
        .iter()
        .flat_map(|line| break_line(line.clone(), columns))
        .collect();
    over(body, &report.title, &lines, report.scroll, canvas);
}

/// A runbook or a diagnosis.
pub fn sheet(model: &Model, sheet: &Sheet, canvas: &mut Canvas<'_>) {
    let (columns, _) = sheet::room(model);
    let lines = sheet.lines(model, columns);
    let body = model.areas().body;
    over(
        body,
        &clean(&sheet.title()),
        &lines,
        sheet.at.scroll,
        canvas,
    );
}

/// A box in the middle of `body` with `lines`, from `scroll` on.
fn over(body: Rect, title: &str, lines: &[Line], scroll: usize, canvas: &mut Canvas<'_>) {
    let wanted = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let height = wanted.saturating_add(2).min(body.height);
    let area = centred(body, body.width.min(DIALOG), height);
    let inner = canvas.boxed(area, title, Role::Title);
    let last = lines.len().saturating_sub(usize::from(inner.height));
    let from = scroll.min(last);
    let below = last - from;
    if below > 0 {
        let foot = Rect {
            y: area.bottom() - 1,
            height: 1,
            ..inner
        };
        canvas.put_right(foot, 0, 0, Role::Dim, &format!(" {below} lines below "));
    }
    let shown = lines.iter().skip(from);
    for (line, y) in shown.zip(0..inner.height) {
        canvas.line(inner, y, line);
    }
}

/// A secret, this once.
pub fn issued(model: &Model, issued: &Issued, canvas: &mut Canvas<'_>) {
    let body = model.areas().body;
    let width = body.width.min(DIALOG);
    let columns = usize::from(width.saturating_sub(4));
    let token = &issued.token;
    let mut lines = vec![vec![(Role::Title, clean(&token.label))]];
    lines.extend(entry("Org", &model.org_name(token.org), columns));
    let end = token.expires.to_utc().format("%Y-%m-%d %H:%MZ").to_string();
    lines.extend(entry("Ends", &end, columns));
    lines.push(Line::new());
    lines.extend(break_line(line(Role::Secret, &issued.secret), columns));
    lines.push(Line::new());
    let keys = model.keymap.at(Context::Issued);
    let [copy, close] = [Command::CopyToken, Command::Back].map(|command| keys.of(command));
    let text = format!(
        "This secret is shown now and never again. {copy} copies it to the terminal's clipboard; \
         {close} closes this."
    );
    let text = wrap(&text, columns);
    lines.extend(text.iter().map(|text| line(Role::Text, text)));
    let wanted = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let height = wanted.saturating_add(2).min(body.height);
    let area = centred(body, width, height);
    let inner = canvas.boxed(area, "TOKEN ISSUED", Role::Title);
    // Without room for all of it, the secret is what has to be seen.
    let skip = if wanted > inner.height { 4 } else { 0 };
    for (line, y) in lines.iter().skip(skip).zip(0..inner.height) {
        canvas.line(inner, y, line);
    }
}

/// An area of that size in the middle of `around`, which has room for it.
pub const fn centred(around: Rect, width: u16, height: u16) -> Rect {
    Rect {
        x: around.x + (around.width - width) / 2,
        y: around.y + (around.height - height) / 2,
        width,
        height,
    }
}

/// What quitting would do.
pub fn quit(model: &Model, canvas: &mut Canvas<'_>) {
    let body = model.areas().body;
    let keys = model.keymap.at(Context::Quit);
    let key = |command, does: &str| format!("{} {does}", fit(&keys.of(command), 4));
    let text = [
        "The endpoint runs in this process.",
        "Stopping it makes identity providers fail until it runs again.",
        "",
        &key(
            Command::Detach,
            "detach: leave the dashboard, the endpoint goes on",
        ),
        &key(Command::Stop, "stop the endpoint and leave"),
        &key(Command::Back, "stay"),
    ];
    let area = centred(body, 68.min(body.width), 8.min(body.height));
    let inner = canvas.boxed(area, "QUIT", Role::Title);
    for (text, y) in text.iter().zip(0..inner.height) {
        canvas.put(inner, 0, y, Role::Text, text);
    }
}
