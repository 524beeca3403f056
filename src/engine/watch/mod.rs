//! What calls for an operator: detection rules and the life of the alerts they raise.
//!
//! Each rule is a machine: what happened and the time go in, what stands at that time comes out.
//! [`Lives`] makes alerts with a state of that, and says what changed. Nothing here reads a clock or
//! a store; what a rule remembers is bounded by [`AlertSettings::remember`] and its thresholds.

mod backlog;
mod burn;
mod credentials;
mod directory;
mod errors;
mod life;
mod lost;
mod marks;
mod node;
mod paths;
mod rhythm;
mod silence;
mod tokens;

use std::time::Duration;

use crate::clock::Timestamp;
use crate::ids::{OrgId, TokenId};
use crate::model::alert::{Alert, Rule, Severity};
use crate::model::alert_settings::AlertSettings;
use crate::model::exchange::ExchangeSummary;
use crate::model::guard::Guarded;
use crate::model::happening::Happening;
use crate::model::token::Token;

pub use life::{Hushed, Life, Lives};
pub use node::refuses_writes;
pub use rhythm::Rhythm;

/// A term of the filter language: no token was accepted.
const REFUSED: &str = "status:401,403";
/// Exchanges named as evidence.
const EVIDENCE: usize = 5;
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

/// What is known beside what happened.
#[derive(Clone, Debug)]
pub struct Known<'a> {
    /// The time.
    pub now: Timestamp,
    /// Every token.
    pub tokens: &'a [Token],
    /// The guard of every Org.
    pub guards: &'a [Guarded],
    /// Base URL for identity providers.
    pub base_url: &'a str,
    /// The machine.
    pub gauges: Gauges,
    /// Webhooks and sinks that are to be told something yet, and when the oldest of it happened.
    pub backlogs: &'a [(String, Timestamp)],
}

impl Known<'_> {
    fn org_name(&self, org: Option<OrgId>) -> String {
        let Some(org) = org else {
            return "the whole server".to_owned();
        };
        let status = self.guards.iter().find(|status| status.org == org);
        status.map_or_else(|| org.to_string(), |status| status.org_name.clone())
    }
}

/// Measured when asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gauges {
    /// Bytes of the directory's log.
    pub log_bytes: u64,
    /// Bytes free on the disk, and its size; 0 if the system does not say.
    pub disk: (u64, u64),
    /// How long the writer's oldest job has waited.
    pub oldest_write: Duration,
}

/// One rule, or a few that look at the same.
trait Machine: Send {
    /// Takes in a recorded exchange.
    fn exchange(&mut self, _: &ExchangeSummary) {}
    /// Takes in a change of the directory.
    fn happening(&mut self, _: &Happening) {}
    /// What stands now; forgets what no longer matters.
    fn standing(&mut self, known: &Known<'_>, alerts: &mut Vec<Alert>);
    /// When time alone changes what stands, after `now`; may be too early, never too late.
    fn next_deadline(&self, now: Timestamp) -> Option<Timestamp>;
}

/// Every rule.
pub struct Rules {
    machines: Vec<Box<dyn Machine>>,
    errors: errors::Errors,
    silences: silence::Silences,
}

impl Rules {
    /// With these thresholds, having seen nothing.
    pub fn new(settings: &AlertSettings) -> Self {
        Self {
            machines: machines(settings),
            errors: client_errors(settings),
            silences: silence::Silences::new(settings),
        }
    }

    /// With other thresholds: they have seen nothing, but know the clients' rhythms.
    pub fn renew(&mut self, settings: &AlertSettings) {
        self.machines = machines(settings);
        self.errors = client_errors(settings);
        self.silences.set(settings);
    }

    /// Goes on with the rhythms that were kept. Before `began` the server did not run, so that
    /// nobody was heard.
    pub fn resume(&mut self, kept: Vec<(TokenId, Rhythm)>, began: Timestamp) {
        self.silences.resume(kept, began);
    }

