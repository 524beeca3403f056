//! Several sequences at a time, in an order that nothing but the queue decides.
//!
//! Every running sequence sends its next request in the same *wave*; their answers are handed
//! back in the order of the requests, whatever order they came in. So what a client learns, and
//! with it everything that it sends later, is the same in every run.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use super::company::{Company, GroupNo, PersonNo};
use super::talk::{Job, Outcome, Reply, Request, Step};
use crate::clock::Timestamp;

/// Something that a client has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Task {
    /// See whether the connection works.
    Test,
    /// Make or find the account, and bring it up to date.
    Assign(PersonNo),
    /// Bring the account up to date.
    Update(PersonNo),
    /// Send the password.
    Password(PersonNo),
    /// Disable the account.
    Disable(PersonNo),
    /// Delete the account.
    Delete(PersonNo),
    /// Set the manager.
    Manager(PersonNo),
    /// Make or find the group, and name it.
    Group(GroupNo),
    /// Set the members of the group.
    Members(GroupNo),
    /// Send the group and all its members whether or not they changed.
    Push(GroupNo),
    /// Delete the group.
    Drop(GroupNo),
    /// Read everything.
    Import,
}

/// What a task is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// Nothing in particular.
    Server,
    /// A person.
    Person(PersonNo),
    /// A group.
    Group(GroupNo),
}

impl Subject {
    /// Its name, for people.
    pub fn name(self, company: &Company) -> String {
        match self {
            Self::Server => String::new(),
            Self::Person(no) => company.people[no].user_name.clone(),
            Self::Group(no) => company.groups[no].name.clone(),
        }
    }
}

impl Task {
    /// What it is about.
    pub const fn subject(self) -> Subject {
        match self {
            Self::Test | Self::Import => Subject::Server,
            Self::Assign(no)
            | Self::Update(no)
            | Self::Password(no)
            | Self::Disable(no)
            | Self::Delete(no)
            | Self::Manager(no) => Subject::Person(no),
            Self::Group(no) | Self::Members(no) | Self::Push(no) | Self::Drop(no) => {
                Subject::Group(no)
            }
        }
    }

    /// Tasks of different phases do not run at the same time: a group's members have to exist.
    const fn phase(self) -> u8 {
        match self {
            Self::Test | Self::Import => 0,
            Self::Manager(_) => 2,
            Self::Group(_) | Self::Push(_) | Self::Drop(_) => 3,
            Self::Members(_) => 4,
            _ => 1,
        }
    }
}

struct Running {
    task: Task,
    job: Job,
    state: State,
}

enum State {
    Fresh,
    Asks(Request),
    Asked,
    Pauses(Timestamp),
}

/// What a pool wants.
#[derive(Debug, PartialEq)]
pub(super) enum Want {
    /// These requests answered, in this order.
    Wave(Vec<Request>),
    /// To be asked again at this time: the server asked for a pause until then.
    Pause(Timestamp),
    /// To be asked again at this time: the client's own rhythm.
    Sleep(Timestamp),
    /// Nothing.
    Nothing,
}

/// The queue and what runs.
pub(super) struct Pool {
    queue: VecDeque<Task>,
    /// What the queue holds.
    waiting: BTreeSet<Task>,
    running: Vec<Running>,
    width: usize,
}

impl Pool {
    /// A pool that runs so many sequences at a time.
    pub fn new(width: usize) -> Self {
        Self {
            queue: VecDeque::new(),
            waiting: BTreeSet::new(),
            running: Vec::new(),
            width: width.max(1),
        }
    }

    /// True if there is nothing to do.
    pub fn idle(&self) -> bool {
        self.queue.is_empty() && self.running.is_empty()
    }

    /// Puts `task` at the end, unless it waits there already.
    pub fn add(&mut self, task: Task) {
        if self.waiting.insert(task) {
            self.queue.push_back(task);
        }
    }

    /// Forgets all that has not begun, and all that has; those were they.
    pub fn abandon(&mut self) -> Vec<Task> {
        self.waiting.clear();
        let running = self.running.drain(..).map(|running| running.task);
        running.chain(self.queue.drain(..)).collect()
    }

    /// The next task that may begin now. None overtakes another.
    fn ready(&mut self) -> Option<Task> {
        let task = *self.queue.front()?;
        let free = self.running.len() < self.width
            && self.running.iter().all(|other| {
                other.task.phase() == task.phase() && other.task.subject() != task.subject()
            });
        if !free {
            return None;
        }
        self.waiting.remove(&task);
        self.queue.pop_front()
    }

