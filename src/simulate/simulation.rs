//! A provider and its application over simulated time: working life and incidents on one side,
//! the client's machine on the other. No clock, no network: it says what is to be sent and is
//! given the answers.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::client::{Client, Place};
use super::company::{Change, Company, Event, PersonNo};
use super::dice::Dice;
use super::incident::{Act, Agenda, Deed, Timed};
use super::life::Life;
use super::machine::Machine;
use super::pool::{BEAT, Want};
use super::talk::{Reply, Request};
use crate::clock::Timestamp;

/// Simulations begin on a Monday morning.
const START: &str = "2026-03-02T08:00:00Z";
/// What the client gets after the last event to send everything: three cycles of Entra.
const SETTLE: Duration = Duration::from_secs(2 * 3600);
/// How long a provider keeps the account of somebody who left.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);
/// Attempts of a scan that go out together.
const SCANNED: usize = 8;

/// When simulations begin.
pub fn start() -> Timestamp {
    Timestamp::parse(START).unwrap_or_default()
}

/// What is simulated.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Who.
    pub client: Client,
    /// Decides names, events and their times.
    pub seed: u64,
    /// How many people there are at the start.
    pub people: usize,
    /// How long.
    pub span: Duration,
    /// How much happens, in thousandths of the usual.
    pub pace: u64,
    /// It happens at night and on weekends too, not only in office hours.
    pub around_the_clock: bool,
    /// What every `userName` ends with.
    pub domain: String,
    /// What the names of groups begin with.
    pub groups: String,
    /// Removals in a cycle that Entra lets pass; `None`: any number.
    pub threshold: Option<usize>,
    /// What goes wrong.
    pub incidents: Vec<Timed>,
}

/// What is to be done next.
#[derive(Debug, PartialEq)]
pub(super) enum Order {
    /// These requests sent, by the way that [`Simulation::way`] names, and answered in this order.
    Send(Vec<Request>),
    /// So many requests sent with tokens that were made up.
    Scan(Vec<(Request, String)>),
    /// A pause that the server asked for: it is to be waited out on the server's clock.
    Pause(Duration),
    /// This done to the server.
    Deed(Deed),
    /// Nothing more.
    Done,
}

/// How requests reach the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Way {
    /// Name of the token.
    pub token: String,
    /// Path of the base URL, if it is not the right one.
    pub base: Option<String>,
}

/// Name of the token that a simulation starts with.
pub(super) const MAIN: &str = "main";

/// The state of a simulation.
pub(super) struct Simulation {
    pub company: Company,
    pub machine: Box<dyn Machine>,
    pub now: Timestamp,
    pub start: Timestamp,
    pub way: Way,
    /// Events of working life so far.
    pub events: u64,
    end: Timestamp,
    life: Life,
    incidents: Vec<Timed>,
    agenda: Agenda,
    erasures: BTreeMap<PersonNo, Timestamp>,
    scan: usize,
    silent: Timestamp,
    deeds: VecDeque<Deed>,
    dice: Dice,
}

impl Simulation {
    /// A simulation at its start.
    pub fn new(plan: &Plan, base: &str) -> Self {
        let start = start();
        let company = Company::new(
            plan.seed,
            &plan.domain,
            plan.client.prefix(),
            plan.people,
            &plan.groups,
        );
        let place = Place {
            base: base.to_owned(),
            threshold: plan.threshold,
        };
        let machine = plan.client.machine(&company, plan.seed, start, &place);
        let mut incidents = plan.incidents.clone();
        // The last one is taken first; of those of one time the first in the file.
        incidents.reverse();
        incidents.sort_by_key(|timed| std::cmp::Reverse(timed.at));
        Self {
            life: Life::new(
                plan.seed,
                start,
                (plan.pace, plan.around_the_clock),
                plan.people,
            ),
            company,
            machine,
            now: start,
            start,
            way: Way {
                token: MAIN.to_owned(),
                base: None,
            },
            events: 0,
            end: start.plus(plan.span),
            incidents,
            agenda: Agenda::default(),
            erasures: BTreeMap::new(),
            scan: 0,
            silent: start,
            deeds: VecDeque::new(),
            dice: Dice::new(plan.seed, 5),
        }
    }

