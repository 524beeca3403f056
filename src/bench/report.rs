//! The report: what was measured, on what, with what. Serializes for `--json`; `table` prints it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::options::{Options, Phase};
use super::tally::{Latency, Tally, per_second};
use super::target::Server;

/// A whole run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Where the generator ran.
    pub machine: Machine,
    /// What the server said about itself.
    pub server: Server,
    /// What was asked for; the token is left out.
    pub options: Options,
    /// How the directory was filled.
    pub loaded: Vec<Loaded>,
    /// The measurements in the order in which they were made.
    pub rows: Vec<Row>,
    /// The measurements that differ in size only, compared.
    pub growth: Vec<Growth>,
    /// Phases that the server cannot be asked for.
    pub skipped: Vec<Skipped>,
    /// Users and groups of the run that are still on the server.
    pub left_behind: u64,
}

/// The machine the generator ran on.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// Cores this process may use; 0 if unknown.
    pub cores: usize,
    /// Operating system.
    pub os: &'static str,
    /// Processor architecture.
    pub arch: &'static str,
}

impl Machine {
    pub(super) fn this() -> Self {
        Self {
            cores: std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
            os: std::env::consts::OS,
            arch: std::env::consts::ARCH,
        }
    }
}

/// Users created before the measurements.
#[derive(Clone, Debug, Serialize)]
pub struct Loaded {
    /// How many.
    pub users: u64,
    /// How long it took.
    pub seconds: f64,
    /// `users` over `seconds`.
    pub users_per_second: f64,
    /// Through `/Bulk` instead of one by one.
    pub bulk: bool,
}

/// A phase that was not measured.
#[derive(Clone, Debug, Serialize)]
pub struct Skipped {
    /// The phase.
    pub phase: Phase,
    /// What the server lacks.
    pub reason: &'static str,
}

/// One phase at one concurrency: the repeat with the median rate.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// What was done.
    pub phase: Phase,
    /// Users of this run in the directory when it began.
    pub users: u64,
    /// Members of the group, for the phases by group size.
    pub members: Option<u64>,
    /// Connections.
    pub concurrency: usize,
    /// Operations of which every request succeeded.
    pub operations: u64,
    /// Successful requests; more than `operations` for the cycles.
    pub requests: u64,
    /// Failed requests of all repeats, by kind.
    pub errors: BTreeMap<String, u64>,
    /// Requests of all repeats that were sent again over a new connection.
    pub retries: u64,
    /// Duration, without requests off the record.
    pub seconds: f64,
    /// `requests` over `seconds`.
    pub requests_per_second: f64,
    /// `operations` over `seconds`.
    pub operations_per_second: f64,
    /// `requests_per_second` of every repeat, ascending.
    pub repeats: Vec<f64>,
    /// Latencies of the successful requests, in microseconds.
    pub latency: Latency,
    /// Bytes of their bodies.
    pub bytes: u64,
}

impl Row {
    /// Chooses the median of `runs` by rate; errors and retries are those of all.
    pub(super) fn median_of(
        phase: Phase,
        users: u64,
        members: Option<u64>,
        concurrency: usize,
        mut runs: Vec<Tally>,
    ) -> Self {
        runs.sort_by(|a, b| a.rate().total_cmp(&b.rate()));
        let mut errors = BTreeMap::new();
        for (kind, count) in runs.iter().flat_map(|run| &run.errors) {
            *errors.entry(kind.clone()).or_default() += count;
        }
        let median = &runs[(runs.len() - 1) / 2];
        Self {
            phase,
            users,
            members,
            concurrency,
            operations: median.operations,
            requests: median.requests,
            errors,
            retries: runs.iter().map(|run| run.retries).sum(),
            seconds: median.seconds,
            requests_per_second: median.rate(),
            operations_per_second: per_second(median.operations, median.seconds),
            repeats: runs.iter().map(Tally::rate).collect(),
            latency: median.latency(),
            bytes: median.bytes,
        }
    }

    /// The size that the phase is compared by, if it is measured at several.
    const fn size(&self) -> Option<(&'static str, u64)> {
        match self.members {
            Some(members) => Some(("members", members)),
            None if self.phase.by_directory_size() => Some(("users", self.users)),
            None => None,
        }
    }
}

/// One phase at one concurrency, over several sizes.
#[derive(Clone, Debug, Serialize)]
pub struct Growth {
    /// What was done.
    pub phase: Phase,
    /// Connections.
    pub concurrency: usize,
    /// `users` of the directory or `members` of the group.
    pub by: &'static str,
    /// The measurements, by ascending size.
    pub points: Vec<Point>,
}

