//! The measurement: a worker for each Org, and perhaps one that imports.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::report::{Import, TenantsReport, TenantsRun};
use super::{ImportBy, Provider, Tenant, TenantsOptions};
use crate::bench::cycles;
use crate::bench::directory::Directory;
use crate::bench::drive::{Job, Worker, drive};
use crate::bench::error::BenchError;
use crate::bench::load::{BulkCreate, Remove};
use crate::bench::options::Phase;
use crate::bench::pace::Schedule;
use crate::bench::people::People;
use crate::bench::phases::Step;
use crate::bench::tally::Tally;
use crate::bench::target::Server;
use crate::wire::{Client, Target};

/// Connections that delete what an Org holds.
const CLEANERS: usize = 4;
/// Connections of an import by single POSTs.
const IMPORTERS: usize = 4;

/// An Org while it is measured.
struct Org {
    name: String,
    place: u64,
    target: Arc<Target>,
    directory: Arc<Directory>,
}

/// Cycle after cycle of a provider.
struct Cycles {
    provider: Provider,
    directory: Arc<Directory>,
}

impl Job for Cycles {
    async fn perform(&self, worker: &mut Worker, _: u64) -> Option<()> {
        match self.provider {
            Provider::Entra => cycles::entra(&self.directory, worker).await,
            Provider::Okta => cycles::okta(&self.directory, worker).await,
        }
    }
}

/// Measures the server that `options` name and reports; `progress` hears a line per step. What
/// was created is deleted again unless `options.keep`.
pub async fn run(
    options: TenantsOptions,
    progress: impl Fn(&str),
) -> Result<TenantsReport, BenchError> {
    options.check()?;
    let orgs = connect(&options)?;
    let mut server = Server::default();
    for org in &orgs {
        let probed = Server::probe(&mut Client::new(Arc::clone(&org.target))).await;
        server = probed.map_err(|error| error.of_org(&org.name))?;
    }
    if options.import == Some(ImportBy::Bulk) && server.bulk_size().is_none() {
        return Err(BenchError::Options(
            "the server has no /Bulk: import by posts".to_owned(),
        ));
    }
    progress(&format!(
        "{} Orgs at {} requests a second each",
        orgs.len(),
        options.rate
    ));
    let quiet = measure(&options, &orgs).await;
    let mut runs = vec![TenantsRun::new("quiet", quiet)];
    let mut import = None;
    if let (Some(by), [first, others @ ..]) = (options.import, &*orgs) {
        progress(&format!("the same while {} imports", first.name));
        let before = first.directory.users();
        let importing = import_users(first, by, &server, options.duration);
        let (tally, rest) = tokio::join!(importing, measure(&options, others));
        let during = TenantsRun::new("import", rest);
        let users = first.directory.users() - before;
        import = Some(Import::new(&first.name, users, &tally, &runs[0], &during));
        runs.push(during);
    }
    if !options.keep {
        progress("deleting what was created");
        clean_up(&orgs).await;
    }
    let left = orgs
        .iter()
        .map(|org| org.directory.users() + org.directory.groups());
    let left_behind = left.sum();
    Ok(TenantsReport::new(
        options,
        server,
        runs,
        import,
        left_behind,
    ))
}

/// One Org's import, as fast as it is answered.
async fn import_users(org: &Org, by: ImportBy, server: &Server, duration: Duration) -> Tally {
    let schedule = Schedule {
        rate: None,
        operations: u64::MAX,
        duration: Some(duration),
    };
    let directory = Arc::clone(&org.directory);
    if let (ImportBy::Bulk, Some(per_request)) = (by, server.bulk_size()) {
        let job = BulkCreate {
            directory,
            wanted: u64::MAX,
            per_request,
        };
        return drive(&org.target, job, schedule, 1).await;
    }
    let job = Step {
        phase: Phase::Create,
        directory,
        group: None,
    };
    drive(&org.target, job, schedule, IMPORTERS).await
}

fn connect(options: &TenantsOptions) -> Result<Vec<Org>, BenchError> {
    let org = |(place, tenant): (u64, &Tenant)| {
        Ok(Org {
            name: tenant.name.clone(),
            place,
            target: Arc::new(Target::new(&options.url, &tenant.token)?),
            directory: Arc::new(Directory::new(People::new(
                options.seed.wrapping_add(place),
            ))),
        })
    };
    (0..).zip(&options.tenants).map(org).collect()
}

/// Lets every Org's provider work for the time asked for.
async fn measure(options: &TenantsOptions, orgs: &[Org]) -> Vec<(String, Provider, Tally)> {
    let mut running = JoinSet::new();
    for org in orgs {
        let schedule = Schedule {
            rate: Some(options.rate),
            operations: u64::MAX,
            duration: Some(options.duration),
        };
        // Providers do not begin in the same moment.
        #[allow(clippy::cast_precision_loss)] // there are not that many Orgs
        let part = org.place as f64 / orgs.len().max(1) as f64 / options.rate;
        let begin = Duration::try_from_secs_f64(part % (1.0 / options.rate)).unwrap_or_default();
        let provider = Provider::of(org.place);
        let worker = Worker::new(Arc::clone(&org.target), org.place);
        let (name, directory) = (org.name.clone(), Arc::clone(&org.directory));
        running.spawn(async move {
            tokio::time::sleep(begin).await;
            let job = Cycles {
                provider,
                directory,
            };
            (name, provider, worker.paced(job, schedule).await)
        });
    }
    let mut measured = running.join_all().await;
    let place = |name: &str| {
        orgs.iter()
            .find(|org| org.name == name)
            .map(|org| org.place)
    };
    measured.sort_by_key(|(name, ..)| place(name));
    measured
}

/// Deletes what each Org holds, one Org after the other.
async fn clean_up(orgs: &[Org]) {
    for org in orgs {
        let (users, groups) = (org.directory.users(), org.directory.groups());
        let directory = || Arc::clone(&org.directory);
        let all = Schedule::all;
        drive(&org.target, Remove::Groups(directory()), all(groups), 1).await;
        drive(
            &org.target,
            Remove::Users(directory()),
            all(users),
            CLEANERS,
        )
        .await;
    }
}
