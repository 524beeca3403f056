//! Whether a theme can be read: by everybody, and on every terminal whose colours are known.

use ratatui::style::{Color, Modifier, Style};

use super::colour::{Light, Sight};
use super::{ColorDepth, Role, Theme, ThemeError};
use crate::text;

/// Least distance in CIELAB of two roles that must be told apart, however somebody sees.
const APART: f64 = 15.0;

/// Roles that must be told apart.
const PAIRS: [(Role, Role); 5] = [
    (Role::Ok, Role::Warn),
    (Role::Ok, Role::Crit),
    (Role::Warn, Role::Crit),
    (Role::Created, Role::Removed),
    (Role::DiffAdded, Role::DiffRemoved),
];

/// Roles drawn on the background of another.
const LAID: [(Role, Role); 2] = [(Role::Title, Role::Header), (Role::Warn, Role::Header)];

/// Severities: each has a glyph of its own.
const SEVERITIES: [Role; 5] = [
    Role::Crit,
    Role::Warn,
    Role::Removed,
    Role::Created,
    Role::Changed,
];

/// Something that is wrong with a theme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// On which terminals: `truecolor`, `256`, `16`.
    pub depth: &'static str,
    /// What is looked at.
    pub what: String,
    /// What it is.
    pub found: String,
    /// What it has to be.
    pub wanted: String,
}

/// All that is wrong with a theme's text; `file` names it in errors.
pub fn check(text: &str, file: &str) -> Result<Vec<Finding>, ThemeError> {
    let mut findings = Vec::new();
    for (depth, name) in [
        (ColorDepth::True, "truecolor"),
        (ColorDepth::Indexed, "256"),
        (ColorDepth::Ansi, "16"),
    ] {
        let theme = Theme::parse(text, file, depth)?;
        contrasts(&theme, name, &mut findings);
        distances(&theme, name, &mut findings);
    }
    glyphs(&mut findings);
    Ok(findings)
}

/// What stands in front and what behind, as drawn.
fn drawn(theme: &Theme, role: Role, on: Role) -> (Option<Color>, Option<Color>) {
    let text = theme.style(Role::Text);
    let style = Style {
        bg: theme.style(on).bg.or(text.bg),
        ..theme.style(role)
    };
    let (fg, bg) = (style.fg.or(text.fg), style.bg);
    if style.add_modifier.contains(Modifier::REVERSED) {
        (bg, fg)
    } else {
        (fg, bg)
    }
}

fn contrasts(theme: &Theme, depth: &'static str, findings: &mut Vec<Finding>) {
    let own = Role::ALL.iter().map(|role| (*role, *role));
    for (role, on) in own.chain(LAID) {
        let (Some(fg), Some(bg)) = drawn(theme, role, on) else {
            continue;
        };
        let (Some(fg), Some(bg)) = (Light::of(fg), Light::of(bg)) else {
            continue;
        };
        let contrast = fg.contrast(bg);
        if contrast < theme.contrast {
            let what = if role == on {
                role.name().to_owned()
            } else {
                format!("{} on {}", role.name(), on.name())
            };
            findings.push(Finding {
                depth,
                what,
                found: format!("contrast {contrast:.2}"),
                wanted: format!("{:.1}", theme.contrast),
            });
        }
    }
}

fn distances(theme: &Theme, depth: &'static str, findings: &mut Vec<Finding>) {
    for (one, other) in PAIRS {
        let colour = |role| drawn(theme, role, role).0.and_then(Light::of);
        let mut wrong = |found: String, wanted: String| {
            findings.push(Finding {
                depth,
                what: format!("{} and {}", one.name(), other.name()),
                found,
                wanted,
            });
        };
        let (Some(first), Some(second)) = (colour(one), colour(other)) else {
            // The terminal's own colours: they must be other ones, or look otherwise.
            if theme.style(one) == theme.style(other) {
                wrong("the same look".to_owned(), "two".to_owned());
            }
            continue;
        };
        for sight in Sight::ALL {
            let distance = first.distance(second, sight);
            if distance < APART {
                let found = format!("distance {distance:.0} ({sight:?})");
                wrong(found.to_lowercase(), format!("{APART:.0}"));
            }
        }
    }
}

/// Glyphs are the same in every theme; they have to differ, in ASCII too.
fn glyphs(findings: &mut Vec<Finding>) {
    for (at, one) in SEVERITIES.iter().enumerate() {
        for other in &SEVERITIES[at + 1..] {
            if text::ascii(one.glyph()) == text::ascii(other.glyph()) {
                findings.push(Finding {
                    depth: "any",
                    what: format!("{} and {}", one.name(), other.name()),
                    found: format!("glyph {}", one.glyph()),
                    wanted: "two".to_owned(),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::SHIPPED;
    use super::*;

    #[test]
    fn every_shipped_theme_passes() {
        for (name, text) in SHIPPED {
            assert_eq!(check(text, name), Ok(Vec::new()), "{name}");
        }
    }

    #[test]
    fn what_cannot_be_read_or_told_apart_is_found() {
        let (_, dark) = SHIPPED[1];
        let (_, contrast) = SHIPPED[5];
        for (text, from, to, expected) in [
            (dark, "#8b95a5", "#24282f", "truecolor dim contrast"),
            (dark, "ansi256 = 246", "ansi256 = 236", "256 label contrast"),
            (dark, "#e7c277", "#7eca92", "ok and warn distance 0 (usual)"),
            (dark, "#f7766e", "#e0b060", "warn and crit distance"),
            (dark, "#222730", "#6cb6ff", "title on header contrast 1.00"),
            (contrast, "#d0d0d0", "#808080", "dim contrast"),
        ] {
            assert!(text.contains(from));
            let findings = check(&text.replace(from, to), "mine.toml").unwrap();
            let lines: Vec<String> = findings
                .iter()
                .map(|one| format!("{} {} {}", one.depth, one.what, one.found))
                .collect();
            assert!(
                lines.iter().any(|line| line.contains(expected)),
                "{expected}: {lines:?}"
            );
        }
    }

    #[test]
    fn without_known_colours_looks_must_differ() {
        let (_, mono) = SHIPPED[6];
        let same = mono.replace("crit = { bold = true }", "crit = { underline = true }");
        let findings = check(&same, "mine.toml").unwrap();
        assert_eq!(findings.len(), 3, "{findings:?}");
        assert_eq!(findings[0].what, "warn and crit");
    }

    #[test]
    fn a_promised_contrast_is_held_to_and_bounded() {
        let (_, mono) = SHIPPED[6];
        for (least, fine) in [("4.5", true), ("21", true), ("1.0", false), ("nan", false)] {
            let text = format!("contrast = {least}\n{mono}");
            assert_eq!(check(&text, "mine.toml").is_ok(), fine, "{least}");
        }
    }
}
