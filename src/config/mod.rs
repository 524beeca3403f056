//! Configuration: one TOML file, the environment, the command line, in rising order.
//!
//! Unknown keys are refused with their line, every value knows where it came from, and nothing
//! else in the house reads the environment.

mod load;
mod settings;

pub use load::{ConfigError, Loaded, Origin, Overrides, load, variable};
pub use settings::{Events, Operations, Settings, Terminal, Traffic};
