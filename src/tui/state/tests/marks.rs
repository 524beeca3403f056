//! Marks in Live and in lists: shown alone, filtered by, exported.

use super::house::{at, work};
use super::*;

/// The file that `x j` writes.
fn exported(model: &mut Model) -> Vec<String> {
    let actions = press(model, "xj");
    let text = actions.into_iter().find_map(|action| match action {
        Action::Export(export) => Some(export.text),
        _ => None,
    });
    text.unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn live_marks_rows_shows_them_alone_and_exports_them() {
    let mut model = model();
    let all = exported(&mut model).len();
    assert_eq!(all, 56);
    press(&mut model, "M");
    assert_eq!(model.notice.as_deref(), Some("nothing is marked: m marks"));
    press(&mut model, "gmmjm");
    assert_eq!((model.live.log.marked(), model.live.selected), (3, 4));
    let lines = exported(&mut model);
    assert_eq!(lines.len(), 3);
    for (line, seq) in lines.iter().zip([1, 2, 4]) {
        assert!(line.contains(&format!("\"seq\":{seq},")), "{line}");
    }
    press(&mut model, "M");
    assert_eq!(model.live.log.rows().len(), 3);
    // A line drawn among them is that of the exchanges, whichever are shown.
    press(&mut model, ",M");
    assert_eq!(model.live.log.rows().len(), 56);
    assert!(model.live.log.rows().back().unwrap().ruled.is_some());
    press(&mut model, "/is:marked\n");
    assert_eq!(model.live.log.rows().len(), 3);
    press(&mut model, "gm");
    assert_eq!((model.live.log.rows().len(), model.live.selected), (2, 0));
    arrive(&mut model, 57);
    assert_eq!(model.live.log.rows().len(), 2);
    press(&mut model, "\\");
    assert_eq!(model.live.log.rows().len(), 57);
}

#[test]
fn lists_show_the_marked_alone() {
    for keys in ["3", "4", "5", "5\t", "5\t\t\t", "6", "8"] {
        let mut model = at(keys);
        let all = model.cursor().unwrap().count();
        work(&mut model, "M");
        assert_eq!(
            model.notice.as_deref(),
            Some("nothing is marked: m marks"),
            "{keys:?}"
        );
        work(&mut model, "mM");
        assert_eq!(model.cursor().unwrap().count(), 1, "{keys:?}");
        let actions = fetch::reload(&mut model);
        crate::tui::testing::carry_out(&mut model, actions);
        assert_eq!(model.cursor().unwrap().count(), 1, "{keys:?}");
        work(&mut model, "M");
        assert_eq!(model.cursor().unwrap().count(), all, "{keys:?}");
    }
}
