//! Microsoft Entra ID: cycles. The first one matches or makes everybody, then groups, then
//! managers and members; from then on every 40 minutes what changed since is sent.
//!
//! Objects of one phase are worked on side by side, as Entra's are; phases follow each other,
//! because references need the ids of what they refer to. What fails stays to be done and is
//! tried again in the next cycle, and more and more seldom. An application that does not work is put into quarantine.

mod begin;
mod jobs;
mod quarantine;
mod say;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use self::quarantine::{Score, Ward};
use super::book::{Book, Ending};
use super::company::{Change, Company, GroupNo, Person, PersonNo, Standing};
use super::dice::Dice;
use super::machine::{Command, Machine, Mapping, Presence, Quarantine};
use super::pool::{Pool, Subject, Task, Want};
use super::talk::{Effect, Outcome, Reply, Trouble};
use crate::clock::Timestamp;

/// Headers of every request.
pub(super) const HEADERS: [(&str, &str); 2] = [
    ("accept", "application/scim+json"),
    ("content-type", "application/scim+json; charset=utf-8"),
];

/// From the beginning of a cycle to that of the next.
const RHYTHM: Duration = Duration::from_secs(40 * 60);
/// What fails again and again is tried this seldom in the end: once a day.
const SELDOM: Duration = Duration::from_secs(24 * 3600);
/// Sequences at a time.
const WIDTH: usize = 12;

/// What an administrator has set.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// `aadOptscim062020` stands in the tenant URL.
    pub flag: bool,
    /// The tenant URL, as it stands in references.
    pub base: String,
    /// Prevention of accidental deletions: so many removals in a cycle at most.
    pub threshold: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Waiting,
    Testing,
    Users,
    Managers,
    Groups,
    Members,
}

/// The machine.
pub(super) struct Entra {
    settings: Settings,
    pool: Pool,
    book: Book,
    phase: Phase,
    /// Begin of the present cycle, or of the next.
    cycle: Option<Timestamp>,
    people: BTreeSet<PersonNo>,
    managers: BTreeSet<PersonNo>,
    groups: BTreeSet<GroupNo>,
    members: BTreeSet<GroupNo>,
    /// What failed: how often, and when it is tried again.
    escrow: BTreeMap<Task, (u32, Timestamp)>,
    ward: Ward,
    score: Score,
    /// The next cycle may remove what it likes.
    allowed: bool,
    dice: Dice,
}

impl Entra {
    /// A job that is started at `now` for everybody in `company`.
    pub fn new(settings: Settings, company: &Company, seed: u64, now: Timestamp) -> Self {
        Self {
            settings,
            pool: Pool::new(WIDTH),
            book: Book::default(),
            phase: Phase::Waiting,
            cycle: Some(now),
            people: company.people.iter().map(|person| person.no).collect(),
            managers: BTreeSet::new(),
            groups: (0..company.groups.len()).collect(),
            members: BTreeSet::new(),
            escrow: BTreeMap::new(),
            ward: Ward::default(),
            score: Score::default(),
            allowed: false,
            dice: Dice::new(seed, 6),
        }
    }

    /// What is to be done about a person, if anything.
    fn due(&self, person: &Person) -> Option<Task> {
        let no = person.no;
        let link = self.book.users.get(&no);
        match (person.works(), link) {
            (true, None) => Some(Task::Assign(no)),
            (true, Some(_)) => Some(Task::Update(no)),
            (false, None) => None,
            // Whoever was taken out of scope is not managed any more, and never deleted.
            (false, Some(_)) if person.standing == Standing::Erased => Some(Task::Delete(no)),
            (false, Some(link)) if !link.disabled => Some(Task::Disable(no)),
            (false, Some(_)) => None,
        }
    }

    fn next_phase(&mut self, company: &Company, now: Timestamp) {
        match self.phase {
            Phase::Waiting => {
                self.phase = Phase::Testing;
                self.pool.add(Task::Test);
            }
            Phase::Testing => {
                self.ward.leave(now);
                self.begin_users(company, now);
            }
            Phase::Users => {
                self.phase = Phase::Managers;
                for no in std::mem::take(&mut self.managers) {
                    self.begin(Task::Manager(no), now);
                }
            }
            Phase::Managers => {
                self.phase = Phase::Groups;
                for no in std::mem::take(&mut self.groups) {
                    self.begin(group_task(company, no), now);
                }
            }
            Phase::Groups => {
                self.phase = Phase::Members;
                for no in std::mem::take(&mut self.members) {
                    self.begin(Task::Members(no), now);
                }
            }
            Phase::Members => {
                self.phase = Phase::Waiting;
                self.allowed = false;
                let begun = self.cycle.unwrap_or(now);
                self.cycle = Some(begun.plus(RHYTHM).max(now));
                if let Some(reason) = self.score.objection() {
                    self.cycle = self.ward.enter(now, reason);
                    self.score = Score::default();
                }
            }
        }
    }