/// A measurement at one size.
#[derive(Clone, Debug, Serialize)]
pub struct Point {
    /// Users or members.
    pub size: u64,
    /// Successful requests a second.
    pub requests_per_second: f64,
    /// Median latency in microseconds.
    pub p50: f64,
    /// `p50` over that of the first size; above 1 is slower.
    pub ratio: Option<f64>,
}

/// `this` over `first`: 1 is the same; `None` if either was not measured.
pub fn ratio(first: f64, this: f64) -> Option<f64> {
    (first > 0.0 && this > 0.0).then(|| this / first)
}

impl Growth {
    /// Compares those of `rows` that differ in size only.
    fn of(rows: &[Row]) -> Vec<Self> {
        let kinds: BTreeSet<_> = rows
            .iter()
            .map(|row| (row.phase, row.concurrency))
            .collect();
        kinds
            .into_iter()
            .filter_map(|(phase, concurrency)| {
                let alike = |row: &&Row| (row.phase, row.concurrency) == (phase, concurrency);
                Self::over(rows.iter().filter(alike))
            })
            .collect()
    }

    fn over<'a>(alike: impl Iterator<Item = &'a Row>) -> Option<Self> {
        let mut sized: Vec<_> = alike.filter_map(|row| Some((row.size()?, row))).collect();
        sized.sort_by_key(|(size, _)| *size);
        let &[((by, _), first), _, ..] = sized.as_slice() else {
            return None;
        };
        let points = sized.iter().map(|&((_, size), row)| Point {
            size,
            requests_per_second: row.requests_per_second,
            p50: row.latency.p50,
            ratio: ratio(first.latency.p50, row.latency.p50),
        });
        Some(Self {
            phase: first.phase,
            concurrency: first.concurrency,
            by,
            points: points.collect(),
        })
    }
}

impl Report {
    pub(super) fn new(
        options: Options,
        server: Server,
        loaded: Vec<Loaded>,
        rows: Vec<Row>,
        skipped: Vec<Skipped>,
        left_behind: u64,
    ) -> Self {
        Self {
            machine: Machine::this(),
            server,
            options,
            loaded,
            growth: Growth::of(&rows),
            rows,
            skipped,
            left_behind,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn run(requests: u64, micros: u64, seconds: f64) -> Tally {
        let mut tally = Tally::new();
        for _ in 0..requests {
            tally.success(Duration::from_micros(micros), 10);
        }
        tally.operations = requests;
        tally.seconds = seconds;
        tally
    }

    #[test]
    fn the_median_repeat_is_reported_and_errors_of_all() {
        let mut runs = vec![run(30, 1, 1.0), run(10, 3, 1.0), run(20, 2, 1.0)];
        runs[0].failure("status 500");
        runs[1].failure("status 500");
        runs[1].retries = 2;
        let row = Row::median_of(Phase::Get, 5, None, 4, runs);
        assert_eq!((row.requests, row.retries, row.bytes), (20, 2, 200));
        assert_eq!(row.errors, [("status 500".to_owned(), 2)].into());
        assert_eq!(row.repeats, [10.0, 20.0, 30.0]);
        let even = Row::median_of(Phase::Get, 5, None, 4, vec![run(2, 1, 1.0), run(1, 1, 1.0)]);
        assert_eq!(even.requests, 1);
    }

    #[test]
    fn growth_compares_what_differs_in_size_only() {
        let row = |phase, users, members, micros| {
            Row::median_of(phase, users, members, 1, vec![run(10, micros, 1.0)])
        };
        let rows = [
            row(Phase::Get, 1_000, None, 100),
            row(Phase::Get, 100, None, 50),
            row(Phase::Create, 100, None, 50),
            row(Phase::Create, 1_000, None, 50),
            row(Phase::PatchAdd, 1_000, Some(10), 10),
            row(Phase::PatchAdd, 1_000, Some(1_000), 15),
            row(Phase::Hit, 100, None, 1),
        ];
        let growth = Growth::of(&rows);
        let seen: Vec<_> = growth
            .iter()
            .map(|g| {
                (
                    g.phase,
                    g.by,
                    g.points.iter().map(|p| p.size).collect::<Vec<_>>(),
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                (Phase::Get, "users", vec![100, 1_000]),
                (Phase::PatchAdd, "members", vec![10, 1_000]),
            ]
        );
        let last = growth[0].points[1].ratio.unwrap();
        assert!((last - 2.0).abs() < 0.01, "{last}");
    }

    #[test]
    fn a_ratio_needs_both_measurements() {
        assert_eq!(ratio(2.0, 3.0), Some(1.5));
        assert_eq!(ratio(0.0, 3.0), None);
        assert_eq!(ratio(2.0, 0.0), None);
    }
}
