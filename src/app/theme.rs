//! `scimtop theme …`: which themes there are, and whether they can be read.

use serde_json::json;

use crate::cli::args::ThemeCommand;
use crate::cli::{CommandError, Out};
use crate::config::Loaded;
use crate::tui::theme::check::{Finding, check};
use crate::tui::theme::{list, source};

/// Lists or checks.
///
/// # Errors
/// A theme cannot be loaded, or does not pass; what is wrong was printed.
pub fn run(loaded: &Loaded, command: &ThemeCommand, out: &mut Out) -> anyhow::Result<()> {
    let failed = match command {
        ThemeCommand::List => {
            print_list(loaded, out)?;
            0
        }
        ThemeCommand::Check { themes } => print_check(loaded, themes, out)?,
    };
    out.flush()?;
    if failed > 0 {
        let message = format!("{failed} of what was checked does not pass");
        return Err(CommandError::Found(message).into());
    }
    Ok(())
}

fn print_list(loaded: &Loaded, out: &mut Out) -> anyhow::Result<()> {
    let themes = list(&loaded.themes_dir());
    if out.json() {
        return Ok(out.value(&themes)?);
    }
    let rows: Vec<[String; 2]> = themes
        .into_iter()
        .map(|(name, file)| {
            let file = file.map(|file| file.display().to_string());
            [name, file.unwrap_or_else(|| "shipped".to_owned())]
        })
        .collect();
    Ok(out.table(["THEME", "FROM"], &rows)?)
}

/// Prints all that is wrong, and returns how much that is.
fn print_check(loaded: &Loaded, named: &[String], out: &mut Out) -> anyhow::Result<usize> {
    let directory = loaded.themes_dir();
    let all = || list(&directory).into_keys().collect();
    let themes: Vec<String> = if named.is_empty() {
        all()
    } else {
        named.to_vec()
    };
    let mut findings: Vec<(&String, Finding)> = Vec::new();
    for theme in &themes {
        let (file, text) = source(theme, Some(&directory))?;
        let found = check(&text, &file)?;
        findings.extend(found.into_iter().map(|finding| (theme, finding)));
    }
    if out.json() {
        let found = findings
            .iter()
            .map(|(theme, finding)| as_json(theme, finding));
        let found: Vec<_> = found.collect();
        out.value(&json!({ "checked": themes, "findings": found }))?;
    } else if findings.is_empty() {
        out.line(&format!("{} themes pass.", themes.len()))?;
    } else {
        let rows: Vec<[String; 5]> = findings
            .iter()
            .map(|(theme, finding)| {
                [
                    (*theme).clone(),
                    finding.depth.to_owned(),
                    finding.what.clone(),
                    finding.found.clone(),
                    finding.wanted.clone(),
                ]
            })
            .collect();
        out.table(["THEME", "COLOURS", "WHAT", "FOUND", "AT LEAST"], &rows)?;
    }
    Ok(findings.len())
}

fn as_json(theme: &str, finding: &Finding) -> serde_json::Value {
    json!({
        "theme": theme,
        "colours": finding.depth,
        "what": finding.what,
        "found": finding.found,
        "at_least": finding.wanted,
    })
}
