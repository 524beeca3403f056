//! Filters of the lists: made of names, recalled, refused.

use super::house::{at, work};
use super::*;
use crate::tui::call::Purpose;
use crate::tui::testing::{carry_out, house};

#[test]
fn a_name_becomes_a_filter() {
    let mut model = at("3");
    work(&mut model, "*");
    let name = house::user(0).user_name;
    assert_eq!(
        model.users.list.at.filter,
        format!("userName eq \"{name}\"")
    );
    let mut model = at("3!");
    assert_eq!(
        model.users.list.at.filter,
        format!("userName ne \"{name}\"")
    );
    let calls = work(&mut model, "/\u{1b}");
    assert!(calls.is_empty());
    model.users.list.items = vec![house::user(1)];
    work(&mut model, "!");
    let other = house::user(1).user_name;
    let both = format!("(userName ne \"{name}\") and userName ne \"{other}\"");
    assert_eq!(model.users.list.at.filter, both);
    let mut model = at("4*");
    let group = house::group(0).display_name;
    assert_eq!(
        model.groups.list.at.filter,
        format!("displayName eq \"{group}\"")
    );
    work(&mut model, "5/batch:3 x\n*");
    let row = house::deletion(12).user_name;
    assert!(
        ["batch:3 x".to_owned(), format!("batch:3 {row}")]
            .contains(&model.removals.deletions.at.filter)
    );
}

#[test]
fn filters_typed_before_come_back_in_the_view_they_are_of() {
    let mut model = at("3/ada\n/\u{8}\u{8}\u{8}hopper\n");
    let filter = |model: &Model| model.users.list.at.filter.clone();
    let up = |model: &mut Model, code| {
        let actions = update(model, Event::Key(KeyEvent::from(code)));
        carry_out(model, actions);
    };
    work(&mut model, "/");
    up(&mut model, KeyCode::Up);
    up(&mut model, KeyCode::Up);
    assert_eq!(filter(&model), "ada");
    up(&mut model, KeyCode::Down);
    assert_eq!(filter(&model), "hopper");
    work(&mut model, "\n4/");
    up(&mut model, KeyCode::Up);
    assert_eq!(
        model.groups.list.at.filter, "",
        "those of Users are not offered in Groups"
    );
}

#[test]
fn a_wrong_filter_of_a_list_stays_open_and_the_rows_stay() {
    let mut model = at("3/x gt");
    let rows = model.users.list.items.len();
    let actions = fetch::reload(&mut model);
    for action in actions {
        let Action::Call {
            ticket,
            purpose: purpose @ Purpose::Rows(_),
            ..
        } = action
        else {
            continue;
        };
        let message = "the filter is wrong at character 3: an operator";
        let error = OpsError::new(Failure::Invalid, message);
        let result = Err(error);
        update(
            &mut model,
            Event::Answered {
                ticket,
                purpose,
                result,
            },
        );
    }
    assert_eq!(filter::fault(&model).unwrap().0, 2..4);
    assert_eq!(model.users.list.items.len(), rows);
    work(&mut model, "\n");
    assert!(matches!(model.mode, Mode::Filter(_)));
}
