//! The house rules that no compiler checks: arrows between rooms, homes of libraries, size of
//! files, and that every module says what it is for.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Room → rooms it may import (docs/ARCHITECTURE.md). Leaves are allowed everywhere.
const ARROWS: &[(&str, &[&str])] = &[
    ("scim", &[]),
    ("model", &["scim"]),
    ("engine", &["scim", "model"]),
    ("store", &["scim", "model"]),
    ("ops", &["model", "scim", "engine", "store"]),
    ("http", &["scim", "model", "ops"]),
    ("notify", &["model", "ops"]),
    ("tui", &["scim::quirk", "model", "ops::api"]),
    (
        "config",
        &[
            "scim",
            "model",
            "http::limits",
            "notify::settings",
            "ops::provision",
        ],
    ),
    ("wire", &[]),
    ("bench", &["wire"]),
    (
        "simulate",
        &["wire", "bench::people", "model::alert", "model::diagnosis"],
    ),
    ("replay", &["wire", "model"]),
    (
        "cli",
        &[
            "scim", "model", "ops::api", "config", "bench", "replay", "simulate", "wire",
        ],
    ),
];
const LEAVES: &[&str] = &["clock", "files", "ids", "secret", "text"];
/// Rooms that put the others together.
const ROOTS: &[&str] = &["app", "main", "lib", "exit"];

/// Library → the only places that may name it.
const HOMES: &[(&str, &[&str])] = &[
    ("rusqlite", &["store"]),
    ("axum", &["http", "bench/stub"]),
    ("hyper", &["http", "notify/send", "ops/remote", "wire"]),
    ("ratatui", &["tui"]),
    ("crossterm", &["tui"]),
    ("clap", &["cli", "main"]),
    (
        "toml",
        &[
            "config",
            "simulate/scenario",
            "tui/theme",
            "tui/keymap",
            "tui/shelf",
        ],
    ),
    ("notify", &["files", "tui/theme"]),
    ("nucleo_matcher", &["tui/state/palette"]),
    ("anyhow", &["main", "app"]),
    (
        "prometheus_client",
        &["ops/metrics", "store/writer", "store/mod"],
    ),
    ("tokio_rustls", &["http/tls", "ops/remote"]),
    ("lettre", &["notify/mail"]),
];

const LONGEST: usize = 500;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below `dir`, as path relative to it and text.
fn sources(dir: &str) -> Vec<(String, String)> {
    let base = root().join(dir);
    let mut found = Vec::new();
    let mut open = vec![base.clone()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path
                    .strip_prefix(&base)
                    .unwrap()
                    .to_string_lossy()
                    .into_owned();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

fn room(file: &str) -> &str {
    let first = Path::new(file).iter().next().unwrap().to_str().unwrap();
    first.trim_end_matches(".rs")
}

/// The paths after `crate::` that a file names, tests and groups included:
/// `use crate::{a::B, c}` gives `a::B` and `c`.
fn imports(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let end = group.find("};").unwrap_or(group.len());
            let mut depth = 0;
            let mut item = String::new();
            for c in group[..end].chars().chain([',']) {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' if depth == 0 => {
                        found.insert(std::mem::take(&mut item).trim().to_owned());
                    }
                    _ => item.push(c),
                }
            }
        } else {
            let end = rest
                .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'))
                .unwrap_or(rest.len());
            found.insert(rest[..end].to_owned());
        }
    }
    found.retain(|path| !path.is_empty());
    found
}

#[test]
fn rooms_import_only_what_the_map_allows() {
    let mut wrong = Vec::new();
    for (file, text) in sources("src") {
        let room = room(&file);
        if ROOTS.contains(&room) {
            continue;
        }
        let allowed: &[&str] = if LEAVES.contains(&room) {
            &[]
        } else {
            ARROWS
                .iter()
                .find(|(name, _)| *name == room)
                .unwrap_or_else(|| panic!("{file}: the room {room} is not on the map"))
                .1
        };
        for path in imports(&text) {
            let first = path.split("::").next().unwrap();
            let fine = first == room
                || LEAVES.contains(&first)
                || allowed
                    .iter()
                    .any(|arrow| path == *arrow || path.starts_with(&format!("{arrow}::")));
            if !fine {
                wrong.push(format!("{file} imports crate::{path}"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "arrows that are not on the map:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn libraries_stay_in_their_homes() {
    let mut wrong = Vec::new();
    for (file, text) in sources("src") {
        for (library, homes) in HOMES {
            let named = text.lines().any(|line| {
                // A room may be named like a library.
                let line = line.replace(&format!("crate::{library}::"), "");
                let line = line.trim_start();
                !line.starts_with("//")
                    && (line.contains(&format!("{library}::"))
                        || line.contains(&format!("use {library};")))
            });
            if named && !homes.iter().any(|home| file.starts_with(home)) {
                wrong.push(format!("{file} names {library}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_are_short_and_say_what_they_are_for() {
    let mut wrong = Vec::new();
    for dir in ["src", "tests", "benches"] {
        for (file, text) in sources(dir) {
            let lines = text.lines().count();
            if lines > LONGEST {
                wrong.push(format!("{dir}/{file}: {lines} lines, {LONGEST} at most"));
            }
            if !text.starts_with("//!") {
                wrong.push(format!("{dir}/{file}: does not open with what it is for"));
            }
            for mark in ["TODO", "FIXME", "XXX"] {
                // Built at run time so that this file does not find itself.
                if text.contains(&format!("{mark}:")) || text.contains(&format!("// {mark}")) {
                    wrong.push(format!("{dir}/{file}: {mark}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_house_is_documented() {
    let architecture = fs::read_to_string(root().join("docs/ARCHITECTURE.md")).unwrap();
    for (room, _) in ARROWS {
        assert!(
            architecture.contains(&format!("`{room}`")),
            "docs/ARCHITECTURE.md does not name `{room}`"
        );
    }
    for file in [
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "docs/OPERATIONS.md",
    ] {
        assert!(root().join(file).exists(), "{file} is missing");
    }
}
