//! Which sequence a task of a cycle begins, from what is known when its turn comes.

use std::collections::BTreeSet;

use super::Entra;
use super::jobs::{App, Membership};
use super::say::Shapes;
use crate::simulate::company::{Company, GroupNo, PersonNo};
use crate::simulate::pool::Task;
use crate::simulate::talk::{Job, Line};

impl Entra {
    fn membership(&self, no: GroupNo, company: &Company) -> Option<(String, Membership)> {
        let link = self.book.groups.get(&no)?;
        let members = company.groups[no].members.iter();
        let wanted: Vec<_> = members
            .filter_map(|&no| self.book.id(no).map(str::to_owned))
            .collect();
        let all: BTreeSet<_> = wanted.iter().collect();
        let missing = wanted.iter().filter(|id| !link.members.contains(*id));
        let surplus = link.members.iter().filter(|id| !all.contains(id));
        let change = Membership {
            missing: missing.cloned().collect(),
            surplus: surplus.cloned().collect(),
            wanted: wanted.clone(),
        };
        Some((link.id.clone(), change))
    }

    /// The sequence for `task`; `None` if there is nothing to say.
    pub(super) fn job(&mut self, task: Task, company: &Company) -> Option<Job> {
        let (shapes, base) = (
            Shapes {
                flag: self.settings.flag,
            },
            self.settings.base.clone(),
        );
        let app = move |line: Line| App { shapes, base, line };
        let person = |no: usize| company.people[no].clone();
        let id = |no: PersonNo| self.book.id(no).map(str::to_owned);
        Some(match task {
            Task::Test => {
                let guid = self.dice.uuid().to_string();
                Job::new(move |line| app(line).test(guid))
            }
            Task::Assign(no) => {
                let person = person(no);
                Job::new(move |line| async move { app(line).assign(&person).await })
            }
            Task::Update(no) => {
                let (person, id) = (person(no), id(no)?);
                Job::new(move |line| async move { app(line).update(&id, &person).await })
            }
            Task::Disable(no) => {
                let id = id(no)?;
                Job::new(move |line| async move { app(line).disable(&id).await })
            }
            Task::Delete(no) => {
                let id = id(no)?;
                Job::new(move |line| async move { app(line).delete_user(&id).await })
            }
            Task::Manager(no) => {
                let link = self.book.users.get(&no)?;
                let manager = company.people[no].manager.and_then(id);
                if link.disabled || link.manager == manager {
                    return None;
                }
                let id = link.id.clone();
                Job::new(move |line| async move { app(line).manager(&id, manager).await })
            }
            Task::Group(no) => {
                let group = company.groups[no].clone();
                match self.book.groups.get(&no).map(|link| link.id.clone()) {
                    Some(id) => {
                        Job::new(
                            move |line| async move { app(line).update_group(&id, &group).await },
                        )
                    }
                    None => {
                        Job::new(move |line| async move { app(line).assign_group(&group).await })
                    }
                }
            }
            Task::Drop(no) => {
                let id = self.book.groups.get(&no)?.id.clone();
                Job::new(move |line| async move { app(line).delete_group(&id).await })
            }
            Task::Members(no) => {
                let (id, change) = self.membership(no, company)?;
                if change.missing.is_empty() && change.surplus.is_empty() {
                    return None;
                }
                Job::new(move |line| async move { app(line).members(&id, change).await })
            }
            // Entra sends no passwords, pushes nothing on demand and imports nothing here.
            Task::Password(_) | Task::Push(_) | Task::Import => return None,
        })
    }
}
