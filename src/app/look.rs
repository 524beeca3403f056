//! How the dashboard and the console look on this terminal.

use crate::cli::args::Look;
use crate::config::{Loaded, variable};
use crate::tui::theme::{ColorDepth, Theme, ThemeError};

/// The theme when nobody names one: the terminal's own 16 colours.
const DEFAULT_THEME: &str = "base";

/// Loads the theme that flag, configuration or default name.
///
/// # Errors
/// There is no such theme, or its file is wrong; the text names line and column.
pub fn theme(loaded: &Loaded, look: &Look) -> Result<Theme, ThemeError> {
    let name = look
        .theme
        .as_deref()
        .or(loaded.settings.theme.as_deref())
        .unwrap_or(DEFAULT_THEME);
    let no_color = variable("NO_COLOR").is_some();
    Theme::load(name, Some(&loaded.themes_dir()), depth(), no_color)
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
