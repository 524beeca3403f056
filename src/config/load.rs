//! File → environment → command line, with the origin of each value.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::settings::Settings;
use crate::scim::builtin;
use crate::scim::schema::Registry;

/// Environment variables that begin with this set a key: `SCIMTOP_LISTEN`,
/// `SCIMTOP_TRAFFIC__KEEP_DAYS` for `traffic.keep_days`.
const PREFIX: &str = "SCIMTOP_";
/// Name of the configuration file in its usual directory.
const USUAL: &str = "config.toml";
/// Variables with the prefix that are no settings.
const NOT_SETTINGS: [&str; 3] = ["SCIMTOP_CONFIG", "SCIMTOP_DAEMON", "SCIMTOP_OPS_TOKEN"];

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The configuration file.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
    /// A flag of the command line.
    Flag(&'static str),
    /// Nobody set it.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Environment(name) => write!(f, "${name}"),
            Self::Flag(name) => f.write_str(name),
            Self::Default => f.write_str("default"),
        }
    }
}

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The named file cannot be read.
    #[error("cannot read the configuration file {0}: {1}")]
    Read(PathBuf, std::io::Error),
    /// The file or a value makes no sense. The text names line and column.
    #[error("{0}: {1}")]
    Invalid(String, String),
    /// There is no home directory to put data in.
    #[error("neither XDG_STATE_HOME nor HOME is set: name a data directory with --data")]
    NoHome,
}

/// What the command line sets.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--config`
    pub config: Option<PathBuf>,
    /// Keys and values of flags, with the flag's name.
    pub flags: Vec<(&'static str, &'static str, Value)>,
}

/// Settings with the origin of each key that somebody set.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The settings.
    pub settings: Settings,
    /// The data directory, resolved.
    pub data_dir: PathBuf,
    /// `scimtop` in the configuration directory: themes and keys of one's own are in it.
    pub config_dir: PathBuf,
    /// `scimtop` in the XDG state directory, whatever the data directory is: what a dashboard
    /// remembers is in it.
    pub state_dir: PathBuf,
    /// Dotted key → origin; keys not listed have their default.
    pub origins: BTreeMap<String, Origin>,
    /// The configuration file, if there is one.
    pub file: Option<PathBuf>,
    /// What the command line set.
    pub overrides: Overrides,
}

impl Loaded {
    /// Reads everything once more, as it was read.
    ///
    /// # Errors
    /// What is wrong with it now.
    pub fn again(&self) -> Result<Self, ConfigError> {
        load(&self.overrides)
    }

    /// The configuration file, or where it would be if there were one.
    pub fn place(&self) -> PathBuf {
        let usual = || self.config_dir.join(USUAL);
        self.file.clone().unwrap_or_else(usual)
    }

    /// Where `key` came from.
    pub fn origin(&self, key: &str) -> &Origin {
        self.origins.get(key).unwrap_or(&Origin::Default)
    }

    /// Where themes of one's own are.
    pub fn themes_dir(&self) -> PathBuf {
        self.config_dir.join("themes")
    }

    /// The SCIM schemas: the built-in ones and the declared extensions.
    ///
    /// # Errors
    /// What is wrong with a declaration.
    pub fn registry(&self) -> Result<Registry, String> {
        builtin::registry(self.settings.extensions.clone())
    }

    /// Every setting as dotted key and TOML value.
    pub fn flat(&self) -> Vec<(String, String)> {
        let mut rows = Vec::new();
        if let Ok(Value::Table(table)) = Value::try_from(&self.settings) {
            flatten("", table, &mut rows);
        }
        rows
    }
}

/// An environment variable that is set and not empty.
#[allow(clippy::disallowed_methods)] // the one home of the environment
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Reads everything. Without `--config` and `SCIMTOP_CONFIG` the file is
/// `scimtop/config.toml` in the XDG configuration directory, if it is there.
pub fn load(overrides: &Overrides) -> Result<Loaded, ConfigError> {
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    load_from(overrides, &environment.collect())
}

