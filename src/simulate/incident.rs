//! What goes wrong, or is done on a large scale, at a set time: plain data, so that scenarios
//! are files.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, de};

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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
        #[serde(deserialize_with = "span", skip_serializing)]
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
    /// The client sends nothing for so long, whatever happens.
    Silent {
        /// How long.
        #[serde(deserialize_with = "span", skip_serializing)]
        lasts: Duration,
    },
    /// So many of a hundred requests fail on the server's side.
    ServerFails {
        /// How many of a hundred.
        percent: u64,
        /// How long that lasts.
        #[serde(deserialize_with = "span", skip_serializing)]
        lasts: Duration,
    },
    /// Every answer of the server takes so long.
    ServerSlow {
        /// How long, in milliseconds.
        millis: u64,
        /// How long that lasts.
        #[serde(deserialize_with = "span", skip_serializing)]
        lasts: Duration,
    },
    /// The server's disk fills up.
    DiskFull {
        /// How many of a hundred parts are free.
        free: u64,
        /// How long that lasts.
        #[serde(deserialize_with = "span", skip_serializing)]
        lasts: Duration,
    },
    /// The server's operator gives a group roles, by its name.
    GrantRole {
        /// Its name at the server.
        group: String,
    },
    /// Another client of the same Org deletes so many of a hundred users.
    DeletedElsewhere {
        /// How many of a hundred.
        percent: u64,
    },
    /// The server's operator lets the Org hold clients to the standard.
    StrictDialect,
}

impl Incident {
    /// Its name in a scenario.
    pub fn name(&self) -> String {
        let written = serde_json::to_value(self).unwrap_or_default();
        written["what"].as_str().unwrap_or_default().to_owned()
    }

    /// True if it happens at the server and not at the provider.
    pub const fn of_server(&self) -> bool {
        matches!(
            self,
            Self::ServerFails { .. }
                | Self::ServerSlow { .. }
                | Self::DiskFull { .. }
                | Self::GrantRole { .. }
                | Self::DeletedElsewhere { .. }
                | Self::StrictDialect
        )
    }

    /// What happens at the server when it begins, and when and what at its end.
    fn deeds(&self) -> Option<(Deed, Option<(Duration, Deed)>)> {
        Some(match *self {
            Self::ServerFails { percent, lasts } => {
                (Deed::Fail(percent), Some((lasts, Deed::Fail(0))))
            }
            Self::ServerSlow { millis, lasts } => {
                let slow = Deed::Slow(Duration::from_millis(millis));
                (slow, Some((lasts, Deed::Slow(Duration::ZERO))))
            }
            Self::DiskFull { free, lasts } => (Deed::Disk(free), Some((lasts, Deed::Disk(100)))),
            Self::GrantRole { ref group } => (Deed::Grant(group.clone()), None),
            Self::DeletedElsewhere { percent } => (Deed::Delete(percent), None),
            Self::StrictDialect => (Deed::Strict, None),
            _ => return None,
        })
    }
}

/// Something that is done to a server, or on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// So many of a hundred requests fail from now on.
    Fail(u64),
    /// Every answer takes so long from now on.
    Slow(Duration),
    /// So many of a hundred parts of the disk are free from now on.
    Disk(u64),
    /// Its operator gives the group of that name a role.
    Grant(String),
    /// Another client deletes so many of a hundred users.
    Delete(u64),
    /// The Org understands the standard alone from now on.
    Strict,
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
    /// Nothing is sent until then.
    Silent(Timestamp),
    /// Something at the server.
    Deed(Deed),
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
        if let Some((begins, ends)) = incident.deeds() {
            self.add(now, Act::Deed(begins));
            if let Some((later, ends)) = ends {
                self.add(now.plus(later), Act::Deed(ends));
            }
            return;
        }
        let events: Vec<Event> = match incident {
            Incident::Silent { lasts } => {
                return self.add(now, Act::Silent(now.plus(*lasts)));
            }
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
            // Those have deeds.
            Incident::ServerFails { .. }
            | Incident::ServerSlow { .. }
            | Incident::DiskFull { .. }
            | Incident::GrantRole { .. }
            | Incident::DeletedElsewhere { .. }
            | Incident::StrictDialect => Vec::new(),
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
