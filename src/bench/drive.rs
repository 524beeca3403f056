//! The workers: so many connections, each doing operation after operation of one job.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::task::JoinSet;

use super::pace::{Schedule, Turn};
use super::tally::Tally;
use crate::clock::Stopwatch;
use crate::wire::{Answer, Call, Client, Target};

/// A worker whose requests got no answer so many times in a row stops: the server is gone.
const GIVE_UP: u32 = 10;
const OVERDUE: &str = "overdue: the server does not keep up with the rate";

/// What the answer to a request has to be.
#[derive(Clone, Debug)]
pub(super) enum Expect {
    /// One of these statuses.
    Status(&'static [u16]),
    /// 200 and a list whose `totalResults` lies in the range.
    Found(RangeInclusive<u64>),
}

impl Expect {
    pub const OK: Self = Self::Status(&[200]);
    pub const CREATED: Self = Self::Status(&[201]);
    pub const CHANGED: Self = Self::Status(&[200, 204]);
    pub const DELETED: Self = Self::Status(&[200, 204]);
    /// Deleted now or before: where `active: false` removes, a user may be gone already.
    pub const GONE: Self = Self::Status(&[200, 204, 404]);
    pub const ONE: Self = Self::Found(1..=1);
    pub const NONE: Self = Self::Found(0..=0);
    pub const SOME: Self = Self::Found(1..=u64::MAX);

    /// The kind of error that `answer` is, if it is one.
    fn objection(&self, answer: &Answer) -> Option<String> {
        let status = answer.status.as_u16();
        let (statuses, found): (&[u16], _) = match self {
            Self::Status(statuses) => (statuses, None),
            Self::Found(range) => (&[200], Some(range)),
        };
        if !statuses.contains(&status) {
            return Some(format!("status {status}"));
        }
        match (found?, total_results(&answer.body)) {
            (_, None) => Some("no totalResults".to_owned()),
            (range, Some(total)) if !range.contains(&total) => {
                Some("wrong totalResults".to_owned())
            }
            _ => None,
        }
    }
}

/// `totalResults` of a list, found without parsing the page: that would cost this machine more
/// than the server needs to make it.
fn total_results(body: &[u8]) -> Option<u64> {
    let (_, rest) = std::str::from_utf8(body)
        .ok()?
        .split_once("\"totalResults\"")?;
    let digits = rest.trim_start().strip_prefix(':')?.trim_start();
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    digits[..end].parse().ok()
}

/// A kind of operation.
pub(super) trait Job: Send + Sync + 'static {
    /// Does operation `n`; `None` if one of its requests failed, which `worker` has counted.
    fn perform(&self, worker: &mut Worker, n: u64) -> impl Future<Output = Option<()>> + Send;
}

/// One connection and its counts.
pub(super) struct Worker {
    client: Client,
    /// Number among the workers, from 0.
    pub slot: u64,
    /// Where the next page begins, for the jobs that turn pages.
    pub cursor: String,
    tally: Tally,
    /// How late the operation began; charged to its first request.
    late: Duration,
    unanswered: u32,
    /// Holds each measured request to a time of its own.
    pacer: Option<Pacer>,
}

/// When the requests of one worker are due.
struct Pacer {
    schedule: Schedule,
    watch: Stopwatch,
    next: u64,
    over: bool,
}

impl Worker {
    /// A worker that has not connected yet.
    pub fn new(target: Arc<Target>, slot: u64) -> Self {
        Self {
            client: Client::new(target),
            slot,
            cursor: String::new(),
            tally: Tally::new(),
            late: Duration::ZERO,
            unanswered: 0,
            pacer: None,
        }
    }

    /// Does `job` over and over until `schedule` is over; not an operation but each measured
    /// request is due at a time of its own.
    pub async fn paced(mut self, job: impl Job, schedule: Schedule) -> Tally {
        self.client.warm().await;
        let watch = Stopwatch::start();
        self.pacer = Some(Pacer {
            schedule,
            watch,
            next: 0,
            over: false,
        });
        let mut n = 0;
        while self.unanswered < GIVE_UP && self.pacer.as_ref().is_some_and(|pacer| !pacer.over) {
            if job.perform(&mut self, n).await.is_some() {
                self.tally.operations += 1;
            }
            n += 1;
        }
        self.tally.seconds = watch.elapsed().as_secs_f64();
        self.tally.retries = self.client.retries;
        self.tally
    }

    /// Waits until the next request is due; false if it must not be made any more.
    async fn due(&mut self) -> bool {
        let Some(pacer) = &mut self.pacer else {
            return true;
        };
        let turn = pacer.schedule.turn(pacer.next, pacer.watch.elapsed());
        pacer.next += 1;
        match turn {
            Turn::Over => {
                pacer.over = true;
                false
            }
            Turn::Overdue => {
                self.fail(OVERDUE);
                false
            }
            Turn::Begin { wait, late } => {
                self.begin(wait, late).await;
                true
            }
        }
    }

