//! Moments and lengths of time on the command line.

use std::time::Duration;

use crate::clock::{Timestamp, parse_duration};

/// A moment, or how long ago it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Then.
    At(Timestamp),
    /// So long before now.
    Ago(Duration),
}

impl When {
    /// The moment, `now` being the server's.
    pub fn at(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::Ago(ago) => now.minus(ago),
        }
    }
}

pub(super) fn when(text: &str) -> Result<When, String> {
    parse_duration(text)
        .map(When::Ago)
        .or_else(|| moment(text).ok().map(When::At))
        .ok_or_else(|| {
            "write a date such as 2027-01-31, a time such as 2027-01-31T12:00:00Z, or how long \
             ago, such as 2h"
                .to_owned()
        })
}

pub(in crate::cli) fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text).ok_or_else(|| "write a number and s, m, h or d, such as 24h".to_owned())
}

pub(in crate::cli) fn moment(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text)
        .or_else(|| Timestamp::parse(&format!("{text}T00:00:00Z")))
        .ok_or_else(|| "write a date such as 2027-01-31 or 2027-01-31T12:00:00Z".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_date_a_time_or_how_long_ago() {
        let now = Timestamp::parse("2027-02-01T00:00:00Z").unwrap();
        for (text, at) in [
            ("2027-01-31", "2027-01-31T00:00:00Z"),
            ("2027-01-31T12:00:00+02:00", "2027-01-31T10:00:00Z"),
            ("2h", "2027-01-31T22:00:00Z"),
        ] {
            assert_eq!(when(text).unwrap().at(now), Timestamp::parse(at).unwrap());
        }
        for text in ["", "yesterday", "2027-13-01", "12:00"] {
            assert!(when(text).is_err(), "{text}");
        }
    }
}
