//! `scimtop alerts …` and `scimtop health`

use super::CommandError;
use super::args::watch::AlertsCommand;
use super::out::Out;
use crate::model::alert::{Alert, Silence};
use crate::model::health::{Health, Latency};
use crate::ops::api::deliveries::{SinkTest, TestOrder};
use crate::ops::api::watch::{Exposition, NewSilence, Seen};
use crate::ops::api::{Failure, Ops, OpsError};
use crate::text::{bytes, millis};

pub(super) async fn alerts(
    ops: &dyn Ops,
    command: AlertsCommand,
    out: &mut Out,
) -> Result<(), CommandError> {
    match command {
        AlertsCommand::List => {
            let alerts = ops.alerts().await?;
            if out.json() {
                return Ok(out.value(&alerts)?);
            }
            for alert in &alerts {
                show(alert, out)?;
                out.line("")?;
            }
            if alerts.is_empty() {
                out.line("Nothing calls for you.")?;
            }
            Ok(())
        }
        AlertsCommand::Show { alert } => {
            let alerts = ops.alerts().await?;
            let found = alerts.iter().find(|known| known.fingerprint == alert);
            let found = found.ok_or_else(|| {
                OpsError::new(
                    Failure::NotFound,
                    "no alert has this fingerprint now; `scimtop alerts list` shows them",
                )
            })?;
            if out.json() {
                return Ok(out.value(found)?);
            }
            show(found, out)
        }
        AlertsCommand::Test { sink, change } => {
            let order = TestOrder {
                sink,
                dry_run: change.dry_run,
            };
            let tests = ops.test_sinks(order).await?;
            tested(&tests, change.dry_run, out)
        }
        AlertsCommand::Silences => {
            let silences = ops.silences().await?;
            if out.json() {
                return Ok(out.value(&silences)?);
            }
            for silence in &silences {
                show_silence(silence, out)?;
                out.line("")?;
            }
            if silences.is_empty() {
                out.line("Nothing is silenced.")?;
            }
            Ok(())
        }
        AlertsCommand::Silence {
            rule,
            org,
            subject,
            alert,
            lasts,
            reason,
            change,
        } => {
            let new = NewSilence {
                rule,
                org,
                subject,
                fingerprint: alert,
                seconds: lasts.as_secs(),
                reason,
                dry_run: change.dry_run,
            };
            let silence = ops.silence(new).await?;
            silenced(&silence, change.dry_run, out)
        }
        AlertsCommand::Unsilence { silence, change } => {
            let silence = ops.unsilence(silence, change.dry_run).await?;
            silenced(&silence, change.dry_run, out)
        }
        AlertsCommand::Ack {
            alert,
            undo,
            change,
        } => {
            let seen = Seen {
                seen: !undo,
                dry_run: change.dry_run,
            };
            let alert = ops.acknowledge(&alert, seen).await?;
            if out.json() {
                return Ok(out.value(&alert)?);
            }
            show(&alert, out)?;
            if change.dry_run {
                out.line("This is what would happen; nothing was changed.")?;
            }
            Ok(())
        }
    }
}

fn tested(tests: &[SinkTest], dry_run: bool, out: &mut Out) -> Result<(), CommandError> {
    if out.json() {
        out.value(&tests)?;
    } else if tests.is_empty() {
        out.line("There are no sinks; [[sinks]] in the configuration makes one.")?;
    } else {
        let rows: Vec<[String; 4]> = tests
            .iter()
            .map(|test| {
                let result = match &test.error {
                    _ if dry_run => "would be told",
                    Some(why) => why,
                    None => "taken",
                };
                let (sink, kind, to) = (&test.sink, &test.kind, &test.to);
                [sink, kind, to, result].map(|text| (*text).to_owned())
            })
            .collect();
        out.table(["SINK", "TYPE", "TO", "RESULT"], &rows)?;
        if dry_run {
            out.line("This is what would happen; nothing was sent.")?;
        }
    }
    match tests.iter().filter(|test| test.error.is_some()).count() {
        0 => Ok(()),
        failed => Err(CommandError::Found(format!(
            "{failed} of {} sinks did not take the test notice",
            tests.len()
        ))),
    }
}

fn silenced(silence: &Silence, dry_run: bool, out: &mut Out) -> Result<(), CommandError> {
    if out.json() {
        return Ok(out.value(silence)?);
    }
    show_silence(silence, out)?;
    if dry_run {
        out.line("This is what would happen; nothing was changed.")?;
    }
    Ok(())
}

