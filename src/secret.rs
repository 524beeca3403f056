//! Bearer tokens: the plain secret and its hash as different types.
//!
//! A token reads `scimtop_<8 hex>_<43 base64url>_<6 base64url>`: the public part of its
//! [`TokenId`], 256 random bits, and a CRC-32 of everything before it. One for an application
//! begins with `scimtop_app_`, one for an operator with `scimtop_ops_`. Prefix and checksum let "expired", "revoked", "never ours" and
//! "mis-pasted" be told apart without a look-up.
//! Neither type prints its content; only [`PlainToken::reveal`] does, for the one time a token
//! is shown.

use std::fmt;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::ids::TokenId;

/// What every token begins with.
const PREFIX: &str = "scimtop_";
/// Positions behind the prefix.
const PUBLIC: Range<usize> = 0..8;
const SECRET_END: usize = 9 + 43;
const LENGTH: usize = SECRET_END + 1 + 6;
/// What stands in place of something that looked like a token.
pub const MASKED: &str = "scimtop_****";

/// What a token opens, and nothing else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TokenKind {
    /// The SCIM endpoint of its Org.
    #[default]
    Scim,
    /// The content registry of its Org.
    Application,
    /// The operations API, in the role that the token has.
    Operator,
}

impl TokenKind {
    /// Stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scim => "scim",
            Self::Application => "application",
            Self::Operator => "operator",
        }
    }

    const fn prefix(self) -> &'static str {
        match self {
            Self::Scim => PREFIX,
            Self::Application => "scimtop_app_",
            Self::Operator => "scimtop_ops_",
        }
    }

    /// The kind that `text` begins like.
    fn of(text: &str) -> Option<Self> {
        [Self::Application, Self::Operator, Self::Scim]
            .into_iter()
            .find(|kind| text.starts_with(kind.prefix()))
    }
}

/// A token in the clear. Lives only between its creation and the moment it is shown, and while
/// a request is authenticated; wiped from memory when dropped.
pub struct PlainToken {
    text: Zeroizing<String>,
    kind: TokenKind,
}

/// What the text in an `Authorization` header turned out to be.
pub enum Presented {
    /// Has the form of our tokens and its checksum is right.
    Token(PlainToken),
    /// Begins like one of ours, but characters are missing, added or changed.
    Damaged,
    /// Not one of ours.
    Foreign,
}

impl PlainToken {
    /// A new secret for the token named `id`.
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    pub fn generate(kind: TokenKind, id: &TokenId) -> Result<Self, getrandom::Error> {
        let mut secret = Zeroizing::new([0_u8; 32]);
        getrandom::fill(secret.as_mut())?;
        let public = id.0.strip_prefix("tok_").unwrap_or(&id.0);
        let mut text = Zeroizing::new(String::with_capacity(kind.prefix().len() + LENGTH));
        text.push_str(kind.prefix());
        text.push_str(public);
        text.push('_');
        URL_SAFE_NO_PAD.encode_string(secret.as_ref(), &mut text);
        let sum = crc32fast::hash(text.as_bytes());
        text.push('_');
        URL_SAFE_NO_PAD.encode_string(sum.to_be_bytes(), &mut text);
        Ok(Self { text, kind })
    }

    /// Sorts out the credential of an `Authorization: Bearer …` header.
    pub fn recognise(text: &str) -> Presented {
        let Some(kind) = TokenKind::of(text) else {
            return Presented::Foreign;
        };
        let start = kind.prefix().len();
        let bytes = &text.as_bytes()[start..];
        if bytes.len() != LENGTH
            || !text.is_ascii()
            || bytes[PUBLIC.end] != b'_'
            || bytes[SECRET_END] != b'_'
            || !bytes[PUBLIC].iter().all(u8::is_ascii_hexdigit)
        {
            return Presented::Damaged;
        }
        let sum = crc32fast::hash(&text.as_bytes()[..start + SECRET_END]).to_be_bytes();
        if URL_SAFE_NO_PAD.encode(sum).as_bytes() != &bytes[SECRET_END + 1..] {
            return Presented::Damaged;
        }
        let text = Zeroizing::new(text.to_owned());
        Presented::Token(Self { text, kind })
    }

    /// The public name that the token carries.
    pub fn id(&self) -> TokenId {
        let public = &self.text[self.kind.prefix().len()..][PUBLIC];
        TokenId(format!("tok_{public}"))
    }

    /// What is stored in its place.
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.text.as_bytes()).into())
    }

    /// The token itself. For the one answer that shows it; never for a log.
    pub fn reveal(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for PlainToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainToken(****)")
    }
}

/// SHA-256 of a token.
#[derive(Clone, Copy)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// From the 32 bytes the store kept.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes to store.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Compares without telling by its duration where two hashes differ.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(****)")
    }
}

/// Replaces everything in `text` that looks like one of our tokens, however damaged, so that a
/// token pasted into the wrong field is not recorded.
pub fn scrub(text: &str) -> std::borrow::Cow<'_, str> {
    if !text.contains(PREFIX) {
        return text.into();
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(PREFIX) {
        let tail = &rest[at + PREFIX.len()..];
        let token = tail
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'))
            .unwrap_or(tail.len());
        clean.push_str(&rest[..at]);
        // A short word such as a metric's name is no secret; a token's tail is long.
        if token >= 16 {
            clean.push_str(MASKED);
        } else {
            clean.push_str(&rest[at..at + PREFIX.len() + token]);
        }
        rest = &tail[token..];
    }
    clean.push_str(rest);
    clean.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [TokenKind; 3] = [TokenKind::Scim, TokenKind::Application, TokenKind::Operator];

    #[test]
    fn a_new_token_is_recognised_and_names_itself() {
        for kind in KINDS {
            let id = TokenId::new();
            let token = PlainToken::generate(kind, &id).unwrap();
            let Presented::Token(seen) = PlainToken::recognise(token.reveal()) else {
                panic!("not recognised");
            };
            assert_eq!((seen.id(), seen.kind), (id, kind));
            assert!(seen.hash().matches(&token.hash()));
        }
    }

    #[test]
    fn every_truncation_and_every_changed_character_is_damage() {
        for kind in KINDS {
            let token = PlainToken::generate(kind, &TokenId::new()).unwrap();
            let text = token.reveal();
            for cut in PREFIX.len()..text.len() {
                assert!(matches!(
                    PlainToken::recognise(&text[..cut]),
                    Presented::Damaged
                ));
            }
            for at in PREFIX.len()..text.len() {
                let mut bytes = text.as_bytes().to_vec();
                bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
                let changed = String::from_utf8(bytes).unwrap();
                assert!(
                    matches!(PlainToken::recognise(&changed), Presented::Damaged),
                    "{at}"
                );
            }
        }
        assert!(matches!(
            PlainToken::recognise("eyJhbGciOi"),
            Presented::Foreign
        ));
        assert!(matches!(PlainToken::recognise(""), Presented::Foreign));
    }

    #[test]
    fn scrub_masks_tokens_and_leaves_the_rest() {
        for kind in KINDS {
            let token = PlainToken::generate(kind, &TokenId::new()).unwrap();
            let text = format!("a={} scimtop_http_total b", token.reveal());
            assert_eq!(scrub(&text), "a=scimtop_**** scimtop_http_total b");
            assert!(!format!("{token:?} {:?}", token.hash()).contains(&token.reveal()[12..]));
        }
    }
}
