//! Where themes come from: shipped with the program, or files of the operator's own.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::ThemeError;

/// The shipped themes: name and text.
pub const SHIPPED: [(&str, &str); 7] = [
    ("base", include_str!("../../../themes/base.toml")),
    ("dark", include_str!("../../../themes/dark.toml")),
    ("light", include_str!("../../../themes/light.toml")),
    (
        "okabe-ito-dark",
        include_str!("../../../themes/okabe-ito-dark.toml"),
    ),
    (
        "okabe-ito-light",
        include_str!("../../../themes/okabe-ito-light.toml"),
    ),
    (
        "high-contrast",
        include_str!("../../../themes/high-contrast.toml"),
    ),
    ("mono", include_str!("../../../themes/mono.toml")),
];

/// The names of the shipped ones, with commas.
pub fn shipped() -> String {
    SHIPPED.map(|(name, _)| name).join(", ")
}

/// Text of the theme `name`, and what to call it in errors: `NAME.toml` in `directory` if it is
/// there, else the shipped one. A name with a slash or `.toml` in it is a path.
pub fn source(
    name: &str,
    directory: Option<&Path>,
) -> Result<(String, Cow<'static, str>), ThemeError> {
    let is_path = name.contains(std::path::is_separator) || Path::new(name).extension().is_some();
    let file = if is_path {
        Some(PathBuf::from(name))
    } else {
        let own = directory.map(|directory| directory.join(format!("{name}.toml")));
        own.filter(|own| own.is_file())
    };
    let Some(file) = file else {
        let shipped = SHIPPED.iter().find(|(shipped, _)| *shipped == name);
        let (name, text) = shipped.ok_or(ThemeError::Unknown)?;
        return Ok(((*name).to_owned(), Cow::Borrowed(text)));
    };
    let name = file.display().to_string();
    match std::fs::read_to_string(file) {
        Ok(text) => Ok((name, Cow::Owned(text))),
        Err(error) => Err(ThemeError::Unreadable {
            file: name,
            reason: error.to_string(),
        }),
    }
}

/// Every theme that has a name: those in `directory`, and the shipped ones that none of them
/// overrides. With its file if it has one.
pub fn list(directory: &Path) -> BTreeMap<String, Option<PathBuf>> {
    let shipped = SHIPPED.iter().map(|(name, _)| ((*name).to_owned(), None));
    let mut themes: BTreeMap<_, _> = shipped.collect();
    let files = std::fs::read_dir(directory).into_iter().flatten().flatten();
    for file in files.map(|file| file.path()) {
        let is_theme = file
            .extension()
            .is_some_and(|extension| extension == "toml");
        if let Some(name) = file
            .file_stem()
            .and_then(|name| name.to_str())
            .filter(|_| is_theme)
        {
            themes.insert(name.to_owned(), Some(file));
        }
    }
    themes
}
