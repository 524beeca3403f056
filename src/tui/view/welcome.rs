//! What a newcomer sees: where the endpoint is, the first token, what to do next.

use super::Canvas;
use super::page::padded;
use crate::model::advice::token_place;
use crate::model::exchange::Client;
use crate::text::{self, grouped};
use crate::tui::keymap::{Command, Context};
use crate::tui::state::Model;
use crate::tui::theme::Role;
use crate::tui::widget::rich::{Line, paragraph};

/// Draws it in place of the table.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>) {
    let area = padded(model.areas().body);
    let columns = usize::from(area.width);
    for (line, y) in lines(model, columns).iter().zip(0..area.height) {
        canvas.line(area, y, line);
    }
}

fn lines(model: &Model, columns: usize) -> Vec<Line> {
    let keys = model.keymap.at(Context::Welcome);
    let total = model.live.log.total();
    let title = if total == 0 {
        "No request has come yet.".to_owned()
    } else {
        {
            let show = keys.of(Command::Back);
            format!("{} requests have come: {show} shows them.", grouped(total))
        }
    };
    let mut lines = vec![vec![(Role::Title, title)], Line::new()];
    lines.extend(paragraph("URL", Role::Subject, model.base_url(), columns));
    let note = if let Some(first) = &model.welcome {
        lines.extend(paragraph("token", Role::Secret, &first.secret, columns));
        let copy = keys.of(Command::CopyToken);
        format!("This token is shown now and never again; {copy} copies it.")
    } else {
        "A token is shown once, when it is issued: scimtop token create".to_owned()
    };
    lines.extend(paragraph("", Role::Dim, &note, columns));
    lines.push(Line::new());
    lines.push(vec![(
        Role::Title,
        "Give both to an identity provider:".to_owned(),
    )]);
    for client in [Client::Okta, Client::Entra] {
        lines.extend(paragraph("", Role::Text, token_place(client), columns));
    }
    let curl = format!(
        "curl: curl -H \"Authorization: Bearer TOKEN\" {}/Users",
        model.base_url()
    );
    lines.extend(paragraph("", Role::Text, &curl, columns));
    lines.push(Line::new());
    let next = "Then press its test button: each request appears here as it comes, and whatever \
                is wrong with it is explained.";
    let next = text::wrap(next, columns);
    lines.extend(next.into_iter().map(|text| vec![(Role::Dim, text)]));
    lines
}
