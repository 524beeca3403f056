//! Themes: what each role on the screen looks like.
//!
//! A theme is a TOML file with a palette (each colour in truecolor, 256 and 16 values) and a
//! style for every [`Role`]. Views name roles and never colours. Severity is never colour alone:
//! glyphs and words carry it, so `mono` loses nothing.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;
use toml::Spanned;

pub mod check;
mod colour;
mod looks;
mod source;

pub use looks::Looks;
use source::shipped;
pub use source::{SHIPPED, list, source};

/// Least contrast of every role with its background, unless the theme asks for more (WCAG 2.2,
/// 1.4.3).
const CONTRAST: f64 = 4.5;

macro_rules! roles {
    ($($variant:ident $name:literal $text:literal,)*) => {
        /// What a piece of the screen means; a theme says what it looks like.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Role {
            $(#[doc = $text] $variant,)*
        }

        impl Role {
            /// Every role.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its key in theme files.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

roles! {
    Text "text" "Ordinary text; its background is the screen's.",
    Dim "dim" "What matters less.",
    Title "title" "The program's name and headings.",
    Header "header" "Line 1.",
    Column "column" "Heads of columns.",
    Border "border" "Lines between areas.",
    Selection "selection" "The selected row.",
    Cursor "cursor" "The selected cell in the selected row.",
    Key "key" "A key in the key bar.",
    Label "label" "What a key does.",
    Why "why" "The words why, do and their like.",
    Notice "notice" "A message to the operator.",
    Input "input" "Text being typed.",
    Fault "fault" "The part of the input that is wrong.",
    Secret "secret" "A secret at the one time it is shown.",
    Ok "ok" "All is well.",
    Info "info" "Worth knowing.",
    Warn "warn" "A client's error.",
    Crit "crit" "Refused, or this side's error.",
    Created "created" "Something was created.",
    Changed "changed" "Something was changed.",
    Removed "removed" "An account was removed.",
    Client "client" "Who asked.",
    Operation "operation" "What was asked.",
    Subject "subject" "What it was about.",
    Follow "follow" "The newest is shown.",
    Paused "paused" "The newest is not shown.",
    Tab "tab" "A tab.",
    TabActive "tab_active" "The open tab.",
    JsonKey "json_key" "A JSON member's name.",
    JsonString "json_string" "A JSON string.",
    JsonNumber "json_number" "A JSON number.",
    JsonLiteral "json_literal" "true, false, null.",
    JsonMark "json_mark" "JSON punctuation.",
    DiffAdded "diff_added" "The value after.",
    DiffRemoved "diff_removed" "The value before.",
    Chart "chart" "Sparklines.",
}

impl Role {
    /// The mark that goes with it, so that nothing is said by colour alone.
    pub const fn glyph(self) -> &'static str {
        match self {
            Self::Crit => "!",
            Self::Warn => "▲",
            Self::Removed => "D",
            Self::Created => "+",
            _ => " ",
        }
    }
}

/// How many colours the terminal has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorDepth {
    /// 24 bit.
    True,
    /// The 256 of xterm.
    Indexed,
    /// The 16 of ANSI.
    #[default]
    Ansi,
}

/// A theme, ready to draw with.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    styles: Vec<Style>,
    contrast: f64,
}

/// Why a theme could not be loaded; says where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ThemeError {
    /// No theme has that name.
    #[error("there is no theme of that name; shipped are {}", shipped())]
    Unknown,
    /// The file cannot be read.
    #[error("{file}: cannot be read: {reason}")]
    Unreadable {
        /// The file.
        file: String,
        /// What the system says.
        reason: String,
    },
    /// The file is not a theme.
    #[error("{file}:{line}:{column}: {message}")]
    Invalid {
        /// The file.
        file: String,
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
        /// What is wrong.
        message: String,
    },
}

impl Theme {
    /// The theme `name` (see [`source`]). `no_color` (the `NO_COLOR` convention) overrides the
    /// name with `mono`.
    pub fn load(
        name: &str,
        directory: Option<&Path>,
        depth: ColorDepth,
        no_color: bool,
    ) -> Result<Self, ThemeError> {
        let name = if no_color { "mono" } else { name };
        let (file, text) = source(name, directory)?;
        Self::parse(&text, &file, depth)
    }