    fn begin_users(&mut self, company: &Company, now: Timestamp) {
        let due = self.people.iter();
        let tasks: Vec<_> = due
            .filter_map(|&no| self.due(&company.people[no]))
            .collect();
        let drops = self.groups.iter().filter(|no| !company.groups[**no].pushed);
        let removals = drops.count()
            + tasks
                .iter()
                .filter(|task| matches!(task, Task::Disable(_) | Task::Delete(_)))
                .count();
        if self.settings.threshold.is_some_and(|most| removals > most) && !self.allowed {
            let reason = format!("{removals} removals held back: accidental deletions prevention");
            self.cycle = self.ward.enter(now, &reason);
            self.phase = Phase::Waiting;
            return;
        }
        self.people.clear();
        self.phase = Phase::Users;
        for task in tasks {
            self.begin(task, now);
        }
    }

    /// Puts `task` into the present phase, or leaves it for a later cycle if it failed before.
    fn begin(&mut self, task: Task, now: Timestamp) {
        match self.escrow.get(&task) {
            Some((_, again)) if *again > now => self.keep(task),
            _ => self.pool.add(task),
        }
    }

    /// The application does not work: what was to be done stays to be done.
    fn stop(&mut self, reason: &str, now: Timestamp) {
        for task in self.pool.abandon() {
            self.keep(task);
        }
        self.phase = Phase::Waiting;
        self.cycle = self.ward.enter(now, reason);
    }

    fn keep(&mut self, task: Task) {
        match (task, task.subject()) {
            (Task::Manager(no), _) => {
                self.managers.insert(no);
            }
            (Task::Members(no), _) => {
                self.members.insert(no);
            }
            (_, Subject::Person(no)) => {
                self.people.insert(no);
            }
            (_, Subject::Group(no)) => {
                self.groups.insert(no);
            }
            (_, Subject::Server) => {}
        }
    }

    fn learn(&mut self, done: Vec<(Task, Outcome)>, company: &Company, now: Timestamp) {
        let mut refused = None;
        for (task, outcome) in done {
            match outcome {
                Ok(effects) => {
                    self.score.done += 1;
                    self.escrow.remove(&task);
                    for effect in effects {
                        self.take(task, effect, company);
                    }
                }
                Err(trouble) => {
                    let fatal = task == Task::Test || matches!(trouble.status, 401 | 403);
                    if fatal {
                        // Not the object's fault: it waits for nothing but the application.
                        refused = Some(reason(&trouble));
                        self.keep(task);
                        let name = task.subject().name(company);
                        self.book.fail(now, name, trouble);
                    } else {
                        self.fail(task, trouble, company, now);
                    }
                }
            }
        }
        if let Some(reason) = refused {
            self.stop(&reason, now);
        }
    }

    fn fail(&mut self, task: Task, trouble: Trouble, company: &Company, now: Timestamp) {
        match task {
            Task::Manager(_) | Task::Members(_) => self.score.references += 1,
            _ => self.score.failed += 1,
        }
        if trouble.status == 404
            && let Task::Members(no) = task
        {
            self.book.groups.remove(&no);
            self.groups.insert(no);
        }
        self.keep(task);
        let begun = self.cycle.unwrap_or(now);
        let (times, again) = self.escrow.entry(task).or_insert((0, now));
        let wait = RHYTHM.saturating_mul(1 << (*times).min(8)).min(SELDOM);
        *times += 1;
        *again = begun.plus(wait);
        self.book.fail(now, task.subject().name(company), trouble);
    }

    fn take(&mut self, task: Task, effect: Effect, company: &Company) {
        match (task.subject(), effect) {
            (Subject::Person(no), Effect::Linked(id)) => {
                let before = self.book.users.get(&no);
                let news = before.is_none_or(|link| link.id != id || link.disabled);
                self.book.link(no, id, false);
                if news {
                    self.refer_to(no, company);
                }
            }
            (Subject::Person(no), Effect::Created(id)) => {
                self.book.link(no, id, true);
                self.refer_to(no, company);
            }
            (Subject::Person(no), Effect::Disabled) => {
                self.book.ended.insert(no, Ending::Disabled);
                if company.people[no].assigned {
                    if let Some(link) = self.book.users.get_mut(&no) {
                        link.disabled = true;
                    }
                } else {
                    self.book.users.remove(&no);
                }
            }
            (Subject::Person(no), Effect::Unlinked) => {
                self.book.users.remove(&no);
                self.book.ended.insert(no, Ending::Deleted);
            }
            (Subject::Person(no), Effect::Manager(id)) => {
                if let Some(link) = self.book.users.get_mut(&no) {
                    link.manager = id;
                }
            }
            (Subject::Group(no), Effect::Linked(id) | Effect::Created(id)) => {
                self.book.link_group(no, id);
                self.members.insert(no);
            }
            (Subject::Group(no), Effect::Unlinked) => {
                self.book.groups.remove(&no);
            }
            (Subject::Group(no), Effect::Members(ids)) => {
                if let Some(link) = self.book.groups.get_mut(&no) {
                    link.members = ids.into_iter().collect();
                }
            }
            _ => {}
        }
    }

