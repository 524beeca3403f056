//! Tokens: hashes, never secrets.

use rusqlite::{Row, params};

use crate::clock::Timestamp;
use crate::ids::{OrgId, TokenId};
use crate::model::token::{LastUse, StoredToken, Token};
use crate::secret::TokenHash;
use crate::store::column::Named;
use crate::store::error::StoreError;
use crate::store::tx::{Reader, Tx};

macro_rules! select {
    ($tail:literal) => {
        concat!(
            "SELECT id, hash, org, kind, role, lineage, label, hint, created, expires, revoked, successor, ",
            "last_used_at, last_used_source, last_used_agent FROM tokens ",
            $tail
        )
    };
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<StoredToken> {
    let last_used = match row.get(12)? {
        Some(at) => Some(LastUse {
            at,
            source: row.get(13)?,
            user_agent: row.get(14)?,
        }),
        None => None,
    };
    Ok(StoredToken {
        hash: TokenHash::from_bytes(row.get(1)?),
        token: Token {
            id: row.get(0)?,
            org: row.get(2)?,
            kind: row.get::<_, Named<_>>(3)?.0,
            role: row.get::<_, Option<Named<_>>>(4)?.map(|named| named.0),
            lineage: row.get(5)?,
            label: row.get(6)?,
            hint: row.get(7)?,
            created: row.get(8)?,
            expires: row.get(9)?,
            revoked: row.get(10)?,
            successor: row.get(11)?,
            last_used,
        },
    })
}

fn without_hash(row: &Row<'_>) -> rusqlite::Result<Token> {
    from_row(row).map(|stored| stored.token)
}

impl Reader<'_> {
    /// The token of that name.
    pub fn token(&self, id: &TokenId) -> Result<Option<Token>, StoreError> {
        self.row(select!("WHERE id = ?1"), [id], without_hash)
    }

    /// An Org's tokens, oldest first, ended ones too.
    pub fn tokens(&self, org: OrgId) -> Result<Vec<Token>, StoreError> {
        self.rows(
            select!("WHERE org = ?1 ORDER BY created, id"),
            [org],
            without_hash,
        )
    }

    /// Every token with its hash, for the map that authenticates requests.
    pub fn stored_tokens(&self) -> Result<Vec<StoredToken>, StoreError> {
        self.rows(select!("ORDER BY id"), [], from_row)
    }
}

impl Tx<'_> {
    /// Stores a new token.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] on `id`: take another.
    pub fn insert_token(&mut self, stored: &StoredToken) -> Result<(), StoreError> {
        let token = &stored.token;
        let used = token.last_used.as_ref();
        self.exec(
            "INSERT INTO tokens (id, hash, org, kind, role, lineage, label, hint, created, expires,
                 revoked, successor, last_used_at, last_used_source, last_used_agent)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
            params![
                token.id,
                stored.hash.as_bytes(),
                token.org,
                Named(token.kind),
                token.role.map(Named),
                token.lineage,
                token.label,
                token.hint,
                token.created,
                token.expires,
                token.revoked,
                token.successor,
                used.map(|used| used.at),
                used.map(|used| used.source.as_str()),
                used.map(|used| used.user_agent.as_str())
            ],
        )?;
        Ok(())
    }

    /// Stores `successor` and lets the old token end at `expires`, or earlier if it would anyway.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the old token does not exist in the successor's Org or has a
    /// successor already; [`StoreError::Conflict`] on the successor's `id`.
    pub fn rotate_token(
        &mut self,
        old: &TokenId,
        successor: &StoredToken,
        expires: Timestamp,
    ) -> Result<(), StoreError> {
        let changed = self.exec(
            "UPDATE tokens SET successor = ?2, expires = min(expires, ?3)
             WHERE id = ?1 AND org = ?4 AND successor IS NULL",
            params![old, successor.token.id, expires, successor.token.org],
        )?;
        if changed == 0 {
            return Err(StoreError::NotFound);
        }
        self.insert_token(successor)
    }

    /// Ends a token at `now`. False if it does not exist or was revoked before.
    pub fn revoke_token(&mut self, id: &TokenId, now: Timestamp) -> Result<bool, StoreError> {
        let sql = "UPDATE tokens SET revoked = ?2 WHERE id = ?1 AND revoked IS NULL";
        Ok(self.exec(sql, params![id, now])? == 1)
    }

    /// Notes the last uses of tokens; an older one than is stored changes nothing.
    pub fn touch_tokens(&mut self, uses: &[(TokenId, LastUse)]) -> Result<(), StoreError> {
        for (id, used) in uses {
            self.exec(
                "UPDATE tokens SET last_used_at = ?2, last_used_source = ?3, last_used_agent = ?4
                 WHERE id = ?1 AND ifnull(last_used_at, 0) <= ?2",
                params![id, used.at, used.source, used.user_agent],
            )?;
        }
        Ok(())
    }

    /// Forgets the tokens that expired or were revoked before `before`; returns them.
    pub fn prune_tokens(&mut self, before: Timestamp) -> Result<Vec<Token>, StoreError> {
        let gone = self.rows(
            select!("WHERE expires < ?1 OR revoked < ?1 ORDER BY id"),
            [before],
            without_hash,
        )?;
        for token in &gone {
            self.exec("DELETE FROM rhythms WHERE token = ?1", [&token.id])?;
            self.exec("DELETE FROM tokens WHERE id = ?1", [&token.id])?;
        }
        Ok(gone)
    }
}