    /// Reads a theme's text; `file` names it in errors.
    pub fn parse(text: &str, file: &str, depth: ColorDepth) -> Result<Self, ThemeError> {
        let fault = |span: Range<usize>, message: String| {
            let before = text.get(..span.start).unwrap_or(text);
            let line_start = before.rfind('\n').map_or(0, |at| at + 1);
            ThemeError::Invalid {
                file: file.to_owned(),
                line: before.matches('\n').count() + 1,
                column: before[line_start..].chars().count() + 1,
                message,
            }
        };
        let written: File = toml::from_str(text).map_err(|error| {
            let message = error.message().to_owned();
            fault(error.span().unwrap_or_default(), message)
        })?;
        let unknown = written
            .roles
            .keys()
            .find(|key| !Role::ALL.iter().any(|role| role.name() == *key.get_ref()));
        if let Some(key) = unknown {
            return Err(fault(key.span(), "there is no such role".to_owned()));
        }
        let contrast = written
            .contrast
            .as_ref()
            .map_or(CONTRAST, |least| *least.get_ref());
        if !(CONTRAST..=21.0).contains(&contrast)
            && let Some(written) = &written.contrast
        {
            let message = format!("a contrast is from {CONTRAST} to 21");
            return Err(fault(written.span(), message));
        }
        let mut styles = Vec::with_capacity(Role::ALL.len());
        for role in Role::ALL {
            let look = written
                .roles
                .iter()
                .find(|(key, _)| key.get_ref() == role.name());
            let Some((_, look)) = look else {
                return Err(fault(0..0, format!("the role {} is missing", role.name())));
            };
            let style = look.style(&written.palette, depth);
            styles.push(style.map_err(|(span, message)| fault(span, message))?);
        }
        Ok(Self { styles, contrast })
    }

    /// What `role` looks like.
    pub fn style(&self, role: Role) -> Style {
        // `parse` made one style for each role, in the order of the enum.
        self.styles.get(role as usize).copied().unwrap_or_default()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Least contrast that the theme promises.
    contrast: Option<Spanned<f64>>,
    palette: BTreeMap<String, Colour>,
    roles: BTreeMap<Spanned<String>, Look>,
}

/// One colour of a palette.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Colour {
    /// `#rrggbb`.
    rgb: Option<Spanned<String>>,
    /// 0 to 255.
    ansi256: Option<u8>,
    /// `bright-red`, or `default` for the terminal's own.
    ansi16: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools)] // the keys of a table in a file
struct Look {
    fg: Option<Spanned<String>>,
    bg: Option<Spanned<String>>,
    #[serde(default)]
    bold: bool,
    #[serde(default)]
    dim: bool,
    #[serde(default)]
    italic: bool,
    #[serde(default)]
    underline: bool,
    #[serde(default)]
    reverse: bool,
}

type Fault = (Range<usize>, String);

impl Look {
    fn style(&self, palette: &BTreeMap<String, Colour>, depth: ColorDepth) -> Result<Style, Fault> {
        let colour = |name: &Option<Spanned<String>>| match name {
            None => Ok(None),
            Some(name) => match palette.get(name.get_ref()) {
                Some(colour) => colour.at(depth).map(Some),
                None => Err((name.span(), "the palette has no such colour".to_owned())),
            },
        };
        let modifiers = [
            (self.bold, Modifier::BOLD),
            (self.dim, Modifier::DIM),
            (self.italic, Modifier::ITALIC),
            (self.underline, Modifier::UNDERLINED),
            (self.reverse, Modifier::REVERSED),
        ];
        let mut style = Style::new();
        style.fg = colour(&self.fg)?;
        style.bg = colour(&self.bg)?;
        for (_, modifier) in modifiers.into_iter().filter(|(set, _)| *set) {
            style = style.add_modifier(modifier);
        }
        Ok(style)
    }
}

impl Colour {
    fn at(&self, depth: ColorDepth) -> Result<Color, Fault> {
        let rgb = self.rgb.as_ref().map(parse_rgb).transpose()?;
        let ansi = parse_ansi(&self.ansi16)?;
        Ok(match (depth, rgb, self.ansi256) {
            (ColorDepth::True, Some(rgb), _) => rgb,
            (ColorDepth::True | ColorDepth::Indexed, _, Some(index)) => Color::Indexed(index),
            _ => ansi,
        })
    }
}