    /// When something happens next; nothing does after the end.
    fn due(&self) -> Option<Timestamp> {
        let incident = self.incidents.last().map(|timed| self.start.plus(timed.at));
        let erasure = self.erasures.values().min().copied();
        [incident, self.agenda.due(), erasure, self.life.due()]
            .into_iter()
            .flatten()
            .min()
            .filter(|due| *due < self.end)
    }

    /// Lets happen what is due at `now`.
    fn happen(&mut self) {
        let now = self.now;
        if let Some(at) = self.agenda.due().filter(|at| *at <= now) {
            let act = self.agenda.next();
            self.act(act, at);
        } else if let Some(timed) = self
            .incidents
            .pop_if(|timed| self.start.plus(timed.at) <= now)
        {
            self.agenda
                .plan(&timed.incident, &self.company, &mut self.dice, now);
        } else if let Some((&no, _)) = self.erasures.iter().find(|(_, at)| **at <= now) {
            self.erasures.remove(&no);
            self.event(&Event::Erase(no));
        } else if let Some(event) = self.life.happen(&self.company) {
            self.event(&event);
        }
    }

    fn act(&mut self, act: Option<Act>, at: Timestamp) {
        match act {
            None => {}
            Some(Act::Event(event)) => self.event(&event),
            Some(Act::Command(command)) => self.machine.command(command, &self.company, at),
            Some(Act::Rematch(people)) => {
                for &no in &people {
                    self.company.alias(no);
                }
                self.machine.forget(&people, at);
            }
            Some(Act::Token(token)) => self.way.token = token,
            Some(Act::Base(base)) => self.way.base = base,
            Some(Act::Scan(tokens)) => self.scan += tokens,
            Some(Act::Silent(until)) => self.silent = self.silent.max(until),
            Some(Act::Deed(deed)) => self.deeds.push_back(deed),
        }
    }

    fn event(&mut self, event: &Event) {
        let changes = self.company.apply(event);
        self.events += u64::from(!changes.is_empty());
        for change in changes {
            match change {
                Change::Left(no) => {
                    self.erasures.insert(no, self.now.plus(KEPT));
                }
                Change::Wanted(no) => {
                    self.erasures.remove(&no);
                }
                _ => {}
            }
            self.machine.notice(change, &self.company, self.now);
        }
    }

    /// What is to be done next. After [`Order::Send`], [`Simulation::answers`] comes first.
    pub fn next(&mut self) -> Order {
        loop {
            let due = self.due();
            if due.is_some_and(|due| due <= self.now) {
                self.happen();
                continue;
            }
            if let Some(deed) = self.deeds.pop_front() {
                return Order::Deed(deed);
            }
            if self.scan > 0 {
                return Order::Scan(self.made_up_tokens());
            }
            let wanted = match self.machine_wants() {
                Want::Wave(wave) if wave.is_empty() => continue,
                Want::Wave(wave) => {
                    self.now = self.now.plus(BEAT);
                    return Order::Send(wave);
                }
                Want::Pause(until) => {
                    let until = due.map_or(until, |due| due.min(until));
                    let pause = until.since(self.now);
                    self.now = until;
                    return Order::Pause(pause);
                }
                Want::Sleep(until) => Some(until),
                Want::Nothing => None,
            };
            // The client sleeps, and has nothing to do any more once it has settled.
            let last = self.end.plus(SETTLE);
            match [due, wanted].into_iter().flatten().min() {
                Some(at) if at <= last => self.now = at.max(self.now),
                _ => {
                    self.now = self.now.max(last);
                    return Order::Done;
                }
            }
        }
    }

    fn machine_wants(&mut self) -> Want {
        if self.now < self.silent {
            return Want::Sleep(self.silent);
        }
        self.machine.want(&self.company, self.now)
    }

    /// The answers took so long.
    pub fn took(&mut self, time: Duration) {
        self.now = self.now.plus(time);
    }

    /// The answers to the requests of [`Order::Send`], in their order.
    pub fn answers(&mut self, replies: Vec<Reply>) {
        self.machine.answers(replies, &self.company, self.now);
    }

    fn made_up_tokens(&mut self) -> Vec<(Request, String)> {
        let together = self.scan.min(SCANNED);
        self.scan -= together;
        self.now = self.now.plus(BEAT);
        (0..together)
            .map(|_| {
                let token = format!("{:016x}{:016x}", self.dice.roll(), self.dice.roll());
                (Request::get("/Users?startIndex=1&count=2"), token)
            })
            .collect()
    }
}