    /// Waits, and charges what has passed already to the next request.
    async fn begin(&mut self, wait: Duration, late: Duration) {
        // A timer that fires late is this program's fault and not charged.
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        self.late = late;
    }

    /// Sends `call`; the body of its answer, if that is what was expected. Measured.
    pub async fn ask(&mut self, call: &Call, expect: Expect) -> Option<Bytes> {
        if !self.due().await {
            return None;
        }
        let watch = Stopwatch::start();
        let late = std::mem::take(&mut self.late);
        let answer = self.answer(call).await?;
        let latency = watch.elapsed() + late;
        let body = self.accept(answer, &expect)?;
        self.tally.success(latency, body.len());
        Some(body)
    }

    /// Like [`Worker::ask`], but off the record: only its errors are counted.
    pub async fn aside(&mut self, call: &Call, expect: Expect) -> Option<()> {
        let watch = Stopwatch::start();
        let answer = self.answer(call).await;
        self.tally.aside += watch.elapsed();
        self.accept(answer?, &expect).map(drop)
    }

    /// Counts an error that lies in an answer's content.
    pub fn fail(&mut self, kind: &str) {
        self.tally.failure(kind);
    }

    async fn answer(&mut self, call: &Call) -> Option<Answer> {
        match self.client.send(call).await {
            Ok(answer) => {
                self.unanswered = 0;
                Some(answer)
            }
            Err(failure) => {
                self.unanswered += 1;
                self.fail(failure.kind());
                None
            }
        }
    }

    fn accept(&mut self, answer: Answer, expect: &Expect) -> Option<Bytes> {
        if let Some(kind) = expect.objection(&answer) {
            self.fail(&kind);
            return None;
        }
        Some(answer.body)
    }

    async fn work(mut self, job: Arc<impl Job>, shared: Arc<Shared>) -> Tally {
        while self.unanswered < GIVE_UP {
            let n = shared.next.fetch_add(1, Ordering::Relaxed);
            match shared.schedule.turn(n, shared.watch.elapsed()) {
                Turn::Over => break,
                Turn::Overdue => self.fail(OVERDUE),
                Turn::Begin { wait, late } => {
                    self.begin(wait, late).await;
                    if job.perform(&mut self, n).await.is_some() {
                        self.tally.operations += 1;
                    }
                }
            }
        }
        self.tally.retries = self.client.retries;
        self.tally
    }
}

struct Shared {
    schedule: Schedule,
    next: AtomicU64,
    watch: Stopwatch,
}

/// Does `job` over `connections` connections, as `schedule` has it, and counts.
pub(super) async fn drive(
    target: &Arc<Target>,
    job: impl Job,
    schedule: Schedule,
    connections: usize,
) -> Tally {
    let mut workers = Vec::with_capacity(connections);
    for slot in (0..).take(connections) {
        let mut worker = Worker::new(Arc::clone(target), slot);
        worker.client.warm().await;
        workers.push(worker);
    }
    let job = Arc::new(job);
    let shared = Arc::new(Shared {
        schedule,
        next: AtomicU64::new(0),
        watch: Stopwatch::start(),
    });
    let mut running = JoinSet::new();
    for worker in workers {
        running.spawn(worker.work(Arc::clone(&job), Arc::clone(&shared)));
    }
    let mut total = Tally::new();
    while let Some(ended) = running.join_next().await {
        total.merge(&ended.expect("workers neither panic nor are they aborted"));
    }
    let elapsed = shared.watch.elapsed().as_secs_f64();
    // In a closed loop, time off the record delays what is measured; on a schedule it does not.
    let aside = match schedule.rate {
        None => total.aside.as_secs_f64() / u32::try_from(connections).map_or(1.0, f64::from),
        Some(_) => 0.0,
    };
    total.seconds = (elapsed - aside).max(0.0);
    total
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, StatusCode};

    use super::*;

    fn objection(expect: &Expect, status: u16, body: &'static str) -> Option<String> {
        expect.objection(&Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: Bytes::from_static(body.as_bytes()),
        })
    }

    #[test]
    fn an_answer_succeeds_only_with_the_right_status_and_content() {
        let one = r#"{"schemas":[],"totalResults" : 1,"Resources":[{}]}"#;
        let table = [
            (Expect::CHANGED, 204, "", None),
            (Expect::CREATED, 200, "{}", Some("status 200")),
            (Expect::ONE, 200, one, None),
            (Expect::NONE, 200, one, Some("wrong totalResults")),
            (Expect::ONE, 404, one, Some("status 404")),
            (Expect::SOME, 200, "[]", Some("no totalResults")),
            (
                Expect::SOME,
                200,
                r#"{"totalResults":"x"}"#,
                Some("no totalResults"),
            ),
            (Expect::NONE, 200, r#"{"totalResults":0"#, None),
        ];
        for (expect, status, body, expected) in table {
            let seen = objection(&expect, status, body);
            assert_eq!(seen.as_deref(), expected, "{expect:?} {status} {body}");
        }
    }
}
