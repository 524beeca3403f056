//! Clients that push each change as it happens: Okta and most others. They differ in what they
//! say, which is a [`Dialect`]; when they say it is the same.
//!
//! The connection is tested first, and nothing else is sent until that works. Changes of users go out before those of groups, because a group is pushed with the members
//! that the application already has. What fails is not tried again by itself (but for 429): it
//! becomes a task for an administrator, who may resubmit it.

pub(super) mod okta;
pub(super) mod plain;
pub(super) mod ways;

use std::collections::BTreeSet;

use crate::clock::Timestamp;
use crate::simulate::book::{Book, Ending};
use crate::simulate::company::{Change, Company, GroupNo, Person, PersonNo, Standing};
use crate::simulate::machine::{Command, Machine, Mapping, Presence};
use crate::simulate::pool::{Pool, Subject, Task, Want};
use crate::simulate::talk::{Effect, Job, Outcome, Reply, Trouble};

/// How a client behaves towards an application, whatever it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Manners {
    /// Sequences at a time.
    pub width: usize,
    /// Tells the application of suspensions.
    pub suspends: bool,
    /// Deletes accounts that leave the scope, instead of disabling them.
    pub deletes: bool,
    /// Sends passwords.
    pub passwords: bool,
    /// What it sends of a person.
    pub mapping: Mapping,
}

/// What a client knows when it begins to say something.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub company: &'a Company,
    pub book: &'a Book,
}

impl View<'_> {
    /// The members that a group is to have: ids and `userName`s of those with an account.
    pub fn members(&self, group: GroupNo) -> Vec<(String, String)> {
        let wanted = self.company.groups[group].members.iter();
        wanted
            .filter_map(|&no| {
                let link = self.book.users.get(&no)?;
                let name = &self.company.people[no].user_name;
                (!link.disabled).then(|| (link.id.clone(), name.clone()))
            })
            .collect()
    }

    /// The members that are missing and those that are too many, against what was sent before.
    pub fn difference(&self, group: GroupNo) -> (Vec<(String, String)>, Vec<String>) {
        let before = self.book.groups.get(&group).map(|link| &link.members);
        let wanted = self.members(group);
        let ids: BTreeSet<_> = wanted.iter().map(|(id, _)| id).collect();
        let surplus = before.into_iter().flatten();
        let surplus = surplus.filter(|id| !ids.contains(id)).cloned().collect();
        let missing = wanted
            .into_iter()
            .filter(|(id, _)| before.is_none_or(|before| !before.contains(id)))
            .collect();
        (missing, surplus)
    }
}

/// What a client says.
pub(super) trait Dialect: Send {
    /// How it behaves.
    fn manners(&self) -> Manners;
    /// What it says to do `task`; `None` if there is nothing to say.
    fn job(&mut self, task: Task, view: View<'_>) -> Option<Job>;
}

/// The machine.
pub(super) struct Direct<D> {
    dialect: D,
    pool: Pool,
    book: Book,
    /// What waits until all users are done.
    later: BTreeSet<Task>,
    /// What failed, for an administrator.
    tasks: BTreeSet<Task>,
    connection: Connection,
    /// What waits for a connection that works.
    backlog: BTreeSet<Task>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Connection {
    Untested,
    Refused,
    Works,
}

impl<D: Dialect> Direct<D> {
    /// A client of an application that has nobody of `company` yet, and is to have everybody.
    pub fn new(dialect: D, company: &Company) -> Self {
        let manners = dialect.manners();
        let mut machine = Self {
            pool: Pool::new(manners.width),
            dialect,
            book: Book::default(),
            later: BTreeSet::new(),
            tasks: BTreeSet::new(),
            connection: Connection::Untested,
            backlog: BTreeSet::new(),
        };
        machine.pool.add(Task::Test);
        for person in &company.people {
            machine.do_first(Task::Assign(person.no));
        }
        for group in 0..company.groups.len() {
            machine.later.insert(Task::Group(group));
        }
        machine
    }

    fn do_first(&mut self, task: Task) {
        if self.connection == Connection::Works {
            self.pool.add(task);
        } else {
            self.backlog.insert(task);
        }
    }

    fn members_of(&mut self, person: PersonNo, company: &Company) {
        for (no, group) in company.groups.iter().enumerate() {
            if group.pushed && group.members.contains(&person) {
                self.later.insert(Task::Members(no));
            }
        }
    }

    fn learn(&mut self, done: Vec<(Task, Outcome)>, company: &Company, now: Timestamp) {
        for (task, outcome) in done {
            match (task, &outcome) {
                (Task::Test, Ok(_)) => {
                    self.connection = Connection::Works;
                    for task in std::mem::take(&mut self.backlog) {
                        self.pool.add(task);
                    }
                }
                (Task::Test, Err(_)) => self.connection = Connection::Refused,
                _ => {}
            }
            match outcome {
                Ok(effects) => {
                    for effect in effects {
                        self.take(task, &effect, company);
                    }
                }
                Err(trouble) => self.fail(task, trouble, company, now),
            }
        }
    }

