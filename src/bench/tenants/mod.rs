//! Many Orgs at once: each has an identity provider of its own that asks at a fixed rate, half of
//! them as Microsoft Entra ID and half as Okta, one request after the other over one connection.
//!
//! Every request belongs to its scheduled time, so that a server that stalls is charged for each
//! request it delays. What is asked beside the latencies is fairness: does
//! one Org fare worse than the others, and what does one Org's import do to the rest?

mod report;
mod run;

pub use report::{Fairness, Import, OrgRow, TenantsReport, TenantsRun};
pub use run::run;

use std::fmt;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::error::BenchError;
use crate::wire::Token;

/// What a run of many Orgs does. [`TenantsOptions::new`] gives the defaults.
#[derive(Clone, Debug, Serialize)]
pub struct TenantsOptions {
    /// Base URL of the SCIM service, `http` only.
    pub url: String,
    /// One for each Org.
    #[serde(skip)]
    pub tenants: Vec<Tenant>,
    /// Requests a second of each Org.
    pub rate: f64,
    /// How long each measurement takes, in seconds when serialized.
    #[serde(serialize_with = "seconds")]
    pub duration: Duration,
    /// Measure a second time while the first Org imports users so, as fast as it can.
    pub import: Option<ImportBy>,
    /// Decides names.
    pub seed: u64,
    /// Leave what was created in the directory.
    pub keep: bool,
}

impl TenantsOptions {
    /// 25 requests a second for two minutes, without an import.
    pub fn new(url: impl Into<String>, tenants: Vec<Tenant>) -> Self {
        Self {
            url: url.into(),
            tenants,
            rate: 25.0,
            duration: Duration::from_secs(120),
            import: None,
            seed: 1,
            keep: false,
        }
    }

    pub(super) fn check(&self) -> Result<(), BenchError> {
        let wrong = if self.tenants.is_empty() {
            "no Org is there to measure: give a file with a token for each, one a line"
        } else if !self.rate.is_finite() || self.rate < 0.001 {
            "a rate must be at least 0.001 requests a second"
        } else if self.duration.is_zero() {
            "a duration must be above 0"
        } else if self.import.is_some() && self.tenants.len() < 2 {
            "an import is measured by what it does to other Orgs: give two tokens at least"
        } else {
            return Ok(());
        };
        Err(BenchError::Options(wrong.to_owned()))
    }
}

/// An Org and the credential for it.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// What it is called in the report.
    pub name: String,
    /// Opens it.
    pub token: Token,
}

/// How one Org imports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ImportBy {
    /// User after user over a few connections, as identity providers do.
    Posts,
    /// `/Bulk`, as large as the server takes it, over one connection.
    Bulk,
}

/// Which identity provider an Org has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// Microsoft Entra ID.
    Entra,
    /// Okta.
    Okta,
}

impl Provider {
    /// That of the Org at this place in the list.
    const fn of(place: u64) -> Self {
        if place.is_multiple_of(2) {
            Self::Entra
        } else {
            Self::Okta
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Entra => "entra",
            Self::Okta => "okta",
        })
    }
}

fn seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::bench::stub::{Behaviour, Stub, TOKEN};

    fn tenants(count: usize, token: &str) -> Vec<Tenant> {
        (0..count)
            .map(|number| Tenant {
                name: format!("org-{number}"),
                token: token.to_owned().into(),
            })
            .collect()
    }

    #[test]
    fn options_that_cannot_be_measured_are_refused() {
        type Change = fn(&mut TenantsOptions);
        let wrong: [Change; 4] = [
            |o| o.tenants.clear(),
            |o| o.rate = f64::NAN,
            |o| o.duration = Duration::ZERO,
            |o| {
                o.import = Some(ImportBy::Posts);
                o.tenants.truncate(1);
            },
        ];
        for change in wrong {
            let mut options = TenantsOptions::new("http://x", tenants(2, "s3cret"));
            options.check().unwrap();
            assert!(!format!("{options:?}").contains("s3cret"));
            change(&mut options);
            assert!(options.check().is_err());
        }
    }

    #[tokio::test]
    async fn every_org_is_asked_on_schedule_and_nothing_is_left() {
        for by in [ImportBy::Posts, ImportBy::Bulk] {
            measured(by).await;
        }
    }

    async fn measured(by: ImportBy) {
        let stub = Stub::start(Behaviour {
            bulk: true,
            cursor: true,
            ..Behaviour::default()
        })
        .await;
        let mut options = TenantsOptions::new(&stub.url, tenants(4, TOKEN));
        options.rate = 1_000.0;
        options.duration = Duration::from_millis(100);
        options.import = Some(by);
        let report = run(options, |_| {}).await.unwrap();
        let names: Vec<_> = report.runs.iter().map(|run| run.name).collect();
        assert_eq!(names, ["quiet", "import"]);
        for run in &report.runs {
            let orgs: BTreeSet<_> = run.orgs.iter().map(|org| org.name.as_str()).collect();
            assert_eq!(orgs.len(), run.orgs.len());
            for org in &run.orgs {
                // A hundred requests are due within the time; one of them may have been made twice
                // or found a member already there.
                assert_eq!(org.requests + org.errors, 100, "{}", org.name);
            }
            let total: u64 = run.orgs.iter().map(|org| org.requests).sum();
            assert_eq!(run.requests, total);
            let worst = run.orgs.iter().map(|org| org.p99).fold(0.0, f64::max);
            assert!((run.fairness.worst_p99 - worst).abs() < f64::EPSILON);
        }
        assert_eq!(
            (report.runs[0].orgs.len(), report.runs[1].orgs.len()),
            (4, 3)
        );
        let import = report.import.unwrap();
        assert_eq!(import.org, "org-0");
        assert!(import.users > 0);
        assert_eq!(report.left_behind, 0);
        assert_eq!(stub.store.lock().unwrap().resources(), 0);
    }

    #[tokio::test]
    async fn a_token_that_opens_nothing_is_said_with_its_org() {
        let stub = Stub::start(Behaviour::default()).await;
        let mut all = tenants(2, TOKEN);
        all[1].token = "wrong".to_owned().into();
        let error = run(TenantsOptions::new(&stub.url, all), |_| {})
            .await
            .unwrap_err();
        assert!(error.to_string().contains("org-1"), "{error}");
    }
}
