//! What to measure: the options of a run, and the names of its phases.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::cycles;
use super::error::BenchError;
use crate::wire::Token;

/// What a run does. [`Options::new`] gives the defaults.
#[derive(Clone, Debug, Serialize)]
pub struct Options {
    /// Base URL of the SCIM service, `http` only.
    pub url: String,
    /// Sent as `Authorization: Bearer`.
    #[serde(skip)]
    pub token: Token,
    /// Phases to measure; they run in the order of [`Phase::ALL`], whatever their order here.
    pub phases: Vec<Phase>,
    /// Each phase is measured once at each of these numbers of connections.
    pub concurrency: Vec<usize>,
    /// Users that the directory holds before anything is measured.
    pub size: u64,
    /// Operations a measurement makes at most.
    pub operations: u64,
    /// Longest duration of a measurement, in seconds when serialized.
    #[serde(serialize_with = "seconds")]
    pub duration: Duration,
    /// Sizes of the group for `patch-add`, `patch-remove` and `group-get`.
    pub group_sizes: Vec<u64>,
    /// Directory sizes to grow to and measure at; empty for the plain list of phases.
    pub growth: Vec<u64>,
    /// Operations a second to start whether or not earlier ones have ended (open loop);
    /// `None` starts the next one when the last has been answered (closed loop).
    pub rate: Option<f64>,
    /// Each measurement is made so many times and the median reported.
    pub repeats: usize,
    /// Decides names and which user an operation picks.
    pub seed: u64,
    /// Leave what was created in the directory.
    pub keep: bool,
    /// Load the directory through `/Bulk` if the server has it.
    pub bulk: bool,
}

impl Options {
    /// Every phase, 16 connections, 10 000 users, a group of 1 000, medians of five.
    pub fn new(url: impl Into<String>, token: impl Into<Token>) -> Self {
        Self {
            url: url.into(),
            token: token.into(),
            phases: Phase::ALL.to_vec(),
            concurrency: vec![16],
            size: 10_000,
            operations: 2_000,
            duration: Duration::from_secs(2),
            group_sizes: vec![1_000],
            growth: Vec::new(),
            rate: None,
            repeats: 5,
            seed: 1,
            keep: false,
            bulk: true,
        }
    }

    /// Refuses what could not be measured.
    pub(super) fn check(&self) -> Result<(), BenchError> {
        let users = self.growth.iter().copied().fold(self.size, u64::max);
        let wrong = if self.phases.is_empty() {
            "no phase is chosen: leave the option away to measure all".to_owned()
        } else if self.concurrency.is_empty() || self.concurrency.contains(&0) {
            "a concurrency must be at least 1".to_owned()
        } else if self.operations == 0 || self.repeats == 0 || self.duration.is_zero() {
            "operations, repeats and duration must be above 0".to_owned()
        } else if self
            .rate
            .is_some_and(|rate| !rate.is_finite() || rate < 0.001)
        {
            "a rate must be at least 0.001 operations a second".to_owned()
        } else if self.size == 0 || self.growth.contains(&0) || self.group_sizes.contains(&0) {
            "a directory or group size must be at least 1".to_owned()
        } else if let Some(large) = self.group_sizes.iter().find(|&&size| size > users) {
            format!("a group of {large} members needs a directory of at least {large} users")
        } else {
            return Ok(());
        };
        Err(BenchError::Options(wrong))
    }

    /// The chosen phases, each once, in canonical order.
    pub(super) fn ordered_phases(&self) -> impl Iterator<Item = Phase> + use<> {
        let chosen = self.phases.clone();
        Phase::ALL
            .into_iter()
            .filter(move |phase| chosen.contains(phase))
    }

    /// The highest concurrency, which preparation uses too.
    pub(super) fn connections(&self) -> usize {
        self.concurrency.iter().copied().max().unwrap_or(1)
    }
}

fn seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}

/// One kind of operation to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// `POST /Users`.
    Create,
    /// `GET /Users/{id}`.
    Get,
    /// `userName eq`, of a user that exists.
    Hit,
    /// `externalId eq`, of a user that exists.
    HitExternal,
    /// `displayName eq`, of a user that exists.
    HitDisplay,
    /// `emails.value eq`, of a user that exists.
    HitEmail,
    /// `userName eq`, of nobody.
    Miss,
    /// `userName sw`, ten users match.
    Sw,
    /// `userName co`, ten users match.
    Co,
    /// First page of 100 users.
    List,
    /// Page of 100 users in the last tenth of the directory, by `startIndex`.
    Deep,
    /// First page of 100 groups, without members.
    Groups,
    /// One member more in a group of a given size; taken out again off the record.
    PatchAdd,
    /// One member less in a group of a given size; put in again off the record.
    PatchRemove,
    /// `GET /Groups/{id}` without members, by the group's size.
    GroupGet,
    /// Page after page of 100 users by `cursor` (RFC 9865).
    Cursor,
    /// `active` replaced in one user.
    Deactivate,
    /// `DELETE /Users/{id}`.
    Delete,
    /// What Microsoft Entra ID sends for ten new users and their group.
    EntraCycle,
    /// What Okta sends for ten new users and their group.
    OktaCycle,
}

