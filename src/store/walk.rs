//! Direction and start of a walk over numbered records.

use crate::store::column::signed;
use crate::store::sql::Conditions;

/// A walk over records by their number (`seq`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walk {
    /// Newest first, from the last or from below `before`.
    Newest {
        /// Number of the record read last.
        before: Option<u64>,
    },
    /// Oldest first, from the first or from above `after`.
    Oldest {
        /// Number of the record read last.
        after: Option<u64>,
    },
}

impl Default for Walk {
    fn default() -> Self {
        Self::Newest { before: None }
    }
}

impl Walk {
    /// Adds where to start, the order and the limit.
    pub(super) fn apply(self, conditions: &mut Conditions, count: u64) {
        match self {
            Self::Newest { before } => {
                let before = before.map(signed);
                conditions.and_some("seq < ?", before.as_ref().map(|seq| seq as _));
                conditions.then(" ORDER BY seq DESC LIMIT ?", count);
            }
            Self::Oldest { after } => {
                let after = after.map(signed);
                conditions.and_some("seq > ?", after.as_ref().map(|seq| seq as _));
                conditions.then(" ORDER BY seq LIMIT ?", count);
            }
        }
    }
}
