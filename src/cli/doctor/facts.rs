//! What `scimtop doctor` is told.

use std::path::PathBuf;

use crate::clock::Timestamp;
use crate::config::Settings;
use crate::model::token::Token;

/// The data directory as the system has it.
#[derive(Clone, Debug)]
pub struct Place {
    /// Where.
    pub path: PathBuf,
    /// Permission bits.
    pub mode: u32,
    /// Its owner, and who runs this.
    pub owner: (u32, u32),
    /// Files in it that others may read.
    pub open_files: Vec<String>,
    /// Bytes free and in all, of its file system.
    pub disk: Option<(u64, u64)>,
}

/// A file of the store.
#[derive(Clone, Debug)]
pub struct File {
    /// Name.
    pub name: &'static str,
    /// Bytes.
    pub bytes: u64,
    /// Found and known version.
    pub version: (i64, i64),
    /// One of ours.
    pub ours: bool,
    /// What is wrong with it.
    pub faults: Vec<String>,
}

/// What the directory tells.
#[derive(Clone, Debug)]
pub struct Told {
    /// Events checked at the end of the chain, and what does not fit.
    pub chain: (u64, Vec<String>),
    /// When the last one happened.
    pub last: Option<Timestamp>,
    /// All tokens.
    pub tokens: Vec<Token>,
}

/// A daemon that answered: its version and its time.
#[derive(Clone, Debug)]
pub struct Running {
    /// Version.
    pub version: String,
    /// Its time.
    pub now: Timestamp,
}

/// What is known. What could not be had has its reason.
#[derive(Clone, Debug)]
pub struct Facts {
    /// This binary.
    pub version: &'static str,
    /// The time here.
    pub now: Timestamp,
    /// The settings.
    pub settings: Settings,
    /// The data directory; `None`: there is none yet.
    pub place: Option<Place>,
    /// The store's files.
    pub files: Result<Vec<File>, String>,
    /// What the directory tells; `None`: there is none yet.
    pub told: Option<Result<Told, String>>,
    /// The daemon; `None`: none runs.
    pub daemon: Result<Option<Running>, String>,
    /// Whether the socket's file is there.
    pub socket: bool,
    /// File descriptors that this process may have; `None`: without end.
    pub descriptors: Option<u64>,
}
