//! One run, from the first look at the server to the report.

use std::sync::Arc;

use super::directory::Directory;
use super::drive::drive;
use super::error::BenchError;
use super::options::{Options, Phase};
use super::pace::Schedule;
use super::people::People;
use super::phases::{Group, Step};
use super::report::{Loaded, Report, Row, Skipped};
use super::target::Server;
use crate::wire::{Client, Target};

/// The state of a run.
pub(super) struct Runner<'a> {
    pub options: Options,
    pub target: Arc<Target>,
    pub server: Server,
    pub directory: Arc<Directory>,
    /// How many created resources are still there.
    pub left_behind: u64,
    /// Users that measurements may count on; growth raises it.
    pub size: u64,
    progress: &'a dyn Fn(&str),
    loaded: Vec<Loaded>,
    rows: Vec<Row>,
    skipped: Vec<Skipped>,
}

impl<'a> Runner<'a> {
    /// Looks at the server; creates nothing yet.
    pub async fn connect(options: Options, progress: &'a dyn Fn(&str)) -> Result<Self, BenchError> {
        let target = Arc::new(Target::new(&options.url, &options.token)?);
        let server = Server::probe(&mut Client::new(Arc::clone(&target))).await?;
        Ok(Self {
            directory: Arc::new(Directory::new(People::new(options.seed))),
            size: options.size,
            options,
            target,
            server,
            left_behind: 0,
            progress,
            loaded: Vec::new(),
            rows: Vec::new(),
            skipped: Vec::new(),
        })
    }

    /// Makes all measurements.
    pub async fn measure(&mut self) -> Result<(), BenchError> {
        let mut phases = Vec::new();
        for phase in self.options.ordered_phases() {
            match self.server.lacks(phase) {
                None => phases.push(phase),
                Some(reason) => self.skipped.push(Skipped { phase, reason }),
            }
        }
        if self.options.growth.is_empty() {
            self.plain(&phases).await
        } else {
            self.grow(&phases).await
        }
    }

    async fn plain(&mut self, phases: &[Phase]) -> Result<(), BenchError> {
        self.load(self.size).await?;
        let by_group = |phase: &&Phase| phase.by_group_size();
        let first = phases
            .iter()
            .position(|phase| by_group(&phase))
            .unwrap_or(phases.len());
        let (before, rest) = phases.split_at(first);
        for &phase in before {
            self.phase(phase, None).await?;
        }
        self.by_group_size(phases).await?;
        for &phase in rest.iter().filter(|phase| !by_group(phase)) {
            self.phase(phase, None).await?;
        }
        Ok(())
    }

    /// Brings the directory to `size` users, on the record.
    pub async fn load(&mut self, size: u64) -> Result<(), BenchError> {
        self.size = size;
        let loaded = self.users(size).await?;
        self.loaded.extend(loaded);
        Ok(())
    }

    /// Measures `phase` at each concurrency.
    pub async fn phase(&mut self, phase: Phase, group: Option<&Group>) -> Result<(), BenchError> {
        for connections in self.options.concurrency.clone() {
            let mut users = 0;
            let mut runs = Vec::with_capacity(self.options.repeats);
            for _ in 0..self.options.repeats {
                self.prepare(phase).await?;
                users = self.directory.users();
                let job = Step {
                    phase,
                    directory: Arc::clone(&self.directory),
                    group: group.cloned(),
                };
                runs.push(drive(&self.target, job, self.schedule(phase), connections).await);
            }
            let members = group.map(|group| group.members);
            let row = Row::median_of(phase, users, members, connections, runs);
            self.say(&row.summary());
            self.rows.push(row);
        }
        Ok(())
    }

    /// Provides what `phase` uses up.
    async fn prepare(&mut self, phase: Phase) -> Result<(), BenchError> {
        match phase {
            Phase::Delete => self
                .users(self.size + self.options.operations)
                .await
                .map(drop),
            Phase::Groups => self.small_groups().await,
            _ => Ok(()),
        }
    }

    /// The options count and pace requests, so that a cycle of many weighs as many.
    fn schedule(&self, phase: Phase) -> Schedule {
        let weight = phase.requests();
        Schedule {
            rate: self.options.rate.map(|rate| {
                #[allow(clippy::cast_precision_loss)] // below a hundred
                let weight = weight as f64;
                rate / weight
            }),
            operations: self.options.operations.div_ceil(weight),
            duration: Some(self.options.duration),
        }
    }

    /// Tells whoever waits.
    pub fn say(&self, line: &str) {
        (self.progress)(line);
    }

    /// The report on what was measured.
    pub fn into_report(self) -> Report {
        Report::new(
            self.options,
            self.server,
            self.loaded,
            self.rows,
            self.skipped,
            self.left_behind,
        )
    }
}
