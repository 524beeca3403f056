//! The directory that a simulated provider keeps: people, groups, managers, who is assigned to
//! the application. Events of working life change it; what changed is told to the client.

use std::collections::BTreeSet;

use super::dice::Dice;
pub(super) use super::event::{Change, Event};
use crate::bench::people::{DEPARTMENTS, FAMILIES, GIVEN, choose, mix};

/// Number of a person.
pub(super) type PersonNo = usize;
/// Number of a group.
pub(super) type GroupNo = usize;

/// Where a person stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// At work.
    Employed,
    /// For the time being without access.
    Suspended,
    /// Gone; the provider keeps the account for a while.
    Left,
    /// The account is gone for good.
    Erased,
}

/// Somebody.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub no: PersonNo,
    pub given: String,
    pub family: String,
    pub user_name: String,
    pub external_id: String,
    pub title: Option<String>,
    pub department: Option<String>,
    pub manager: Option<PersonNo>,
    pub standing: Standing,
    /// Assigned to the application, or in its scope.
    pub assigned: bool,
    /// How often the password was changed.
    pub passwords: u64,
}

impl Person {
    /// Given and family name.
    pub fn name(&self) -> String {
        format!("{} {}", self.given, self.family)
    }

    /// True if the person is to have an account that works.
    pub fn works(&self) -> bool {
        self.assigned && self.standing == Standing::Employed
    }
}

/// A group of people.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub name: String,
    pub external_id: String,
    pub members: BTreeSet<PersonNo>,
    /// In scope, or pushed.
    pub pushed: bool,
    /// Names that it had before.
    pub former: Vec<String>,
}

/// What stands before the `@`.
fn local_part(user_name: &str) -> &str {
    user_name
        .split_once('@')
        .map_or(user_name, |(local, _)| local)
}

/// Titles.
const TITLES: [&str; 5] = [
    "Analyst",
    "Account Executive",
    "Engineer",
    "Team Lead",
    "Consultant",
];
/// People of a team.
const TEAM: usize = 20;
/// One in so many has neither title nor department.
const BARE: u64 = 9;

/// Everybody and every group.
#[derive(Clone, Debug)]
pub(super) struct Company {
    pub people: Vec<Person>,
    pub groups: Vec<Group>,
    /// What every `userName` ends with.
    pub domain: String,
    /// What every `externalId` begins with; if nothing, it is the local part of the first
    /// `userName`.
    prefix: &'static str,
    /// What the names of groups begin with.
    group_prefix: String,
    seed: u64,
    dice: Dice,
}

impl Company {
    /// A company of so many people, in departments and teams; the names of its groups begin
    /// with `groups`.
    pub fn new(seed: u64, domain: &str, prefix: &'static str, people: usize, groups: &str) -> Self {
        // Two clients of one server are to be two companies.
        let seed = domain
            .bytes()
            .fold(seed, |seed, byte| mix(seed ^ u64::from(byte)));
        let mut company = Self {
            people: Vec::with_capacity(people),
            groups: Vec::new(),
            domain: domain.to_owned(),
            prefix,
            group_prefix: groups.to_owned(),
            seed,
            dice: Dice::new(seed, 1),
        };
        for department in DEPARTMENTS {
            company.add_group(format!("{groups}{department}"));
        }
        let mut quiet = Vec::new();
        for _ in 0..people {
            company.join(&mut quiet);
        }
        for first in (0..people).step_by(TEAM) {
            let group = company.add_group(format!("{groups}Team {}", first / TEAM + 1));
            let members = (first..people).take(TEAM);
            company.groups[group].members.extend(members);
        }
        company
    }

    fn add_group(&mut self, name: String) -> GroupNo {
        let no = self.groups.len();
        self.groups.push(Group {
            name,
            external_id: format!("grp-{:016x}", self.unique(no, 3)),
            members: BTreeSet::new(),
            pushed: true,
            former: Vec::new(),
        });
        no
    }

    fn unique(&self, no: usize, stream: u64) -> u64 {
        mix(self.seed ^ mix(stream) ^ u64::try_from(no).unwrap_or(u64::MAX))
    }

    fn user_name(&self, given: &str, family: &str, no: PersonNo) -> String {
        let local = format!("{given}.{family}{no}").to_lowercase();
        format!("{local}@{}", self.domain)
    }

    /// The departments' groups.
    fn department_group(name: Option<&str>) -> Option<GroupNo> {
        DEPARTMENTS
            .iter()
            .position(|department| Some(*department) == name)
    }

