//! Output of commands: aligned text for people, JSON for programs.
//!
//! Text that came from outside passes [`clean`] before it reaches a terminal; JSON passes [`json`].

use std::io::{self, BufRead, IsTerminal, Write};

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::CommandError;
use crate::ids::OrgId;
use crate::ops::api::{Failure, Ops, OpsError};
use crate::text::{clean, json};

/// Where a command prints.
pub struct Out {
    json: bool,
    to: Box<dyn Write + Send>,
}

impl Out {
    /// Standard output; JSON if asked for.
    pub fn stdout(json: bool) -> Self {
        Self {
            json,
            to: Box::new(io::BufWriter::new(io::stdout())),
        }
    }

    /// True if JSON was asked for.
    pub const fn json(&self) -> bool {
        self.json
    }

    /// One line of text.
    pub fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.to, "{text}")
    }

    /// Text as it is.
    pub fn text(&mut self, text: &str) -> io::Result<()> {
        self.to.write_all(text.as_bytes())
    }

    /// A line beside the output.
    pub fn warn(&self, text: &str) -> io::Result<()> {
        writeln!(io::stderr(), "{}", clean(text))
    }

    /// A value as indented JSON.
    pub fn value(&mut self, value: &impl Serialize) -> io::Result<()> {
        let text = serde_json::to_string_pretty(value)?;
        writeln!(self.to, "{}", json(&text))
    }

    /// A report: JSON, or the text that it prints as. What a server said stands in it.
    pub fn report<R: Serialize + std::fmt::Display>(&mut self, report: &R) -> io::Result<()> {
        if self.json {
            return self.value(report);
        }
        let text = report.to_string();
        for line in text.trim_end().lines() {
            self.line(&clean(line))?;
        }
        Ok(())
    }

    /// A value as one line of JSON.
    pub fn json_line(&mut self, value: &impl Serialize) -> io::Result<()> {
        let text = serde_json::to_string(value)?;
        writeln!(self.to, "{}", json(&text))
    }

    /// Rows under headings, columns as wide as they need to be. Cells are made safe here.
    pub fn table<const N: usize>(
        &mut self,
        heads: [&str; N],
        rows: &[[String; N]],
    ) -> io::Result<()> {
        let rows: Vec<[String; N]> = rows
            .iter()
            .map(|row| std::array::from_fn(|column| clean(&row[column])))
            .collect();
        let widths: [usize; N] = std::array::from_fn(|column| {
            rows.iter()
                .map(|row| row[column].width())
                .chain([heads[column].width()])
                .max()
                .unwrap_or(0)
        });
        self.row(&heads.map(str::to_owned), &widths)?;
        for row in &rows {
            self.row(row, &widths)?;
        }
        Ok(())
    }

    fn row(&mut self, cells: &[String], widths: &[usize]) -> io::Result<()> {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(
                ' ',
                width.saturating_sub(cell.width()) + 2,
            ));
        }
        writeln!(self.to, "{}", line.trim_end())
    }

    /// Names and values, one a line.
    pub fn pairs(&mut self, pairs: &[(&str, String)]) -> io::Result<()> {
        let width = pairs.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, value) in pairs {
            writeln!(self.to, "{name:width$}  {}", clean(value))?;
        }
        Ok(())
    }

    /// Sends what was printed on its way.
    pub fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }

    /// Announces a change that `--dry-run` keeps from being made.
    pub fn would(&mut self, what: &str) -> io::Result<()> {
        if self.json {
            self.value(&serde_json::json!({ "dry_run": true, "would": what }))
        } else {
            self.line(&format!("would {}; nothing was changed", clean(what)))
        }
    }
}

/// Asks for `name` to be typed, unless `yes` says that it need not be.
pub fn confirm(name: &str, what: &str, yes: bool) -> Result<(), CommandError> {
    if yes {
        return Ok(());
    }
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        return Err(CommandError::Unconfirmed(format!(
            "this would {what}: add --yes, or run it on a terminal to be asked"
        )));
    }
    let mut error = io::stderr();
    write!(error, "This will {what}. Type {name} to go on: ")?;
    error.flush()?;
    let mut typed = String::new();
    stdin.lock().read_line(&mut typed)?;
    if typed.trim() == name {
        Ok(())
    } else {
        Err(CommandError::Unconfirmed(
            "not confirmed; nothing was changed".to_owned(),
        ))
    }
}

/// The Org that `--org` names, if it was given.
pub async fn org_id(ops: &dyn Ops, org: Option<&str>) -> Result<Option<OrgId>, CommandError> {
    match org {
        None => Ok(None),
        Some(which) => Ok(Some(find_org(ops, which).await?.id)),
    }
}

/// An Org by number or, without case, name.
pub async fn find_org(ops: &dyn Ops, which: &str) -> Result<crate::model::org::Org, CommandError> {
    let orgs = ops.orgs().await?;
    orgs.into_iter().find(|org| org.is(which)).ok_or_else(|| {
        let message = "no Org has this number or name; `scimtop org list` shows them all";
        OpsError::new(Failure::NotFound, message).into()
    })
}