    /// Takes the rhythms that changed since this was last asked.
    pub fn take_changed(&mut self) -> Vec<(TokenId, Rhythm)> {
        self.silences.take_changed()
    }

    /// Those were not kept after all.
    pub fn keep_again(&mut self, tokens: impl Iterator<Item = TokenId>) {
        self.silences.keep_again(tokens);
    }

    /// How near each Org's provider is to being stopped by Entra's measure, of 1 (B3).
    pub fn nearness(&self, now: Timestamp) -> Vec<(OrgId, f64)> {
        self.errors.nearness(now)
    }

    fn each(&mut self) -> impl Iterator<Item = &mut dyn Machine> {
        let machines = self.machines.iter_mut().map(|machine| &mut **machine as _);
        machines.chain([&mut self.errors as &mut dyn Machine, &mut self.silences])
    }

    /// Takes in a recorded exchange.
    pub fn exchange(&mut self, seen: &ExchangeSummary) {
        for rule in self.each() {
            rule.exchange(seen);
        }
    }

    /// Takes in a change of the directory.
    pub fn happening(&mut self, happening: &Happening) {
        for rule in self.each() {
            rule.happening(happening);
        }
    }

    /// What stands now.
    pub fn standing(&mut self, known: &Known<'_>) -> Vec<Alert> {
        let mut alerts: Vec<Alert> = known.guards.iter().filter_map(guard).collect();
        for rule in self.each() {
            rule.standing(known, &mut alerts);
        }
        alerts
    }

    /// When time alone changes what stands.
    pub fn next_deadline(&self, now: Timestamp) -> Option<Timestamp> {
        let machines = self.machines.iter();
        let next = machines.filter_map(|rule| rule.next_deadline(now));
        next.chain(self.errors.next_deadline(now))
            .chain(self.silences.next_deadline(now))
            .min()
    }
}

fn client_errors(settings: &AlertSettings) -> errors::Errors {
    errors::Errors::new(settings.client_errors.clone(), settings.remember.max(1))
}

/// Those that nothing but alerts is asked of.
fn machines(settings: &AlertSettings) -> Vec<Box<dyn Machine>> {
    vec![
        Box::new(tokens::Ended::new(settings)),
        Box::new(tokens::Expiring::new(settings)),
        Box::new(credentials::WrongOrgs::new(settings)),
        Box::new(credentials::Sources::new(settings)),
        Box::new(credentials::Refusals::new(settings.refusal_burst.clone())),
        Box::new(paths::BaseUrls::new(settings)),
        Box::new(paths::Stale::new(settings)),
        Box::new(burn::Failures::new(settings)),
        Box::new(burn::Slow::new(settings)),
        Box::new(lost::Emptied::new(settings)),
        Box::new(lost::Bare::new(settings)),
        Box::new(directory::Renamed::new(settings)),
        Box::new(directory::Duplicated::new(settings)),
        Box::new(directory::ComesAndGoes::new(settings)),
        Box::new(node::Bursts::new(settings)),
        Box::new(node::Node::new(settings)),
        Box::new(backlog::Backlogs::new(settings)),
    ]
}

/// D1
fn guard(status: &Guarded) -> Option<Alert> {
    let batch = status.open.as_ref()?;
    let key = batch.id.to_string();
    Some(Alert {
        subject: status.org_name.clone(),
        since: batch.opened,
        last: batch.opened,
        count: batch.removals,
        why: format!("{}; {} frozen", batch.why, batch.frozen),
        advice: "look at the removals of the batch, then restore or approve: scimtop guard status"
            .to_owned(),
        batch: Some(batch.id),
        ..Alert::new(Rule::GuardOpen, Severity::Critical, Some(status.org), &key)
    })
}

const fn minutes(count: u32) -> Duration {
    Duration::from_secs(60 * count as u64)
}

const fn hours(count: u32) -> Duration {
    Duration::from_secs(3_600 * count as u64)
}

const fn days(count: u32) -> Duration {
    Duration::from_secs(86_400 * count as u64)
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
