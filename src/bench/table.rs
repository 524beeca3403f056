//! The report as aligned text.

use std::fmt;

use super::report::{Growth, Machine, Report, Row};
use super::target::Server;

const HEAD: [&str; 14] = [
    "phase", "users", "members", "conc", "ops", "errors", "retries", "req/s", "p50 µs", "p90",
    "p99", "p99.9", "max", "mean",
];

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.head(f)?;
        let mut lines = vec![HEAD.map(str::to_owned).to_vec()];
        lines.extend(self.rows.iter().map(cells));
        table(f, &lines)?;
        for row in self.rows.iter().filter(|row| row.phase.requests() > 1) {
            let cycles = decimal(row.operations_per_second);
            writeln!(f, "{} at {}: {cycles} cycles/s", row.phase, row.concurrency)?;
        }
        self.errors(f)?;
        for by in ["users", "members"] {
            let alike: Vec<_> = self
                .growth
                .iter()
                .filter(|growth| growth.by == by)
                .collect();
            growth(f, by, &alike)?;
        }
        for skipped in &self.skipped {
            writeln!(f, "not measured: {} ({})", skipped.phase, skipped.reason)?;
        }
        if self.left_behind > 0 {
            let kept = if self.options.keep {
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

impl Report {
    fn head(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options = &self.options;
        measured(f, &options.url, &self.server, &self.machine)?;
        let pace = options.rate.map_or_else(
            || "closed loop".to_owned(),
            |rate| format!("open loop at {} req/s", decimal(rate)),
        );
        writeln!(
            f,
            "{pace}, median of {}, at most {} requests or {:?} each, seed {}",
            options.repeats,
            whole(options.operations),
            options.duration,
            options.seed
        )?;
        for loaded in &self.loaded {
            let how = if loaded.bulk { "/Bulk" } else { "POST /Users" };
            writeln!(
                f,
                "loaded {} users by {how} in {:.1} s, {} a second",
                whole(loaded.users),
                loaded.seconds,
                decimal(loaded.users_per_second)
            )?;
        }
        writeln!(f)
    }

    fn errors(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in &self.rows {
            for (kind, count) in &row.errors {
                let (phase, conc) = (row.phase, row.concurrency);
                writeln!(f, "errors in {phase} at {conc}: {} × {kind}", whole(*count))?;
            }
        }
        Ok(())
    }
}

impl Row {
    /// The row in one line, for who watches the run.
    pub(super) fn summary(&self) -> String {
        let members = self
            .members
            .map(|members| format!(" with {} members", whole(members)));
        format!(
            "{}{} at {}: {} req/s, p50 {} µs, p99 {} µs, {} errors",
            self.phase,
            members.unwrap_or_default(),
            self.concurrency,
            decimal(self.requests_per_second),
            decimal(self.latency.p50),
            decimal(self.latency.p99),
            self.errors.values().sum::<u64>(),
        )
    }
}

fn cells(row: &Row) -> Vec<String> {
    let latency = &row.latency;
    let times = [
        latency.p50,
        latency.p90,
        latency.p99,
        latency.p999,
        latency.max,
        latency.mean,
    ];
    let mut cells = vec![
        row.phase.to_string(),
        whole(row.users),
        row.members.map(whole).unwrap_or_default(),
        row.concurrency.to_string(),
        whole(row.operations),
        whole(row.errors.values().sum()),
        whole(row.retries),
        decimal(row.requests_per_second),
    ];
    cells.extend(times.map(decimal));
    cells
}

fn growth(f: &mut fmt::Formatter<'_>, by: &str, alike: &[&Growth]) -> fmt::Result {
    let Some(first) = alike.first() else {
        return Ok(());
    };
    writeln!(
        f,
        "\ngrowth by {by}: requests a second (median latency against the first size)"
    )?;
    let mut head = vec!["phase".to_owned(), "conc".to_owned()];
    head.extend(first.points.iter().map(|point| whole(point.size)));
    let mut lines = vec![head];
    for growth in alike {
        let mut line = vec![growth.phase.to_string(), growth.concurrency.to_string()];
        line.extend(growth.points.iter().map(|point| {
            let ratio = point
                .ratio
                .map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}"));
            format!("{} (×{ratio})", decimal(point.requests_per_second))
        }));
        lines.push(line);
    }
    table(f, &lines)
}

/// Prints `lines` with aligned columns: the first to the left, the others to the right.
pub(super) fn table(f: &mut fmt::Formatter<'_>, lines: &[Vec<String>]) -> fmt::Result {
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<_> = (0..columns)
        .map(|column| {
            let cells = lines.iter().filter_map(|line| line.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        })
        .collect();
    for line in lines {
        for (column, (cell, width)) in line.iter().zip(&widths).enumerate() {
            if column == 0 {
                write!(f, "{cell:<width$}")?;
            } else {
                write!(f, "  {cell:>width$}")?;
            }
        }
        writeln!(f)?;
    }
    Ok(())
}

/// What was measured, and where.
pub(super) fn measured(
    f: &mut fmt::Formatter<'_>,
    url: &str,
    server: &Server,
    machine: &Machine,
) -> fmt::Result {
    let software = server.software.as_deref().unwrap_or("unnamed server");
    writeln!(f, "{url} ({software})")?;
    writeln!(
        f,
        "{} cores, {} {}",
        machine.cores, machine.os, machine.arch
    )
}

/// `1234567` as `1 234 567`.
pub(super) fn whole(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// Three significant digits or all before the point, whichever are more.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // rates and latencies: small, ≥ 0
pub(super) fn decimal(number: f64) -> String {
    if number >= 99.95 {
        whole(number.round() as u64)
    } else if number >= 9.995 {
        format!("{number:.1}")
    } else {
        format!("{number:.2}")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::bench::options::{Options, Phase};
    use crate::bench::report::{Loaded, Skipped};
    use crate::bench::tally::Tally;
    use crate::bench::target::Server;

    #[test]
    fn numbers_are_short_and_grouped() {
        let table = [
            (0.0, "0.00"),
            (9.994, "9.99"),
            (9.996, "10.0"),
            (99.94, "99.9"),
            (99.96, "100"),
            (1_234_567.4, "1 234 567"),
        ];
        for (number, text) in table {
            assert_eq!(decimal(number), text);
        }
        assert_eq!(whole(999), "999");
        assert_eq!(whole(1_000), "1 000");
    }

    #[test]
    fn the_report_prints_as_an_aligned_table() {
        let row = |phase, users, members, micros: u64| {
            let mut tally = Tally::new();
            tally.operations = 2;
            tally.success(Duration::from_micros(micros), 100);
            tally.success(Duration::from_micros(micros), 100);
            tally.seconds = 0.001;
            if phase == Phase::Hit {
                tally.failure("status 500");
            }
            Row::median_of(phase, users, members, 16, vec![tally])
        };
        let rows = vec![
            row(Phase::Get, 1_000, None, 64),
            row(Phase::Get, 100_000, None, 80),
            row(Phase::Hit, 100_000, None, 128),
            row(Phase::EntraCycle, 100_000, None, 256),
        ];
        let loaded = Loaded {
            users: 1_000,
            seconds: 0.5,
            users_per_second: 2_000.0,
            bulk: true,
        };
        let skipped = Skipped {
            phase: Phase::Cursor,
            reason: "no cursor",
        };
        let options = Options::new("http://h/scim", "t".to_owned());
        let mut report = Report::new(
            options,
            Server::default(),
            vec![loaded],
            rows,
            vec![skipped],
            3,
        );
        report.machine.cores = 2;
        report.machine.os = "linux";
        report.machine.arch = "x86_64";
        let expected = "\
http://h/scim (unnamed server)
2 cores, linux x86_64
closed loop, median of 5, at most 2 000 requests or 2s each, seed 1
loaded 1 000 users by /Bulk in 0.5 s, 2 000 a second

phase          users  members  conc  ops  errors  retries  req/s  p50 µs   p90   p99  p99.9   max  mean
get            1 000             16    2       0        0  2 000    64.0  64.0  64.0   64.0  64.0  64.0
get          100 000             16    2       0        0  2 000    80.1  80.1  80.1   80.1  80.1  80.0
hit          100 000             16    2       1        0  2 000     128   128   128    128   128   128
entra-cycle  100 000             16    2       0        0  2 000     256   256   256    256   256   256
entra-cycle at 16: 2 000 cycles/s
errors in hit at 16: 1 × status 500

growth by users: requests a second (median latency against the first size)
phase  conc          1 000        100 000
get      16  2 000 (×1.00)  2 000 (×1.25)
not measured: cursor (no cursor)
3 users and groups of this run could not be deleted
";
        assert_eq!(report.to_string(), expected);
    }
}
