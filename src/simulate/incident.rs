//! What goes wrong, or is done on a large scale, at a set time: plain data, so that scenarios
//! are files.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Deserializer, de};

use super::company::{Company, Event, GroupNo, PersonNo};
use super::dice::Dice;
use super::machine::Command;
use crate::clock::{Timestamp, parse_duration};

/// Something that happens so long after the start.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Timed {
    /// How long after the start: `2d`, `90m`.
    #[serde(deserialize_with = "span")]
    pub at: Duration,
    /// What.
    #[serde(flatten)]
    pub incident: Incident,
}

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Incident {
    /// The server takes the client's token no longer, and nobody notices: from now on the client
    /// sends the token of that name, which has expired or was revoked.
    TokenDies {
        /// Name of a token that the command was given; without one of that name, one that the
        /// server never issued is used.
        token: String,
    },
    /// An administrator of the provider enters a token.
    TokenEntered {
        /// Name of a token that the command was given; `main` is the first one.
        token: String,
    },
    /// An administrator of the provider enters a base URL.
    BaseEntered {
        /// Its path; without one the right one.
        path: Option<String>,
    },
    /// So many of a hundred people leave the scope at once.
    Unassign {
        /// How many of a hundred.
        percent: u64,
    },
    /// Everybody who left the scope comes back into it.
    Assign,
    /// So many people join at once.
    Onboard {
        /// How many.
        people: usize,
    },
    /// Everybody is taken out of a group.
    EmptyGroup {
        /// Its name.
        group: String,
    },
    /// A group gets another name.
    RenameGroup {
        /// Its name.
        group: String,
        /// Its new name.
        to: String,
    },
    /// The attribute that people are matched by gets other values, and the client starts over:
    /// nobody is found.
    Rematch {
        /// How many of a hundred people.
        percent: u64,
    },
    /// Somebody is unassigned and assigned again, over and over.
    Flap {
        /// How often.
        times: u32,
        /// From one change to the next.
        #[serde(deserialize_with = "span")]
        every: Duration,
    },
    /// Somebody tries tokens at random.
    Scan {
        /// How many.
        tokens: usize,
    },
    /// An administrator resubmits what failed.
    Resubmit,
    /// An administrator lets removals through that the provider held back.
    AllowDeletes,
    /// An administrator starts provisioning all over.
    Restart,
    /// The provider reads the server's users.
    Import,
}

/// Reads a length of time.
fn span<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_duration(&text)
        .ok_or_else(|| de::Error::custom("expected a length of time such as 90m, 12h or 2d"))
}

/// What an incident comes down to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Something in the provider's directory.
    Event(Event),
    /// An administrator's act.
    Command(Command),
    /// The client forgets who these people are at the server, whose names it changes.
    Rematch(Vec<PersonNo>),
    /// Requests go out with this token from now on.
    Token(String),
    /// Requests go to this path from now on.
    Base(Option<String>),
    /// So many requests with tokens at random.
    Scan(usize),
}

/// What is to happen, by time and in the order of the incidents.
#[derive(Clone, Debug, Default)]
pub(super) struct Agenda {
    acts: BTreeMap<(Timestamp, usize), Act>,
    planned: usize,
}

impl Agenda {
    /// When something happens next.
    pub fn due(&self) -> Option<Timestamp> {
        self.acts.keys().next().map(|(at, _)| *at)
    }

    /// What happens next.
    pub fn next(&mut self) -> Option<Act> {
        self.acts.pop_first().map(|(_, act)| act)
    }

    fn add(&mut self, at: Timestamp, act: Act) {
        self.acts.insert((at, self.planned), act);
        self.planned += 1;
    }

