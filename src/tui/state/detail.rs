//! One opened exchange: its tabs as lines of text with roles.

use std::sync::Arc;

use serde_json::Value;

use crate::model::advice::{Advice, Context, advise};
use crate::model::exchange::{Body, Exchange, ExchangeSummary};
use crate::scim::quirk::Quirk;
use crate::text;
use crate::tui::state::live::client;
use crate::tui::state::pane::neighbour;
use crate::tui::theme::Role;
use crate::tui::widget::json;
use crate::tui::widget::rich::{Line, break_line, line, paragraph};

/// A tab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)] // their names say it
pub enum Tab {
    #[default]
    Summary,
    Request,
    Response,
    Diff,
}

impl Tab {
    /// All, from left to right.
    pub const ALL: [Self; 4] = [Self::Summary, Self::Request, Self::Response, Self::Diff];

    /// What stands on it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Summary => "Summary",
            Self::Request => "Request",
            Self::Response => "Response",
            Self::Diff => "Diff",
        }
    }
}

/// What has been loaded of the exchange.
#[derive(Debug)]
pub enum Loaded {
    /// Nothing yet.
    Waiting,
    /// It cannot be had; why.
    Failed(String),
    /// All of it.
    Here(Box<Exchange>),
}

/// An opened exchange.
#[derive(Debug)]
pub struct Detail {
    /// Its line in the table.
    pub summary: Arc<ExchangeSummary>,
    /// How many like it the row stands for.
    pub count: u32,
    /// Its bodies.
    pub loaded: Loaded,
    /// The open tab.
    pub tab: Tab,
    /// Bodies as sent, not laid out.
    pub raw: bool,
    /// Long lines are wrapped, not cut.
    pub wrap: bool,
    /// First line on the screen.
    pub scroll: usize,
}

impl Detail {
    /// Opens `summary`, which stands for `count` exchanges.
    pub fn new(summary: Arc<ExchangeSummary>, count: u32) -> Self {
        Self {
            summary,
            count,
            loaded: Loaded::Waiting,
            tab: Tab::default(),
            raw: false,
            wrap: true,
            scroll: 0,
        }
    }

    /// Opens the tab `by` places further, around the end.
    pub fn turn(&mut self, by: isize) {
        self.tab = neighbour(&Tab::ALL, self.tab, by);
        self.scroll = 0;
    }

    /// Keeps the scroll position within `lines` on a page of `height`.
    pub fn settle(&mut self, lines: usize, height: usize) {
        self.scroll = self.scroll.min(lines.saturating_sub(height));
    }

    /// The open tab, as lines of at most `columns`.
    pub fn lines(&self, context: Context<'_>, columns: usize) -> Vec<Line> {
        let lines = match (self.tab, &self.loaded) {
            (Tab::Summary, loaded) => {
                let mut lines = summary(&self.summary, self.count, context, columns);
                match loaded {
                    Loaded::Here(exchange) => {
                        lines.extend(more(exchange, columns));
                        lines.extend(self.whole(exchange));
                    }
                    Loaded::Failed(reason) => {
                        lines.extend(paragraph("", Role::Crit, reason, columns));
                    }
                    Loaded::Waiting => {}
                }
                lines
            }
            (_, Loaded::Waiting) => vec![line(Role::Dim, "loading")],
            (_, Loaded::Failed(reason)) => paragraph("", Role::Crit, reason, columns),
            (Tab::Request, Loaded::Here(exchange)) => self.request(exchange),
            (Tab::Response, Loaded::Here(exchange)) => self.response(exchange),
            (Tab::Diff, Loaded::Here(exchange)) => diff(&exchange.changes),
        };
        if self.wrap {
            let broken = lines.into_iter().flat_map(|line| break_line(line, columns));
            return broken.collect();
        }
        lines
    }

    /// What the other tabs show, one below the other.
    fn whole(&self, exchange: &Exchange) -> Vec<Line> {
        let mut parts = vec![
            ("REQUEST", self.request(exchange)),
            ("RESPONSE", self.response(exchange)),
        ];
        if exchange
            .changes
            .as_array()
            .is_some_and(|all| !all.is_empty())
        {
            parts.insert(0, ("CHANGED", diff(&exchange.changes)));
        }
        let mut lines = Vec::new();
        for (head, part) in parts {
            lines.extend([Line::new(), line(Role::Column, head)]);
            lines.extend(part);
        }
        lines
    }

    fn request(&self, exchange: &Exchange) -> Vec<Line> {
        let summary = &exchange.summary;
        let mut lines = vec![vec![
            (Role::Operation, text::clean(&summary.method)),
            (Role::Subject, format!(" {}", text::clean(&target(summary)))),
        ]];
        lines.extend(headers(&exchange.request_headers));
        lines.extend(self.body(&exchange.request_body));
        lines
    }

    fn response(&self, exchange: &Exchange) -> Vec<Line> {
        let mut lines = vec![vec![(
            severity(exchange.summary.status),
            exchange.summary.status.to_string(),
        )]];
        lines.extend(headers(&exchange.response_headers));
        lines.extend(self.body(&exchange.response_body));
        lines
    }