    fn join(&mut self, changes: &mut Vec<Change>) -> PersonNo {
        let no = self.people.len();
        let given = choose(&GIVEN, self.dice.roll()).to_owned();
        let family = choose(&FAMILIES, self.dice.roll()).to_owned();
        let bare = self.dice.below(BARE) == 0;
        let title = (!bare).then(|| choose(&TITLES, self.dice.roll()).to_owned());
        let department = (!bare).then(|| choose(&DEPARTMENTS, self.dice.roll()).to_owned());
        let manager = self.boss_for(no);
        let user_name = self.user_name(&given, &family, no);
        let external_id = match self.prefix {
            "" => local_part(&user_name).to_owned(),
            prefix => format!("{prefix}{:013x}", self.unique(no, 2) >> 12),
        };
        self.people.push(Person {
            no,
            user_name,
            external_id,
            given,
            family,
            title,
            department,
            manager,
            standing: Standing::Employed,
            assigned: true,
            passwords: 0,
        });
        changes.push(Change::Wanted(no));
        self.enter_department(no, changes);
        no
    }

    /// Somebody who works here, for a manager: one of the first tenth.
    fn boss_for(&mut self, no: PersonNo) -> Option<PersonNo> {
        let seniors = self.people.len().div_ceil(10);
        let mut draw = || self.dice.index(seniors);
        // A few draws find one in any company that has enough people left.
        (0..8)
            .map(|_| draw())
            .find(|&boss| boss != no && self.people.get(boss).is_some_and(Person::works))
    }

    fn enter_department(&mut self, no: PersonNo, changes: &mut Vec<Change>) {
        if let Some(group) = Self::department_group(self.people[no].department.as_deref()) {
            self.enter(no, group, changes);
        }
    }

    fn enter(&mut self, no: PersonNo, group: GroupNo, changes: &mut Vec<Change>) {
        if self.groups[group].pushed && self.groups[group].members.insert(no) {
            changes.push(Change::Members(group));
        }
    }

    fn exit(&mut self, no: PersonNo, group: GroupNo, changes: &mut Vec<Change>) {
        if self.groups[group].members.remove(&no) {
            changes.push(Change::Members(group));
        }
    }

    fn exit_all(&mut self, no: PersonNo, changes: &mut Vec<Change>) {
        for group in 0..self.groups.len() {
            self.exit(no, group, changes);
        }
    }

    /// Whoever reports to `no` gets another manager.
    fn hand_over(&mut self, no: PersonNo, changes: &mut Vec<Change>) {
        let reports: Vec<_> = (0..self.people.len())
            .filter(|&other| self.people[other].manager == Some(no))
            .collect();
        for report in reports {
            self.people[report].manager = self.boss_for(report).filter(|&boss| boss != no);
            if self.people[report].works() {
                changes.push(Change::Manager(report));
            }
        }
    }

    /// Lets `event` happen; what follows from it, in order. Nothing follows from an event that
    /// cannot be: somebody who left cannot leave.
    pub fn apply(&mut self, event: &Event) -> Vec<Change> {
        let mut changes = Vec::new();
        if self.possible(event) {
            self.happen(event, &mut changes);
        }
        changes
    }

    fn possible(&self, event: &Event) -> bool {
        let person = |no: &PersonNo| self.people.get(*no);
        let group = |no: &GroupNo| self.groups.get(*no).is_some_and(|group| group.pushed);
        match event {
            Event::Join | Event::Found(_) => true,
            Event::Leave(no) => person(no).is_some_and(|person| {
                matches!(person.standing, Standing::Employed | Standing::Suspended)
            }),
            Event::Return(no) | Event::Erase(no) => {
                person(no).is_some_and(|person| person.standing == Standing::Left)
            }
            Event::Move(no)
            | Event::Marry(no)
            | Event::Suspend(no)
            | Event::Unassign(no)
            | Event::Password(no) => person(no).is_some_and(Person::works),
            Event::Resume(no) => {
                person(no).is_some_and(|person| person.standing == Standing::Suspended)
            }
            Event::Assign(no) => person(no)
                .is_some_and(|person| !person.assigned && person.standing == Standing::Employed),
            Event::Enter(no, to) => person(no).is_some_and(Person::works) && group(to),
            Event::Exit(no, from) => person(no).is_some() && group(from),
            Event::Rename(no, _) | Event::Empty(no) | Event::Drop(no) => group(no),
        }
    }

