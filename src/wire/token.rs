//! A bearer token that is on its way out: the one thing of a target that may not be shown.

use std::fmt;

use zeroize::Zeroizing;

/// A bearer token; printed and serialized by nothing.
#[derive(Clone)]
pub struct Token(Zeroizing<String>);

impl Token {
    /// The token itself, for the header that carries it.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Token {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(****)")
    }
}
