//! The order in which a bulk request works.

use std::collections::{BTreeSet, HashMap};

use super::reference::{in_text, in_value};
use super::{BulkOperation, BulkRequest, Method};

/// One step of a plan; numbers are indices into the request's operations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Run the operation.
    Run(usize),
    /// Run this POST without the attributes that refer to `unresolved` (see
    /// [`super::defer`]): it is in a circle with them.
    RunPartly {
        /// The operation.
        index: usize,
        /// The bulk ids that do not exist yet.
        unresolved: Vec<String>,
    },
    /// Add to what `RunPartly` created what was left out; all of it exists now.
    Complete(usize),
}

/// The steps of `request`: every operation after those it refers to, otherwise in the order sent.
/// References to a bulk id that no POST has are left for substitution to report.
pub fn plan(request: &BulkRequest) -> Vec<Step> {
    let operations = &request.operations;
    let posts: HashMap<&str, usize> = operations
        .iter()
        .enumerate()
        .filter(|(_, operation)| operation.method == Method::Post)
        .filter_map(|(index, operation)| Some((operation.bulk_id.as_deref()?, index)))
        .collect();
    let mut waiting: Vec<BTreeSet<usize>> = operations
        .iter()
        .map(|operation| dependencies(operation, &posts))
        .collect();
    let mut pending: BTreeSet<usize> = (0..operations.len()).collect();
    let mut partial: Vec<(usize, BTreeSet<usize>)> = Vec::new();
    let mut steps = Vec::with_capacity(operations.len());
    while let Some(index) = next(&pending, &waiting) {
        pending.remove(&index);
        let unresolved = std::mem::take(&mut waiting[index]);
        if unresolved.is_empty() {
            steps.push(Step::Run(index));
        } else {
            let ids = unresolved
                .iter()
                .filter_map(|&other| operations[other].bulk_id.clone());
            steps.push(Step::RunPartly {
                index,
                unresolved: ids.collect(),
            });
            partial.push((index, unresolved));
        }
        waiting
            .iter_mut()
            .for_each(|waits| _ = waits.remove(&index));
        partial.retain_mut(|(first, unresolved)| {
            unresolved.remove(&index);
            if unresolved.is_empty() {
                steps.push(Step::Complete(*first));
            }
            !unresolved.is_empty()
        });
    }
    steps
}

/// The POSTs that an operation refers to.
fn dependencies(operation: &BulkOperation, posts: &HashMap<&str, usize>) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut add = |id: &str| found.extend(posts.get(id));
    in_text(&operation.path, &mut add);
    if let Some(data) = &operation.data {
        in_value(data, &mut add);
    }
    found
}

/// The first operation that waits for nothing; if all wait, one of a circle, which only POSTs can
/// form: everything else is waited for by nobody.
fn next(pending: &BTreeSet<usize>, waiting: &[BTreeSet<usize>]) -> Option<usize> {
    if let Some(&free) = pending.iter().find(|&&index| waiting[index].is_empty()) {
        return Some(free);
    }
    let mut seen = BTreeSet::new();
    let mut index = *pending.first()?;
    while seen.insert(index) {
        index = *waiting[index].first()?;
    }
    Some(index)
}
