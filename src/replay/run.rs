//! One replay: the file is read to its end before anything is sent, then sent in its order.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderName, HeaderValue, Method, Uri};
use serde_json::Value;

use super::compare::differences;
use super::error::ReplayError;
use super::file::Recording;
use super::ids::{Ids, Place};
use super::options::{Options, assign, token};
use super::report::{Difference, Report};
use crate::clock::{Stopwatch, Timestamp};
use crate::ids::OrgId;
use crate::model::recording::{Header, Recorded};
use crate::wire::{Answer, Call, Client, Target};

/// Where the SCIM endpoint stands in a recorded path.
const ENDPOINT: &str = "/scim/v2";
/// The wait before another try if the server does not say, and the longest if it does.
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Sent requests between two lines of progress.
const PROGRESS: u64 = 1_000;

/// Replays the file that `options` name and reports; `progress` hears a line now and then.
pub async fn run(options: Options, progress: impl Fn(&str)) -> Result<Report, ReplayError> {
    options.check()?;
    let (file, header) = Recording::open(&options.file)?;
    let orgs = look_through(file, &header)?;
    let mut sender = Sender::new(&options, &orgs)?;
    sender.greet().await?;
    let (mut file, _) = Recording::open(&options.file)?;
    let watch = Stopwatch::start();
    while let Some((line, recorded)) = file.next()? {
        sender.pace(recorded.at, watch).await;
        sender.exchange(line, recorded).await?;
        if sender.report.sent > 0 && sender.report.sent.is_multiple_of(PROGRESS) {
            progress(&format!("{} sent", sender.report.sent));
        }
    }
    sender.report.seconds = watch.elapsed().as_secs_f64();
    sender.report.ids = sender.ids.len();
    Ok(sender.report)
}

/// Reads the file to its end; returns the Orgs of what can be sent, with their names.
fn look_through(
    mut file: Recording,
    header: &Header,
) -> Result<BTreeMap<OrgId, String>, ReplayError> {
    let names: HashMap<OrgId, &str> = header
        .orgs
        .iter()
        .map(|org| (org.id, org.name.as_str()))
        .collect();
    let mut orgs = BTreeMap::new();
    while let Some((_, recorded)) = file.next()? {
        if let (None, Some(org)) = (hindrance(&recorded), recorded.org) {
            let name = names.get(&org).copied().unwrap_or_default();
            orgs.entry(org).or_insert_with(|| name.to_owned());
        }
    }
    Ok(orgs)
}

/// Why an exchange cannot be sent again, or must not be.
fn hindrance(recorded: &Recorded) -> Option<&'static str> {
    if recorded.refused.is_some() || recorded.token.is_none() || recorded.org.is_none() {
        return Some("its credential was refused, and credentials are not recorded");
    }
    if matches!(recorded.status, 429 | 503) {
        return Some("it was turned away with 429 or 503, and changed nothing");
    }
    if let Some(lack) = recorded.lacks.iter().find(|lack| lack.hinders()) {
        return Some(lack.meaning());
    }
    if below_endpoint(&recorded.path).is_none() {
        return Some("its path is not that of a SCIM endpoint");
    }
    if Method::from_bytes(recorded.method.as_bytes()).is_err() {
        return Some("its method is none");
    }
    None
}

/// The part of a recorded path that belongs behind a base URL.
fn below_endpoint(path: &str) -> Option<&str> {
    let (_, below) = path.split_once(ENDPOINT)?;
    (below.is_empty() || below.starts_with('/')).then_some(below)
}

struct Sender<'a> {
    options: &'a Options,
    clients: Vec<Client>,
    /// Which client an Org is replayed with.
    of: BTreeMap<OrgId, usize>,
    /// When the first request was recorded.
    first: Option<Timestamp>,
    ids: Ids,
    report: Report,
}

impl<'a> Sender<'a> {
    fn new(options: &'a Options, orgs: &BTreeMap<OrgId, String>) -> Result<Self, ReplayError> {
        let of = assign(&options.tokens, orgs)?;
        let client = |which| {
            let target = Target::new(&options.url, token(&options.tokens, which))
                .map_err(|why| ReplayError::Options(why.to_string()))?;
            Ok(Client::new(Arc::new(target)))
        };
        Ok(Self {
            options,
            clients: (0..options.tokens.len())
                .map(client)
                .collect::<Result<_, _>>()?,
            of,
            first: None,
            ids: Ids::default(),
            report: Report::default(),
        })
    }

    /// Sees that every token opens something, and that there is nothing in it.
    async fn greet(&mut self) -> Result<(), ReplayError> {
        let mut greeted = Vec::new();
        for (org, which) in self.of.clone() {
            if greeted.contains(&which) {
                continue;
            }
            greeted.push(which);
            let users = self.count(which, org, "/Users").await?;
            let groups = self.count(which, org, "/Groups").await?;
            if users + groups > 0 && !self.options.into_nonempty {
                return Err(ReplayError::NotEmpty {
                    url: self.options.url.clone(),
                    org: org.to_string(),
                    users,
                    groups,
                });
            }
        }
        Ok(())
    }

    async fn count(&mut self, which: usize, org: OrgId, path: &str) -> Result<u64, ReplayError> {
        let call = Call::new(Method::GET, format!("{path}?count=1&attributes=id"));
        let answer = self.ask(which, &call, 0).await?;
        match answer.status.as_u16() {
            status @ (401 | 403) => Err(ReplayError::Unauthorized {
                org: org.to_string(),
                status,
            }),
            status => json(&answer)["totalResults"]
                .as_u64()
                .ok_or_else(|| ReplayError::NotScim {
                    url: self.options.url.clone(),
                    status,
                }),
        }
    }

