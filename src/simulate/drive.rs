//! The thin side that does I/O: sends what the simulation orders, keeps to the pace, reads the
//! server's directory at the end.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use http::Method;
use http::header::RETRY_AFTER;
use serde_json::Value;

use super::asked::{Asked, Question};
use super::compare::Listed;
use super::incident::Deed;
use super::inside::{Inside, Network};
use super::simulation::{MAIN, Order, Simulation, Way};
use super::talk::{Reply, Request};
use super::watched::Found;
use super::{Options, SimulateError};
use crate::clock::{Stopwatch, Timestamp};
use crate::wire::{Answer, Call, Client, Headers, Target, Token};

/// Resources of a page when the server's directory is read.
const PAGE: usize = 100;

/// Connections and counts.
pub(super) struct Driver<'a> {
    /// The same, with the token of the comparison.
    reader: Target,
    target: Arc<Target>,
    way: Way,
    /// The server, if it is in this process.
    inside: Option<&'a dyn Inside>,
    /// What its operator is going to ask, in order of time.
    questions: VecDeque<Question>,
    /// How long each of its answers takes, in simulated time.
    latency: Duration,
    connections: Vec<Line<'a>>,
    headers: Arc<Headers>,
    url: String,
    tokens: BTreeMap<String, Token>,
    speed: Option<f64>,
    watch: Stopwatch,
    /// What connections that are no more had to send again.
    resent: u64,
    pub operations: BTreeMap<String, u64>,
    pub statuses: BTreeMap<u16, u64>,
    pub requests: u64,
    pub retries: u64,
    pub scanned: u64,
    pub made_up: Vec<String>,
    pub answers: Vec<(Asked, Found)>,
}

/// One after another, requests go over this.
enum Line<'a> {
    Connection(Box<Client>),
    Inside(&'a dyn Inside, Arc<Target>, Network),
}

impl<'a> Driver<'a> {
    pub fn new(
        options: &Options,
        inside: Option<&'a dyn Inside>,
        way: &Way,
    ) -> Result<Self, SimulateError> {
        let right = Target::new(&options.url, &options.token)?;
        let reader = options.watching.reader.as_ref();
        let reader = Target::new(&options.url, reader.unwrap_or(&options.token))?;
        let mut tokens = options.other_tokens.clone();
        tokens.insert(MAIN.to_owned(), options.token.clone());
        let mut questions = options.watching.questions.clone();
        questions.sort_by_key(|question| question.at.unwrap_or(Duration::MAX));
        let questions = questions.into();
        Ok(Self {
            target: Arc::new(right),
            reader,
            way: way.clone(),
            inside,
            questions,
            latency: Duration::ZERO,
            connections: Vec::new(),
            headers: options.plan.client.headers(),
            url: options.url.clone(),
            tokens,
            speed: options.speed,
            watch: Stopwatch::start(),
            resent: 0,
            operations: BTreeMap::new(),
            statuses: BTreeMap::new(),
            requests: 0,
            retries: 0,
            scanned: 0,
            made_up: Vec::new(),
            answers: Vec::new(),
        })
    }

    /// Runs the simulation to its end.
    pub async fn run(
        &mut self,
        simulation: &mut Simulation,
        progress: &(dyn Fn(&str) + Sync),
    ) -> Result<(), SimulateError> {
        let mut said = simulation.now;
        loop {
            let order = simulation.next();
            let elapsed = simulation.now.since(simulation.start);
            self.keep_pace(elapsed).await;
            self.pass(simulation.start, simulation.now, false).await?;
            if simulation.now.since(said) >= Duration::from_secs(24 * 3600) {
                said = simulation.now;
                progress(&format!(
                    "{}: {} requests so far",
                    simulation.now, self.requests
                ));
            }
            match order {
                Order::Send(requests) => {
                    self.go(&simulation.way)?;
                    let replies = self.wave(requests).await;
                    simulation.took(self.latency);
                    simulation.answers(replies);
                }
                Order::Scan(attempts) => self.scan(attempts).await?,
                Order::Pause(time) => {
                    self.retries += 1;
                    // With a pace, the simulated time has been waited for already; and a server in
                    // it knows no other.
                    if self.speed.is_none() && self.inside.is_none() {
                        tokio::time::sleep(time).await;
                    }
                }
                Order::Deed(deed) => self.act(deed).await?,
                Order::Done => {
                    return self.pass(simulation.start, simulation.now, true).await;
                }
            }
        }
    }

    /// Lets the server's time pass until `now`, and asks what is to be asked meanwhile.
    async fn pass(
        &mut self,
        start: Timestamp,
        now: Timestamp,
        end: bool,
    ) -> Result<(), SimulateError> {
        let Some(inside) = self.inside else {
            return Ok(());
        };
        while let Some(question) = self.questions.front() {
            let due = question.at.map(|at| start.plus(at));
            let due = due.filter(|at| *at <= now);
            // What is to be asked later is asked at the end, too.
            let Some(at) = due.or_else(|| end.then_some(now)) else {
                break;
            };
            inside.pass(at).await.map_err(SimulateError::Inside)?;
            let asked = inside.diagnose(question.clone()).await;
            let diagnosis = asked.map_err(SimulateError::Inside)?;
            self.answers.push(question.answered(at, diagnosis));
            self.questions.pop_front();
        }
        let passed = inside.pass(now).await;
        passed.map_err(SimulateError::Inside)
    }

