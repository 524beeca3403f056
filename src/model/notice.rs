//! Notices: what people are told of alerts, several at once.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::OrgId;
use crate::model::alert::{AlertChange, Severity, State};

/// Changes of alerts of one Org and one family, told together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Notice {
    /// When it was made.
    pub at: Timestamp,
    /// The Org; absent: the whole server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<OrgId>,
    /// Its name when the notice was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org_name: Option<String>,
    /// First letter of the rules' ids; `T` of a test.
    pub family: char,
    /// Why it is sent.
    pub reason: Reason,
    /// Worst first, recoveries last.
    pub alerts: Vec<AlertChange>,
    /// Alerts of the group that stand now, those above included.
    pub standing: usize,
}

/// Why a notice is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// Alerts began, got worse or better, or ended.
    Change,
    /// They still stand.
    Repeat,
    /// Somebody wants to know whether notices arrive.
    Test,
}

impl Notice {
    /// What has to be told in order: an Org and a family.
    pub fn line(&self) -> String {
        line(self.org, self.family)
    }

    /// The worst of what stands; `None`: all of it is over.
    pub fn severity(&self) -> Option<Severity> {
        let standing = self.alerts.iter().filter(|alert| alert.state != State::Ok);
        standing.map(|alert| alert.severity).max()
    }
}

/// An Org and a family of alerts as one word (`7/A`, `server/B`).
pub fn line(org: Option<OrgId>, family: char) -> String {
    match org {
        Some(org) => format!("{org}/{family}"),
        None => format!("server/{family}"),
    }
}
