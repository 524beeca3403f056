//! A bearer token that is on its way out: the one thing of a target that may not be shown.

use std::fmt;

use zeroize::Zeroizing;

/// A bearer token; printed and serialized by nothing.
#[derive(Clone)]
pub struct Token(Zeroizing<String>);

impl Token {
    /// Reads `NAME=TOKEN`, or a token alone.
    pub fn named(text: &str) -> (Option<String>, Self) {
        // Tokens of others may end in padding.
        let pair = text.split_once('=');
        match pair.filter(|(_, token)| !token.trim_start_matches('=').is_empty()) {
            Some((name, token)) => (Some(name.to_owned()), token.to_owned().into()),
            None => (None, text.to_owned().into()),
        }
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_stand_before_a_token_and_padding_is_none() {
        for (text, name, token) in [
            ("sales=t", Some("sales"), "t"),
            ("t", None, "t"),
            ("abc==", None, "abc=="),
            ("sales=abc==", Some("sales"), "abc=="),
        ] {
            let (seen, secret) = Token::named(text);
            assert_eq!((seen.as_deref(), secret.reveal()), (name, token));
            assert_eq!(format!("{secret:?}"), "Token(****)");
        }
    }
}
