//! The filter language for events, the same in the dashboard and in the commands.
//!
//! ```text
//! kind:user,token-revoked by:okta since:2d ada "board pack"
//! ```
//!
//! Every term has to hold; values after a comma are alternatives. Pure: the time that `since:`
//! counts from is not known here.

use std::time::Duration;

use crate::clock::parse_duration;
use crate::model::event::EventKind;

/// Longest filter, in bytes.
const LENGTH: usize = 2_000;
/// Most terms and values in a filter.
const VALUES: usize = 50;

/// A parsed filter. The default matches everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Its kind is one of these; empty: any.
    pub kinds: Vec<EventKind>,
    /// For each term: who did it has one of these in the name, id or token label, in lower case.
    pub by: Vec<Vec<String>>,
    /// What it is about (name, label, id) or its cause contains each of these, in lower case.
    pub words: Vec<String>,
    /// The exchange that caused it has a request id that begins like this, in lower case.
    pub request: Option<String>,
    /// It happened no longer ago than this.
    pub since: Option<Duration>,
}

impl EventFilter {
    /// Reads a filter; empty text matches everything. An error says what to write instead.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text.len() > LENGTH {
            return Err("the filter is too long; 2000 bytes are allowed");
        }
        let mut filter = Self::default();
        let mut read = 0;
        for word in words(text)? {
            read += 1 + word.text.matches(',').count();
            if read > VALUES {
                return Err("the filter has too many terms; 50 are allowed");
            }
            filter.take(&word)?;
        }
        Ok(filter)
    }

    fn take(&mut self, word: &Word) -> Result<(), &'static str> {
        let lower = word.text.to_lowercase();
        let term = lower.split_once(':').filter(|_| !word.quoted);
        let values = |value: &str| -> Vec<String> {
            let each = value.split(',').filter(|value| !value.is_empty());
            each.map(str::to_owned).collect()
        };
        match term {
            Some(("kind", value)) => {
                for value in values(value) {
                    let before = self.kinds.len();
                    let named = EventKind::ALL.iter();
                    self.kinds
                        .extend(named.filter(|kind| kind.as_str().starts_with(&value)));
                    if self.kinds.len() == before {
                        return Err("no kind of event begins like this; such are user-removed, \
                                    group-, token-rotated, guard-");
                    }
                }
            }
            Some(("by", value)) => self
                .by
                .extend(Some(values(value)).filter(|by| !by.is_empty())),
            Some(("request", value)) => self.request = Some(value.replace('-', "")),
            Some(("since", value)) => {
                let span = parse_duration(value);
                self.since =
                    Some(span.ok_or("write a span such as since:30m, since:12h, since:7d")?);
            }
            Some(("subject", value)) => self.words.push(value.to_owned()),
            _ => self.words.push(lower),
        }
        Ok(())
    }
}

struct Word {
    text: String,
    /// It begins with a quote: no term.
    quoted: bool,
}

/// The words of a text; white space between quotes belongs to a word.
fn words(text: &str) -> Result<Vec<Word>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<Word> = None;
    let mut open = false;
    for c in text.chars() {
        if c == '"' {
            open = !open;
            word.get_or_insert(Word {
                text: String::new(),
                quoted: true,
            });
        } else if c.is_whitespace() && !open {
            words.extend(word.take());
        } else {
            let word = word.get_or_insert(Word {
                text: String::new(),
                quoted: false,
            });
            word.text.push(c);
        }
    }
    if open {
        return Err("a quote is not closed");
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_and_words_are_read() {
        let filter = EventFilter::parse(
            "kind:token-r,guard-opened by:okta,root Since:2d \"Board Pack\" subject:ada",
        );
        let expected = EventFilter {
            kinds: vec![
                EventKind::TokenRotated,
                EventKind::TokenRevoked,
                EventKind::GuardOpened,
            ],
            by: vec![vec!["okta".to_owned(), "root".to_owned()]],
            words: vec!["board pack".to_owned(), "ada".to_owned()],
            request: None,
            since: Some(Duration::from_secs(2 * 86_400)),
        };
        assert_eq!(filter, Ok(expected));
        assert_eq!(EventFilter::parse("  "), Ok(EventFilter::default()));
        let quoted = EventFilter::parse("\"kind:x\" request:0B-1e by:");
        let expected = EventFilter {
            words: vec!["kind:x".to_owned()],
            request: Some("0b1e".to_owned()),
            ..EventFilter::default()
        };
        assert_eq!(quoted, Ok(expected));
    }

    #[test]
    fn faults_are_said() {
        for (text, says) in [
            ("kind:nonsense", "no kind of event"),
            ("since:soon", "write a span"),
            ("\"open", "a quote"),
            (&"a ".repeat(60), "too many"),
            (&"a".repeat(3_000), "too long"),
        ] {
            let fault = EventFilter::parse(text).unwrap_err();
            assert!(fault.contains(says), "{text}: {fault}");
        }
    }
}
