//! What calls for an operator: alerts, and that somebody has seen them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::clock::Timestamp;
use crate::ids::{OrgId, ResourceId, TokenId};

/// How bad it is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Info,
    /// To be looked at within days.
    Warning,
    /// Something does not work, or something is about to be lost.
    Critical,
}

impl Severity {
    /// Stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// What an alert is about: the rule that found it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// A1: A token past its end is used.
    ExpiredTokenInUse,
    /// A2: A revoked token is used.
    RevokedTokenInUse,
    /// A3: A valid token is used on the path of another Org.
    WrongOrg,
    /// A4: A well-formed token that was never issued here.
    UnknownToken,
    /// A5: What stands in place of a token is none.
    MalformedCredential,
    /// A6: Many requests are refused.
    RefusalBurst,
    /// A7: Requests for what is not here.
    WrongBaseUrl,
    /// A8: A client changes what is gone.
    StaleIds,
    /// A9: A token that is in use nears its end.
    TokenExpiry,
    /// B1: Requests fail on this side.
    FailureRate,
    /// B2: Answers take too long.
    Latency,
    /// B3: A client's requests are answered 400, 409 or 412.
    ClientErrors,
    /// B4: A webhook or a sink does not take what it is told.
    Backlog,
    /// B6: The log is large or the disk is full.
    Storage,
    /// C1: A client of a regular rhythm has stopped asking.
    Silence,
    /// C2: A client asks less than it does at such hours.
    SilenceBursty,
    /// C3: A client asks too seldom for its silence to mean anything.
    NotMonitorable,
    /// D1: The guard is open.
    GuardOpen,
    /// D2: A group lost its members, or most of them.
    GroupEmptied,
    /// D3: A group with roles was renamed, or its name is a trap.
    GroupRenamed,
    /// D5: Accounts that are here already are created again.
    Duplicates,
    /// D6: An account is created and removed in turn.
    UserFlapping,
    /// D7: An account came back without the groups it had.
    CameBackBare,
    /// P1: A burst does not end, or writes wait.
    ProvisioningLag,
}

impl Rule {
    /// Every rule, in the order of their ids.
    pub const ALL: [Self; 24] = [
        Self::ExpiredTokenInUse,
        Self::RevokedTokenInUse,
        Self::WrongOrg,
        Self::UnknownToken,
        Self::MalformedCredential,
        Self::RefusalBurst,
        Self::WrongBaseUrl,
        Self::StaleIds,
        Self::TokenExpiry,
        Self::FailureRate,
        Self::Latency,
        Self::ClientErrors,
        Self::Backlog,
        Self::Storage,
        Self::Silence,
        Self::SilenceBursty,
        Self::NotMonitorable,
        Self::GuardOpen,
        Self::GroupEmptied,
        Self::GroupRenamed,
        Self::Duplicates,
        Self::UserFlapping,
        Self::CameBackBare,
        Self::ProvisioningLag,
    ];

