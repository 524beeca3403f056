//! `scimtop keys`, and the operator's own keys for the dashboard.

use std::io::ErrorKind;

use crate::cli::Out;
use crate::config::Loaded;
use crate::tui::keymap::{Keymap, markdown, rows};

/// The keys in force, and what is wrong with `keys.toml`.
pub fn load(loaded: &Loaded) -> (Keymap, Vec<String>) {
    let path = loaded.config_dir.join("keys.toml");
    let name = path.display();
    match std::fs::read_to_string(&path) {
        Ok(text) => Keymap::parse(&text, &name.to_string()),
        Err(error) if error.kind() == ErrorKind::NotFound => Default::default(),
        Err(error) => {
            let problem = format!("{name}: cannot be read: {error}");
            (Keymap::default(), vec![problem])
        }
    }
}

/// Prints the table. What is wrong with `keys.toml` goes to standard error.
///
/// # Errors
/// Nothing can be printed.
pub fn run(loaded: &Loaded, as_markdown: bool, out: &mut Out) -> anyhow::Result<()> {
    let (keymap, problems) = load(loaded);
    if as_markdown {
        out.text(&markdown(&keymap))?;
    } else if out.json() {
        out.value(&rows(&keymap))?;
    } else {
        let table: Vec<[String; 4]> = rows(&keymap)
            .into_iter()
            .map(|row| {
                [
                    row.context,
                    row.keys.join(" "),
                    row.command,
                    row.help.to_owned(),
                ]
            })
            .collect();
        out.table(["PLACE", "KEYS", "COMMAND", "WHAT IT DOES"], &table)?;
    }
    out.flush()?;
    for problem in problems {
        out.warn(&problem)?;
    }
    Ok(())
}
