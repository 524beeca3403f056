//! Long work on many removed accounts, in short transactions: between any two of them whoever
//! waits for the writer gets its turn.

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::clock::Stopwatch;
use crate::model::deletion::Deletion;
use crate::ops::api::removals::Left;
use crate::store::{Store, StoreError, Tx};

/// How long one transaction goes on taking further accounts.
const SLICE: Duration = Duration::from_millis(15);
/// How long to wait when the writer's queue is full.
pub(super) const PAUSE: Duration = Duration::from_millis(20);

/// What `each` did.
pub(super) struct Worked<T> {
    pub done: Vec<T>,
    pub left: Vec<Left>,
}

/// Does `act` to each account, whole or not at all. One that it cannot be done to, because its name
/// is taken or it is not what it was any more, is left and reported. Blocks.
///
/// # Errors
/// Those that concern the store and not one account.
pub(super) fn each<T: Send + 'static>(
    store: &Store,
    deletions: Vec<Deletion>,
    act: impl Fn(&mut Tx<'_>, &Deletion) -> Result<T, StoreError> + Send + Sync + 'static,
) -> Result<Worked<T>, StoreError> {
    let act = Arc::new(act);
    let mut worked = Worked {
        done: Vec::with_capacity(deletions.len()),
        left: Vec::new(),
    };
    let mut waiting: Arc<VecDeque<Deletion>> = Arc::new(deletions.into());
    while !waiting.is_empty() {
        let (act, those) = (Arc::clone(&act), Arc::clone(&waiting));
        let slice = store.write_blocking(move |tx| slice(tx, &those, &*act));
        let (done, left) = match slice {
            Err(StoreError::Busy) => {
                thread::sleep(PAUSE);
                continue;
            }
            other => other?,
        };
        let taken = done.len() + left.len();
        worked.done.extend(done);
        worked.left.extend(left);
        Arc::make_mut(&mut waiting).drain(..taken);
    }
    Ok(worked)
}

fn slice<T>(
    tx: &mut Tx<'_>,
    those: &VecDeque<Deletion>,
    act: impl Fn(&mut Tx<'_>, &Deletion) -> Result<T, StoreError>,
) -> Result<(Vec<T>, Vec<Left>), StoreError> {
    let started = Stopwatch::start();
    let (mut done, mut left) = (Vec::new(), Vec::new());
    for deletion in those {
        match tx.nested(|tx| act(tx, deletion)) {
            Ok(result) => done.push(result),
            Err(error) => left.push(stays(deletion, error)?),
        }
        if started.elapsed() >= SLICE {
            break;
        }
    }
    Ok((done, left))
}

/// Why an account is left as it is; the error itself if it concerns more than that account.
fn stays(deletion: &Deletion, error: StoreError) -> Result<Left, StoreError> {
    let why = match error {
        StoreError::Conflict { attribute } => taken(attribute),
        StoreError::NotFound => "it is not held any more".to_owned(),
        other => return Err(other),
    };
    Ok(leave(deletion, why))
}

/// An account that is left, and why.
pub(super) fn leave(deletion: &Deletion, why: impl Into<String>) -> Left {
    Left {
        seq: deletion.seq,
        subject: deletion.user_name.clone(),
        why: why.into(),
    }
}

/// Why an account cannot come back.
pub(super) fn taken(attribute: &str) -> String {
    format!(
        "another account has its {attribute} now; change or remove that one at the identity \
         provider, then restore again"
    )
}
