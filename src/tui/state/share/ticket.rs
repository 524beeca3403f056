//! A paragraph that an admin can paste into a ticket: what, when, who, which request, why, what to
//! do.

use std::fmt::Write as _;

use crate::clock::Timestamp;
use crate::ids::RequestId;
use crate::text::clean;

/// What is said; raw.
#[derive(Default)]
pub struct Ticket {
    pub what: String,
    pub when: Option<Timestamp>,
    pub who: String,
    pub request: Option<RequestId>,
    pub why: String,
    pub step: String,
}

impl Ticket {
    /// The paragraph, a line for each that is known.
    pub fn text(&self) -> String {
        let when = self.when.map(|at| at.to_string()).unwrap_or_default();
        let request = self.request.map(|id| id.to_string()).unwrap_or_default();
        let lines = [
            ("What", &self.what),
            ("When", &when),
            ("Who", &self.who),
            ("Request", &request),
            ("Why", &self.why),
            ("Do", &self.step),
        ];
        let mut ticket = String::new();
        for (name, text) in lines.into_iter().filter(|(_, text)| !text.is_empty()) {
            let _ = writeln!(ticket, "{name}: {}", clean(text));
        }
        ticket
    }
}