fn show_silence(silence: &Silence, out: &mut Out) -> Result<(), CommandError> {
    let mut pairs = vec![("silence", silence.id.to_string())];
    let covers = [
        ("rule", silence.rule.map(|rule| rule.id().to_owned())),
        ("org", silence.org.map(|org| org.to_string())),
        ("subject", silence.subject.clone()),
        ("alert", silence.fingerprint.clone()),
    ];
    pairs.extend(
        covers
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    pairs.push(("until", silence.until.to_string()));
    pairs.push(("by", format!("{} {}", silence.by, silence.at)));
    pairs.push(("reason", silence.reason.clone()));
    Ok(out.pairs(&pairs)?)
}

fn show(alert: &Alert, out: &mut Out) -> Result<(), CommandError> {
    let mut pairs = vec![
        ("alert", alert.fingerprint.clone()),
        (
            "what",
            format!(
                "{} {}: {}",
                alert.rule.id(),
                alert.severity.as_str(),
                alert.rule.title()
            ),
        ),
        ("state", state(alert)),
        ("about", alert.subject.clone()),
        ("since", alert.since.to_string()),
        (
            "seen",
            format!("{} times, last {}", alert.count, alert.last),
        ),
        ("why", alert.why.clone()),
        ("do", alert.advice.clone()),
    ];
    if !alert.evidence.is_empty() {
        let evidence: Vec<_> = alert.evidence.iter().map(ToString::to_string).collect();
        pairs.push(("requests", evidence.join(", ")));
    }
    if let Some(seen) = &alert.acknowledged {
        pairs.push((
            "acknowledged",
            format!("by {} until {}", seen.by, seen.until),
        ));
    }
    Ok(out.pairs(&pairs)?)
}

/// `firing, inhibited`
fn state(alert: &Alert) -> String {
    match alert.quiet {
        Some(quiet) => format!("{}, {}", alert.state.as_str(), quiet.as_str()),
        None => alert.state.as_str().to_owned(),
    }
}

/// `scimtop health`
pub(super) async fn health(
    ops: &dyn Ops,
    metrics: bool,
    out: &mut Out,
) -> Result<(), CommandError> {
    if metrics {
        let written = ops.metrics(Exposition::Text).await?;
        return Ok(out.text(&written)?);
    }
    let health = ops.health().await?;
    if out.json() {
        return Ok(out.value(&health)?);
    }
    let sum = |count: fn(&_) -> u64| health.minutes.iter().map(count).sum::<u64>();
    let storage = &health.storage;
    let mut pairs = vec![
        (
            "last 15 min",
            format!(
                "{} ok, {} client errors, {} server errors",
                sum(|minute| minute.ok),
                sum(|minute| minute.client_errors),
                sum(|minute| minute.server_errors)
            ),
        ),
        ("reads", latency(&health.reads)),
        ("writes", latency(&health.writes)),
        (
            "writer",
            format!(
                "{} wait; {} jobs in {} commits",
                health.writer.queued, health.writer.jobs, health.writer.commits
            ),
        ),
        (
            "directory",
            format!(
                "{}, log {}",
                bytes(storage.directory_bytes),
                bytes(storage.log_bytes)
            ),
        ),
        (
            "requests kept",
            format!(
                "{} in {}; {} could not be recorded",
                storage.exchanges,
                bytes(storage.traffic_bytes),
                storage.exchanges_dropped
            ),
        ),
    ];
    if let (Some(free), Some(all)) = (storage.disk_free_bytes, storage.disk_bytes) {
        pairs.push(("disk", format!("{} free of {}", bytes(free), bytes(all))));
    }
    out.pairs(&pairs)?;
    clients(&health, out)
}

fn clients(health: &Health, out: &mut Out) -> Result<(), CommandError> {
    if health.clients.is_empty() {
        return Ok(());
    }
    out.line("")?;
    let rows: Vec<[String; 6]> = health
        .clients
        .iter()
        .map(|client| {
            let token = client.token.as_ref().map(ToString::to_string);
            [
                client.client.as_str().to_owned(),
                client.label.clone().or(token).unwrap_or_default(),
                client.recent.to_string(),
                client.requests.to_string(),
                client.errors.to_string(),
                client.last.to_string(),
            ]
        })
        .collect();
    let heads = ["CLIENT", "TOKEN", "15 MIN", "REQUESTS", "ERRORS", "LAST"];
    Ok(out.table(heads, &rows)?)
}

fn latency(of: &Latency) -> String {
    format!(
        "p50 {} p95 {} p99 {} max {} ms of {}",
        millis(of.p50_us),
        millis(of.p95_us),
        millis(of.p99_us),
        millis(of.max_us),
        of.count
    )
}