    fn body(&self, body: &Body) -> Vec<Line> {
        let mut lines = vec![Line::new()];
        if body.bytes == 0 && body.text.is_empty() {
            lines.push(line(Role::Dim, "no body"));
            return lines;
        }
        lines.extend(if self.raw {
            json::raw(&body.text)
        } else {
            json::pretty(&body.text)
        });
        if body.truncated {
            let kept = body.text.len();
            let note = format!("… {kept} of {} bytes were kept", body.bytes);
            lines.push(line(Role::Dim, &note));
        }
        lines
    }
}

/// Path and query, as sent.
pub fn target(exchange: &ExchangeSummary) -> String {
    if exchange.query.is_empty() {
        exchange.path.clone()
    } else {
        format!("{}?{}", exchange.path, exchange.query)
    }
}

/// The role of a status.
pub const fn severity(status: u16) -> Role {
    match status {
        401 | 403 | 500.. => Role::Crit,
        400..=499 => Role::Warn,
        _ => Role::Ok,
    }
}

/// What is known from the line alone: what, who, why, do.
pub fn summary(
    exchange: &ExchangeSummary,
    count: u32,
    context: Context<'_>,
    columns: usize,
) -> Vec<Line> {
    let times = if count > 1 {
        format!("  ×{count}")
    } else {
        String::new()
    };
    let mut lines = vec![
        vec![
            (severity(exchange.status), exchange.status.to_string()),
            (
                Role::Operation,
                format!(" {} ", text::clean(&exchange.method)),
            ),
            (Role::Subject, text::clean(&target(exchange))),
            (Role::Text, times),
        ],
        vec![(Role::Dim, text::clean(&facts(exchange)))],
        Line::new(),
    ];
    let Advice { why, steps } = advise(exchange, context);
    lines.extend(paragraph("why", Role::Text, &why, columns));
    for (number, step) in (1..).zip(&steps) {
        let step = if steps.len() > 1 {
            format!("{number} {step}")
        } else {
            step.clone()
        };
        let label = if number == 1 { "do" } else { "" };
        lines.extend(paragraph(label, Role::Text, &step, columns));
    }
    for (number, name) in exchange.quirks.iter().enumerate() {
        let known = Quirk::ALL.iter().find(|quirk| quirk.name() == name);
        let meaning = known.map_or("", |quirk| quirk.describe());
        let label = if number == 0 { "quirk" } else { "" };
        let text = format!("{name}: {meaning}");
        lines.extend(paragraph(label, Role::Info, &text, columns));
    }
    lines
}

/// Who, from where, how long, which request.
pub fn facts(exchange: &ExchangeSummary) -> String {
    let mut facts = vec![client(exchange).to_owned()];
    if let Some(token) = &exchange.token {
        facts.push(token.to_string());
    }
    if exchange.token_label.is_some() {
        facts.push(exchange.client.as_str().to_owned());
    }
    facts.push(exchange.source.clone());
    facts.push(format!("{} ms", millis(exchange.latency_us)));
    facts.push(format!("req {}", exchange.request));
    facts.join("  ")
}

/// A latency in milliseconds, with one decimal below ten.
pub fn millis(micros: u64) -> String {
    if micros >= 9_950 {
        (micros + 500).div_euclid(1_000).to_string()
    } else {
        let tenths = (micros + 50) / 100;
        format!("{}.{}", tenths / 10, tenths % 10)
    }
}

/// What only the whole exchange tells.
fn more(exchange: &Exchange, columns: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    if let Some(detail) = &exchange.detail {
        lines.extend(paragraph("said", Role::Text, detail, columns));
    }
    if !exchange.user_agent.is_empty() {
        lines.extend(paragraph("agent", Role::Dim, &exchange.user_agent, columns));
    }
    let at = exchange.summary.at.to_string();
    lines.extend(paragraph("at", Role::Dim, &at, columns));
    lines
}

fn headers(headers: &[(String, String)]) -> impl Iterator<Item = Line> {
    headers.iter().map(|(name, value)| {
        vec![
            (Role::Dim, format!("{}: ", text::clean(name))),
            (Role::Text, text::clean(value)),
        ]
    })
}

/// Before and after, for each attribute.
pub fn diff(changes: &Value) -> Vec<Line> {
    let changes = changes.as_array().map_or(&[][..], Vec::as_slice);
    if changes.is_empty() {
        return vec![line(Role::Dim, "nothing was changed")];
    }
    changes.iter().flat_map(change).collect()
}

fn change(change: &Value) -> Vec<Line> {
    let path = change["path"].as_str().unwrap_or("(whole resource)");
    let mut lines = vec![line(Role::JsonKey, path)];
    let mut add = |sign: &str, role: Role, value: &Value| {
        if !value.is_null() {
            lines.push(line(role, &format!("{sign} {value}")));
        }
    };
    add("-", Role::DiffRemoved, &change["before"]);
    add("+", Role::DiffAdded, &change["after"]);
    for (key, sign, role) in [
        ("removed", "-", Role::DiffRemoved),
        ("added", "+", Role::DiffAdded),
    ] {
        for value in change[key].as_array().into_iter().flatten() {
            add(sign, role, value);
        }
    }
    lines
}
