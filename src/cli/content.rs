//! `scimtop content …`

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use super::CommandError;
use super::args::{ContentCommand, FormatName, ItemArgs};
use super::out::Out;
use crate::model::content::Content;
use crate::ops::api::content::{
    ContentPage, ContentQuery, Imported, NewContent, Register, Registered,
};
use crate::ops::api::import::{self, Format};
use crate::ops::api::{Failure, Ops, OpsError};

/// Items fetched at once at most.
const PAGE: u32 = 1_000;

pub(super) async fn run(
    ops: &dyn Ops,
    command: ContentCommand,
    org: &str,
    out: &mut Out,
) -> Result<(), CommandError> {
    match command {
        ContentCommand::Register { item, change } => {
            let order = Register {
                items: vec![item.into()],
                dry_run: change.dry_run,
            };
            let done = ops.register(org, order).await?;
            if out.json() {
                return Ok(out.value(&done)?);
            }
            Ok(out.line(&counts(&done, change.dry_run))?)
        }
        ContentCommand::Import {
            file,
            format,
            change,
        } => {
            let format = format_of(&file, format)?;
            let lines = import::lines(format, open(&file)?)?;
            let done = import::run(ops, org, lines, change.dry_run).await?;
            imported(&done, change.dry_run, out)
        }
        ContentCommand::List {
            owner,
            kind,
            title,
            verify,
            limit,
        } => {
            let query = ContentQuery {
                owner,
                kind,
                title,
                verify,
                after: None,
                limit,
            };
            list(ops, org, query, out).await
        }
        ContentCommand::Remove { kind, id, change } => {
            if change.dry_run {
                let item = ops.content_item(org, &kind, &id).await?;
                return Ok(out.would(&format!("forget {}/{}", item.kind, item.id))?);
            }
            let item = ops.unregister(org, &kind, &id).await?;
            if out.json() {
                return Ok(out.value(&item)?);
            }
            Ok(out.line("forgotten; nothing else was changed")?)
        }
    }
}

impl From<ItemArgs> for NewContent {
    fn from(item: ItemArgs) -> Self {
        Self {
            kind: item.kind,
            id: item.id,
            title: item.title,
            owner: item.owner,
            cron: item.cron,
            time_zone: item.time_zone,
            recipients: item.recipients,
        }
    }
}

fn counts(done: &Registered, dry_run: bool) -> String {
    let would = if dry_run { "would be " } else { "" };
    let Registered {
        created,
        changed,
        unchanged,
    } = done;
    format!("{would}created {created}, changed {changed}, unchanged {unchanged}")
}

fn format_of(file: &Path, named: Option<FormatName>) -> Result<Format, CommandError> {
    if let Some(named) = named {
        return Ok(named.into());
    }
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("csv") => Ok(Format::Csv),
        Some("jsonl" | "ndjson") => Ok(Format::JsonLines),
        _ => {
            let message = "the file's name does not say what is in it: add --format csv or jsonl";
            Err(OpsError::new(Failure::Invalid, message).into())
        }
    }
}

fn open(file: &Path) -> Result<Box<dyn BufRead + Send>, CommandError> {
    if file == Path::new("-") {
        return Ok(Box::new(BufReader::new(std::io::stdin())));
    }
    let opened = File::open(file).map_err(|error| {
        OpsError::new(
            Failure::NotFound,
            format!("cannot read {}: {error}", file.display()),
        )
    })?;
    Ok(Box::new(BufReader::new(opened)))
}

/// Prints what an import did; wrong lines make the command fail.
fn imported(done: &Imported, dry_run: bool, out: &mut Out) -> Result<(), CommandError> {
    if out.json() {
        out.value(done)?;
    } else {
        out.line(&counts(&done.registered, dry_run))?;
        for wrong in &done.errors {
            out.line(&format!("line {}: {}", wrong.line, wrong.why))?;
        }
    }
    match done.failed {
        0 => Ok(()),
        1 => Err(CommandError::Found("1 line was not registered".to_owned())),
        failed => Err(CommandError::Found(format!(
            "{failed} lines were not registered"
        ))),
    }
}

async fn list(
    ops: &dyn Ops,
    org: &str,
    mut query: ContentQuery,
    out: &mut Out,
) -> Result<(), CommandError> {
    let mut left = query.limit;
    let mut items: Vec<Content> = Vec::new();
    while left > 0 {
        query.limit = left.min(PAGE);
        let page: ContentPage = ops.content(org, query.clone()).await?;
        left -= u32::try_from(page.items.len()).unwrap_or(left).min(left);
        items.extend(page.items);
        query.after = page.next;
        if query.after.is_none() {
            break;
        }
    }
    if out.json() {
        return Ok(out.value(&items)?);
    }
    let rows: Vec<[String; 6]> = items.iter().map(row).collect();
    out.table(["KIND", "ID", "TITLE", "OWNER", "CRON", "VERIFY"], &rows)?;
    if query.after.is_some() {
        out.line("There are more: raise --limit, or narrow with --owner, --kind or --title.")?;
    }
    Ok(())
}

fn row(item: &Content) -> [String; 6] {
    let schedule = item.schedule.as_ref();
    [
        item.kind.clone(),
        item.id.clone(),
        item.title.clone(),
        item.owner.user_name.clone(),
        schedule.map_or_else(String::new, |at| format!("{} {}", at.cron, at.time_zone)),
        if item.verify { "verify" } else { "" }.to_owned(),
    ]
}
