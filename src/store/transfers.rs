//! The transfer ledger: content moves in the transaction of the removal, and back by compare and
//! set. Lines are appended and never changed, but for `undone` and for names that are erased.

use rusqlite::{Row, params, params_from_iter};

use crate::clock::Timestamp;
use crate::ids::{OrgId, RequestId, ResourceId};
use crate::model::content::Person;
use crate::model::event::Actor;
use crate::model::transfer::{Transfer, Why};
use crate::scim::fold::fold;
use crate::store::Walk;
use crate::store::column::{ActorColumn, Count, Json, Named, signed};
use crate::store::content::{owner_name, person};
use crate::store::error::StoreError;
use crate::store::sql::Conditions;
use crate::store::tx::{Reader, Tx};

const SELECT: &str = "SELECT seq, at, org, kind, object, title, from_id, from_name, to_id, to_name,
     why, recipient, deletion, actor, request, undone, content FROM transfers WHERE ";

fn from_row(row: &Row<'_>) -> rusqlite::Result<Transfer> {
    Ok(Transfer {
        seq: row.get::<_, Count>(0)?.0,
        at: row.get(1)?,
        org: row.get(2)?,
        kind: row.get(3)?,
        object: row.get(4)?,
        title: row.get(5)?,
        from: person(row.get(6)?, row.get(7)?),
        to: person(row.get(8)?, row.get(9)?),
        why: row.get::<_, Named<_>>(10)?.0,
        recipient: row.get(11)?,
        deletion: row.get::<_, Count>(12)?.0,
        actor: row.get::<_, ActorColumn>(13)?.0,
        request: row.get(14)?,
        undone: row.get::<_, Option<Count>>(15)?.map(|seq| seq.0),
    })
}

/// Which lines of the ledger to read. The default is every line, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransferQuery {
    /// Of this Org.
    pub org: Option<OrgId>,
    /// Of this deletion.
    pub deletion: Option<u64>,
    /// Only this line.
    pub seq: Option<u64>,
    /// Only those that can be given back: no give-backs, and none undone yet.
    pub open: bool,
    /// Direction and where to start.
    pub walk: Walk,
}

/// A removal as far as content is concerned.
#[derive(Clone, Debug)]
pub struct Move {
    /// In which Org.
    pub org: OrgId,
    /// Who is removed.
    pub from: Person,
    /// Who receives what `from` owns.
    pub heir: Person,
    /// Every spelling under which `from` may be a recipient: `id`, `userName`, mail addresses.
    pub addresses: Vec<String>,
    /// The deletion record, stored already.
    pub deletion: u64,
    /// Who asked for it.
    pub actor: Actor,
    /// By which request.
    pub request: Option<RequestId>,
    /// When.
    pub at: Timestamp,
}

/// Who gives content back to whom.
#[derive(Clone, Debug)]
pub struct GiveBack {
    /// In which Org; lines of others are not found.
    pub org: OrgId,
    /// A live user of the Org.
    pub to: Person,
    /// Every spelling that names `to` as a recipient, apart from its `userName`.
    pub addresses: Vec<String>,
    /// Who asked for it.
    pub actor: Actor,
    /// When.
    pub at: Timestamp,
}

/// What became of one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// It is given back, as this line of the ledger says.
    Back(u64),
    /// It was left, and why.
    Left {
        /// Title of the item; empty if there is no such line.
        title: String,
        /// Why.
        why: Refused,
    },
}

/// Why a line was not given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The Org's ledger has no such line.
    NoSuchLine,
    /// The line is a give-back itself.
    NoRemoval,
    /// This line gave it back before.
    Before(u64),
    /// The item is not registered any more.
    Unregistered,
    /// Somebody else than the line says owns the item now.
    NewOwner(Person),
}

