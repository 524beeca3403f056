//! What was seen with many Orgs: the whole, each Org, and how far they are apart.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::{Provider, TenantsOptions};
use crate::bench::report::{Machine, ratio};
use crate::bench::table::{decimal, measured, table, whole};
use crate::bench::tally::{Latency, Tally, per_second};
use crate::bench::target::Server;

/// Orgs in the table: the ones that fare worst.
const SHOWN: usize = 5;

/// A whole run.
#[derive(Clone, Debug, Serialize)]
pub struct TenantsReport {
    /// Where the generator ran.
    pub machine: Machine,
    /// What the server said about itself.
    pub server: Server,
    /// What was asked for; tokens are left out.
    pub options: TenantsOptions,
    /// How many Orgs.
    pub orgs: u64,
    /// The measurements.
    pub runs: Vec<TenantsRun>,
    /// What one Org's import did to the others.
    pub import: Option<Import>,
    /// Users and groups of the run that are still on the server.
    pub left_behind: u64,
}

/// One measurement.
#[derive(Clone, Debug, Serialize)]
pub struct TenantsRun {
    /// `quiet`, or `import` while one Org imports.
    pub name: &'static str,
    /// Successful requests.
    pub requests: u64,
    /// Failed requests, by kind.
    pub errors: BTreeMap<String, u64>,
    /// How long the Org that took longest took.
    pub seconds: f64,
    /// `requests` over `seconds`.
    pub requests_per_second: f64,
    /// Latencies of the successful requests of all Orgs, in microseconds, from when each was due.
    pub latency: Latency,
    /// How far the Orgs are apart.
    pub fairness: Fairness,
    /// Each Org.
    pub orgs: Vec<OrgRow>,
}

/// The worst Org against the one in the middle.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Fairness {
    /// p99 of the Org in the middle, in microseconds.
    pub median_p99: f64,
    /// p99 of the worst Org, in microseconds.
    pub worst_p99: f64,
    /// Which that is.
    pub worst_org: String,
    /// `worst_p99` over `median_p99`.
    pub ratio: Option<f64>,
}

/// One Org.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OrgRow {
    /// Name.
    pub name: String,
    /// What asks.
    pub provider: Provider,
    /// Successful requests.
    pub requests: u64,
    /// Failed requests.
    pub errors: u64,
    /// Latencies in microseconds.
    pub p50: f64,
    /// See [`Latency`].
    pub p99: f64,
    /// See [`Latency`].
    pub max: f64,
}

/// One Org's import, and what it did to the p99 of the others.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Import {
    /// Who imported.
    pub org: String,
    /// Users.
    pub users: u64,
    /// A second.
    pub users_per_second: f64,
    /// Of the other Orgs in the middle: p99 during the import over p99 without.
    pub median_raise: Option<f64>,
    /// The same of the Org that suffers most.
    pub worst_raise: Option<f64>,
    /// Which that is.
    pub worst_org: String,
}

impl TenantsRun {
    pub(super) fn new(name: &'static str, measured: Vec<(String, Provider, Tally)>) -> Self {
        let mut total = Tally::new();
        let orgs: Vec<OrgRow> = measured
            .into_iter()
            .map(|(name, provider, tally)| {
                total.merge(&tally);
                total.seconds = total.seconds.max(tally.seconds);
                let Latency { p50, p99, max, .. } = tally.latency();
                OrgRow {
                    name,
                    provider,
                    requests: tally.requests,
                    errors: tally.errors.values().sum(),
                    p50,
                    p99,
                    max,
                }
            })
            .collect();
        Self {
            name,
            requests: total.requests,
            requests_per_second: total.rate(),
            seconds: total.seconds,
            latency: total.latency(),
            errors: total.errors,
            fairness: Fairness::of(&orgs),
            orgs,
        }
    }
}

impl Fairness {
    fn of(orgs: &[OrgRow]) -> Self {
        let p99s = orgs.iter().map(|org| (org.p99, org.name.as_str()));
        let Some((median_p99, (worst_p99, worst_org))) = median_and_worst(p99s.collect()) else {
            return Self::default();
        };
        Self {
            median_p99,
            worst_p99,
            worst_org: worst_org.to_owned(),
            ratio: ratio(median_p99, worst_p99),
        }
    }
}

impl Import {
    pub(super) fn new(
        org: &str,
        users: u64,
        tally: &Tally,
        quiet: &TenantsRun,
        during: &TenantsRun,
    ) -> Self {
        let raises = during.orgs.iter().filter_map(|org| {
            let before = quiet.orgs.iter().find(|before| before.name == org.name)?;
            Some((ratio(before.p99, org.p99)?, org.name.as_str()))
        });
        let (median, worst) = median_and_worst(raises.collect()).unzip();
        Self {
            org: org.to_owned(),
            users,
            users_per_second: per_second(users, tally.seconds),
            median_raise: median,
            worst_raise: worst.map(|(raise, _)| raise),
            worst_org: worst.map(|(_, org)| org.to_owned()).unwrap_or_default(),
        }
    }
}

