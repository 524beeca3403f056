//! The table as text: what `scimtop keys` prints and docs/KEYS.md holds.

use serde::Serialize;

use super::{Binding, Context, EVERYWHERE, Keymap, bindings};

/// A command in a context, with its keys.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Section of `keys.toml`.
    pub context: String,
    /// Its name.
    pub command: String,
    /// Its keys.
    pub keys: Vec<String>,
    /// What it does.
    pub help: &'static str,
}

/// Every command of every context, with its keys by `keymap`.
pub fn rows(keymap: &Keymap) -> Vec<Row> {
    let contexts = Context::all().into_iter();
    contexts
        .flat_map(|context| of(keymap, context, |_| true))
        .collect()
}

fn of(keymap: &Keymap, context: Context, which: impl Fn(&Binding) -> bool) -> Vec<Row> {
    let rows = bindings(context).filter(|binding| which(binding));
    let rows = rows.map(|binding| Row {
        context: context.name(),
        command: binding.command.name(),
        keys: keymap.names(context, binding),
        help: binding.help,
    });
    rows.filter(|row| !row.keys.is_empty()).collect()
}

/// The table as Markdown: what holds in every place once, then each context.
pub fn markdown(keymap: &Keymap) -> String {
    let mut out = String::from(
        "# Keys of the dashboard\n\n\
         Made by `scimtop keys --markdown`. Each heading is a section of `keys.toml` in the \
         configuration directory, each command a key in it: `follow = \"p\"` under `[live]` or \
         `help = [\"?\", \"F1\"]` under `[everywhere]`. In the dashboard every command can be \
         typed after `:` too.\n",
    );
    section(
        &mut out,
        EVERYWHERE,
        &of(keymap, Context::Live, Binding::is_common),
    );
    for context in Context::all() {
        let own = of(keymap, context, |binding| !binding.is_common());
        section(&mut out, &context.name(), &own);
    }
    out
}

fn section(out: &mut String, name: &str, rows: &[Row]) {
    let head = [
        "",
        &format!("## {name}"),
        "",
        "| keys | command | |",
        "|---|---|---|",
    ];
    let head = head.map(str::to_owned);
    let rows = rows.iter().map(|row| {
        let keys: Vec<String> = row.keys.iter().map(|key| code(key)).collect();
        format!("| {} | `{}` | {} |", keys.join(" "), row.command, row.help)
    });
    for line in head.into_iter().chain(rows) {
        out.push_str(&line);
        out.push('\n');
    }
}

/// A key in a cell of a table.
fn code(key: &str) -> String {
    format!("`{}`", key.replace('|', "\\|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_that_of_the_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/KEYS.md");
        let expected = markdown(&Keymap::default());
        let found = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            found == expected,
            "run: scimtop keys --markdown > docs/KEYS.md"
        );
    }

    #[test]
    fn every_key_of_the_table_is_in_a_row() {
        let rows = rows(&Keymap::default());
        for context in Context::all() {
            for binding in bindings(context) {
                let name = binding.command.name();
                let there = rows.iter().any(|row| {
                    (&row.context, &row.command) == (&context.name(), &name)
                        && binding
                            .keys
                            .iter()
                            .all(|key| row.keys.contains(&key.name()))
                });
                assert!(there, "{context:?} {name}");
            }
        }
    }
}