    /// Short name, and that of its runbook.
    pub const fn id(self) -> &'static str {
        self.words().0
    }

    /// Stable name.
    pub const fn as_str(self) -> &'static str {
        self.words().1
    }

    /// In words.
    pub const fn title(self) -> &'static str {
        self.words().2
    }

    const fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::ExpiredTokenInUse => ("A1", "expired-token-in-use", "expired token in use"),
            Self::RevokedTokenInUse => ("A2", "revoked-token-in-use", "revoked token in use"),
            Self::WrongOrg => ("A3", "wrong-org", "token on another Org's path"),
            Self::UnknownToken => ("A4", "unknown-token", "unknown token"),
            Self::MalformedCredential => ("A5", "malformed-credential", "malformed credential"),
            Self::RefusalBurst => ("A6", "refusal-burst", "401/403 burst"),
            Self::WrongBaseUrl => ("A7", "wrong-base-url", "wrong base URL"),
            Self::StaleIds => ("A8", "stale-ids", "stale ids"),
            Self::TokenExpiry => ("A9", "token-expiry", "token about to expire"),
            Self::FailureRate => ("B1", "failure-rate", "failure rate"),
            Self::Latency => ("B2", "latency", "slow answers"),
            Self::ClientErrors => ("B3", "client-errors", "client errors"),
            Self::Backlog => ("B4", "backlog", "messages wait"),
            Self::Storage => ("B6", "storage", "storage"),
            Self::Silence => ("C1", "silence", "silence"),
            Self::SilenceBursty => ("C2", "silence-bursty", "silence of a bursty client"),
            Self::NotMonitorable => ("C3", "not-monitorable", "silence would not be noticed"),
            Self::GuardOpen => ("D1", "guard-open", "guard open"),
            Self::GroupEmptied => ("D2", "group-emptied", "group emptied"),
            Self::GroupRenamed => ("D3", "group-renamed", "group renamed"),
            Self::Duplicates => ("D5", "duplicates", "duplicates"),
            Self::UserFlapping => ("D6", "user-flapping", "user comes and goes"),
            Self::CameBackBare => ("D7", "came-back-bare", "came back without groups"),
            Self::ProvisioningLag => ("P1", "provisioning-lag", "provisioning lag"),
        }
    }

    /// Reads an id or a stable name, without case.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| {
            rule.id().eq_ignore_ascii_case(name) || rule.as_str().eq_ignore_ascii_case(name)
        })
    }
}

/// Where an alert is in its life. One that is over and nobody has to see is not an alert any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Seen, but not for long enough to say so.
    Pending,
    /// It is so.
    #[default]
    Firing,
    /// It is not so any more, but not for long enough to say so.
    Recovering,
    /// Over.
    Ok,
}

impl State {
    /// Stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Firing => "firing",
            Self::Recovering => "recovering",
            Self::Ok => "ok",
        }
    }
}

/// Why nobody is to be told of an alert although it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Quiet {
    /// An operator has seen it.
    Acknowledged,
    /// A silence holds.
    Silenced,
    /// It follows from another alert that stands.
    Inhibited,
    /// It comes and goes; that was told once.
    Flapping,
}

impl Quiet {
    /// Stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Acknowledged => "acknowledged",
            Self::Silenced => "silenced",
            Self::Inhibited => "inhibited",
            Self::Flapping => "flapping",
        }
    }
}

/// An alert has begun, got worse or better, or ended.
///
/// These are rows with numbers that only rise: who delivers them keeps the number of the last one
/// delivered and misses none across restarts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlertChange {
    /// Position, ascending; 0 until the store gives it one.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Of which alert.
    pub fingerprint: String,
    /// Its rule; [`Rule::id`] names the runbook.
    pub rule: Rule,
    /// How bad it is now.
    pub severity: Severity,
    /// What it is now: firing or ok.
    pub state: State,
    /// The Org; `None`: the whole server.
    pub org: Option<OrgId>,
    /// What it is about, by name.
    pub subject: String,
    /// The rule in words.
    pub title: String,
    /// The cause, in a line.
    pub why: String,
    /// What to do, in order.
    pub steps: Vec<String>,
    /// Exchanges that show it, newest first; five at most.
    pub evidence: Vec<u64>,
    /// Why nobody is to be told; `None`: tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet: Option<Quiet>,
}

/// Something that calls for an operator. Two with the same fingerprint are the same alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Alert {
    /// Made from rule, Org and subject; never from counts or words.
    pub fingerprint: String,
    /// The rule that found it.
    pub rule: Rule,
    /// How bad it is.
    pub severity: Severity,
    /// Where it is in its life.
    #[serde(default)]
    pub state: State,
    /// Why nobody is to be told of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet: Option<Quiet>,
    /// The Org; `None`: the whole server.
    pub org: Option<OrgId>,
    /// A token, a source, a user, a group, an Org or the server, by name.
    pub subject: String,
    /// Since when.
    pub since: Timestamp,
    /// When it was last seen.
    pub last: Timestamp,
    /// How often it was seen.
    pub count: u64,
    /// The cause, in a line.
    pub why: String,
    /// The next step.
    pub advice: String,
    /// Days left, of an alert that is told at several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rung: Option<u32>,
    /// The token it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<TokenId>,
    /// The user it is about: by id, or by name if accounts come and go under that name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The group it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<ResourceId>,
    /// The batch of removals it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<u64>,
    /// A filter of recorded exchanges that finds those it is about; `None`: no request shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Exchanges that show it, newest first; five at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<u64>,
    /// The silence that covers it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silenced: Option<Silence>,
    /// Who has seen it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<Acknowledgement>,
}

