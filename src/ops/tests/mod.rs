//! Removals from the request to the last operator's verdict, and the directory as operators read
//! it, and what they follow, on a clock that tests move.

mod directory;
mod follow;
mod guard;
mod holds;
mod impact;
mod inheritance;
mod rebuild;
mod watch;

use crate::ops::api::content::NewContent;

/// An item of that kind; a schedule runs every morning.
fn item(kind: &str, id: &str, owner: &str, recipients: &[&str]) -> NewContent {
    let schedule = kind == "schedule";
    let recipients = recipients.iter().filter(|_| schedule);
    NewContent {
        kind: kind.to_owned(),
        id: id.to_owned(),
        title: format!("{kind} {id}"),
        owner: owner.to_owned(),
        cron: schedule.then(|| "0 8 * * 1-5".to_owned()),
        time_zone: schedule.then(|| "Europe/Berlin".to_owned()),
        recipients: recipients.map(|&one| one.to_owned()).collect(),
    }
}