    fn take(&mut self, task: Task, effect: &Effect, company: &Company) {
        match (task.subject(), effect) {
            (Subject::Person(no), Effect::Linked(id)) => {
                let before = self.book.users.get(&no);
                let news = before.is_none_or(|link| link.id != *id || link.disabled);
                self.book.link(no, id.clone(), false);
                if news {
                    self.members_of(no, company);
                }
            }
            (Subject::Person(no), Effect::Created(id)) => {
                self.book.link(no, id.clone(), true);
                self.members_of(no, company);
            }
            (Subject::Person(no), Effect::Disabled) => {
                if let Some(link) = self.book.users.get_mut(&no) {
                    link.disabled = true;
                }
                self.book.ended.insert(no, Ending::Disabled);
                self.members_of(no, company);
            }
            (Subject::Person(no), Effect::Unlinked | Effect::LetGo) => {
                let ending = match effect {
                    Effect::LetGo => Ending::LetGo,
                    _ => Ending::Deleted,
                };
                self.book.users.remove(&no);
                self.book.ended.insert(no, ending);
                self.members_of(no, company);
            }
            (Subject::Person(no), Effect::Manager(id)) => {
                if let Some(link) = self.book.users.get_mut(&no) {
                    link.manager.clone_from(id);
                }
            }
            (Subject::Group(no), Effect::Linked(id) | Effect::Created(id)) => {
                self.book.link_group(no, id.clone());
            }
            (Subject::Group(no), Effect::Unlinked) => {
                self.book.groups.remove(&no);
            }
            (Subject::Group(no), Effect::Members(ids)) => {
                if let Some(link) = self.book.groups.get_mut(&no) {
                    link.members = ids.iter().cloned().collect();
                }
            }
            (Subject::Person(_), Effect::Members(_)) | (Subject::Server | Subject::Group(_), _) => {
            }
        }
    }

    fn fail(&mut self, task: Task, trouble: Trouble, company: &Company, now: Timestamp) {
        // The object is gone at the server: the client lets go of it.
        if trouble.status == 404 && trouble.operation.contains("{id}") {
            match task.subject() {
                Subject::Person(no) => {
                    self.book.users.remove(&no);
                    self.book.ended.insert(no, Ending::Disabled);
                }
                Subject::Group(no) => {
                    self.book.groups.remove(&no);
                }
                Subject::Server => {}
            }
        }
        if task.subject() != Subject::Server {
            self.tasks.insert(task);
        }
        self.book.fail(now, task.subject().name(company), trouble);
    }
}

impl<D: Dialect> Machine for Direct<D> {
    fn notice(&mut self, change: Change, company: &Company, _now: Timestamp) {
        let manners = self.dialect.manners();
        let ends = |no| {
            if manners.deletes {
                Task::Delete(no)
            } else {
                Task::Disable(no)
            }
        };
        match change {
            Change::Wanted(no) => {
                self.do_first(Task::Assign(no));
                self.members_of(no, company);
            }
            Change::Unassigned(no) | Change::Left(no) => self.do_first(ends(no)),
            Change::Suspended(no) if manners.suspends => self.do_first(Task::Disable(no)),
            Change::Resumed(no) if manners.suspends => {
                self.do_first(Task::Assign(no));
                self.members_of(no, company);
            }
            Change::Profile(no) => self.do_first(Task::Update(no)),
            Change::Manager(no) if manners.mapping.manager => self.do_first(Task::Update(no)),
            Change::Password(no) if manners.passwords => self.do_first(Task::Password(no)),
            Change::Group(no) => {
                self.later.insert(Task::Group(no));
            }
            Change::Members(no) => {
                self.later.insert(Task::Members(no));
            }
            Change::Dropped(no) => {
                self.later.insert(Task::Drop(no));
            }
            Change::Suspended(_)
            | Change::Resumed(_)
            | Change::Erased(_)
            | Change::Manager(_)
            | Change::Password(_) => {}
        }
    }

    fn want(&mut self, company: &Company, now: Timestamp) -> Want {
        if self.pool.idle() && self.connection == Connection::Works {
            for task in std::mem::take(&mut self.later) {
                self.pool.add(task);
            }
        }
        let mut done = Vec::new();
        let (dialect, book) = (&mut self.dialect, &self.book);
        let start = |task| dialect.job(task, View { company, book });
        let want = self.pool.want(now, start, &mut done);
        let more = !done.is_empty() || !self.later.is_empty();
        self.learn(done, company, now);
        match want {
            Want::Nothing if more && self.connection == Connection::Works => Want::Wave(Vec::new()),
            want => want,
        }
    }

    fn answers(&mut self, replies: Vec<Reply>, company: &Company, now: Timestamp) {
        let mut done = Vec::new();
        self.pool.answers(now, replies, &mut done);
        self.learn(done, company, now);
    }

    fn command(&mut self, command: Command, company: &Company, _now: Timestamp) {
        match command {
            Command::Connected => {
                self.pool.add(Task::Test);
            }
            Command::Resubmit => {
                for task in std::mem::take(&mut self.tasks) {
                    match task.subject() {
                        Subject::Group(_) => {
                            self.later.insert(task);
                        }
                        _ => self.do_first(task),
                    }
                }
            }
            Command::Restart => {
                for person in company.people.iter().filter(|person| person.assigned) {
                    self.do_first(Task::Assign(person.no));
                }
                for (no, group) in company.groups.iter().enumerate() {
                    if group.pushed {
                        self.later.insert(Task::Push(no));
                    }
                }
            }
            Command::Import => self.pool.add(Task::Import),
            Command::AllowDeletes => {}
        }
    }

    fn forget(&mut self, people: &[PersonNo], _now: Timestamp) {
        for &no in people {
            self.book.users.remove(&no);
            self.do_first(Task::Assign(no));
        }
    }

    fn book(&self) -> &Book {
        &self.book
    }

    fn presence(&self, person: &Person) -> Presence {
        let manners = self.dialect.manners();
        let suspended = person.standing == Standing::Suspended;
        if person.works() || (person.assigned && suspended && !manners.suspends) {
            return Presence::Active;
        }
        self.book.presence(person.no)
    }

    fn mapping(&self) -> Mapping {
        self.dialect.manners().mapping
    }
}
