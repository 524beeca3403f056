//! What the palette offers and does.

use crossterm::event::KeyCode;

use super::*;
use crate::tui::event::Event;
use crate::tui::keymap::{Context, Keymap, bindings};
use crate::tui::shelf::Change;
use crate::tui::state::look::Look;
use crate::tui::state::memory::Saved;
use crate::tui::state::pane::View;
use crate::tui::state::update;
use crate::tui::testing::{carry_out, house, status, summary};

/// Users and Groups are loaded; Live is shown.
fn model() -> Model {
    let mut model = Model::new((80, 24), true, None);
    model.look = Look::new("base", vec!["base".to_owned(), "dark".to_owned()]);
    update(&mut model, Event::Status(Ok(status())));
    for seq in 1..=20 {
        update(&mut model, Event::Arrived(summary(seq).into()));
    }
    work(&mut model, "341");
    model
}

fn press(model: &mut Model, keys: &str) -> Vec<Action> {
    let codes = keys.chars().map(|key| match key {
        '\n' => KeyCode::Enter,
        '\u{1b}' => KeyCode::Esc,
        '\t' => KeyCode::Tab,
        '<' => KeyCode::BackTab,
        '↑' => KeyCode::Up,
        '↓' => KeyCode::Down,
        c => KeyCode::Char(c),
    });
    codes
        .flat_map(|code| update(model, Event::Key(KeyEvent::from(code))))
        .collect()
}

fn work(model: &mut Model, keys: &str) -> Vec<Call> {
    let actions = press(model, keys);
    carry_out(model, actions)
}

fn palette(model: &Model) -> &Palette {
    match &model.mode {
        Mode::Palette(palette) => palette,
        other => panic!("{other:?} is no palette"),
    }
}

fn best(model: &Model) -> &str {
    &palette(model).highlighted().expect("something fits").text
}

#[test]
fn everything_a_key_does_can_be_typed() {
    let places = [
        "1", "1\n", "3", "3\n", "4", "4\n", "5", "5\n", "5\t\t", "5\t\t\t", "2", "7",
    ];
    for keys in places {
        let mut model = model();
        work(&mut model, keys);
        let context = model.context();
        press(&mut model, ":");
        for binding in bindings(context).filter(|one| one.command != Command::Palette) {
            let keys = model.keymap.names(context, binding);
            let found = palette(&model).offered.iter().find(|entry| {
                entry.deed == Deed::Do(binding.command) && entry.text == binding.command.name()
            });
            let entry = found.unwrap_or_else(|| panic!("{context:?} {:?}", binding.command));
            assert!(
                keys.iter().all(|key| entry.keys.contains(key.as_str())),
                "{entry:?}"
            );
        }
    }
}

#[test]
fn what_comes_after_a_key_is_offered_too() {
    let mut model = model();
    press(&mut model, ":copy-id\n");
    assert!(
        model
            .notice
            .as_deref()
            .is_some_and(|said| said.contains("request id"))
    );
    for (context, command) in [
        (Context::Copying, Command::CopyCurl),
        (Context::OfExchange, Command::ToUser),
    ] {
        press(&mut model, ":");
        let offered = &palette(&model).offered;
        let entry = offered.iter().find(|entry| entry.deed == Deed::Do(command));
        let binding = bindings(context).find(|binding| binding.command == command);
        assert_eq!(entry.unwrap().help, binding.unwrap().help);
        press(&mut model, "\u{1b}");
    }
}

#[test]
fn the_best_match_is_run() {
    for (typed, best_is, view) in [
        ("users", "users", View::Users),
        ("remov", "removals", View::Removals),
        ("grps", "groups", View::Groups),
    ] {
        let mut model = model();
        press(&mut model, &format!(":{typed}"));
        assert_eq!(best(&model), best_is, "{typed}");
        press(&mut model, "\n");
        assert_eq!(model.view, view, "{typed}");
        assert!(matches!(model.mode, Mode::Normal));
    }
}

#[test]
fn help_text_finds_a_command_too() {
    let mut model = model();
    press(&mut model, ":pause\n");
    assert!(!model.live.following);
}

#[test]
fn objects_are_gone_to() {
    let mut model = model();
    let user = house::user(0);
    press(&mut model, ":user lovelace");
    assert_eq!(best(&model), format!("user {}", user.user_name));
    work(&mut model, "\n");
    let open = model.users.open.as_ref().unwrap();
    assert_eq!(open.object, Object::User(user.org, user.id));
    press(&mut model, "\u{1b}");
    assert_eq!(model.view, View::Live, "Esc comes back");
    let calls = work(&mut model, ":request 7\n");
    assert_eq!(calls, [Call::Exchange("7".to_owned())]);
    assert_eq!(model.detail.as_ref().unwrap().summary.seq, 7);
    press(&mut model, "\u{1b}");
    work(&mut model, ":user no such name\n");
    assert_eq!(model.users.list.at.filter, "no such name");
}

#[test]
fn an_org_is_chosen_by_its_name() {
    let mut model = model();
    let org = model.orgs.last().expect("Orgs were loaded").clone();
    work(&mut model, &format!(":org {}\n", org.name));
    assert_eq!(model.org, Some(org.id));
    work(&mut model, ":org all\n");
    assert_eq!(model.org, None);
}