fn load_from(
    overrides: &Overrides,
    environment: &BTreeMap<String, String>,
) -> Result<Loaded, ConfigError> {
    let set = |name: &str| environment.get(name).filter(|value| !value.is_empty());
    let mut merged = Table::new();
    let mut origins = BTreeMap::new();

    let named = overrides
        .config
        .clone()
        .or_else(|| set("SCIMTOP_CONFIG").map(PathBuf::from));
    let config_dir = set("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(Path::new(set("HOME")?).join(".config")))
        .unwrap_or_default()
        .join("scimtop");
    let usual = || Some(config_dir.join(USUAL)).filter(|path| path.exists());
    let file = named.or_else(usual);
    if let Some(path) = file.clone() {
        let text = std::fs::read_to_string(&path)
            .map_err(|error| ConfigError::Read(path.clone(), error))?;
        // Read as settings first: these errors carry line and column.
        toml::from_str::<Settings>(&text).map_err(|error| invalid(path.display(), &error))?;
        let table = text
            .parse::<Table>()
            .map_err(|error| invalid(path.display(), &error))?;
        lay(&mut merged, table, "", &Origin::File(path), &mut origins);
    }
    for (name, text) in environment {
        let Some(key) = name.strip_prefix(PREFIX) else {
            continue;
        };
        if NOT_SETTINGS.contains(&name.as_str()) || text.is_empty() {
            continue;
        }
        let key = key.to_ascii_lowercase().replace("__", ".");
        let value = format!("value = {text}")
            .parse::<Table>()
            .ok()
            .and_then(|mut table| table.remove("value"))
            .unwrap_or_else(|| Value::String(text.clone()));
        let origin = Origin::Environment(name.clone());
        lay(&mut merged, nest(&key, value), "", &origin, &mut origins);
        check(&merged, format!("${name}"))?;
    }
    for (flag, key, value) in &overrides.flags {
        lay(
            &mut merged,
            nest(key, value.clone()),
            "",
            &Origin::Flag(flag),
            &mut origins,
        );
        check(&merged, flag)?;
    }
    let settings = check(&merged, "configuration")?;
    let state_dir = set("XDG_STATE_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(Path::new(set("HOME")?).join(".local/state")))
        .map(|state| state.join("scimtop"));
    let data_dir = settings.data_dir.clone().or_else(|| state_dir.clone());
    let data_dir = data_dir.ok_or(ConfigError::NoHome)?;
    Ok(Loaded {
        settings,
        state_dir: state_dir.unwrap_or_else(|| data_dir.clone()),
        data_dir,
        config_dir,
        origins,
        file,
        overrides: overrides.clone(),
    })
}

fn invalid(place: impl fmt::Display, error: &impl fmt::Display) -> ConfigError {
    ConfigError::Invalid(place.to_string(), error.to_string().trim_end().to_owned())
}

fn check(merged: &Table, place: impl fmt::Display) -> Result<Settings, ConfigError> {
    merged
        .clone()
        .try_into::<Settings>()
        .map_err(|error| invalid(place, &error))
}

/// `a.b` and a value as nested tables.
fn nest(key: &str, value: Value) -> Table {
    let (first, value) = match key.split_once('.') {
        Some((first, rest)) => (first, Value::Table(nest(rest, value))),
        None => (key, value),
    };
    Table::from_iter([(first.to_owned(), value)])
}

fn flatten(prefix: &str, table: Table, rows: &mut Vec<(String, String)>) {
    for (key, value) in table {
        match value {
            Value::Table(inner) => flatten(&format!("{prefix}{key}."), inner, rows),
            value => rows.push((format!("{prefix}{key}"), value.to_string())),
        }
    }
}

/// Lays one layer over what is there, table by table, and notes the origin of each value.
fn lay(
    under: &mut Table,
    over: Table,
    prefix: &str,
    origin: &Origin,
    origins: &mut BTreeMap<String, Origin>,
) {
    for (key, value) in over {
        let name = format!("{prefix}{key}");
        match (under.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => {
                lay(below, above, &format!("{name}."), origin, origins);
            }
            (_, Value::Table(above)) => {
                let mut below = Table::new();
                lay(&mut below, above, &format!("{name}."), origin, origins);
                under.insert(key, Value::Table(below));
            }
            (_, value) => {
                under.insert(key, value);
                origins.insert(name, origin.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let home = [("HOME", "/nowhere/home")];
        home.iter()
            .chain(pairs)
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    fn file(text: &str) -> (tempfile::TempDir, Overrides) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("scimtop.toml");
        std::fs::write(&path, text).unwrap();
        let overrides = Overrides {
            config: Some(path),
            flags: vec![],
        };
        (dir, overrides)
    }

    #[test]
    fn nothing_set_means_defaults() {
        let loaded = load_from(&Overrides::default(), &environment(&[])).unwrap();
        assert_eq!(loaded.settings.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(
            loaded.data_dir,
            Path::new("/nowhere/home/.local/state/scimtop")
        );
        assert_eq!(loaded.origin("listen"), &Origin::Default);
    }

    #[test]
    fn flags_win_over_the_environment_and_that_over_the_file() {
        let (_dir, mut overrides) = file("listen = \"127.0.0.1:1\"\n[traffic]\nkeep_days = 3\n");
        overrides.flags.push((
            "--listen",
            "listen",
            Value::String("127.0.0.1:3".to_owned()),
        ));
        let variables = [
            ("SCIMTOP_LISTEN", "127.0.0.1:2"),
            ("SCIMTOP_TRAFFIC__MAX_BYTES", "5"),
        ];
        let loaded = load_from(&overrides, &environment(&variables)).unwrap();
        assert_eq!(loaded.settings.listen.port(), 3);
        assert_eq!(loaded.origin("listen"), &Origin::Flag("--listen"));
        assert_eq!(
            (
                loaded.settings.traffic.keep_days,
                loaded.settings.traffic.max_bytes
            ),
            (3, 5)
        );
        assert!(matches!(
            loaded.origin("traffic.keep_days"),
            Origin::File(_)
        ));
        assert!(matches!(
            loaded.origin("traffic.max_bytes"),
            Origin::Environment(_)
        ));
    }

    #[test]
    fn operators_are_named_in_the_file_and_variables_of_clients_are_no_settings() {
        let text = "[ops]\nlisten = \"127.0.0.1:1\"\n[[ops.operators]]\ngroup = \"ops\"\n\
                    role = \"viewer\"\n";
        let (_dir, overrides) = file(text);
        let variables = [
            ("SCIMTOP_DAEMON", "http://127.0.0.1:1"),
            ("SCIMTOP_OPS_TOKEN", "secret"),
            ("SCIMTOP_OPS__LISTEN", "127.0.0.1:2"),
        ];
        let loaded = load_from(&overrides, &environment(&variables)).unwrap();
        let ops = &loaded.settings.ops;
        assert_eq!((ops.listen.unwrap().port(), ops.operators.len()), (2, 1));
        assert!(
            loaded
                .flat()
                .iter()
                .all(|(_, value)| !value.contains("secret"))
        );
        let (_dir, overrides) = file("[[ops.operators]]\nrole = \"viewer\"\n");
        let error = load_from(&overrides, &environment(&[])).unwrap_err();
        assert!(error.to_string().contains("`user` or a `group`"), "{error}");
    }

    #[test]
    fn mistakes_are_refused_with_their_place() {
        let (_dir, overrides) = file("listen = \"127.0.0.1:1\"\nlisten_port = 3\n");
        let error = load_from(&overrides, &environment(&[]))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("line 2") && error.contains("listen_port"),
            "{error}"
        );
        let error = load_from(
            &Overrides::default(),
            &environment(&[("SCIMTOP_LISTEM", "x")]),
        )
        .unwrap_err()
        .to_string();
        assert!(
            error.contains("$SCIMTOP_LISTEM") && error.contains("listem"),
            "{error}"
        );
        for names in ["MY_APP_ADMIN\", \"my_app", "", &"A".repeat(65)] {
            let text = format!("insecure_http = true\nprivileges = [\"A\", \"{names}\"]\n");
            let (_dir, overrides) = file(&text);
            let error = load_from(&overrides, &environment(&[]))
                .unwrap_err()
                .to_string();
            assert!(error.contains("line 2") && error.contains("A-Z"), "{error}");
        }
        let missing = Overrides {
            config: Some(PathBuf::from("/nowhere/x.toml")),
            flags: vec![],
        };
        assert!(matches!(
            load_from(&missing, &environment(&[])),
            Err(ConfigError::Read(..))
        ));
    }
}
