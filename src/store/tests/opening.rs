//! Opening, locking, migrating, closing.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use rusqlite::{Connection, OpenFlags};

use super::*;

fn raw(path: &Path) -> Connection {
    Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
    )
    .unwrap()
}

fn open(dir: &Path) -> Result<Store, StoreError> {
    Store::open(dir, Options::default(), Clock::manual(NOW))
}

#[test]
fn a_new_store_has_primary_and_keys_and_files_for_its_owner_alone() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("a/b");
    let store = open(&dir).unwrap();
    let org = store.read(|r| r.org(ORG)).unwrap().unwrap();
    assert_eq!((org.name.as_str(), org.scim_enabled), ("Primary", true));
    assert_eq!(store.read(|r| r.org_by_name("PRIMARY")).unwrap(), Some(org));
    let key = store.read(|r| r.secret_key("cursor")).unwrap();
    assert_ne!(*key, [0; 32]);
    assert_eq!(
        store.read(|r| r.secret_key("other")).unwrap_err(),
        StoreError::NotFound
    );
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    let mut files = 0;
    for entry in fs::read_dir(&dir).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
        files += 1;
    }
    assert_eq!(files, 7, "two databases with -wal and -shm, one lock");
    drop(store);
    let store = open(&dir).unwrap();
    assert_eq!(*store.read(|r| r.secret_key("cursor")).unwrap(), *key);
}

#[test]
fn a_second_opener_is_told_which_directory_is_in_use() {
    let house = House::new();
    let error = open(house.path()).err().unwrap();
    assert_eq!(error, StoreError::Locked(house.path().to_owned()));
    assert!(error.to_string().contains(house.path().to_str().unwrap()));
}

#[test]
fn a_directory_that_others_may_write_to_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o770)).unwrap();
    assert_eq!(
        open(dir.path()).err().unwrap(),
        StoreError::Exposed(dir.path().to_owned())
    );
}

#[test]
fn newer_foreign_and_damaged_files_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()).unwrap());
    let path = dir.path().join("scimtop.db");
    raw(&path).pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(
        open(dir.path()).err().unwrap(),
        StoreError::TooNew {
            found: 99,
            known: 1,
            ..
        }
    ));
    raw(&path).pragma_update(None, "user_version", 1).unwrap();
    raw(&path).pragma_update(None, "application_id", 7).unwrap();
    assert_eq!(
        open(dir.path()).err().unwrap(),
        StoreError::Foreign("scimtop.db")
    );
    fs::write(
        &path,
        "not a database at all, but long enough to be looked at",
    )
    .unwrap();
    assert!(matches!(
        open(dir.path()).err().unwrap(),
        StoreError::Corrupt(_)
    ));
    // The lock is free again after each refusal.
    fs::remove_file(&path).unwrap();
    open(dir.path()).unwrap();
}

#[test]
fn both_files_pass_sqlites_own_checks_and_have_the_settings_that_matter() {
    let house = House::new();
    let ids = house.add_users(ORG, (0..50).map(|n| format!("u{n}")));
    let group = house.add_group(ORG, "g").id;
    house.write(move |tx| tx.add_members(ORG, &group, &ids, NOW));
    let path = house.path().join("scimtop.db");
    house
        .store
        .read(|r| {
            assert!(
                r.conn
                    .db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG)?
            );
            assert!(
                r.conn.execute("DELETE FROM users", []).is_err(),
                "read-only"
            );
            Ok(())
        })
        .unwrap();
    house.write(|tx| {
        let pragma = |name| {
            tx.conn
                .pragma_query_value(None, name, |row| row.get::<_, i64>(0))
        };
        assert_eq!(pragma("synchronous")?, 2);
        assert_eq!(pragma("foreign_keys")?, 1);
        assert_eq!(pragma("secure_delete")?, 1);
        assert_eq!(pragma("trusted_schema")?, 0);
        Ok(())
    });
    drop(house.store);
    for file in ["scimtop.db", "traffic.db"] {
        let conn = raw(&path.with_file_name(file));
        let check: String = conn
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap();
        assert_eq!(check, "ok");
        let orphans: i64 = conn
            .query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(orphans, 0);
    }
    assert!(
        !path.with_file_name("scimtop.db-wal").exists(),
        "closed at rest"
    );
}

#[test]
fn a_closed_store_refuses_writes_and_has_committed_what_waited() {
    let house = House::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let write = house
            .store
            .write::<_, StoreError>(|tx| tx.insert_org("Acme", NOW));
        assert_eq!(write.await.unwrap().name, "Acme");
        house.store.close();
        let late = house
            .store
            .write::<_, StoreError>(|tx| tx.insert_org("Late", NOW));
        assert_eq!(late.await.unwrap_err(), StoreError::Closed);
    });
    let house = house.reopen();
    assert!(house.read(|r| r.org_by_name("acme")).is_some());
    assert!(house.read(|r| r.org_by_name("late")).is_none());
}
