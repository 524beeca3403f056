//! How the dashboard and the console look on this terminal.

use std::num::NonZeroU32;

use super::keys;
use crate::cli::args::Look;
use crate::config::{Loaded, Terminal, variable};
use crate::tui::theme::{ColorDepth, Looks, ThemeError};
use crate::tui::{Link, TuiOptions};

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
        mouse: !look.no_mouse && loaded.settings.mouse,
        link: link(loaded, look),
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

/// What lies between here and the eyes: what flags and configuration say, and else what fits a
/// terminal here or at the other end of an SSH session.
pub fn link(loaded: &Loaded, look: &Look) -> Link {
    let over_ssh = variable("SSH_CONNECTION").or_else(|| variable("SSH_TTY"));
    link_of(over_ssh.is_some(), loaded.settings.terminal, look)
}

fn link_of(over_ssh: bool, set: Terminal, look: &Look) -> Link {
    let usual = if over_ssh { Link::SSH } else { Link::LOCAL };
    let frames = look.fps.or(set.frames_per_second);
    let bytes = look.byte_rate.or(set.bytes_per_second);
    Link {
        frames: frames.map_or(usual.frames, NonZeroU32::get),
        bytes: bytes.map_or(usual.bytes, |bytes| Some(bytes).filter(|bytes| *bytes > 0)),
    }
}

/// True for a terminal that cannot place its cursor.
pub fn is_dumb() -> bool {
    variable("TERM").as_deref() == Some("dumb")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_is_what_flag_configuration_or_place_say_in_this_order() {
        let set = Terminal {
            frames_per_second: NonZeroU32::new(5),
            bytes_per_second: Some(0),
        };
        let flags = Look {
            fps: NonZeroU32::new(2),
            byte_rate: Some(900),
            ..Look::default()
        };
        let (nothing, none) = (Terminal::default(), Look::default());
        let link = |frames, bytes| Link { frames, bytes };
        assert_eq!(link_of(false, nothing, &none), Link::LOCAL);
        assert_eq!(link_of(true, nothing, &none), Link::SSH);
        assert_eq!(link_of(true, set, &none), link(5, None));
        assert_eq!(link_of(false, set, &flags), link(2, Some(900)));
    }
}
