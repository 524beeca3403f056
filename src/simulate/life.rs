//! Working life: what happens in a company, in office hours, at the pace of real ones.

use std::time::Duration;

use chrono::{Datelike as _, Timelike as _, Weekday};

use super::company::{Company, Event, PersonNo, Standing};
use super::dice::Dice;
use crate::bench::people::DEPARTMENTS;
use crate::clock::Timestamp;

/// The office opens at this hour (UTC), from Monday to Friday, for [`HOURS`].
const OPENS: u32 = 8;
const HOURS: u64 = 9;
/// Office hours of a month of 30 days: 21.4 days of 9 hours.
const MONTH: u64 = 193 * 3600;

/// What happens in a month to 1000 people, and how often.
const RATES: [(Kind, u64); 12] = [
    (Kind::Join, 18),
    (Kind::Leave, 12),
    (Kind::Return, 2),
    (Kind::Move, 20),
    (Kind::Marry, 3),
    (Kind::Suspend, 4),
    (Kind::Enter, 30),
    (Kind::Exit, 20),
    (Kind::Password, 8),
    (Kind::Rename, 1),
    (Kind::Found, 1),
    (Kind::Drop, 1),
];

/// What a suspension lasts at most.
const SUSPENDED: u64 = 5 * 24 * 3600;

#[derive(Clone, Copy, Debug)]
enum Kind {
    Join,
    Leave,
    Return,
    Move,
    Marry,
    Suspend,
    Enter,
    Exit,
    Password,
    Rename,
    Found,
    Drop,
}

/// The generator.
#[derive(Clone, Debug)]
pub(super) struct Life {
    dice: Dice,
    next: Timestamp,
    /// Suspensions and when they end.
    suspended: Vec<(Timestamp, PersonNo)>,
    /// A thousandth of the normal pace; 0: nothing ever happens.
    pace: u64,
    /// Nights and weekends too.
    around_the_clock: bool,
}

impl Life {
    /// Life from `start` on, at `pace` thousandths of the usual pace, in office hours unless it
    /// goes on around the clock.
    pub fn new(
        seed: u64,
        start: Timestamp,
        (pace, around_the_clock): (u64, bool),
        people: usize,
    ) -> Self {
        let mut life = Self {
            dice: Dice::new(seed, 4),
            next: start,
            suspended: Vec::new(),
            pace,
            around_the_clock,
        };
        life.advance(people);
        life
    }

    /// When something happens next; `None` if nothing ever does.
    pub fn due(&self) -> Option<Timestamp> {
        let resumes = self.suspended.iter().map(|(at, _)| *at).min();
        let next = (self.pace > 0).then_some(self.next);
        resumes.into_iter().chain(next).min()
    }

    /// What happens at [`Life::due`].
    pub fn happen(&mut self, company: &Company) -> Option<Event> {
        let at = self.due()?;
        if let Some(ended) = self.suspended.iter().position(|(end, _)| *end == at) {
            let (_, person) = self.suspended.remove(ended);
            return Some(Event::Resume(person));
        }
        let event = self.draw(company);
        self.advance(company.people.len());
        event
    }

    fn advance(&mut self, people: usize) {
        let people = u64::try_from(people).unwrap_or(u64::MAX).max(1);
        let a_month: u64 = RATES.iter().map(|(_, rate)| rate).sum();
        // Milliseconds of office time between two events on average: thousands cancel out.
        let mean = (MONTH * 1_000_000)
            .checked_div(a_month.saturating_mul(people))
            .unwrap_or(0)
            .saturating_mul(1000)
            .checked_div(self.pace)
            .unwrap_or(0);
        let gap = self.dice.below(2 * mean.max(1)) + 1;
        self.next = if self.around_the_clock {
            self.next.plus(Duration::from_millis(gap))
        } else {
            after_office_time(self.next, gap)
        };
    }