    /// Somebody has a new id: whatever refers to it is to be sent again.
    fn refer_to(&mut self, no: PersonNo, company: &Company) {
        self.managers.insert(no);
        let reports = company.people.iter();
        self.managers.extend(
            reports
                .filter(|person| person.manager == Some(no))
                .map(|person| person.no),
        );
        for (group, _) in company
            .groups
            .iter()
            .enumerate()
            .filter(|(_, group)| group.members.contains(&no))
        {
            self.members.insert(group);
        }
    }
}

fn group_task(company: &Company, no: GroupNo) -> Task {
    if company.groups[no].pushed {
        Task::Group(no)
    } else {
        Task::Drop(no)
    }
}

fn reason(trouble: &Trouble) -> String {
    match trouble.status {
        0 => "no answer".to_owned(),
        200..=299 => trouble.detail.clone(),
        status => format!("{} answered {status}", trouble.operation),
    }
}

impl Machine for Entra {
    fn notice(&mut self, change: Change, _company: &Company, _now: Timestamp) {
        match change {
            Change::Wanted(no)
            | Change::Unassigned(no)
            | Change::Left(no)
            | Change::Erased(no)
            | Change::Suspended(no)
            | Change::Resumed(no)
            | Change::Profile(no) => {
                self.people.insert(no);
            }
            Change::Manager(no) => {
                self.managers.insert(no);
            }
            Change::Password(_) => {}
            Change::Group(no) | Change::Dropped(no) => {
                self.groups.insert(no);
            }
            Change::Members(no) => {
                self.members.insert(no);
            }
        }
    }

    fn want(&mut self, company: &Company, now: Timestamp) -> Want {
        loop {
            if self.pool.idle() {
                if self.phase == Phase::Waiting {
                    match self.cycle {
                        Some(at) if at <= now => {}
                        Some(at) => return Want::Sleep(at),
                        None => return Want::Nothing,
                    }
                    self.cycle = Some(now);
                }
                self.next_phase(company, now);
                continue;
            }
            let mut done = Vec::new();
            // Taken out, so that beginning a sequence may look at everything else.
            let mut pool = std::mem::replace(&mut self.pool, Pool::new(WIDTH));
            let want = pool.want(now, |task| self.job(task, company), &mut done);
            self.pool = pool;
            self.learn(done, company, now);
            match want {
                Want::Nothing => {}
                Want::Wave(wave) if wave.is_empty() => {}
                want => return want,
            }
        }
    }

    fn answers(&mut self, replies: Vec<Reply>, company: &Company, now: Timestamp) {
        let mut done = Vec::new();
        self.pool.answers(now, replies, &mut done);
        self.learn(done, company, now);
    }

    fn command(&mut self, command: Command, company: &Company, now: Timestamp) {
        self.escrow.clear();
        match command {
            // Saving the credentials tests them and restarts the job at once.
            Command::Connected => self.cycle = Some(now),
            Command::AllowDeletes => {
                self.allowed = true;
                self.cycle = Some(now);
            }
            Command::Restart => {
                self.book.users.clear();
                self.book.groups.clear();
                self.people = company.people.iter().map(|person| person.no).collect();
                self.groups = (0..company.groups.len()).collect();
                self.score = Score::default();
                self.cycle = Some(now);
            }
            Command::Resubmit | Command::Import => {}
        }
    }

    fn forget(&mut self, people: &[PersonNo], _now: Timestamp) {
        for &no in people {
            self.book.users.remove(&no);
            self.people.insert(no);
        }
    }

    fn book(&self) -> &Book {
        &self.book
    }

    fn presence(&self, person: &Person) -> Presence {
        if person.works() {
            return Presence::Active;
        }
        self.book.presence(person.no)
    }

    fn mapping(&self) -> Mapping {
        Mapping {
            department: true,
            manager: true,
        }
    }

    fn quarantines(&self) -> &[Quarantine] {
        &self.ward.past
    }
}
