//! Removals, holds and the guard, of a running daemon.

use super::RemoteOps;
use crate::model::deletion::Deletion;
use crate::ops::api::{DeletionQuery, Removals, Reply};

impl Removals for RemoteOps {
    fn deletions(&self, query: DeletionQuery) -> Reply<'_, Vec<Deletion>> {
        self.get("/deletions", &query)
    }
}