impl Phase {
    /// All phases in the order in which they run.
    pub const ALL: [Self; 20] = [
        Self::Create,
        Self::Get,
        Self::Hit,
        Self::HitExternal,
        Self::HitDisplay,
        Self::HitEmail,
        Self::Miss,
        Self::Sw,
        Self::Co,
        Self::List,
        Self::Deep,
        Self::Groups,
        Self::PatchAdd,
        Self::PatchRemove,
        Self::GroupGet,
        Self::Cursor,
        Self::Deactivate,
        Self::Delete,
        Self::EntraCycle,
        Self::OktaCycle,
    ];

    /// The phase's name on the command line and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Get => "get",
            Self::Hit => "hit",
            Self::HitExternal => "hit-external",
            Self::HitDisplay => "hit-display",
            Self::HitEmail => "hit-email",
            Self::Miss => "miss",
            Self::Sw => "sw",
            Self::Co => "co",
            Self::List => "list",
            Self::Deep => "deep",
            Self::Groups => "groups",
            Self::PatchAdd => "patch-add",
            Self::PatchRemove => "patch-remove",
            Self::GroupGet => "group-get",
            Self::Cursor => "cursor",
            Self::Deactivate => "deactivate",
            Self::Delete => "delete",
            Self::EntraCycle => "entra-cycle",
            Self::OktaCycle => "okta-cycle",
        }
    }

    /// Measured once for each group size.
    pub(super) const fn by_group_size(self) -> bool {
        matches!(self, Self::PatchAdd | Self::PatchRemove | Self::GroupGet)
    }

    /// Measured at each directory size in growth mode: reads that should not grow with it.
    pub(super) const fn by_directory_size(self) -> bool {
        matches!(
            self,
            Self::Get
                | Self::Hit
                | Self::HitExternal
                | Self::HitDisplay
                | Self::HitEmail
                | Self::Miss
                | Self::Sw
                | Self::Co
                | Self::List
                | Self::Deep
                | Self::Cursor
        )
    }

    /// Requests that are measured in one operation.
    pub(super) const fn requests(self) -> u64 {
        match self {
            Self::EntraCycle => cycles::ENTRA_REQUESTS,
            Self::OktaCycle => cycles::OKTA_REQUESTS,
            _ => 1,
        }
    }

    /// Some of its requests are PATCH, to measure or to prepare.
    pub(super) const fn needs_patch(self) -> bool {
        self.by_group_size()
            || matches!(self, Self::Deactivate | Self::EntraCycle | Self::OktaCycle)
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Phase {
    type Err = BenchError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|phase| phase.name() == text)
            .ok_or_else(|| {
                let names = Self::ALL.map(Self::name).join(", ");
                BenchError::Options(format!("unknown phase: the phases are {names}"))
            })
    }
}

impl Serialize for Phase {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_are_declared_in_canonical_order_and_read_back_by_name() {
        assert!(Phase::ALL.is_sorted());
        for phase in Phase::ALL {
            assert_eq!(phase.name().parse::<Phase>().unwrap(), phase);
        }
        assert!("upsert".parse::<Phase>().is_err());
    }

    #[test]
    fn chosen_phases_run_once_and_in_order() {
        let mut options = Options::new("http://x", String::new());
        options.phases = vec![Phase::Delete, Phase::Get, Phase::Delete];
        let order: Vec<_> = options.ordered_phases().collect();
        assert_eq!(order, [Phase::Get, Phase::Delete]);
    }

    #[test]
    fn options_that_cannot_be_measured_are_refused() {
        type Change = fn(&mut Options);
        let wrong: [Change; 8] = [
            |o| o.phases.clear(),
            |o| o.concurrency = vec![4, 0],
            |o| o.concurrency.clear(),
            |o| o.operations = 0,
            |o| o.duration = Duration::ZERO,
            |o| o.rate = Some(f64::NAN),
            |o| o.group_sizes = vec![10_001],
            |o| o.growth = vec![0],
        ];
        for change in wrong {
            let mut options = Options::new("http://x", String::new());
            options.check().unwrap();
            change(&mut options);
            assert!(options.check().is_err());
        }
        let mut grown = Options::new("http://x", String::new());
        grown.growth = vec![100_000];
        grown.group_sizes = vec![100_000];
        grown.check().unwrap();
    }

    #[test]
    fn the_token_is_neither_printed_nor_serialized() {
        let options = Options::new("http://x", "s3cret".to_owned());
        assert!(!format!("{options:?}").contains("s3cret"));
        assert!(!serde_json::to_string(&options).unwrap().contains("s3cret"));
    }
}