impl Reader<'_> {
    /// Up to `count` lines of the ledger.
    pub fn transfers(
        &self,
        query: &TransferQuery,
        count: u64,
    ) -> Result<Vec<Transfer>, StoreError> {
        let mut conditions = Conditions::new();
        let (deletion, seq) = (query.deletion.map(signed), query.seq.map(signed));
        conditions.and_some("deletion = ?", deletion.as_ref().map(|number| number as _));
        // Within a deletion its own index is the shorter way.
        let org = if deletion.is_some() {
            "+org = ?"
        } else {
            "org = ?"
        };
        conditions.and_some(org, query.org.as_ref().map(|org| org as _));
        conditions.and_some("seq = ?", seq.as_ref().map(|number| number as _));
        if query.open {
            conditions.and("undone IS NULL AND why <> ?", [&Named(Why::GiveBack)]);
        }
        query.walk.apply(&mut conditions, count);
        let sql = format!("{SELECT}{}", conditions.text());
        self.rows(&sql, params_from_iter(conditions.values()), from_row)
    }

    /// The number of the newest line; 0 if there is none.
    pub fn last_transfer(&self) -> Result<u64, StoreError> {
        let sql = "SELECT ifnull(max(seq), 0) FROM transfers";
        let last = self.row(sql, [], |row| row.get::<_, Count>(0))?;
        Ok(last.map_or(0, |last| last.0))
    }

    /// How many lines of the ledger belong to a deletion.
    pub fn transfer_count(&self, deletion: u64) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM transfers WHERE deletion = ?1";
        let count = self.row(sql, [signed(deletion)], |row| row.get::<_, Count>(0))?;
        Ok(count.map_or(0, |count| count.0))
    }
}

