//! Removing the exchanges that name purged people, a few at a time.

use std::collections::HashMap;

use aho_corasick::{AhoCorasick, BuildError};
use percent_encoding::percent_decode_str;
use rusqlite::{Connection, params};

use crate::ids::{OrgId, ResourceId};
use crate::store::column::signed;
use crate::store::error::StoreError;

/// Exchanges looked through between two commits.
const LOOK: i64 = 500;

/// A person to be forgotten: in which Org, by which `id` and `userName`.
pub type Person = (OrgId, ResourceId, String);

/// The people of one purge, and how far their exchanges have been looked for.
pub(super) struct Erasure {
    /// What finds the people of an Org in a text.
    finders: HashMap<OrgId, AhoCorasick>,
    /// Looked through up to this exchange.
    at: i64,
    /// The last exchange to look at; later ones came after the purge.
    last: i64,
}

impl Erasure {
    /// Begins with the first exchange and ends with `last`.
    ///
    /// # Errors
    /// If the names together are too large to search for.
    pub fn new(people: &[Person], last: u64) -> Result<Self, BuildError> {
        let mut spelled: HashMap<OrgId, Vec<String>> = HashMap::new();
        for (org, id, name) in people {
            let spellings = spelled.entry(*org).or_default();
            spellings.push(id.to_string());
            if !name.is_empty() {
                spellings.extend(spellings_of(name));
            }
        }
        let finders = spelled.into_iter().map(|(org, spellings)| {
            let finder = AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .build(spellings)?;
            Ok((org, finder))
        });
        Ok(Self {
            finders: finders.collect::<Result<_, BuildError>>()?,
            at: 0,
            last: signed(last),
        })
    }

    /// Looks through some more exchanges; true if there are yet more.
    pub fn go_on(&mut self, conn: &mut Connection) -> Result<bool, StoreError> {
        let tx = conn.transaction()?;
        let (mut named, mut seen) = (Vec::new(), 0);
        {
            let mut statement = tx.prepare_cached(
                "SELECT e.seq, e.org, e.summary, b.detail
                 FROM exchanges e LEFT JOIN bodies b ON b.seq = e.seq
                 WHERE e.seq > ?1 AND e.seq <= ?2 ORDER BY e.seq LIMIT ?3",
            )?;
            let mut rows = statement.query(params![self.at, self.last, LOOK])?;
            while let Some(row) = rows.next()? {
                (self.at, seen) = (row.get(0)?, seen + 1);
                let finder = row.get::<_, Option<OrgId>>(1)?;
                let Some(finder) = finder.and_then(|org| self.finders.get(&org)) else {
                    continue;
                };
                let (line, kept) = (row.get_ref(2)?, row.get_ref(3)?);
                let mut texts = [line, kept]
                    .into_iter()
                    .filter_map(|text| text.as_str().ok());
                if texts.any(|text| names(finder, text)) {
                    named.push(self.at);
                }
            }
        }
        for seq in named {
            tx.prepare_cached("DELETE FROM bodies WHERE seq = ?1")?
                .execute([seq])?;
            tx.prepare_cached("DELETE FROM exchanges WHERE seq = ?1")?
                .execute([seq])?;
        }
        tx.commit()?;
        Ok(seen == LOOK)
    }
}

/// A name as it stands in JSON, and in JSON that is a string of JSON.
fn spellings_of(name: &str) -> impl Iterator<Item = String> {
    let escape = |text: &str| {
        let quoted = serde_json::Value::from(text).to_string();
        quoted[1..quoted.len() - 1].to_owned()
    };
    let once = escape(name);
    [name.to_owned(), escape(&once), once].into_iter()
}

/// True if `text` names somebody, as it is or percent-encoded; a name within a longer word is
/// nobody's.
fn names(finder: &AhoCorasick, text: &str) -> bool {
    let whole = |text: &str| {
        finder.find_overlapping_iter(text).any(|found| {
            let before = text[..found.start()].chars().next_back();
            let after = text[found.end()..].chars().next();
            let part = |next: Option<char>| next.is_some_and(char::is_alphanumeric);
            !part(before) && !part(after)
        })
    };
    whole(text) || text.contains('%') && whole(&percent_decode_str(text).decode_utf8_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_found_however_it_is_written_and_nobody_else_is() {
        let id = ResourceId::new();
        let org = OrgId(0);
        let erasure = Erasure::new(&[(org, id, "ada \"x\"@b.c".to_owned())], 9).unwrap();
        let finder = &erasure.finders[&org];
        for (text, expected) in [
            (format!("/Users/{id}"), true),
            (format!("/Users/{}", id.to_string().to_uppercase()), true),
            ("ADA \"X\"@B.C".to_owned(), true),
            (r#"{"userName":"ada \"x\"@b.c"}"#.to_owned(), true),
            (
                r#"{"text":"{\"userName\":\"ada \\\"x\\\"@b.c\"}"}"#.to_owned(),
                true,
            ),
            (
                "filter=userName%20eq%20%22ada%20%22x%22%40b.c%22".to_owned(),
                true,
            ),
            ("canada \"x\"@b.c".to_owned(), false),
            ("ada \"x\"@b.com".to_owned(), false),
            (ResourceId::new().to_string(), false),
        ] {
            assert_eq!(names(finder, &text), expected, "{text}");
        }
    }
}
