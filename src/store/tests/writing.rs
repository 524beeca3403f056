//! The writer: group commit, isolation of failures, a bounded queue.

use std::sync::mpsc::channel;
use std::time::Duration;

use super::*;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
}

/// Holds the writer inside a job until the returned sender is dropped or used.
fn hold(store: &Store) -> std::sync::mpsc::Sender<()> {
    let (release, wait) = channel::<()>();
    let (started, running) = channel();
    let result = store.0.writer.submit::<_, StoreError>(move |_| {
        started.send(()).unwrap();
        let _ = wait.recv();
        Ok(())
    });
    drop(result.unwrap());
    running.recv().unwrap();
    release
}

fn job(
    store: &Store,
    work: impl FnOnce(&mut Tx<'_>) -> Result<(), StoreError> + Send + 'static,
) -> tokio::sync::oneshot::Receiver<Result<(), StoreError>> {
    store.0.writer.submit(work).unwrap()
}

fn make(tx: &mut Tx<'_>, name: &str) -> Result<(), StoreError> {
    tx.insert_user(
        ORG,
        crate::ids::ResourceId::new(),
        &user(json!({ "userName": name })),
        None,
        NOW,
    )?;
    Ok(())
}

#[test]
fn jobs_that_wait_share_a_commit_and_a_failure_or_a_panic_undoes_one_alone() {
    let house = House::with(Options {
        // However slow the machine, the batch is not cut by time.
        batch_time: Duration::from_secs(600),
        ..Options::default()
    });
    let before = house.store.write_stats();
    let release = hold(&house.store);
    let good = job(&house.store, |tx| make(tx, "good"));
    let failing = job(&house.store, |tx| {
        make(tx, "failing")?;
        Err(StoreError::NotFound)
    });
    let panicking = job(&house.store, |tx| {
        make(tx, "panicking")?;
        panic!("a defect")
    });
    let taken = job(&house.store, |tx| make(tx, "GOOD"));
    let last = job(&house.store, |tx| make(tx, "last"));
    drop(release);
    assert_eq!(good.blocking_recv().unwrap(), Ok(()));
    assert_eq!(failing.blocking_recv().unwrap(), Err(StoreError::NotFound));
    assert_eq!(
        panicking.blocking_recv().unwrap(),
        Err(StoreError::Panicked)
    );
    assert_eq!(
        taken.blocking_recv().unwrap(),
        Err(StoreError::Conflict {
            attribute: "userName"
        })
    );
    assert_eq!(last.blocking_recv().unwrap(), Ok(()));
    let after = house.store.write_stats();
    assert_eq!(after.commits - before.commits, 1);
    assert_eq!(after.jobs - before.jobs, 6);
    assert_eq!(after.queued, 0);
    let house = house.reopen();
    let exists = |name: &str| house.read(|r| r.user_by_name(ORG, name)).is_some();
    assert!(exists("good") && exists("last"));
    assert!(!exists("failing") && !exists("panicking"));
    assert_eq!(house.read(|r| r.org(ORG)).unwrap().users, 2);
}

#[test]
fn nothing_is_visible_or_answered_before_the_commit() {
    let house = House::with(Options {
        batch_time: Duration::from_secs(600),
        ..Options::default()
    });
    let release = hold(&house.store);
    let mut first = job(&house.store, |tx| make(tx, "ada"));
    let (started, running) = channel();
    let (go_on, wait) = channel::<()>();
    let second = job(&house.store, move |_| {
        started.send(()).unwrap();
        let _ = wait.recv();
        Ok(())
    });
    drop(release);
    running.recv().unwrap();
    // The first job has run, in the transaction that the second one holds open.
    assert!(first.try_recv().is_err());
    assert!(house.read(|r| r.user_by_name(ORG, "ada")).is_none());
    drop(go_on);
    assert_eq!(second.blocking_recv().unwrap(), Ok(()));
    assert_eq!(first.blocking_recv().unwrap(), Ok(()));
    assert!(house.read(|r| r.user_by_name(ORG, "ada")).is_some());
}

#[test]
fn a_batch_is_bounded() {
    let house = House::with(Options {
        batch: 2,
        batch_time: Duration::from_secs(600),
        ..Options::default()
    });
    let before = house.store.write_stats();
    let release = hold(&house.store);
    let jobs: Vec<_> = (0..5)
        .map(|n| job(&house.store, move |tx| make(tx, &n.to_string())))
        .collect();
    drop(release);
    for job in jobs {
        job.blocking_recv().unwrap().unwrap();
    }
    assert_eq!(house.store.write_stats().commits - before.commits, 3);
}

#[test]
fn a_full_queue_refuses_at_once() {
    let house = House::with(Options {
        queue: 2,
        ..Options::default()
    });
    let release = hold(&house.store);
    let waiting = [
        job(&house.store, |tx| make(tx, "a")),
        job(&house.store, |tx| make(tx, "b")),
    ];
    let refused = runtime().block_on(house.store.write::<_, StoreError>(|tx| make(tx, "c")));
    assert_eq!(refused, Err(StoreError::Busy));
    drop(release);
    for job in waiting {
        job.blocking_recv().unwrap().unwrap();
    }
    assert!(house.read(|r| r.user_by_name(ORG, "c")).is_none());
}

#[test]
fn a_nested_failure_undoes_itself_alone() {
    let house = House::new();
    house.write(|tx| {
        make(tx, "outer")?;
        tx.nested(|tx| make(tx, "kept"))?;
        let failed: Result<(), StoreError> = tx.nested(|tx| {
            make(tx, "undone")?;
            tx.nested(|tx| make(tx, "undone too"))?;
            make(tx, "OUTER")
        });
        assert_eq!(
            failed,
            Err(StoreError::Conflict {
                attribute: "userName"
            })
        );
        make(tx, "undone")
    });
    let house = house.reopen();
    let names: Vec<_> = house
        .read(|r| r.users(&users(None, None, all())))
        .rows
        .into_iter()
        .map(|user| user.user_name)
        .collect();
    assert_eq!(names, ["outer", "kept", "undone"]);
}

#[test]
fn a_caller_that_stops_waiting_does_not_stop_the_work() {
    let house = House::new();
    let release = hold(&house.store);
    drop(job(&house.store, |tx| make(tx, "ada")));
    drop(release);
    let house = house.reopen();
    assert!(house.read(|r| r.user_by_name(ORG, "ada")).is_some());
}

#[test]
fn readers_see_one_moment_and_survive_a_panic() {
    let house = House::with(Options {
        readers: 1,
        ..Options::default()
    });
    house.read(|r| {
        r.snapshot(|r| {
            assert!(r.user_by_name(ORG, "ada")?.is_none());
            house.add_user(ORG, "ada");
            assert!(r.user_by_name(ORG, "ada")?.is_none());
            Ok(())
        })?;
        assert!(r.user_by_name(ORG, "ada")?.is_some());
        Ok(())
    });
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _ = house
            .store
            .read::<()>(|r| r.snapshot(|_| panic!("a defect")));
    }));
    assert!(panicked.is_err());
    house.add_user(ORG, "bob");
    assert!(house.read(|r| r.user_by_name(ORG, "bob")).is_some());
    let scanned = runtime().block_on(house.store.scan(|r| r.user_by_name(ORG, "bob")));
    assert!(scanned.unwrap().is_some());
}

