//! Metrics in the forms that Prometheus reads: what the tally counted, and what the store and the
//! alerts say at this moment.
//!
//! Every label is bounded by what operators made (Orgs, tokens, webhooks, sinks) or by a closed set.
//! No label holds a name of a person, an address, or anything else that a client sent.

pub(super) mod counters;
mod sheet;

use std::collections::BTreeMap;

use prometheus_client::encoding::{prometheus_text, text};
use prometheus_client::registry::{Registry, Unit};

use self::sheet::{Labels, Sheet, number, single};
use crate::clock::Timestamp;
use crate::ids::OrgId;
use crate::model::alert::{Alert, Severity};
use crate::model::delivery::WebhookStatus;
use crate::model::guard::GuardStatus;
use crate::model::org::Org;
use crate::model::token::{Token, TokenState};
use crate::ops::api::watch::Exposition;
use crate::ops::api::{Failure, OpsError};
use crate::ops::house::House;
use crate::ops::{guard, tokens, watch};
use crate::secret::scrub;

/// Everything there is to measure, in that form.
pub(super) fn exposition(house: &House, form: Exposition) -> Result<String, OpsError> {
    let mut registry = Registry::default();
    house.watcher.counters.register(&mut registry);
    let measures = house.store.write_measures();
    registry.register(
        "scimtop_writer_batch_jobs",
        "Jobs that shared a commit of the directory",
        measures.batch_jobs,
    );
    registry.register_with_unit(
        "scimtop_writer_commit_duration",
        "How long commits of the directory took",
        Unit::Seconds,
        measures.commit_seconds,
    );
    registry.register_collector(Box::new(sheet(house)?));
    let mut written = String::new();
    match form {
        Exposition::Text => prometheus_text::encode(&mut written, &registry),
        Exposition::OpenMetrics => text::encode(&mut written, &registry),
    }
    .map_err(|_| OpsError::new(Failure::Internal, "the metrics cannot be written"))?;
    Ok(written)
}

/// What is so now.
fn sheet(house: &House) -> Result<Sheet, OpsError> {
    let now = house.clock.now();
    let mut sheet = Sheet::default();
    about_process(&mut sheet, house);
    let (orgs, held, removals, transfers) = house.store.read(|reader| {
        reader.snapshot(|reader| {
            let (orgs, held) = (reader.orgs()?, reader.held_counts()?);
            Ok((orgs, held, reader.last_deletion()?, reader.last_transfer()?))
        })
    })?;
    about_directory(&mut sheet, &orgs, &held.into_iter().collect());
    sheet.counter(
        "scimtop_removals",
        "Accounts removed, of all Orgs, since the store was made",
        removals,
    );
    sheet.counter(
        "scimtop_transferred_items",
        "Changes of owner or recipient of content, those given back too, since the store was made",
        transfers,
    );
    about_tokens(&mut sheet, &tokens::list(house, None)?, now);
    about_guards(&mut sheet, &guard::status(house, None)?);
    about_alerts(&mut sheet, &watch::alerts(house)?);
    let near = house.watcher.nearness(now).into_iter();
    sheet.ratio(
        "scimtop_quarantine_nearness_ratio",
        "Failures (400, 409, 412) of the last hour against what Entra stops a job for, which is \
         5000 and 40 %: at 1 it stops",
        near.map(|(org, near)| (of(org), near)).collect(),
    );
    about_deliveries(&mut sheet, house, now)?;
    about_storage(&mut sheet, house)?;
    Ok(sheet)
}

fn about_process(sheet: &mut Sheet, house: &House) {
    sheet.gauge(
        "scimtop_build_info",
        "The version that runs; always 1",
        vec![(vec![("version", env!("CARGO_PKG_VERSION").to_owned())], 1)],
    );
    if let Some(started) = house.started {
        sheet.gauge_in(
            Unit::Seconds,
            "process_start_time",
            "When the process started, since 1970",
            single(started.0.div_euclid(1000)),
        );
    }
}

