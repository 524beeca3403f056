//! What would happen: requests tried out, and what a removal would take away.

use serde_json::Value;

use crate::ids::TokenId;
use crate::model::org::Org;
use crate::model::token::TokenKind;
use crate::ops::api::preview::{Simulated, Simulation};
use crate::ops::api::{Failure, OpsError};
use crate::ops::house::House;
use crate::ops::local::exchange;
use crate::ops::orgs;
use crate::ops::provision::Trial;
use crate::ops::provision::request::Caller;

/// Requests tried out in one call.
const MOST: usize = 1_000;

/// Tries requests out in an Org.
pub(super) fn simulate(
    house: &House,
    which: &str,
    requests: Vec<Simulated>,
) -> Result<Vec<Simulation>, OpsError> {
    if requests.is_empty() || requests.len() > MOST {
        return Err(OpsError::new(
            Failure::Invalid,
            format!("give 1 to {MOST} requests"),
        ));
    }
    let mut org = orgs::find(house, which)?;
    let mut token = None;
    let mut trials = Vec::with_capacity(requests.len());
    for request in requests {
        trials.push(match request {
            Simulated::Written { method, path, body } => Trial { method, path, body },
            Simulated::Recorded { exchange: id } => {
                let recorded = exchange(house, &id)?;
                if let Some(of) = recorded.summary.org {
                    org = orgs::find(house, &of.to_string())?;
                }
                token = recorded.summary.token.clone().or(token);
                if recorded.request_body.truncated {
                    return Err(OpsError::new(
                        Failure::Invalid,
                        "the body of this exchange was not kept whole, so that it cannot be tried",
                    ));
                }
                Trial {
                    body: serde_json::from_str(&recorded.request_body.text).unwrap_or(Value::Null),
                    method: recorded.summary.method,
                    path: recorded.summary.path,
                }
            }
        });
    }
    let caller = caller(house, org, token.as_ref())?;
    house.provision.simulate(caller, &house.base_url, trials)
}

/// Whom the requests are taken to come from: the client of a recorded one, or the one that the
/// Org's token was used by last.
fn caller(house: &House, org: Org, token: Option<&TokenId>) -> Result<Caller, OpsError> {
    let tokens = house.store.read(|reader| reader.tokens(org.id))?;
    let known = tokens.iter().find(|known| Some(&known.id) == token);
    let used = tokens
        .iter()
        .filter(|token| token.kind == TokenKind::Scim)
        .max_by_key(|token| token.last_used.as_ref().map(|last| last.at));
    let fallback = TokenId("tok_00000000".to_owned());
    let (token, lineage) = match known.or(used) {
        Some(token) => (token.id.clone(), token.lineage.clone()),
        None => (fallback.clone(), fallback),
    };
    Ok(Caller {
        org,
        token,
        token_label: "simulation".to_owned(),
        lineage,
    })
}