    fn draw(&mut self, company: &Company) -> Option<Event> {
        let total: u64 = RATES.iter().map(|(_, rate)| rate).sum();
        let mut roll = self.dice.below(total);
        let kind = RATES.iter().find_map(|(kind, rate)| {
            if roll < *rate {
                return Some(*kind);
            }
            roll -= rate;
            None
        })?;
        let group = self.dice.index(company.groups.len());
        Some(match kind {
            Kind::Join => Event::Join,
            Kind::Found => {
                let size = 3 + self.dice.index(20);
                Event::Found(size)
            }
            Kind::Rename => {
                let name = format!("Group {:05x}", self.dice.below(1 << 20));
                Event::Rename(group, name)
            }
            // The departments stay.
            Kind::Drop if group < DEPARTMENTS.len() => return None,
            Kind::Drop => Event::Drop(group),
            Kind::Return => {
                let gone = |person: PersonNo| company.people[person].standing == Standing::Left;
                Event::Return(self.person(company, gone)?)
            }
            Kind::Exit => {
                let members: Vec<_> = company.groups[group].members.iter().copied().collect();
                let at = self.dice.index(members.len());
                Event::Exit(members.get(at).copied()?, group)
            }
            kind => {
                let person = self.person(company, |person| company.people[person].works())?;
                match kind {
                    Kind::Leave => Event::Leave(person),
                    Kind::Move => Event::Move(person),
                    Kind::Marry => Event::Marry(person),
                    Kind::Suspend => {
                        let millis = 1000 * (3600 + self.dice.below(SUSPENDED));
                        let end = self.next.plus(Duration::from_millis(millis));
                        self.suspended.push((end, person));
                        Event::Suspend(person)
                    }
                    Kind::Password => Event::Password(person),
                    _ => Event::Enter(person, group),
                }
            }
        })
    }

    /// Somebody of whom `fits` is true, from a random place on.
    fn person(&mut self, company: &Company, fits: impl Fn(PersonNo) -> bool) -> Option<PersonNo> {
        let all = company.people.len();
        let first = self.dice.index(all);
        (first..all).chain(0..first).find(|&person| fits(person))
    }
}

/// The moment `millis` of office time after `from`.
fn after_office_time(from: Timestamp, millis: u64) -> Timestamp {
    let mut at = from;
    let mut left = millis;
    loop {
        let utc = at.to_utc();
        let into = u64::from(utc.num_seconds_from_midnight()) * 1000
            + u64::from(utc.timestamp_subsec_millis());
        let (open, close) = (
            u64::from(OPENS) * 3_600_000,
            (u64::from(OPENS) + HOURS) * 3_600_000,
        );
        let closed = matches!(utc.weekday(), Weekday::Sat | Weekday::Sun) || into >= close;
        if closed {
            at = at.plus(Duration::from_millis(86_400_000 - into + open));
        } else if into < open {
            at = at.plus(Duration::from_millis(open - into));
        } else if left <= close - into {
            return at.plus(Duration::from_millis(left));
        } else {
            left -= close - into;
            at = at.plus(Duration::from_millis(close - into));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn office_time_skips_nights_and_weekends() {
        let hour = 3_600_000;
        for (from, hours, to) in [
            ("2026-03-02T08:00:00Z", 1, "2026-03-02T09:00:00Z"),
            ("2026-03-02T03:00:00Z", 1, "2026-03-02T09:00:00Z"),
            ("2026-03-02T16:00:00Z", 2, "2026-03-03T09:00:00Z"),
            ("2026-03-06T16:30:00Z", 1, "2026-03-09T08:30:00Z"),
            ("2026-03-07T12:00:00Z", 9, "2026-03-09T17:00:00Z"),
        ] {
            assert_eq!(after_office_time(at(from), hours * hour), at(to), "{from}");
        }
    }

    #[test]
    fn a_month_brings_what_the_rates_say_and_the_same_each_time() {
        let month = |seed| {
            let start = at("2026-03-02T08:00:00Z");
            let end = start.plus(Duration::from_secs(30 * 24 * 3600));
            let mut company = Company::new(seed, "x.example", "", 1000, "");
            let mut life = Life::new(seed, start, (1000, false), 1000);
            let mut events = Vec::new();
            while let Some(due) = life.due().filter(|due| *due < end) {
                if let Some(event) = life.happen(&company) {
                    company.apply(&event);
                    events.push((due, event));
                }
            }
            events
        };
        let events = month(9);
        assert_eq!(events, month(9));
        assert_ne!(events, month(10));
        assert!((80..180).contains(&events.len()), "{}", events.len());
        assert!(events.is_sorted_by_key(|(at, _)| *at));
    }

    #[test]
    fn without_a_pace_nothing_happens() {
        let life = Life::new(1, at("2026-03-02T08:00:00Z"), (0, false), 10);
        assert_eq!(life.due(), None);
    }
}
