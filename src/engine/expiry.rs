//! How long a token lives: six calendar months at most, and the overlap of a rotation.

use std::time::Duration;

use chrono::Months;

use crate::clock::Timestamp;

/// The longest life of a token, in calendar months (UTC).
pub const MAX_MONTHS: u32 = 6;
/// How long a rotated token stays valid unless the operator says otherwise.
pub const DEFAULT_OVERLAP: Duration = Duration::from_secs(24 * 3600);
/// The longest overlap of a rotation.
pub const MAX_OVERLAP: Duration = Duration::from_secs(30 * 24 * 3600);
/// How long hashes of expired and revoked tokens are kept, so that their use can be told from
/// the use of a token that never was.
pub const KEEP_ENDED: Duration = Duration::from_secs(400 * 24 * 3600);

/// The last moment a token issued at `created` may be valid until: the same day and time six
/// calendar months later, or the last day of that month where it is shorter (31 August → 28 or
/// 29 February).
pub fn latest(created: Timestamp) -> Timestamp {
    created
        .to_utc()
        .checked_add_months(Months::new(MAX_MONTHS))
        .map_or(created, Timestamp::from)
}

/// The end of a new token's life: as asked for, or the longest.
///
/// # Errors
/// A sentence for the operator if `asked` lies in the past or beyond [`latest`].
pub fn end(now: Timestamp, asked: Option<Timestamp>) -> Result<Timestamp, String> {
    let latest = latest(now);
    match asked {
        None => Ok(latest),
        Some(at) if at <= now => Err(format!("the token would end at {at}, which is past")),
        Some(at) if at > latest => Err(format!(
            "a token lives six calendar months at most: ask for {latest} or earlier"
        )),
        Some(at) => Ok(at),
    }
}

/// When a rotated token ends: after the overlap, but never later than it would have anyway.
///
/// # Errors
/// A sentence for the operator if the overlap is longer than [`MAX_OVERLAP`].
pub fn rotated_end(
    now: Timestamp,
    expires: Timestamp,
    overlap: Option<Duration>,
) -> Result<Timestamp, String> {
    let overlap = overlap.unwrap_or(DEFAULT_OVERLAP);
    if overlap > MAX_OVERLAP {
        return Err("a rotation's overlap is 30 days at most".to_owned());
    }
    Ok(expires.min(now.plus(overlap)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn six_calendar_months_end_on_the_last_day_of_shorter_months() {
        for (from, to) in [
            ("2026-02-23T13:58:31Z", "2026-08-23T13:58:31Z"),
            ("2026-08-31T00:00:00Z", "2027-02-28T00:00:00Z"),
            ("2027-08-31T23:59:59Z", "2028-02-29T23:59:59Z"),
            ("2026-03-31T12:00:00Z", "2026-09-30T12:00:00Z"),
            ("2026-12-31T12:00:00Z", "2027-06-30T12:00:00Z"),
        ] {
            assert_eq!(latest(at(from)), at(to), "{from}");
        }
    }

    #[test]
    fn a_shorter_life_may_be_asked_for_and_a_longer_one_is_refused() {
        let now = at("2026-11-25T03:00:00Z");
        assert_eq!(end(now, None), Ok(at("2027-05-25T03:00:00Z")));
        assert_eq!(
            end(now, Some(at("2026-12-01T00:00:00Z"))),
            Ok(at("2026-12-01T00:00:00Z"))
        );
        assert!(end(now, Some(at("2027-05-25T03:00:00.001Z"))).is_err());
        assert!(end(now, Some(now)).is_err());
    }

    #[test]
    fn a_rotation_shortens_and_never_lengthens() {
        let now = at("2026-11-25T03:00:00Z");
        let soon = at("2026-11-25T04:00:00Z");
        let later = at("2027-01-01T00:00:00Z");
        assert_eq!(rotated_end(now, soon, None), Ok(soon));
        assert_eq!(
            rotated_end(now, later, None),
            Ok(at("2026-11-26T03:00:00Z"))
        );
        assert_eq!(rotated_end(now, later, Some(Duration::ZERO)), Ok(now));
        assert!(rotated_end(now, later, Some(MAX_OVERLAP + Duration::from_secs(1))).is_err());
    }
}