    async fn act(&mut self, deed: Deed) -> Result<(), SimulateError> {
        if let Deed::Slow(latency) = deed {
            self.latency = latency;
        }
        match self.inside {
            Some(inside) => inside.act(deed).await.map_err(SimulateError::Inside),
            None => Ok(()),
        }
    }

    /// Something that requests go over to `target`.
    fn line(&self, target: Arc<Target>, from: Network) -> Line<'a> {
        match self.inside {
            Some(inside) => Line::Inside(inside, target, from),
            None => Line::Connection(Box::new(Client::new(target))),
        }
    }

    /// Waits until the simulated time has come.
    async fn keep_pace(&self, elapsed: Duration) {
        if let Some(speed) = self.speed {
            let due = Duration::try_from_secs_f64(elapsed.as_secs_f64() / speed);
            let due = due.unwrap_or(Duration::MAX);
            let wait = due.saturating_sub(self.watch.elapsed());
            if !wait.is_zero() {
                tokio::time::sleep(wait).await;
            }
        }
    }

    /// Uses another address or token from now on.
    fn go(&mut self, way: &Way) -> Result<(), SimulateError> {
        if *way == self.way {
            return Ok(());
        }
        self.way = way.clone();
        let token = self.tokens.get(&way.token).cloned().unwrap_or_else(|| {
            if !self.made_up.contains(&way.token) {
                self.made_up.push(way.token.clone());
            }
            Token::from(format!("never-issued-{}", way.token))
        });
        let mut target = Target::new(&self.url, &token)?;
        if let Some(base) = &way.base {
            base.trim_end_matches('/').clone_into(&mut target.base);
        }
        self.target = Arc::new(target);
        self.resent += self
            .connections
            .drain(..)
            .map(|line| line.retries())
            .sum::<u64>();
        Ok(())
    }

    async fn wave(&mut self, requests: Vec<Request>) -> Vec<Reply> {
        while self.connections.len() < requests.len() {
            let line = self.line(Arc::clone(&self.target), Network::Provider);
            self.connections.push(line);
        }
        for request in &requests {
            *self.operations.entry(request.operation()).or_default() += 1;
            self.requests += 1;
        }
        let headers = &self.headers;
        let sent = self.connections.iter_mut().zip(requests);
        let replies = join_all(sent.map(|(line, request)| line.send(request, headers))).await;
        for reply in &replies {
            *self.statuses.entry(reply.status).or_default() += 1;
        }
        replies
    }

    async fn scan(&mut self, attempts: Vec<(Request, String)>) -> Result<(), SimulateError> {
        for (request, token) in attempts {
            let target = Target::new(&self.url, &Token::from(token))?;
            let mut line = self.line(Arc::new(target), Network::Elsewhere);
            let reply = line.send(request, &self.headers).await;
            *self.statuses.entry(reply.status).or_default() += 1;
            self.scanned += 1;
        }
        Ok(())
    }

    /// Requests that went out a second time because a connection had ended.
    pub fn resent(&self) -> u64 {
        let now = self.connections.iter().map(Line::retries);
        self.resent + now.sum::<u64>()
    }

    /// How long it has been running.
    pub fn seconds(&self) -> f64 {
        self.watch.elapsed().as_secs_f64()
    }

    /// Everything that the server lists, with the token of the comparison.
    pub async fn list(&self) -> Result<Listed, SimulateError> {
        let mut line = self.line(Arc::new(self.reader.clone()), Network::Provider);
        Ok(Listed {
            users: self.pages(&mut line, "/Users").await?,
            groups: self.pages(&mut line, "/Groups").await?,
        })
    }

    async fn pages(&self, line: &mut Line<'a>, path: &str) -> Result<Vec<Value>, SimulateError> {
        let mut all = Vec::new();
        loop {
            let page = format!("{path}?startIndex={}&count={PAGE}", all.len() + 1);
            // It is this program that compares, not the provider: servers are to see that.
            let reply = line.call(&Call::new(Method::GET, page)).await;
            if !reply.ok() {
                return Err(SimulateError::List {
                    path: path.to_owned(),
                    status: reply.status,
                });
            }
            let total = reply.body["totalResults"].as_u64().unwrap_or(0);
            let page = reply.resources();
            all.extend_from_slice(page);
            let done = u64::try_from(all.len()).is_ok_and(|read| read >= total);
            if page.is_empty() || done {
                return Ok(all);
            }
        }
    }
}

impl Line<'_> {
    /// The answer to `request`, one without status if there is none.
    async fn send(&mut self, request: Request, headers: &Arc<Headers>) -> Reply {
        let call = match &request.body {
            Some(body) => Call::with(request.method, request.path, body),
            None => Call::new(request.method, request.path),
        };
        self.call(&call.headed(Arc::clone(headers))).await
    }

    async fn call(&mut self, call: &Call) -> Reply {
        let answer = match self {
            Self::Connection(client) => client.send(call).await.ok(),
            Self::Inside(inside, target, from) => inside.answer(call.to(target), *from).await.ok(),
        };
        answer.map_or_else(Reply::default, |answer| read(&answer))
    }

    /// Requests sent a second time.
    const fn retries(&self) -> u64 {
        match self {
            Self::Connection(client) => client.retries,
            Self::Inside(..) => 0,
        }
    }
}

fn read(answer: &Answer) -> Reply {
    let retry_after = answer.headers.get(RETRY_AFTER);
    Reply {
        status: answer.status.as_u16(),
        retry_after: retry_after
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned),
        body: serde_json::from_slice(&answer.body).unwrap_or(Value::Null),
    }
}
