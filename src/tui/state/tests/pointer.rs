//! The mouse, and storms.

use super::house::{at, work};
use super::*;
use crate::model::exchange::ExchangeSummary;
use crate::tui::event::{Mouse, Press};
use crate::tui::layout;
use crate::tui::testing::carry_out;

fn mouse(model: &mut Model, press: Press, x: u16, y: u16, millis: u64) {
    let used = Mouse {
        press,
        x,
        y,
        at: Duration::from_millis(millis),
    };
    let actions = update(model, Event::Mouse(used));
    carry_out(model, actions);
}

fn click(model: &mut Model, x: u16, y: u16, millis: u64) {
    mouse(model, Press::Click, x, y, millis);
}

fn wide(keys: &str) -> Model {
    let mut model = at("");
    update(&mut model, Event::Resize(200, 60));
    work(&mut model, keys);
    model
}

#[test]
fn a_click_selects_and_a_second_one_opens() {
    let mut model = at("5");
    let y = model.areas().table.y;
    click(&mut model, 10, y + 3, 0);
    assert_eq!(model.removals.deletions.at.selected, 3);
    click(&mut model, 10, y + 3, 900);
    assert!(model.removals.open.is_none(), "too late");
    click(&mut model, 10, y + 3, 1_200);
    assert!(model.removals.open.is_some());
    // Below the last row, and where there is no table.
    let mut model = at("6");
    click(&mut model, 10, y + 8, 0);
    click(&mut model, 10, 23, 0);
    assert_eq!(model.token_list.list.at.selected, 0);
}

#[test]
fn in_live_a_click_off_the_last_row_stops_following() {
    let mut model = model();
    let areas = model.areas();
    click(&mut model, 10, areas.table.y + 2, 0);
    assert!(!model.live.following);
    assert_eq!(model.live.selected, model.live.top + 2);
    click(&mut model, 10, areas.table.y + 2, 100);
    assert!(model.detail.is_some());
}

#[test]
fn the_wheel_moves_and_scrolls() {
    let mut model = at("3");
    mouse(&mut model, Press::Down, 10, 10, 0);
    assert_eq!(model.users.list.at.selected, 3);
    mouse(&mut model, Press::Up, 10, 10, 0);
    assert_eq!(model.users.list.at.selected, 0);
    let mut model = at("3?");
    mouse(&mut model, Press::Down, 10, 10, 0);
    assert!(matches!(model.mode, Mode::Help(3)));
}

#[test]
fn names_of_views_lists_and_tabs_are_clicked() {
    let mut model = wide("");
    for (view, x, width) in layout::views(0) {
        click(&mut model, x + width - 1, 0, 0);
        assert_eq!(model.view, view);
    }
    let mut model = wide("5");
    let bands = model.areas().bands;
    let names = Pane::REMOVALS.map(Pane::name);
    for (index, x, _) in layout::tabs(&names, 0, bands.width) {
        click(&mut model, bands.x + 1 + x + 1, bands.bottom() - 1, 0);
        assert_eq!(model.removals.pane, Pane::REMOVALS[index]);
    }
    let mut model = wide("3\n");
    let detail = model.areas().detail;
    let tabs = model.open().unwrap().object.tabs();
    let names: Vec<&str> = tabs.iter().map(|tab| tab.name()).collect();
    for (index, x, _) in layout::tabs(&names, 0, detail.width) {
        click(&mut model, detail.x + 1 + x + 1, detail.y, 0);
        assert_eq!(model.open().unwrap().tab, tabs[index]);
    }
}

#[test]
fn the_mouse_reaches_nothing_that_asks_or_acts() {
    let mut model = at("5up");
    for y in 0..24 {
        for x in 0..80 {
            click(&mut model, x, y, 0);
            mouse(&mut model, Press::Down, x, y, 0);
        }
    }
    assert!(matches!(model.mode, Mode::Confirm(_)));
    let mut model = at("6jurentra-eu\t\nx");
    model.mode = Mode::Normal;
    for y in 0..24 {
        click(&mut model, 40, y, 0);
    }
    assert!(model.issued.is_none() || model.view == View::Tokens);
}

/// `rate` exchanges in each of `seconds`, from `from` milliseconds on; all differ in subject.
fn storm(model: &mut Model, from: u64, seconds: u64, rate: u64) {
    for n in 0..seconds * rate {
        let seq = 1_000 + from + n;
        let exchange = ExchangeSummary {
            seq,
            at: status()
                .now
                .plus(Duration::from_millis(from + n * 1_000 / rate)),
            subject: format!("user{n}"),
            ..summary(n % 5)
        };
        update(model, Event::Arrived(Arc::new(exchange)));
    }
}

#[test]
fn in_a_storm_groups_stand_in_place_of_rows() {
    let mut model = model();
    storm(&mut model, 0, 3, 200);
    assert!(model.live.in_storm());
    assert_eq!(model.live.storm.groups().len(), 5);
    let before = model.live.log.total();
    assert_eq!(before, 56 + 600, "nothing is skipped");
    // Keys move among the groups and do not pause.
    press(&mut model, "jj");
    assert!(model.live.following);
    assert_eq!(model.live.storm.selected(), 2);
    // Space shows the rows, and G the groups again.
    press(&mut model, " ");
    assert!(!model.live.in_storm());
    press(&mut model, "G");
    assert!(model.live.in_storm());
    // Enter shows the rows of one group.
    let key = model.live.storm.group().unwrap().key();
    press(&mut model, "\n");
    assert!(!model.live.following);
    let rows = model.live.log.chosen();
    assert!(rows.into_iter().all(|row| row.status == key.2));
}

#[test]
fn a_storm_of_equal_requests_is_one_row_and_no_storm() {
    let mut model = model();
    for n in 0..500_u64 {
        let exchange = ExchangeSummary {
            seq: 1_000 + n,
            at: status().now.plus(Duration::from_millis(n)),
            ..summary(1)
        };
        update(&mut model, Event::Arrived(Arc::new(exchange)));
    }
    assert!(!model.live.in_storm());
    assert_eq!(model.live.log.rows().back().unwrap().count, 500);
}

#[test]
fn a_storm_is_over_when_it_is_quiet_again() {
    let mut model = model();
    storm(&mut model, 0, 2, 100);
    assert!(model.live.in_storm());
    let mut later = status();
    later.now = later.now.plus(Duration::from_secs(20));
    update(&mut model, Event::Status(Ok(later)));
    assert!(!model.live.in_storm());
}
