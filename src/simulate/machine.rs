//! What every simulated client is to the simulation: told what changed in its directory, asked
//! what it wants to send, given the answers. No client reads a clock or does I/O.

use super::book::Book;
use super::company::{Change, Company, Person};
use super::pool::Want;
use super::talk::Reply;
use crate::clock::Timestamp;

/// What an administrator of the provider does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// Has edited the connection: address or token.
    Connected,
    /// Resubmits everything that failed.
    Resubmit,
    /// Lets removals through that the provider held back.
    AllowDeletes,
    /// Starts all over: forgets what is known about the server.
    Restart,
    /// Reads the server's users into the provider.
    Import,
}

/// What the server has to show of a person, as the client's directory has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// A user that works.
    Active,
    /// Disabled; whether anything is left of it depends on the server's policy.
    Disabled,
    /// No user.
    Absent,
    /// Whatever: the client does not care any more.
    Unmanaged,
}

/// A time in which a client kept away from the server.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Quarantine {
    /// From when.
    pub from: Timestamp,
    /// Until when; `None` if it lasted beyond the end.
    pub until: Option<Timestamp>,
    /// Why.
    pub reason: String,
}

/// Which attributes of a person a client sends, beside those that all send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mapping {
    pub department: bool,
    pub manager: bool,
}

/// A simulated client.
pub(super) trait Machine: Send {
    /// Something changed in the provider's directory.
    fn notice(&mut self, change: Change, company: &Company, now: Timestamp);
    /// What it wants next. After [`Want::Wave`] it is to be given the answers first; an empty
    /// wave has none and means: ask again.
    fn want(&mut self, company: &Company, now: Timestamp) -> Want;
    /// The answers to the last wave, in its order.
    fn answers(&mut self, replies: Vec<Reply>, company: &Company, now: Timestamp);
    /// An administrator's act.
    fn command(&mut self, command: Command, company: &Company, now: Timestamp);
    /// People whose accounts are no longer found by what they are matched with.
    fn forget(&mut self, people: &[usize], now: Timestamp);
    /// What it knows about the server.
    fn book(&self) -> &Book;
    /// What the server has to show of `person`.
    fn presence(&self, person: &Person) -> Presence;
    /// What it sends of a person.
    fn mapping(&self) -> Mapping;
    /// When it kept away.
    fn quarantines(&self) -> &[Quarantine] {
        &[]
    }
}
