//! What to replay, where to, and as whom.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::error::ReplayError;
use crate::ids::OrgId;
use crate::model::recording::OrgName;
use crate::wire::Token;

/// Times that a request is sent again, unless said otherwise, while the server answers 429 or 503.
pub const RETRIES: u32 = 10;
/// Differences listed unless said otherwise; all are counted.
pub const LISTED: usize = 100;

/// What a replay does. [`Options::new`] gives the defaults.
#[derive(Clone, Debug)]
pub struct Options {
    /// The export.
    pub file: PathBuf,
    /// Base URL of the scratch server, `http` only.
    pub url: String,
    /// `ORG=TOKEN` by number or name, or a token for every Org that has none of its own.
    pub tokens: Vec<GivenToken>,
    /// So many times as fast as recorded; `None`: as fast as it is answered.
    pub speed: Option<f64>,
    /// Times that a request is sent again while the server answers 429 or 503.
    pub retries: u32,
    /// Send even if the server holds something.
    pub into_nonempty: bool,
    /// Differences listed at most.
    pub listed: usize,
}

impl Options {
    /// As fast as it is answered, into an empty server.
    pub fn new(file: impl Into<PathBuf>, url: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            url: url.into(),
            tokens: Vec::new(),
            speed: None,
            retries: RETRIES,
            into_nonempty: false,
            listed: LISTED,
        }
    }

    pub(super) fn check(&self) -> Result<(), ReplayError> {
        match self.speed {
            Some(speed) if !speed.is_finite() || speed <= 0.0 => Err(ReplayError::Options(
                "a speed must be above 0: 1 is as recorded, 10 is ten times as fast".to_owned(),
            )),
            _ => Ok(()),
        }
    }
}

/// A token, and perhaps the Org it is for.
#[derive(Clone, Debug)]
pub struct GivenToken {
    /// Number or name of the Org in the file.
    org: Option<String>,
    token: Token,
}

impl GivenToken {
    /// Reads `ORG=TOKEN` or a token.
    pub fn read(text: &str) -> Self {
        let (org, token) = Token::named(text);
        Self { org, token }
    }

    fn is_for(&self, org: &OrgName) -> bool {
        let named = self.org.as_deref();
        named.is_some_and(|named| {
            named == org.id.to_string() || named.to_lowercase() == org.name.to_lowercase()
        })
    }
}

/// Which token each Org of the file is replayed with: its place among those given.
pub(super) fn assign(
    tokens: &[GivenToken],
    orgs: &BTreeMap<OrgId, String>,
) -> Result<BTreeMap<OrgId, usize>, ReplayError> {
    let for_all = tokens.iter().position(|token| token.org.is_none());
    let mut assigned = BTreeMap::new();
    for (id, name) in orgs {
        let org = OrgName {
            id: *id,
            name: name.clone(),
        };
        let own = tokens.iter().position(|token| token.is_for(&org));
        let Some(which) = own.or(for_all) else {
            return Err(ReplayError::Options(format!(
                "the file holds requests of Org {id}, which has no token: give one of the scratch \
                 server's as --token {id}=TOKEN, or one for all as --token TOKEN"
            )));
        };
        assigned.insert(*id, which);
    }
    Ok(assigned)
}

/// The token at that place.
pub(super) fn token(tokens: &[GivenToken], which: usize) -> &Token {
    &tokens[which].token
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_orgs_own_token_counts_before_the_one_for_all() {
        let orgs = BTreeMap::from([
            (OrgId(0), "Primary".to_owned()),
            (OrgId(3), "Sales".to_owned()),
            (OrgId(4), String::new()),
        ]);
        let given = |texts: &[&str]| texts.iter().map(|text| GivenToken::read(text)).collect();
        let tokens: Vec<_> = given(&["all", "sales=s", "0=p"]);
        let assigned = assign(&tokens, &orgs).unwrap();
        assert_eq!(assigned.into_values().collect::<Vec<_>>(), [2, 1, 0]);
        let tokens: Vec<_> = given(&["0=p", "sales=s"]);
        let error = assign(&tokens, &orgs).unwrap_err().to_string();
        assert!(error.contains("--token 4=TOKEN"), "{error}");
    }

    #[test]
    fn a_speed_is_a_number_above_zero() {
        let mut options = Options::new("f", "http://h");
        options.check().unwrap();
        for speed in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            options.speed = Some(speed);
            assert!(options.check().is_err(), "{speed}");
        }
    }
}
