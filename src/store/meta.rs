//! Named values of the store itself: its secret keys and the ends of the event chain.

use rusqlite::params;
use zeroize::Zeroizing;

use crate::store::error::StoreError;
use crate::store::tx::{Reader, Tx};

/// Keys made at the first start; each signs one kind of thing.
const SECRET_KEYS: [&str; 1] = ["cursor"];

impl Reader<'_> {
    /// The 32 random bytes that this store signs with, by purpose (`cursor`). They never change.
    pub fn secret_key(&self, purpose: &str) -> Result<Zeroizing<[u8; 32]>, StoreError> {
        self.meta(&format!("key.{purpose}"))?
            .map(Zeroizing::new)
            .ok_or(StoreError::NotFound)
    }

    pub(super) fn meta<const N: usize>(&self, name: &str) -> Result<Option<[u8; N]>, StoreError> {
        self.row("SELECT value FROM meta WHERE name = ?1", [name], |row| {
            row.get(0)
        })
    }
}

impl Tx<'_> {
    pub(super) fn set_meta(&mut self, name: &str, value: &[u8]) -> Result<(), StoreError> {
        self.exec(
            "INSERT INTO meta (name, value) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            params![name, value],
        )?;
        Ok(())
    }

    /// Makes the secret keys that do not exist yet.
    pub(super) fn ensure_secret_keys(&mut self) -> Result<(), StoreError> {
        for purpose in SECRET_KEYS {
            let name = format!("key.{purpose}");
            if self.meta::<32>(&name)?.is_none() {
                let mut key = Zeroizing::new([0_u8; 32]);
                getrandom::fill(key.as_mut())
                    .map_err(|_| StoreError::Io("no random bytes".to_owned()))?;
                self.set_meta(&name, key.as_ref())?;
            }
        }
        Ok(())
    }
}
