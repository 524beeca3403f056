//! Removals, holds and the guard, over the house.

use super::{LocalOps, limit};
use crate::model::deletion::Deletion;
use crate::ops::api::{DeletionQuery, Removals, Reply};

impl Removals for LocalOps {
    fn deletions(&self, query: DeletionQuery) -> Reply<'_, Vec<Deletion>> {
        self.run(move |house, _| {
            let count = limit(query.limit);
            Ok(house
                .store
                .read(|reader| reader.deletions(query.org, query.before, count))?)
        })
    }
}