    /// Takes `incident` apart into what happens from `now` on.
    ///
    /// The company decides now who is meant: an incident is planned when its time has come.
    pub fn plan(
        &mut self,
        incident: &Incident,
        company: &Company,
        dice: &mut Dice,
        now: Timestamp,
    ) {
        let events: Vec<Event> = match incident {
            Incident::TokenDies { token } => return self.add(now, Act::Token(token.clone())),
            Incident::TokenEntered { token } => {
                self.add(now, Act::Token(token.clone()));
                return self.add(now, Act::Command(Command::Connected));
            }
            Incident::BaseEntered { path } => {
                self.add(now, Act::Base(path.clone()));
                return self.add(now, Act::Command(Command::Connected));
            }
            Incident::Scan { tokens } => return self.add(now, Act::Scan(*tokens)),
            Incident::Resubmit => return self.add(now, Act::Command(Command::Resubmit)),
            Incident::AllowDeletes => return self.add(now, Act::Command(Command::AllowDeletes)),
            Incident::Restart => return self.add(now, Act::Command(Command::Restart)),
            Incident::Import => return self.add(now, Act::Command(Command::Import)),
            Incident::Rematch { percent } => {
                return self.add(now, Act::Rematch(some(company, dice, *percent)));
            }
            Incident::Flap { times, every } => {
                if let Some(no) = some(company, dice, 100).first().copied() {
                    for time in 0..*times {
                        let at = now.plus(every.saturating_mul(2 * time));
                        self.add(at, Act::Event(Event::Unassign(no)));
                        self.add(at.plus(*every), Act::Event(Event::Assign(no)));
                    }
                }
                return;
            }
            Incident::Unassign { percent } => some(company, dice, *percent)
                .into_iter()
                .map(Event::Unassign)
                .collect(),
            Incident::Assign => {
                let out = company.people.iter().filter(|person| !person.assigned);
                out.map(|person| Event::Assign(person.no)).collect()
            }
            Incident::Onboard { people } => vec![Event::Join; *people],
            Incident::EmptyGroup { group } => named(company, group)
                .map(Event::Empty)
                .into_iter()
                .collect(),
            Incident::RenameGroup { group, to } => named(company, group)
                .map(|no| Event::Rename(no, to.clone()))
                .into_iter()
                .collect(),
        };
        for event in events {
            self.add(now, Act::Event(event));
        }
    }
}

/// So many of a hundred of those who work, drawn at random, the drawn ones in order.
fn some(company: &Company, dice: &mut Dice, percent: u64) -> Vec<PersonNo> {
    let mut working: Vec<_> = company
        .people
        .iter()
        .filter(|person| person.works())
        .map(|person| person.no)
        .collect();
    let all = u64::try_from(working.len()).unwrap_or(u64::MAX);
    let wanted = usize::try_from(all.saturating_mul(percent.min(100)) / 100).unwrap_or(0);
    for at in 0..wanted {
        let other = at + dice.index(working.len() - at);
        working.swap(at, other);
    }
    working.truncate(wanted);
    working
}

fn named(company: &Company, name: &str) -> Option<GroupNo> {
    let groups = company.groups.iter();
    groups
        .enumerate()
        .find_map(|(no, group)| (group.pushed && group.name == name).then_some(no))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_drawn_without_repetition() {
        let company = Company::new(2, "x.example", "", 50, "");
        let mut drawn = some(&company, &mut Dice::new(1, 1), 40);
        assert_eq!(drawn.len(), 20);
        drawn.sort_unstable();
        drawn.dedup();
        assert_eq!(drawn.len(), 20);
        assert_eq!(some(&company, &mut Dice::new(1, 1), 999).len(), 50);
        assert!(some(&company, &mut Dice::new(1, 1), 0).is_empty());
    }

    #[test]
    fn a_flapping_account_goes_and_comes() {
        let company = Company::new(2, "x.example", "", 5, "");
        let mut agenda = Agenda::default();
        let flap = Incident::Flap {
            times: 2,
            every: Duration::from_millis(10),
        };
        agenda.plan(&flap, &company, &mut Dice::new(1, 1), Timestamp(100));
        let mut seen = Vec::new();
        while let Some(at) = agenda.due() {
            let Some(Act::Event(event)) = agenda.next() else {
                panic!("events only");
            };
            seen.push((at.0, matches!(event, Event::Unassign(_))));
        }
        assert_eq!(seen, [(100, true), (110, false), (120, true), (130, false)]);
    }
}
