//! Sends recorded exchanges again, to a scratch server, and says which of them it answers
//! otherwise.
//!
//! The requests go out one after the other in the order of the record. Ids that the server
//! chooses itself are put in place of the recorded ones, wherever they stand. What the record does
//! not hold is counted, never guessed.

mod compare;
mod error;
mod file;
mod ids;
mod options;
mod report;
mod run;

pub use compare::Change;
pub use error::ReplayError;
pub use options::{GivenToken, LISTED, Options, RETRIES};
pub use report::{Difference, Report};
pub use run::run;
