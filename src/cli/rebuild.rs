//! What `events rebuild` prints: what came back, and everything that did not.

use std::path::Path;

use super::CommandError;
use super::out::Out;
use crate::ops::api::rebuild::Rebuilt;

/// Prints the report of a directory rebuilt in `dir`.
///
/// # Errors
/// [`CommandError::Found`] if something could not be rebuilt, beside what a purge erased.
pub fn print(rebuilt: &Rebuilt, dir: &Path, out: &mut Out) -> Result<(), CommandError> {
    if out.json() {
        out.value(rebuilt)?;
    } else {
        words(rebuilt, dir, out)?;
    }
    if rebuilt.is_whole() {
        return Ok(());
    }
    Err(CommandError::Found(
        "the directory could not be rebuilt as a whole".to_owned(),
    ))
}

fn words(rebuilt: &Rebuilt, dir: &Path, out: &mut Out) -> std::io::Result<()> {
    let last = match rebuilt.last_event {
        Some((seq, at)) => format!("{seq} at {at}"),
        None => "none".to_owned(),
    };
    out.pairs(&[
        ("at", rebuilt.at.to_string()),
        ("last event", last),
        ("orgs", rebuilt.orgs.to_string()),
        ("users", rebuilt.users.to_string()),
        ("groups", rebuilt.groups.to_string()),
        ("held", rebuilt.held.to_string()),
        ("in", dir.display().to_string()),
    ])?;
    if let Some(since) = rebuilt.kept_since {
        out.line(&format!(
            "events before {since} were pruned: what was made before, and is named by no event \
             since, is missing and not counted"
        ))?;
    }
    for fault in &rebuilt.faults {
        out.line(&format!("the chain of events is broken: {fault}"))?;
    }
    if !rebuilt.erased.is_empty() {
        out.line(&format!(
            "{} people were purged and are left out, with their memberships:",
            rebuilt.erased.len()
        ))?;
        for id in &rebuilt.erased {
            out.line(&format!("  {id}"))?;
        }
    }
    if rebuilt.lost.is_empty() {
        return Ok(());
    }
    let rows: Vec<[String; 4]> = rebuilt
        .lost
        .iter()
        .map(|lost| {
            let id = lost.id.map(|id| id.to_string()).unwrap_or_default();
            let event = lost.event.to_string();
            [lost.org.to_string(), id, event, lost.why.clone()]
        })
        .collect();
    out.table(["ORG", "NOT WHOLE", "EVENT", "WHY"], &rows)
}
