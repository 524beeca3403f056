//! What holds after every event: selections and scroll positions are on the screen.

use crate::tui::state::pane::View;
use crate::tui::state::{Model, page, sheet};

/// Keeps selections and scroll positions on the screen.
pub fn settle(model: &mut Model) {
    model.live.figure(model.now);
    let areas = model.areas();
    let height = usize::from(areas.table.height);
    let page = usize::from(areas.detail.height.saturating_sub(1));
    let columns = usize::from(areas.detail.width.saturating_sub(2));
    if model.view == View::Live {
        model.live.settle(height);
    }
    if let Some(at) = model.cursor_mut() {
        at.settle(height);
    }
    if let Some(mut detail) = model.detail.take() {
        // Only a scrolled page can be beyond its end.
        if detail.scroll > 0 {
            let lines = detail.lines(model.advice(), columns).len();
            detail.settle(lines, page);
        }
        model.detail = Some(detail);
    }
    if let Some(mut sheet) = model.sheet.take() {
        if sheet.at.scroll > 0 {
            let (columns, height) = sheet::room(model);
            let lines = sheet.lines(model, columns).len();
            sheet.at.scroll = sheet.at.scroll.min(lines.saturating_sub(height));
        }
        model.sheet = Some(sheet);
    }
    if let Some(open) = model.open()
        && open.at.scroll > 0
    {
        let most = page::lines(model, open, columns).len().saturating_sub(page);
        if let Some(open) = model.open_mut() {
            open.at.scroll = open.at.scroll.min(most);
        }
    }
}