    fn happen(&mut self, event: &Event, changes: &mut Vec<Change>) {
        match *event {
            Event::Join => {
                self.join(changes);
            }
            Event::Leave(no) => {
                self.people[no].standing = Standing::Left;
                self.people[no].manager = None;
                changes.push(Change::Left(no));
                self.exit_all(no, changes);
                self.hand_over(no, changes);
            }
            Event::Return(no) => {
                self.people[no].standing = Standing::Employed;
                self.people[no].assigned = true;
                self.people[no].manager = self.boss_for(no);
                changes.push(Change::Wanted(no));
                self.enter_department(no, changes);
            }
            Event::Erase(no) => {
                self.people[no].standing = Standing::Erased;
                changes.push(Change::Erased(no));
            }
            Event::Move(no) => self.transfer(no, changes),
            Event::Marry(no) => {
                let person = &self.people[no];
                let family = choose(&FAMILIES, self.dice.roll()).to_owned();
                let user_name = self.user_name(&person.given, &family, no);
                let person = &mut self.people[no];
                (person.family, person.user_name) = (family, user_name);
                changes.push(Change::Profile(no));
            }
            Event::Suspend(no) => {
                self.people[no].standing = Standing::Suspended;
                changes.push(Change::Suspended(no));
            }
            Event::Resume(no) => {
                self.people[no].standing = Standing::Employed;
                changes.push(Change::Resumed(no));
            }
            Event::Unassign(no) => {
                self.people[no].assigned = false;
                changes.push(Change::Unassigned(no));
                self.hand_over(no, changes);
            }
            Event::Assign(no) => {
                self.people[no].assigned = true;
                changes.push(Change::Wanted(no));
            }
            Event::Enter(no, group) => self.enter(no, group, changes),
            Event::Exit(no, group) => self.exit(no, group, changes),
            Event::Password(no) => {
                self.people[no].passwords += 1;
                changes.push(Change::Password(no));
            }
            Event::Rename(no, ref name) => {
                let group = &mut self.groups[no];
                if group.name != *name {
                    let before = std::mem::replace(&mut group.name, name.clone());
                    group.former.push(before);
                    changes.push(Change::Group(no));
                }
            }
            Event::Empty(no) => {
                self.groups[no].members.clear();
                changes.push(Change::Members(no));
            }
            Event::Found(size) => {
                let no = self.add_group(format!(
                    "{}Project {}",
                    self.group_prefix,
                    self.groups.len()
                ));
                for _ in 0..size {
                    let person = self.dice.index(self.people.len());
                    if self.people.get(person).is_some_and(Person::works) {
                        self.groups[no].members.insert(person);
                    }
                }
                changes.push(Change::Group(no));
            }
            Event::Drop(no) => {
                self.groups[no].pushed = false;
                self.groups[no].members.clear();
                changes.push(Change::Dropped(no));
            }
        }
    }

    /// Gives somebody a `userName` of another form.
    pub fn alias(&mut self, no: PersonNo) {
        let person = &mut self.people[no];
        person.user_name = format!("alias.{}", person.user_name);
    }

    fn transfer(&mut self, no: PersonNo, changes: &mut Vec<Change>) {
        if let Some(group) = Self::department_group(self.people[no].department.as_deref()) {
            self.exit(no, group, changes);
        }
        let (department, title) = (self.dice.roll(), self.dice.roll());
        let manager = self.boss_for(no);
        let person = &mut self.people[no];
        person.department = Some(choose(&DEPARTMENTS, department).to_owned());
        person.title = Some(choose(&TITLES, title).to_owned());
        person.manager = manager;
        changes.extend([Change::Profile(no), Change::Manager(no)]);
        self.enter_department(no, changes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_makes_the_same_company_and_names_are_unique() {
        let (one, two) = (
            Company::new(5, "x.example", "00u", 300, ""),
            Company::new(5, "x.example", "00u", 300, ""),
        );
        let mut seen = BTreeSet::new();
        for (a, b) in one.people.iter().zip(&two.people) {
            assert_eq!((&a.user_name, a.manager), (&b.user_name, b.manager));
            assert!(seen.insert(a.user_name.clone()));
            assert!(seen.insert(a.external_id.clone()));
        }
        assert_eq!(one.groups.len(), 6 + 15);
        assert!(one.people.iter().any(|person| person.title.is_none()));
    }

    #[test]
    fn who_leaves_is_in_no_group_and_nobodys_manager() {
        let mut company = Company::new(1, "x.example", "00u", 100, "");
        let boss = company.people.iter().find_map(|p| p.manager).unwrap();
        let changes = company.apply(&Event::Leave(boss));
        assert_eq!(changes[0], Change::Left(boss));
        assert!(changes.iter().any(|c| matches!(c, Change::Manager(_))));
        assert!(company.groups.iter().all(|g| !g.members.contains(&boss)));
        assert!(company.people.iter().all(|p| p.manager != Some(boss)));
        assert_eq!(company.apply(&Event::Leave(boss)), []);
        assert_eq!(company.apply(&Event::Return(boss))[0], Change::Wanted(boss));
    }

    #[test]
    fn events_about_nobody_change_nothing() {
        let mut company = Company::new(1, "x.example", "00u", 3, "");
        for event in [
            Event::Leave(9),
            Event::Enter(0, 99),
            Event::Rename(99, String::new()),
            Event::Resume(0),
            Event::Assign(0),
        ] {
            assert_eq!(company.apply(&event), [], "{event:?}");
        }
    }
}
