//! Is a text a cron expression? Five fields (minute, hour, day of month, month, day of week), or
//! six with the second before them.

/// What a field may hold.
struct Field {
    name: &'static str,
    least: u32,
    most: u32,
    /// Names for the numbers from `least` on.
    names: &'static [&'static str],
    /// Whether `?` (no matter which) may stand for `*`.
    any: bool,
}

const MONTHS: [&str; 12] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const FIELDS: [Field; 6] = [
    field("second", 0, 59, &[], false),
    field("minute", 0, 59, &[], false),
    field("hour", 0, 23, &[], false),
    field("day of month", 1, 31, &[], true),
    field("month", 1, 12, &MONTHS, false),
    // Sunday is 0 and 7.
    field("day of week", 0, 7, &DAYS, true),
];

const fn field(
    name: &'static str,
    least: u32,
    most: u32,
    names: &'static [&'static str],
    any: bool,
) -> Field {
    Field {
        name,
        least,
        most,
        names,
        any,
    }
}

/// Checks `text`, field by field.
///
/// # Errors
/// Which field is wrong and what it takes.
pub fn check(text: &str) -> Result<(), String> {
    let written: Vec<_> = text.split_whitespace().collect();
    let fields = match written.len() {
        5 => &FIELDS[1..],
        6 => &FIELDS[..],
        _ => {
            return Err(
                "cron has five fields (minute, hour, day of month, month, day of week), or six \
                 with the second before them"
                    .to_owned(),
            );
        }
    };
    for (field, text) in fields.iter().zip(written) {
        field.check(text).map_err(|()| field.complaint())?;
    }
    Ok(())
}

impl Field {
    fn check(&self, text: &str) -> Result<(), ()> {
        if self.any && text == "?" {
            return Ok(());
        }
        text.split(',').try_for_each(|item| self.item(item))
    }

    /// `*`, a value or a range, each perhaps with a step.
    fn item(&self, text: &str) -> Result<(), ()> {
        let (range, step) = match text.split_once('/') {
            Some((range, step)) => (range, Some(step)),
            None => (text, None),
        };
        if let Some(step) = step {
            let step = number(step)?;
            if step == 0 || step > self.most {
                return Err(());
            }
        }
        match range.split_once('-') {
            _ if range == "*" => Ok(()),
            Some((from, to)) if self.value(from)? <= self.value(to)? => Ok(()),
            Some(_) => Err(()),
            None => self.value(range).map(drop),
        }
    }

    fn value(&self, text: &str) -> Result<u32, ()> {
        let named = self.names.iter().zip(self.least..);
        if let Some((_, value)) = named
            .into_iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(text))
        {
            return Ok(value);
        }
        let value = number(text)?;
        (self.least..=self.most)
            .contains(&value)
            .then_some(value)
            .ok_or(())
    }

    fn complaint(&self) -> String {
        let Self {
            name, least, most, ..
        } = self;
        let names = match self.names {
            [first, .., last] => format!(" or {first} to {last}"),
            _ => String::new(),
        };
        format!(
            "cron: the {name} is `*`, a value from {least} to {most}{names}, a range `a-b`, any of \
             these with a step `/n`, or several of these joined by `,`"
        )
    }
}

/// Digits and nothing else; `parse` alone would take a sign.
fn number(text: &str) -> Result<u32, ()> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().map_err(|_| ())
    } else {
        Err(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_hold_values_ranges_steps_lists_and_names() {
        for text in [
            "* * * * *",
            "0 8 * * 1-5",
            "*/15 0-23/2 1,15,31 JAN-mar,12 MON,Wed,7",
            "5/20 8 ? * FRI",
            "0 30 7 * * ?",
            "59 59 23 31 12 0",
            "  0   8 * *\t* ",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        for (text, field) in [
            ("", "five fields"),
            ("* * * *", "five fields"),
            ("* * * * * * *", "five fields"),
            ("60 * * * *", "the minute is"),
            ("* 24 * * *", "the hour is"),
            ("* * 0 * *", "the day of month is"),
            ("* * 32 * *", "the day of month is"),
            ("* * * 13 *", "the month is"),
            ("* * * FOO *", "the month is"),
            ("* * * * 8", "the day of week is"),
            ("* * * * MON-SUN", "the day of week is"),
            ("60 * * * * *", "the second is"),
            ("*/0 * * * *", "the minute is"),
            ("*/60 * * * *", "the minute is"),
            ("1, * * * *", "the minute is"),
            ("1-2-3 * * * *", "the minute is"),
            ("5-1 * * * *", "the minute is"),
            ("+5 * * * *", "the minute is"),
            ("? * * * *", "the minute is"),
            ("-1 * * * *", "the minute is"),
            ("1/ * * * *", "the minute is"),
            ("99999999999999999999 * * * *", "the minute is"),
            ("١ * * * *", "the minute is"),
        ] {
            let why = check(text).unwrap_err();
            assert!(why.contains(field), "{text}: {why}");
        }
    }
}