    /// Begins what can begin (`start` makes the sequence; `None` if there is nothing to say), and
    /// goes on with what has paused long enough; what ended is given to `done`.
    pub fn want(
        &mut self,
        now: Timestamp,
        mut start: impl FnMut(Task) -> Option<Job>,
        done: &mut Vec<(Task, Outcome)>,
    ) -> Want {
        while let Some(task) = self.ready() {
            if let Some(job) = start(task) {
                let state = State::Fresh;
                self.running.push(Running { task, job, state });
            }
        }
        let before = done.len();
        self.go_on(now, done);
        // What ended makes room, but what it brought about has to be known first.
        if done.len() > before {
            return Want::Wave(Vec::new());
        }
        let mut wave = Vec::new();
        for running in &mut self.running {
            match std::mem::replace(&mut running.state, State::Asked) {
                State::Asks(request) => wave.push(request),
                other => running.state = other,
            }
        }
        if !wave.is_empty() {
            return Want::Wave(wave);
        }
        let pauses = self
            .running
            .iter()
            .filter_map(|running| match running.state {
                State::Pauses(until) => Some(until),
                _ => None,
            });
        pauses.min().map_or(Want::Nothing, Want::Pause)
    }

    fn go_on(&mut self, now: Timestamp, done: &mut Vec<(Task, Outcome)>) {
        let go = |running: &mut Running| match running.state {
            State::Fresh => Some(None),
            State::Pauses(until) if until <= now => Some(Some(Reply::default())),
            _ => None,
        };
        self.step_each(now, go, done);
    }

    /// The answers to the last wave, in its order.
    pub fn answers(
        &mut self,
        now: Timestamp,
        replies: Vec<Reply>,
        done: &mut Vec<(Task, Outcome)>,
    ) {
        let mut replies = replies.into_iter();
        let go = |running: &mut Running| match running.state {
            State::Asked => replies.next().map(Some),
            _ => None,
        };
        self.step_each(now, go, done);
    }

    fn step_each(
        &mut self,
        now: Timestamp,
        mut go: impl FnMut(&mut Running) -> Option<Option<Reply>>,
        done: &mut Vec<(Task, Outcome)>,
    ) {
        self.running.retain_mut(|running| {
            let Some(reply) = go(running) else {
                return true;
            };
            match running.job.step(reply) {
                Step::Ask(request) => running.state = State::Asks(request),
                Step::Pause(time) => running.state = State::Pauses(now.plus(time)),
                Step::Done(outcome) => {
                    done.push((running.task, outcome));
                    return false;
                }
            }
            true
        });
    }
}

/// How long a wave takes in the simulation.
pub(super) const BEAT: Duration = Duration::from_millis(250);

#[cfg(test)]
mod tests {
    use super::*;

    fn job(task: Task) -> Job {
        Job::new(move |line| async move {
            for step in 0..2 {
                line.ask(Request::get(format!("{task:?}/{step}"))).await;
            }
            Ok(Vec::new())
        })
    }

    /// Runs it all; the paths of every wave.
    fn run(pool: &mut Pool) -> Vec<Vec<String>> {
        let mut waves = Vec::new();
        let mut done = Vec::new();
        loop {
            match pool.want(Timestamp(0), |task| Some(job(task)), &mut done) {
                Want::Wave(wave) => {
                    let replies = wave.iter().map(|_| Reply::default()).collect();
                    waves.push(wave.into_iter().map(|request| request.path).collect());
                    pool.answers(Timestamp(0), replies, &mut done);
                }
                Want::Pause(_) | Want::Sleep(_) => panic!("nothing pauses"),
                Want::Nothing => return waves,
            }
        }
    }

    #[test]
    fn tasks_run_side_by_side_but_not_on_one_subject_nor_across_phases() {
        let mut pool = Pool::new(2);
        for task in [
            Task::Assign(1),
            Task::Update(1),
            Task::Assign(2),
            Task::Members(0),
        ] {
            pool.add(task);
        }
        pool.add(Task::Members(0));
        let expected: [&[&str]; 6] = [
            &["Assign(1)/0"],
            &["Assign(1)/1"],
            &["Update(1)/0", "Assign(2)/0"],
            &["Update(1)/1", "Assign(2)/1"],
            &["Members(0)/0"],
            &["Members(0)/1"],
        ];
        assert_eq!(run(&mut pool), expected);
        assert!(pool.idle());
    }

    #[test]
    fn a_pause_lasts_until_its_end() {
        let mut pool = Pool::new(1);
        pool.add(Task::Test);
        let mut done = Vec::new();
        let mut pausing = |_| {
            Some(Job::new(|line| async move {
                line.pause(Duration::from_secs(2)).await;
                Ok(Vec::new())
            }))
        };
        let at = Timestamp(2000);
        assert_eq!(
            pool.want(Timestamp(0), &mut pausing, &mut done),
            Want::Pause(at)
        );
        assert_eq!(
            pool.want(Timestamp(1999), &mut pausing, &mut done),
            Want::Pause(at)
        );
        pool.want(at, &mut pausing, &mut done);
        assert_eq!(done, [(Task::Test, Ok(Vec::new()))]);
    }
}
