//! `scimtop config …`

use super::args::ConfigCommand;
use super::out::Out;
use crate::config::Loaded;

/// Prints the settings in force, or that they are fine.
pub fn run(loaded: &Loaded, command: &ConfigCommand, out: &mut Out) -> std::io::Result<()> {
    match command {
        ConfigCommand::Check if out.json() => out.value(&serde_json::json!({ "ok": true })),
        ConfigCommand::Check => out.line("The configuration is fine."),
        ConfigCommand::Show if out.json() => out.value(&loaded.settings),
        ConfigCommand::Show => {
            let rows: Vec<[String; 3]> = loaded
                .flat()
                .into_iter()
                .map(|(key, value)| {
                    let origin = loaded.origin(&key).to_string();
                    [key, value, origin]
                })
                .collect();
            out.table(["KEY", "VALUE", "FROM"], &rows)
        }
    }
}