impl Tx<'_> {
    /// Moves all that `from` owns to the heir and takes `from` off every schedule, with a line of
    /// the ledger for each item; schedules are to be verified then. Returns how many items have a
    /// new owner.
    pub fn move_content(&mut self, removal: &Move) -> Result<u64, StoreError> {
        let addresses: Vec<_> = removal.addresses.iter().map(|text| fold(text)).collect();
        let addresses = Json(addresses);
        let (org, from, heir) = (removal.org, &removal.from, &removal.heir);
        let actor = ActorColumn(removal.actor.clone());
        self.exec(
            "INSERT INTO transfers (at, org, content, kind, object, title, from_id, from_name, to_id,
                 to_name, why, recipient, deletion, actor, request)
             SELECT ?1, c.org, c.key, c.kind, c.object, c.title, ?3, ?4, ?5, ?6, ?7,
                 CASE WHEN c.cron IS NOT NULL THEN (
                     SELECT min(r.recipient) FROM recipients r WHERE r.content = c.key
                     AND r.recipient_key IN (SELECT value FROM json_each(?8))
                 ) END, ?9, ?10, ?11
             FROM content c WHERE c.org = ?2 AND c.owner = ?3 ORDER BY c.kind, c.object",
            params![
                removal.at,
                org,
                from.id,
                from.user_name,
                heir.id,
                heir.user_name,
                Named(Why::Removal),
                addresses,
                signed(removal.deletion),
                actor,
                removal.request
            ],
        )?;
        self.exec(
            concat!(
                "INSERT INTO transfers (at, org, content, kind, object, title, from_id, from_name,
                     to_id, to_name, why, recipient, deletion, actor, request)
                 SELECT ?1, c.org, c.key, c.kind, c.object, c.title, c.owner, ",
                owner_name!(),
                ", c.owner, ",
                owner_name!(),
                ", ?4, min(r.recipient), ?6, ?7, ?8
                 FROM recipients r JOIN content c ON c.key = r.content
                 WHERE r.org = ?2 AND r.recipient_key IN (SELECT value FROM json_each(?5))
                 AND c.owner <> ?3
                 GROUP BY c.key ORDER BY c.kind, c.object"
            ),
            params![
                removal.at,
                org,
                from.id,
                Named(Why::Recipient),
                addresses,
                signed(removal.deletion),
                actor,
                removal.request
            ],
        )?;
        self.exec(
            "UPDATE content SET verify = 1, modified = ?3 WHERE key IN (
                 SELECT content FROM recipients
                 WHERE org = ?1 AND recipient_key IN (SELECT value FROM json_each(?2))
             )",
            params![org, addresses, removal.at],
        )?;
        self.exec(
            "DELETE FROM recipients
             WHERE org = ?1 AND recipient_key IN (SELECT value FROM json_each(?2))",
            params![org, addresses],
        )?;
        let moved = self.exec(
            "UPDATE content SET owner = ?3, modified = ?4, verify = verify OR cron IS NOT NULL
             WHERE org = ?1 AND owner = ?2",
            params![org, from.id, heir.id, removal.at],
        )?;
        Ok(moved as u64)
    }

    /// Undoes one line of the ledger: the item goes to `to`, or `to` is a recipient again, if the
    /// item still has the owner that the line gave it. A recipient is written as it was if that
    /// names `to`, and else as its `userName`.
    pub fn give_back(&mut self, seq: u64, order: &GiveBack) -> Result<Given, StoreError> {
        let found = self.row(
            &format!("{SELECT}seq = ?1 AND org = ?2"),
            params![signed(seq), order.org],
            |row| Ok((from_row(row)?, row.get::<_, i64>(16)?)),
        )?;
        let left = |title: String, why| Ok(Given::Left { title, why });
        let Some((line, key)) = found else {
            return left(String::new(), Refused::NoSuchLine);
        };
        if line.why == Why::GiveBack {
            return left(line.title, Refused::NoRemoval);
        }
        if let Some(before) = line.undone {
            return left(line.title, Refused::Before(before));
        }
        let Some(item) = self.content_at(key)? else {
            return left(line.title, Refused::Unregistered);
        };
        if item.owner.id != line.to.id {
            return left(line.title, Refused::NewOwner(item.owner));
        }
        let recipient = match &line.recipient {
            Some(written) if item.schedule.is_some() => {
                let recipient = order.spelled(written);
                self.add_recipient(order.org, key, recipient)?
                    .then_some(recipient)
            }
            _ => None,
        };
        if line.why == Why::Removal {
            let sql = "UPDATE content SET owner = ?2, modified = ?3 WHERE key = ?1";
            self.exec(sql, params![key, order.to.id, order.at])?;
        }
        self.exec(
            "INSERT INTO transfers (at, org, content, kind, object, title, from_id, from_name, to_id,
                 to_name, why, recipient, deletion, actor, undone)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
            params![
                order.at,
                order.org,
                key,
                item.kind,
                item.id,
                item.title,
                item.owner.id,
                item.owner.user_name,
                order.to.id,
                order.to.user_name,
                Named(Why::GiveBack),
                recipient,
                signed(line.deletion),
                ActorColumn(order.actor.clone()),
                signed(seq)
            ],
        )?;
        let new = self.conn.last_insert_rowid();
        let sql = "UPDATE transfers SET undone = ?2 WHERE seq = ?1";
        self.exec(sql, params![signed(seq), new])?;
        Ok(Given::Back(new.unsigned_abs()))
    }

    /// Erases a person from the ledger: its name, and how it was written as a recipient.
    pub fn erase_transfer_names(
        &mut self,
        org: OrgId,
        user: &ResourceId,
    ) -> Result<(), StoreError> {
        for sql in [
            "UPDATE transfers SET recipient = NULL WHERE recipient IS NOT NULL AND deletion IN (
                 SELECT seq FROM deletions WHERE org = ?1 AND user = ?2
             )",
            "UPDATE transfers SET recipient = NULL
             WHERE to_id = ?2 AND org = ?1 AND why = 'give-back'",
            "UPDATE transfers SET from_name = '' WHERE from_id = ?2 AND org = ?1",
            "UPDATE transfers SET to_name = '' WHERE to_id = ?2 AND org = ?1",
        ] {
            self.exec(sql, params![org, user])?;
        }
        Ok(())
    }
}

impl GiveBack {
    fn spelled<'a>(&'a self, written: &'a str) -> &'a str {
        let key = fold(written);
        if self.addresses.iter().any(|address| fold(address) == key) {
            written
        } else {
            &self.to.user_name
        }
    }
}