fn parse_rgb(text: &Spanned<String>) -> Result<Color, Fault> {
    let digits = text.get_ref().strip_prefix('#');
    digits
        .filter(|digits| digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .and_then(|digits| u32::from_str_radix(digits, 16).ok())
        .map(Color::from_u32)
        .ok_or_else(|| (text.span(), "expected a colour such as #1e90ff".to_owned()))
}

fn parse_ansi(text: &Spanned<String>) -> Result<Color, Fault> {
    Ok(match text.get_ref().as_str() {
        "default" => Color::Reset,
        "black" => Color::Black,
        "red" => Color::Red,
        "green" => Color::Green,
        "yellow" => Color::Yellow,
        "blue" => Color::Blue,
        "magenta" => Color::Magenta,
        "cyan" => Color::Cyan,
        "white" => Color::Gray,
        "bright-black" => Color::DarkGray,
        "bright-red" => Color::LightRed,
        "bright-green" => Color::LightGreen,
        "bright-yellow" => Color::LightYellow,
        "bright-blue" => Color::LightBlue,
        "bright-magenta" => Color::LightMagenta,
        "bright-cyan" => Color::LightCyan,
        "bright-white" => Color::White,
        _ => {
            let message = "expected default, black, red, green, yellow, blue, magenta, cyan or \
                           white, with bright- before it or not";
            return Err((text.span(), message.to_owned()));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEPTHS: [ColorDepth; 3] = [ColorDepth::True, ColorDepth::Indexed, ColorDepth::Ansi];

    #[test]
    fn every_shipped_theme_has_every_role_at_every_depth() {
        for (name, text) in SHIPPED {
            for depth in DEPTHS {
                let theme = Theme::parse(text, name, depth).unwrap_or_else(|e| panic!("{e}"));
                assert_eq!(theme.styles.len(), Role::ALL.len());
            }
        }
    }

    #[test]
    fn severities_differ_in_every_theme() {
        for (name, text) in SHIPPED {
            let theme = Theme::parse(text, name, ColorDepth::Ansi).unwrap();
            let crit = theme.style(Role::Crit);
            for other in [Role::Ok, Role::Warn, Role::Text, Role::Dim] {
                assert_ne!(crit, theme.style(other), "{name} {other:?}");
            }
            assert_ne!(
                theme.style(Role::Selection),
                theme.style(Role::Text),
                "{name}"
            );
        }
    }

    #[test]
    fn without_colour_there_is_no_colour() {
        let theme = Theme::load("dark", None, ColorDepth::True, true).unwrap();
        assert!(
            theme
                .styles
                .iter()
                .all(|style| style.fg.is_none() && style.bg.is_none())
        );
    }

    #[test]
    fn depth_picks_the_value() {
        let text = SHIPPED[1].1;
        let fg = |depth| {
            Theme::parse(text, "dark", depth)
                .unwrap()
                .style(Role::Crit)
                .fg
        };
        assert!(matches!(fg(ColorDepth::True), Some(Color::Rgb(..))));
        assert!(matches!(fg(ColorDepth::Indexed), Some(Color::Indexed(_))));
        assert!(!matches!(
            fg(ColorDepth::Ansi),
            Some(Color::Rgb(..) | Color::Indexed(_)) | None
        ));
    }

    #[test]
    fn faults_name_file_line_and_column() {
        let base = SHIPPED[0].1;
        let cases = [
            ("palette = 1".to_owned(), "mine.toml:1:"),
            (
                base.replace("ansi16 = \"red\"", "ansi16 = \"rot\""),
                "expected default, black",
            ),
            (
                base.replace("crit = { fg = \"crit\"", "crit = { fg = \"nil\""),
                "no such colour",
            ),
            (format!("{base}\nsparkle = {{}}\n"), "no such role"),
            (base.replace("dim = {", "text2 = {"), "no such role"),
            (
                "[palette]\n[roles]\n".to_owned(),
                "the role text is missing",
            ),
        ];
        for (text, expected) in cases {
            let error = Theme::parse(&text, "mine.toml", ColorDepth::Ansi).unwrap_err();
            let message = error.to_string();
            assert!(message.starts_with("mine.toml:"), "{message}");
            assert!(message.contains(expected), "{message}");
        }
        let text = format!("{base}sparkle = {{}}\n");
        let line = text.lines().count();
        let error = Theme::parse(&text, "mine.toml", ColorDepth::Ansi).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with(&format!("mine.toml:{line}:1:")),
            "{error}"
        );
    }

    #[test]
    fn a_file_in_the_directory_goes_before_a_shipped_one() {
        let directory = tempfile::tempdir().unwrap();
        let load = |name: &str| Theme::load(name, Some(directory.path()), ColorDepth::True, false);
        assert_eq!(load("nothing"), Err(ThemeError::Unknown));
        let shipped = load("dark").unwrap();
        std::fs::write(directory.path().join("dark.toml"), SHIPPED[6].1).unwrap();
        assert_ne!(load("dark").unwrap(), shipped);
        let path = directory.path().join("gone.toml");
        let error = load(&path.display().to_string()).unwrap_err();
        assert!(matches!(error, ThemeError::Unreadable { .. }));
    }
}