    /// Waits until a request is due.
    async fn pace(&mut self, at: Timestamp, watch: Stopwatch) {
        let first = *self.first.get_or_insert(at);
        if let Some(wait) = due(first, at, self.options.speed, watch.elapsed()) {
            tokio::time::sleep(wait).await;
        }
    }

    /// Sends one and compares.
    async fn exchange(&mut self, line: u64, recorded: Recorded) -> Result<(), ReplayError> {
        self.report.exchanges += 1;
        let call = match hindrance(&recorded) {
            Some(why) => Err(why),
            None => self.call(&recorded),
        };
        let call = match call {
            Ok(call) => call,
            Err(why) => {
                *self.report.not_sent.entry(why.to_owned()).or_default() += 1;
                return Ok(());
            }
        };
        for lack in &recorded.lacks {
            let count = self.report.incomplete.entry(lack.as_str().to_owned());
            *count.or_default() += 1;
        }
        let which = recorded.org.and_then(|org| self.of.get(&org).copied());
        let answer = self.ask(which.unwrap_or(0), &call, line).await?;
        let now = json(&answer);
        self.report.sent += 1;
        self.ids.learn(&recorded, &now);
        let changes = differences(&recorded, &self.ids, answer.status.as_u16(), &now);
        if changes.is_empty() {
            self.report.same += 1;
            return Ok(());
        }
        self.report.different += 1;
        if self.report.differences.len() < self.options.listed {
            let query = if recorded.query.is_empty() { "" } else { "?" };
            self.report.differences.push(Difference {
                line,
                seq: recorded.seq,
                request: recorded.request.to_string(),
                target: format!("{}{query}{}", recorded.path, recorded.query),
                method: recorded.method,
                changes,
            });
        }
        Ok(())
    }

    /// The request as it has to be sent here; or why it cannot be.
    fn call(&self, recorded: &Recorded) -> Result<Call, &'static str> {
        let below = below_endpoint(&recorded.path).unwrap_or_default();
        let mut target = self.ids.translate(below, Place::Url);
        if !recorded.query.is_empty() {
            let query = self.ids.query(&recorded.query);
            target.push('?');
            target.push_str(&query.ok_or("its cursor comes from an answer that was not kept")?);
        }
        if format!("/{target}").parse::<Uri>().is_err() {
            return Err("its path or query is not one that can be sent");
        }
        let method = Method::from_bytes(recorded.method.as_bytes()).map_err(|_| "no method")?;
        let body = self.ids.translate(&recorded.body, Place::Json);
        let headers: Vec<(HeaderName, HeaderValue)> = recorded
            .headers
            .iter()
            .filter_map(|(name, value)| Some((name.parse().ok()?, value.parse().ok()?)))
            .collect();
        Ok(Call::carrying(method, target, body).headed(headers.into()))
    }

    /// Sends a request, again while the server asks for patience.
    async fn ask(&mut self, which: usize, call: &Call, line: u64) -> Result<Answer, ReplayError> {
        let mut tries = 0;
        loop {
            let answer = self.clients[which].send(call).await;
            let answer = answer.map_err(|failure| ReplayError::Unreachable {
                url: self.options.url.clone(),
                reason: failure.to_string(),
                line,
            })?;
            let busy = matches!(answer.status.as_u16(), 429 | 503);
            if !busy || tries == self.options.retries {
                return Ok(answer);
            }
            tries += 1;
            self.report.retried += 1;
            tokio::time::sleep(pause(&answer)).await;
        }
    }
}

/// How long to wait for a request recorded at `at`; `None` if it is due.
fn due(first: Timestamp, at: Timestamp, speed: Option<f64>, elapsed: Duration) -> Option<Duration> {
    let due = at.since(first).as_secs_f64() / speed?;
    let due = Duration::try_from_secs_f64(due).unwrap_or(Duration::MAX);
    due.checked_sub(elapsed).filter(|wait| !wait.is_zero())
}

/// `Retry-After` (RFC 9110 §10.2.3) in seconds; a date counts as if it were not there.
fn pause(answer: &Answer) -> Duration {
    let header = answer.headers.get(RETRY_AFTER);
    let seconds = header.and_then(|value| value.to_str().ok()?.trim().parse().ok());
    seconds
        .map_or(PAUSE, Duration::from_secs)
        .min(LONGEST_PAUSE)
}

fn json(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_due_as_recorded_or_so_many_times_as_fast() {
        let at = |millis: i64| Timestamp(1_000_000 + millis);
        let due = |millis, speed, elapsed| {
            due(at(0), at(millis), speed, Duration::from_millis(elapsed))
                .map(|wait| wait.as_millis())
        };
        assert_eq!(due(5_000, None, 0), None);
        assert_eq!(due(5_000, Some(1.0), 1_000), Some(4_000));
        assert_eq!(due(5_000, Some(10.0), 100), Some(400));
        assert_eq!(due(5_000, Some(10.0), 500), None);
        // Recorded out of order.
        assert_eq!(due(-5_000, Some(1.0), 0), None);
    }

    #[test]
    fn a_path_belongs_behind_any_base_url() {
        for (path, below) in [
            ("/scim/v2/Users/1", Some("/Users/1")),
            ("/orgs/sales/scim/v2/Users", Some("/Users")),
            ("/scim/v2", Some("")),
            ("/scim/v2x/Users", None),
            ("/favicon.ico", None),
        ] {
            assert_eq!(below_endpoint(path), below, "{path}");
        }
    }
}
