//! `token …` on the command line.

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use super::{Change, duration, moment};
use crate::clock::Timestamp;
use crate::ids::TokenId;
use crate::model::operator::OperatorRole;
use crate::model::token::TokenKind;

/// `token …`
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Issue a token and show it once
    Create {
        /// Org it opens, by number or name
        #[arg(long, default_value = "0")]
        org: String,
        /// What it opens
        #[arg(long, value_enum, default_value = "scim")]
        kind: TokenKindName,
        /// What an operator's token may do
        #[arg(long, value_enum, required_if_eq("kind", "operator"))]
        role: Option<RoleName>,
        /// What to call it, e.g. the identity provider's or the application's name [default: its
        /// kind]
        #[arg(long)]
        label: Option<String>,
        /// End of its life
        #[command(flatten)]
        life: Life,
        /// Flags of changes
        #[command(flatten)]
        change: Change,
    },
    /// List tokens; secrets are not kept and cannot be shown
    List {
        /// Only those of this Org, by number or name
        #[arg(long)]
        org: Option<String>,
    },
    /// Issue a successor; the old token stays valid for the overlap
    Rotate {
        /// Its id (`tok_…`)
        #[arg(value_parser = token_id)]
        token: TokenId,
        /// How long the old one stays valid, e.g. 24h or 7d; 30d at most [default: 24h]
        #[arg(long, value_parser = duration)]
        overlap: Option<Duration>,
        /// End of the successor's life
        #[command(flatten)]
        life: Life,
        /// Flags of changes
        #[command(flatten)]
        change: Change,
    },
    /// End a token at once
    Revoke {
        /// Its id (`tok_…`)
        #[arg(value_parser = token_id)]
        token: TokenId,
        /// Do not ask for its id to be typed
        #[arg(long)]
        yes: bool,
        /// Flags of changes
        #[command(flatten)]
        change: Change,
    },
}

/// The end of a token's life.
#[derive(Clone, Copy, Debug, Default, Args)]
#[group(multiple = false)]
pub struct Life {
    /// Valid until this moment (`2027-01-31` or RFC 3339) [default: six calendar months from now,
    /// which is also the longest]
    #[arg(long, value_parser = moment)]
    pub expires: Option<Timestamp>,
    /// Valid for this long, e.g. 30d
    #[arg(long = "for", value_parser = duration, value_name = "DURATION")]
    pub lasts: Option<Duration>,
}

/// Kinds of tokens on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum TokenKindName {
    /// The SCIM endpoint, for an identity provider
    Scim,
    /// The content API, for an application
    Application,
    /// The operations API, for an operator
    Operator,
}

impl From<TokenKindName> for TokenKind {
    fn from(name: TokenKindName) -> Self {
        match name {
            TokenKindName::Scim => Self::Scim,
            TokenKindName::Application => Self::Application,
            TokenKindName::Operator => Self::Operator,
        }
    }
}

/// Roles of operators on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum RoleName {
    /// Reads everything
    Viewer,
    /// Decides about removals, restores, gives back, registers content, gives roles to groups
    Operator,
    /// Everything
    Admin,
}

impl From<RoleName> for OperatorRole {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Viewer => Self::Viewer,
            RoleName::Operator => Self::Operator,
            RoleName::Admin => Self::Admin,
        }
    }
}

fn token_id(text: &str) -> Result<TokenId, String> {
    let hex = text.strip_prefix("tok_").unwrap_or_default();
    if hex.len() == 8 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(TokenId(text.to_owned()))
    } else {
        // A pasted secret must not be repeated in the message.
        Err("a token's id is tok_ and eight hex digits, as `token list` shows it".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_pasted_as_an_id_is_not_repeated_by_us() {
        assert!(
            !token_id("scimtop_0123_secret")
                .unwrap_err()
                .contains("secret")
        );
    }
}