#[test]
fn tab_completes_and_goes_on() {
    let mut model = model();
    press(&mut model, ":next");
    let all: Vec<String> = palette(&model)
        .matches
        .iter()
        .map(|one| one.text.clone())
        .collect();
    for expected in [&all[0], &all[1], &all[2]] {
        press(&mut model, "\t");
        assert_eq!(palette(&model).input.value(), expected);
    }
    press(&mut model, "<");
    assert_eq!(palette(&model).input.value(), all[1]);
    press(&mut model, "<<");
    assert_eq!(palette(&model).input.value(), all.last().unwrap());
}

#[test]
fn what_was_typed_before_comes_back() {
    let mut model = model();
    press(&mut model, ":follow\n:zoom\n:dr↑");
    assert_eq!(palette(&model).input.value(), "zoom");
    press(&mut model, "↑↑");
    assert_eq!(palette(&model).input.value(), "follow");
    press(&mut model, "↓↓");
    assert_eq!(palette(&model).input.value(), "dr");
}

#[test]
fn what_fits_nothing_is_said_and_esc_cancels() {
    let mut model = model();
    press(&mut model, ":xyzzy\n");
    assert!(
        model
            .notice
            .as_deref()
            .is_some_and(|said| said.contains("xyzzy"))
    );
    assert!(palette(&model).matches.is_empty());
    press(&mut model, "\u{1b}");
    assert!(matches!(model.mode, Mode::Normal));
    assert_eq!((model.view, model.live.following), (View::Live, true));
}

#[test]
fn an_act_still_asks() {
    let mut model = model();
    work(&mut model, "5");
    let calls = work(&mut model, ":purge\n");
    assert_eq!(calls, []);
    assert!(
        model
            .notice
            .as_deref()
            .is_some_and(|said| said.contains("read-only"))
    );
    work(&mut model, ":unlock\n:purge\n");
    assert!(matches!(model.mode, Mode::Confirm(_)));
}

#[test]
fn leaving_asks_as_the_key_does() {
    let mut model = model();
    press(&mut model, ":quit\n");
    assert!(matches!(model.mode, Mode::Quit));
}

#[test]
fn a_theme_is_looked_at_while_it_is_chosen() {
    let theme = |name: &str| Action::Theme(name.to_owned());
    let mut model = model();
    assert_eq!(press(&mut model, ":theme dark"), [theme("dark")]);
    assert_eq!(press(&mut model, "\u{1b}"), [theme("base")]);
    assert_eq!(
        press(&mut model, ":theme dark\n"),
        [theme("dark"), theme("dark")]
    );
    let shown = "dark".to_owned();
    update(&mut model, Event::Look { shown, fault: None });
    assert_eq!(model.look.kept, "dark");
    assert_eq!(
        press(&mut model, ":theme base\u{1b}"),
        [theme("base"), theme("dark")]
    );
}

#[test]
fn a_theme_that_cannot_be_shown_is_said_and_the_old_one_stays() {
    let mut model = model();
    press(&mut model, ":theme mine\n");
    let fault = Some("mine.toml:3:7: there is no such role".to_owned());
    let shown = "base".to_owned();
    update(
        &mut model,
        Event::Look {
            shown,
            fault: fault.clone(),
        },
    );
    assert_eq!(model.notice, fault);
    assert_eq!(
        (model.look.kept.as_str(), model.look.shown.as_str()),
        ("base", "base")
    );
    let again = update(&mut model, Event::ThemesChanged);
    assert_eq!(again, [Action::Theme("base".to_owned())]);
    let shown = "base".to_owned();
    update(&mut model, Event::Look { shown, fault: None });
    assert_eq!(model.notice.as_deref(), Some("the theme is fine now"));
}

#[test]
fn filters_are_saved_applied_and_forgotten() {
    let change = |filter: Option<&str>| {
        Action::SaveFilter(Change {
            view: "live".to_owned(),
            name: "my errors".to_owned(),
            filter: filter.map(str::to_owned),
        })
    };
    let mut model = model();
    assert_eq!(press(&mut model, ":filter save my errors\n"), []);
    assert_eq!(model.notice.as_deref(), Some("no filter is set here"));
    press(&mut model, "/status>=400\n");
    let saving = press(&mut model, ":filter save my errors\n");
    assert_eq!(saving, [change(Some("status>=400"))]);
    let of_live = [("my errors".to_owned(), "status>=400".to_owned())];
    let saved = [("live".to_owned(), of_live.into())];
    update(&mut model, Event::Saved(Ok(saved.into())));
    model.live.set_filter("", model.now).unwrap();
    press(&mut model, ":filter errors\n");
    assert_eq!(model.live.filter, "status>=400");
    press(&mut model, ":filter delete errors\n");
    assert_eq!(
        best(&model),
        "filter delete my errors",
        "it is typed to its end first"
    );
    assert_eq!(press(&mut model, "\n"), [change(None)]);
    update(&mut model, Event::Saved(Ok(Saved::default())));
    press(&mut model, ":filter my errors\n");
    assert!(
        model
            .notice
            .as_deref()
            .is_some_and(|said| said.contains("no filter my errors"))
    );
}

#[test]
fn effective_keys_are_shown() {
    let mut model = model();
    model.keymap = Keymap::parse("[live]\nfollow = \"p\"", "keys.toml").0;
    press(&mut model, ":follow");
    assert_eq!(palette(&model).highlighted().unwrap().keys, "p");
    press(&mut model, "\u{1b}p");
    assert!(!model.live.following);
}