impl Alert {
    /// One about `subject`, seen once. Its fingerprint is made from `key`, which names the
    /// subject and never changes.
    pub fn new(rule: Rule, severity: Severity, org: Option<OrgId>, key: &str) -> Self {
        Self {
            fingerprint: fingerprint(rule, org, key),
            rule,
            severity,
            state: State::Firing,
            quiet: None,
            org,
            subject: key.to_owned(),
            since: Timestamp::default(),
            last: Timestamp::default(),
            count: 1,
            why: String::new(),
            advice: String::new(),
            rung: None,
            token: None,
            user: None,
            group: None,
            batch: None,
            filter: None,
            evidence: Vec::new(),
            silenced: None,
            acknowledged: None,
        }
    }

    /// True for an open guard and the last rung before a token's end: nothing silences them.
    pub fn is_loud(&self) -> bool {
        self.rule == Rule::GuardOpen || self.rung == Some(0)
    }

    /// What is told of it at `at`.
    pub fn change(&self, at: Timestamp) -> AlertChange {
        AlertChange {
            seq: 0,
            at,
            fingerprint: self.fingerprint.clone(),
            rule: self.rule,
            severity: self.severity,
            state: self.state,
            org: self.org,
            subject: self.subject.clone(),
            title: self.rule.title().to_owned(),
            why: self.why.clone(),
            steps: vec![self.advice.clone()],
            evidence: self.evidence.clone(),
            quiet: self.quiet,
        }
    }
}

/// The same for the same rule, Org and subject, and for no other.
fn fingerprint(rule: Rule, org: Option<OrgId>, subject: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(rule.as_str());
    hash.update([0]);
    hash.update(org.map_or(-1, |org| org.0).to_be_bytes());
    hash.update(subject);
    let hash: [u8; 32] = hash.finalize().into();
    let beginning = hash.iter().take(6);
    let number = beginning.fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("{number:012x}")
}

/// That an operator has seen an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Acknowledgement {
    /// Who.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// It ends then, or when the alert gets worse.
    pub until: Timestamp,
    /// How bad the alert was.
    pub severity: Severity,
}

impl Acknowledgement {
    /// True if it still holds for an alert that bad.
    pub fn holds(&self, severity: Severity, now: Timestamp) -> bool {
        now < self.until && severity <= self.severity
    }
}

/// Alerts that nobody is to be told of for a time: those that have all of this in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Silence {
    /// Number; 0 until the store gives it one.
    pub id: u64,
    /// Of this rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<Rule>,
    /// Of this Org.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<OrgId>,
    /// With this in their subject, without case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The one with this fingerprint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Who.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Its end.
    pub until: Timestamp,
    /// Why.
    pub reason: String,
}

impl Silence {
    /// True if it covers the alert. An open guard and the last rung before a token's end cannot be
    /// silenced.
    pub fn covers(&self, alert: &Alert, now: Timestamp) -> bool {
        let subject = self.subject.as_ref().is_none_or(|part| {
            let subject = alert.subject.to_lowercase();
            subject.contains(&part.to_lowercase())
        });
        !alert.is_loud()
            && now < self.until
            && subject
            && self.rule.is_none_or(|rule| rule == alert.rule)
            && self.org.is_none_or(|org| Some(org) == alert.org)
            && (self.fingerprint.as_ref()).is_none_or(|print| *print == alert.fingerprint)
    }
}
