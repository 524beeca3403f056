//! How the dashboard and the console look on this terminal.

use super::keys;
use crate::cli::args::Look;
use crate::config::{Loaded, variable};
use crate::tui::TuiOptions;
use crate::tui::theme::{ColorDepth, Looks, ThemeError};

/// The theme when nobody names one: the terminal's own 16 colours.
const DEFAULT_THEME: &str = "base";

/// How the dashboard looks and which keys it has, by flags and configuration. What is wrong with
/// `keys.toml` it says itself.
///
/// # Errors
/// There is no such theme, or its file is wrong; the text names line and column.
pub fn options(loaded: &Loaded, look: &Look, embedded: bool) -> Result<TuiOptions, ThemeError> {
    let name = look
        .theme
        .as_deref()
        .or(loaded.settings.theme.as_deref())
        .unwrap_or(DEFAULT_THEME);
    let no_color = variable("NO_COLOR").is_some();
    let (keymap, problems) = keys::load(loaded);
    let notice = match problems.as_slice() {
        [] => None,
        [problem] => Some(problem.clone()),
        [first, others @ ..] => Some(format!("{first}; {} more: scimtop keys", others.len())),
    };
    Ok(TuiOptions {
        looks: Looks::new(name, loaded.themes_dir(), depth(), no_color)?,
        keymap,
        notice,
        filters: loaded.state_dir.join("filters.toml"),
        ascii: ascii(look),
        first_token: None,
        embedded,
    })
}

/// How many colours the terminal says it has.
fn depth() -> ColorDepth {
    let says = |name: &str, words: &[&str]| {
        variable(name).is_some_and(|value| words.iter().any(|word| value.contains(word)))
    };
    if says("COLORTERM", &["truecolor", "24bit"]) {
        ColorDepth::True
    } else if says("TERM", &["256color"]) {
        ColorDepth::Indexed
    } else {
        ColorDepth::Ansi
    }
}

/// True if only ASCII can be drawn: asked for, or the locale is not UTF-8.
pub fn ascii(look: &Look) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(variable);
    look.ascii
        || locale.is_some_and(|locale| {
            let locale = locale.to_ascii_lowercase();
            !locale.contains("utf-8") && !locale.contains("utf8")
        })
}

/// True for a terminal that cannot place its cursor.
pub fn is_dumb() -> bool {
    variable("TERM").as_deref() == Some("dumb")
}