fn about_directory(sheet: &mut Sheet, orgs: &[Org], held: &BTreeMap<OrgId, u64>) {
    let each = |value: &dyn Fn(&Org) -> u64| {
        let values = orgs.iter();
        let values = values.map(|org| (of(org.id), number(value(org))));
        values.collect::<Vec<_>>()
    };
    let name = |org: &Org| vec![("org", org.id.to_string()), ("name", clean(&org.name))];
    sheet.gauge(
        "scimtop_org_info",
        "The Orgs and their names; always 1",
        orgs.iter().map(|org| (name(org), 1)).collect(),
    );
    let (users, groups) = (each(&|org| org.users), each(&|org| org.groups));
    sheet.gauge("scimtop_users", "Live users", users);
    sheet.gauge("scimtop_groups", "Groups", groups);
    sheet.gauge(
        "scimtop_held_accounts",
        "Removed accounts that can come back as they were, frozen ones too",
        each(&|org| held.get(&org.id).copied().unwrap_or(0)),
    );
}

fn about_tokens(sheet: &mut Sheet, tokens: &[Token], now: Timestamp) {
    let mut states: BTreeMap<(OrgId, &str, &str), i64> = BTreeMap::new();
    let mut left = Vec::new();
    for token in tokens {
        let kind = token.kind.as_str();
        let (state, opens) = match token.state(now) {
            TokenState::Active => ("active", true),
            TokenState::Rotating => ("rotating", true),
            TokenState::Expired => ("expired", false),
            TokenState::Revoked => ("revoked", false),
        };
        *states.entry((token.org, kind, state)).or_default() += 1;
        if opens {
            let mut labels = of(token.org);
            labels.extend([
                ("kind", kind.to_owned()),
                ("state", state.to_owned()),
                ("token", token.id.to_string()),
                ("label", clean(&token.label)),
                ("hint", clean(&token.hint)),
            ]);
            left.push((labels, (token.expires.0 - now.0).div_euclid(1000)));
        }
    }
    let states = states.into_iter().map(|((org, kind, state), count)| {
        let mut labels = of(org);
        labels.extend([("kind", kind.to_owned()), ("state", state.to_owned())]);
        (labels, count)
    });
    sheet.gauge("scimtop_tokens", "Tokens by state", states.collect());
    sheet.gauge_in(
        Unit::Seconds,
        "scimtop_token_expires_in",
        "How long each token that opens something goes on to",
        left,
    );
}

fn about_guards(sheet: &mut Sheet, guards: &[GuardStatus]) {
    let (mut open, mut frozen, mut counted, mut allowed) = (vec![], vec![], vec![], vec![]);
    for guard in guards {
        open.push((of(guard.org), i64::from(guard.open.is_some())));
        let kept = guard.last.as_ref().map_or(0, |batch| batch.frozen);
        frozen.push((of(guard.org), number(kept)));
        for (window, used) in [("1h", guard.hour), ("24h", guard.day)] {
            let mut labels = of(guard.org);
            labels.push(("window", window.to_owned()));
            counted.push((labels.clone(), number(used.count)));
            allowed.push((labels, number(used.threshold)));
        }
    }
    sheet.gauge(
        "scimtop_guard_open",
        "1 while the guard of an Org is open",
        open,
    );
    sheet.gauge(
        "scimtop_guard_frozen_accounts",
        "Accounts that the guard froze last and that wait for a verdict",
        frozen,
    );
    sheet.gauge(
        "scimtop_guard_removals",
        "Removals within a window that the guard counts, up to the most it may let through",
        counted,
    );
    sheet.gauge(
        "scimtop_guard_removals_allowed",
        "Removals within a window that the guard lets through",
        allowed,
    );
}