/// The value in the middle (of two, the lower), and the highest with whose it is.
fn median_and_worst(mut values: Vec<(f64, &str)>) -> Option<(f64, (f64, &str))> {
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let worst = *values.last()?;
    Some((values[(values.len() - 1) / 2].0, worst))
}

impl TenantsReport {
    pub(super) fn new(
        options: TenantsOptions,
        server: Server,
        runs: Vec<TenantsRun>,
        import: Option<Import>,
        left_behind: u64,
    ) -> Self {
        Self {
            machine: Machine::this(),
            server,
            orgs: options.tenants.len() as u64,
            options,
            runs,
            import,
            left_behind,
        }
    }
}

const HEAD: [&str; 10] = [
    "run",
    "orgs",
    "req",
    "errors",
    "req/s",
    "p50 µs",
    "p99",
    "p99.9",
    "max",
    "worst/median p99",
];
const ORG_HEAD: [&str; 8] = [
    "worst Orgs",
    "run",
    "idp",
    "req",
    "errors",
    "p50 µs",
    "p99",
    "max",
];

impl fmt::Display for TenantsReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options = &self.options;
        measured(f, &options.url, &self.server, &self.machine)?;
        writeln!(
            f,
            "open loop: {} Orgs at {} req/s each for {:?}, seed {}\n",
            whole(self.orgs),
            decimal(options.rate),
            options.duration,
            options.seed
        )?;
        let mut lines = vec![HEAD.map(str::to_owned).to_vec()];
        lines.extend(self.runs.iter().map(cells));
        table(f, &lines)?;
        for run in &self.runs {
            for (kind, count) in &run.errors {
                writeln!(f, "errors in {}: {} × {kind}", run.name, whole(*count))?;
            }
        }
        if let Some(import) = &self.import {
            writeln!(
                f,
                "\n{} imported {} users, {} a second; p99 of the others: {} in the middle, {} at \
                 worst ({})",
                import.org,
                whole(import.users),
                decimal(import.users_per_second),
                times(import.median_raise),
                times(import.worst_raise),
                import.worst_org
            )?;
        }
        writeln!(f)?;
        let mut lines = vec![ORG_HEAD.map(str::to_owned).to_vec()];
        for run in &self.runs {
            let mut orgs: Vec<_> = run.orgs.iter().collect();
            orgs.sort_by(|a, b| b.p99.total_cmp(&a.p99));
            lines.extend(orgs.into_iter().take(SHOWN).map(|org| {
                vec![
                    org.name.clone(),
                    run.name.to_owned(),
                    org.provider.to_string(),
                    whole(org.requests),
                    whole(org.errors),
                    decimal(org.p50),
                    decimal(org.p99),
                    decimal(org.max),
                ]
            }));
        }
        table(f, &lines)?;
        if self.left_behind > 0 {
            let kept = if options.keep {
                "kept as asked"
            } else {
                "could not be deleted"
            };
            let count = whole(self.left_behind);
            writeln!(f, "{count} users and groups of this run {kept}")?;
        }
        Ok(())
    }
}

fn cells(run: &TenantsRun) -> Vec<String> {
    let latency = &run.latency;
    let mut cells = vec![
        run.name.to_owned(),
        whole(run.orgs.len() as u64),
        whole(run.requests),
        whole(run.errors.values().sum()),
        decimal(run.requests_per_second),
    ];
    let times_of = [latency.p50, latency.p99, latency.p999, latency.max];
    cells.extend(times_of.map(decimal));
    cells.push(times(run.fairness.ratio));
    cells
}

fn times(ratio: Option<f64>) -> String {
    ratio.map_or_else(|| "–".to_owned(), |ratio| format!("×{ratio:.2}"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn org(name: &str, micros: u64) -> (String, Provider, Tally) {
        let mut tally = Tally::new();
        tally.success(Duration::from_micros(micros), 1);
        tally.seconds = 0.5;
        (name.to_owned(), Provider::Entra, tally)
    }

    #[test]
    fn the_worst_org_is_held_against_the_one_in_the_middle() {
        let quiet = TenantsRun::new("quiet", vec![org("a", 100), org("b", 200), org("c", 400)]);
        let close = |value: f64, expected: f64| (value - expected).abs() <= expected / 100.0;
        assert_eq!(quiet.requests, 3);
        assert!(close(quiet.requests_per_second, 6.0));
        assert_eq!(quiet.fairness.worst_org, "c");
        assert!(close(quiet.fairness.ratio.unwrap(), 2.0));

        let during = TenantsRun::new("import", vec![org("b", 240), org("c", 2_000)]);
        let import = Import::new("a", 50, &org("a", 1).2, &quiet, &during);
        assert!(close(import.users_per_second, 100.0));
        assert!(close(import.median_raise.unwrap(), 1.2));
        assert!(close(import.worst_raise.unwrap(), 5.0));
        assert_eq!(import.worst_org, "c");
        assert_eq!(Fairness::of(&[]), Fairness::default());
    }
}
