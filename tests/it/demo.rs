//! `scimtop demo`: alive after one command, and nothing is left of it.

use std::fs;
use std::process::Command;

use tempfile::TempDir;

use crate::screen::Screen;

fn demo(home: &TempDir, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scimtop"));
    command
        .arg("demo")
        .args(args)
        .env_clear()
        .env("HOME", home.path())
        .env("TMPDIR", home.path());
    command
}

#[test]
fn providers_work_in_three_orgs_and_nothing_is_left_of_it() {
    let home = TempDir::new().unwrap();
    // A configuration of a server of one's own does not get in the way.
    let config = home.path().join(".config/scimtop");
    fs::create_dir_all(&config).unwrap();
    fs::write(config.join("config.toml"), "data_dir = \"/nowhere\"\n").unwrap();
    for (columns, rows) in [(80, 24), (200, 50)] {
        let mut screen = Screen::run(&demo(&home, &["--speed", "2000"]), columns, rows);
        screen.shows("FOLLOW");
        screen.types("6");
        // A narrow list cuts labels; the selected one stands below it in full.
        screen.shows("urgent");
        screen.types("g");
        for label in ["okta-prod", "entra-sales", "okta-partners", "revoked"] {
            screen.shows(label);
        }
        // What the revoked token is used for is noticed.
        screen.types("2");
        screen.shows("entra-old");
        screen.types("3");
        screen.shows("@primary.example");
        screen.types("q");
        assert!(screen.ends());
        screen.waits("the terminal is given back", |_| screen.is_given_back());
    }
    let left: Vec<_> = fs::read_dir(home.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "only the configuration: {left:?}");
}

#[test]
fn data_cannot_be_given_to_it() {
    let home = TempDir::new().unwrap();
    let data = home.path().join("data");
    let refused = demo(&home, &["--data", data.to_str().unwrap()])
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("without --data"), "{said}");
    assert!(!data.exists());
}