fn about_alerts(sheet: &mut Sheet, alerts: &[Alert]) {
    let mut values = Vec::new();
    for severity in [Severity::Critical, Severity::Warning, Severity::Info] {
        for acknowledged in [false, true] {
            let those = alerts.iter().filter(|alert| {
                alert.severity == severity && alert.acknowledged.is_some() == acknowledged
            });
            let labels = vec![
                ("severity", severity.as_str().to_owned()),
                ("acknowledged", acknowledged.to_string()),
            ];
            values.push((labels, number(those.count() as u64)));
        }
    }
    sheet.gauge("scimtop_alerts", "What calls for an operator now", values);
}

/// The oldest is what rule B4 looks at, the rest what `deliveries list` shows.
fn about_deliveries(sheet: &mut Sheet, house: &House, now: Timestamp) -> Result<(), OpsError> {
    let (mut targets, backlogs) = house
        .store
        .read(|reader| reader.snapshot(|reader| Ok((reader.webhooks()?, reader.backlogs()?))))?;
    targets.retain(|target| target.configured);
    let each = |value: &dyn Fn(&WebhookStatus) -> u64| {
        let values = targets.iter().map(|target| {
            let labels = vec![("target", target.webhook.clone())];
            (labels, number(value(target)))
        });
        values.collect::<Vec<_>>()
    };
    let backlogs: BTreeMap<_, _> = backlogs.into_iter().collect();
    let age = |target: &WebhookStatus| {
        let oldest = backlogs.get(&target.webhook);
        oldest.map_or(0, |oldest| now.since(*oldest).as_secs())
    };
    let (pending, given_up) = (each(&|it| it.waiting), each(&|it| it.failed));
    sheet.gauge(
        "scimtop_deliveries_pending",
        "What each webhook and sink is to be told yet",
        pending,
    );
    sheet.gauge(
        "scimtop_deliveries_given_up",
        "What each webhook and sink did not take and is not sent again unless an operator wants it",
        given_up,
    );
    sheet.gauge_in(
        Unit::Seconds,
        "scimtop_delivery_oldest",
        "How long ago the oldest happened that each webhook and sink is to be told yet; 0: nothing \
         waits",
        each(&age),
    );
    Ok(())
}

fn about_storage(sheet: &mut Sheet, house: &House) -> Result<(), OpsError> {
    let (storage, writer) = watch::resources(house)?;
    sheet.gauge(
        "scimtop_writer_queued_jobs",
        "Jobs that wait for the directory's writer or run in it",
        single(number(writer.queued)),
    );
    sheet.counter(
        "scimtop_writer_jobs",
        "Jobs that the directory's writer answered",
        writer.jobs,
    );
    sheet.gauge(
        "scimtop_exchanges",
        "Recorded requests that are kept",
        single(number(storage.exchanges)),
    );
    sheet.counter(
        "scimtop_exchanges_dropped",
        "Requests that could not be recorded, nor counted by Org and route, since the start",
        storage.exchanges_dropped,
    );
    let files = [
        ("directory", storage.directory_bytes),
        ("log", storage.log_bytes),
        ("traffic", storage.traffic_bytes),
    ];
    let files = files.map(|(file, size)| (vec![("file", file.to_owned())], number(size)));
    sheet.gauge_in(
        Unit::Bytes,
        "scimtop_storage",
        "The files of the store: the directory, its write-ahead log, recorded requests",
        files.into(),
    );
    if let (Some(free), Some(size)) = (storage.disk_free_bytes, storage.disk_bytes) {
        sheet.gauge_in(
            Unit::Bytes,
            "scimtop_disk_free",
            "Free on the file system of the store",
            single(number(free)),
        );
        sheet.gauge_in(
            Unit::Bytes,
            "scimtop_disk_size",
            "The file system of the store",
            single(number(size)),
        );
    }
    Ok(())
}

fn of(org: OrgId) -> Labels {
    vec![("org", org.to_string())]
}

/// What an operator typed: a token that was pasted into the wrong field goes nowhere.
fn clean(typed: &str) -> String {
    scrub(typed).into_owned()
}