#[test]
fn a_full_disk_fails_the_batch_and_the_store_recovers() {
    let house = House::new();
    let pages = house.write(|tx| {
        let pragma = |name| {
            tx.conn
                .pragma_query_value(None, name, |row| row.get::<_, i64>(0))
        };
        let pages = pragma("page_count")?;
        tx.conn.pragma_update(None, "max_page_count", pages)?;
        Ok(pages)
    });
    let refused = house.try_write(|tx| {
        for n in 0..2000 {
            make(tx, &n.to_string())?;
        }
        Ok(())
    });
    assert_eq!(refused, Err(StoreError::Full));
    assert_eq!(house.read(|r| r.org(ORG)).unwrap().users, 0);
    house.write(move |tx| {
        tx.conn.pragma_update(None, "max_page_count", pages * 100)?;
        Ok(())
    });
    house.add_user(ORG, "ada");
    assert_eq!(house.read(|r| r.org(ORG)).unwrap().users, 1);
}

#[test]
fn after_a_failure_of_the_disk_nothing_is_written_any_more_and_reads_go_on() {
    let house = House::with(Options {
        batch_time: Duration::from_secs(600),
        ..Options::default()
    });
    house.add_user(ORG, "ada");
    let io = StoreError::Io("SQLite error 1034".to_owned());
    let failure = io.clone();
    let release = hold(&house.store);
    let before = job(&house.store, |tx| make(tx, "lost"));
    // What SQLite does to the transaction when the disk fails it.
    let failing = job(&house.store, move |tx| {
        tx.conn.execute_batch("ROLLBACK")?;
        tx.fault = Some(failure);
        Ok(())
    });
    drop(release);
    assert_eq!(before.blocking_recv().unwrap(), Err(io.clone()));
    assert_eq!(failing.blocking_recv().unwrap(), Err(io.clone()));
    assert_eq!(house.try_write(|tx| make(tx, "later")), Err(io));
    assert!(house.read(|r| r.user_by_name(ORG, "ada")).is_some());
    let house = house.reopen();
    assert_eq!(house.read(|r| r.org(ORG)).unwrap().users, 1);
    house.add_user(ORG, "later");
}
