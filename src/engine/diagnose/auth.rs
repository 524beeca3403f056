//! Refused credentials, and requests that reach nothing.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use super::{Silent, count, silence};
use crate::clock::Timestamp;
use crate::model::diagnosis::{About, Check, Diagnosis};
use crate::model::exchange::{Client, ExchangeSummary, Operation};
use crate::model::menus::{token_place, url_place};
use crate::model::token::{Refusal, Token, TokenState};

/// How far back it is looked where somebody was served since.
pub const SPAN: Duration = Duration::from_secs(24 * 3600);
/// A token that is used and ends within this is to be rotated.
const SOON: Duration = Duration::from_secs(14 * 86_400);
/// A token that was not used for so long is not missed.
const IN_USE: Duration = Duration::from_secs(30 * 86_400);
/// So many tokens that were never issued from one source within [`SCAN_SPAN`] are no mistake of
/// somebody who pastes one.
const SCAN: usize = 100;
/// See [`SCAN`].
const SCAN_SPAN: Duration = Duration::from_secs(5 * 60);
/// Groups of refusals named in a finding.
const NAMED: usize = 4;

/// What is known.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The time.
    pub now: Timestamp,
    /// The Org's name, if only one is looked at.
    pub org: Option<&'a str>,
    /// Base URL that identity providers should have: the Org's own path if there are several.
    pub base_url: &'a str,
    /// Tokens of the Orgs that are looked at.
    pub tokens: &'a [Token],
    /// Refused exchanges and those with no route, newest first.
    pub refused: &'a [ExchangeSummary],
    /// Who has stopped asking: whoever is refused falls silent, but not only those.
    pub silent: Option<&'a Silent>,
    /// When each source with each client last succeeded.
    pub served: &'a HashMap<(String, Client), Timestamp>,
}

/// Who is refused, and why.
pub fn diagnose(facts: &Facts<'_>) -> Diagnosis {
    let paste = |client| {
        vec![
            "issue a token: scimtop token create".to_owned(),
            format!("paste it: {}", token_place(client)),
        ]
    };
    let again = |client| {
        vec![
            format!(
                "paste the whole token, with Bearer: {}",
                token_place(client)
            ),
            "if it was not kept, issue one: scimtop token create".to_owned(),
        ]
    };
    let checks = vec![
        overview(facts),
        of(facts, "expired", &[Refusal::Expired], paste),
        of(facts, "revoked", &[Refusal::Revoked], paste),
        of(
            facts,
            "wrong-org",
            &[Refusal::WrongOrg, Refusal::NoSuchOrg],
            |client| {
                vec![format!(
                    "use a token of the Org in the path (scimtop token create), or correct the \
                     base URL to {}: {}",
                    facts.base_url,
                    url_place(client)
                )]
            },
        ),
        of(facts, "scim-off", &[Refusal::ScimDisabled], |_| {
            vec!["switch SCIM on: scimtop org enable-scim ORG".to_owned()]
        }),
        of(
            facts,
            "malformed",
            &[
                Refusal::Missing,
                Refusal::SchemeMissing,
                Refusal::WrongScheme,
                Refusal::Foreign,
                Refusal::Damaged,
            ],
            again,
        ),
        of(
            facts,
            "unknown-token",
            &[Refusal::Unknown, Refusal::WrongKind],
            paste,
        ),
        scan(facts),
        base_url(facts),
        silence(facts.silent),
        expiring(facts),
    ];
    Diagnosis::of(About::Auth, facts.org.map(str::to_owned), None, checks)
}

/// Whether what an exchange shows was put right since.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Since {
    /// It was: the same client was served at the same source, or with a successor of the token.
    Right,
    /// Some client was served at that source; whether it is the same, nobody can tell.
    Perhaps,
    /// It was not.
    Wrong,
}

fn since(facts: &Facts<'_>, exchange: &ExchangeSummary) -> Since {
    let later = |client: Client| {
        let at = facts.served.get(&(exchange.source.clone(), client));
        at.is_some_and(|at| *at > exchange.at)
    };
    if later(exchange.client) || succeeded_by(facts, exchange) {
        Since::Right
    } else if exchange.client == Client::Unknown && Client::ALL.into_iter().any(later) {
        Since::Perhaps
    } else {
        Since::Wrong
    }
}

/// Of these, the one that was least put right, and how far it was; newest first.
fn open<'a>(
    facts: &Facts<'_>,
    those: &[&'a ExchangeSummary],
) -> Option<(&'a ExchangeSummary, Since)> {
    let find = |wanted| {
        let found = those.iter().find(|one| since(facts, one) == wanted)?;
        Some((*found, wanted))
    };
    find(Since::Wrong).or_else(|| find(Since::Perhaps))
}

/// A cause, or what may be one.
fn verdict(name: &str, finding: String, since: Since, steps: Vec<String>) -> Check {
    if since == Since::Perhaps {
        let finding =
            format!("{finding}; that source was served since, perhaps by the same client");
        return Check::unknown(name, finding).advising(steps);
    }
    Check::problem(name, finding, steps)
}

/// True if another token of the same name or chain was used since.
fn succeeded_by(facts: &Facts<'_>, exchange: &ExchangeSummary) -> bool {
    let Some(old) = facts
        .tokens
        .iter()
        .find(|token| Some(&token.id) == exchange.token.as_ref())
    else {
        return false;
    };
    facts.tokens.iter().any(|other| {
        other.org == old.org
            && other.id != old.id
            && (other.lineage == old.lineage || other.label == old.label)
            && other
                .last_used
                .as_ref()
                .is_some_and(|last| last.at > exchange.at)
    })
}

fn who(exchange: &ExchangeSummary) -> String {
    let token = match (&exchange.token_label, &exchange.token) {
        (Some(label), Some(id)) => format!(" with token {label} ({id})"),
        _ => String::new(),
    };
    format!("{} at {}{token}", exchange.client.as_str(), exchange.source)
}

fn overview(facts: &Facts<'_>) -> Check {
    const NAME: &str = "auth";
    let mut groups: BTreeMap<(&str, String), usize> = BTreeMap::new();
    for exchange in facts.refused {
        if let Some(refusal) = exchange.refusal {
            *groups
                .entry((refusal.describe(), who(exchange)))
                .or_default() += 1;
        }
    }
    let all: usize = groups.values().sum();
    let since = match facts.refused.last() {
        Some(oldest) if facts.now.since(oldest.at) > SPAN => format!("since {}", oldest.at),
        _ => "in the last 24 hours".to_owned(),
    };
    if all == 0 {
        return Check::fine(NAME, format!("no credential was refused {since}"));
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, many)| std::cmp::Reverse(*many));
    let named: Vec<_> = groups
        .iter()
        .take(NAMED)
        .map(|((why, who), many)| format!("{many} × {why}, {who}"))
        .collect();
    // What is wrong is judged below, by reason.
    Check::fine(NAME, format!("{all} refused {since}: {}", named.join("; ")))
}

/// Requests were refused, and it works again.
fn put_right(name: &str, those: &[&ExchangeSummary]) -> Check {
    let last = those.first().map(|newest| newest.at).unwrap_or_default();
    Check::fine(
        name,
        format!(
            "{} until {last}; it was put right since",
            count(those.len(), "request")
        ),
    )
    .shown_by(those.iter().map(|one| one.request))
}

fn of(
    facts: &Facts<'_>,
    name: &str,
    reasons: &[Refusal],
    steps: impl Fn(Client) -> Vec<String>,
) -> Check {
    let tried = tried(facts);
    let those: Vec<_> = facts
        .refused
        .iter()
        .filter(|one| {
            one.refusal
                .is_some_and(|refusal| reasons.contains(&refusal))
        })
        .filter(|one| !is_strange(one) || !tried.contains_key(one.source.as_str()))
        .collect();
    if those.is_empty() {
        return Check::fine(name, format!("no request was refused for that ({name})"));
    }
    let Some((open, since)) = open(facts, &those) else {
        return put_right(name, &those);
    };
    let same = those.iter().filter(|one| {
        (&one.source, &one.token, one.refusal) == (&open.source, &open.token, open.refusal)
    });
    let same: Vec<_> = same.collect();
    let why = open.refusal.map_or("refused", Refusal::describe);
    verdict(
        name,
        format!(
            "{} from {}: {why}, last {}",
            count(same.len(), "request"),
            who(open),
            open.at
        ),
        since,
        steps(open.client),
    )
    .shown_by(same.iter().map(|one| one.request))
}

/// A token that nobody here has issued, or that was changed.
const fn is_strange(exchange: &ExchangeSummary) -> bool {
    matches!(
        exchange.refusal,
        Some(Refusal::Foreign | Refusal::Unknown | Refusal::Damaged)
    )
}

/// Sources of so many strange tokens, in so short a time, that it is no mistake; each with its
/// requests, newest first.
fn tried<'a>(facts: &Facts<'a>) -> BTreeMap<&'a str, Vec<&'a ExchangeSummary>> {
    let mut sources: BTreeMap<&str, Vec<&ExchangeSummary>> = BTreeMap::new();
    for exchange in facts.refused.iter().filter(|one| is_strange(one)) {
        sources.entry(&exchange.source).or_default().push(exchange);
    }
    sources.retain(|_, those| {
        let mut some = those.windows(SCAN);
        some.any(|some| some[0].at.since(some[SCAN - 1].at) <= SCAN_SPAN)
    });
    sources
}

/// Whether somebody tries tokens. That the source is served again puts nothing right: it may be an
/// address that others share.
fn scan(facts: &Facts<'_>) -> Check {
    const NAME: &str = "scan";
    let worst = tried(facts)
        .into_iter()
        .max_by_key(|(_, those)| those.len());
    let Some((source, those)) = worst else {
        return Check::fine(NAME, "nobody tries tokens at random");
    };
    let (newest, oldest) = (those[0], those[those.len() - 1]);
    Check::problem(
        NAME,
        format!(
            "{} from {source} with tokens that were never issued here, from {} to {}: somebody \
             tries tokens at random, or a client sends a wrong one without a pause",
            count(those.len(), "request"),
            oldest.at,
            newest.at
        ),
        [
            format!(
                "see whether {source} is yours: scimtop requests list --filter 'source:{source} status:401'"
            ),
            "if it is not, block it in front of the server".to_owned(),
            format!("if it is, paste a token: {}", token_place(newest.client)),
        ],
    )
    .shown_by(those.iter().map(|one| one.request))
}

fn base_url(facts: &Facts<'_>) -> Check {
    const NAME: &str = "base-url";
    let those: Vec<_> = facts
        .refused
        .iter()
        .filter(|one| one.operation == Operation::NoRoute)
        .collect();
    if those.is_empty() {
        return Check::fine(NAME, "no request went to a path that is not there");
    }
    let Some((open, since)) = open(facts, &those) else {
        return put_right(NAME, &those);
    };
    let entered = entered(&open.path);
    verdict(
        NAME,
        format!(
            "{} to {}, where nothing is served, from {}, last {}: its base URL ends in {}",
            count(those.len(), "request"),
            open.path,
            who(open),
            open.at,
            if entered.is_empty() {
                "nothing"
            } else {
                &entered
            }
        ),
        since,
        vec![format!(
            "set the base URL to {}: {}",
            facts.base_url,
            url_place(open.client)
        )],
    )
    .shown_by(those.iter().map(|one| one.request))
}

/// The path of the base URL that a client has, by the path it asks for.
fn entered(path: &str) -> String {
    const RESOURCES: [&str; 7] = [
        "/Users",
        "/Groups",
        "/ServiceProviderConfig",
        "/ResourceTypes",
        "/Schemas",
        "/Bulk",
        "/Me",
    ];
    let end = RESOURCES
        .iter()
        .filter_map(|resource| path.find(resource))
        .min();
    path[..end.unwrap_or(path.len())]
        .trim_end_matches('/')
        .to_owned()
}

fn expiring(facts: &Facts<'_>) -> Check {
    const NAME: &str = "expiring";
    let soon: Vec<_> = facts
        .tokens
        .iter()
        .filter(|token| token.state(facts.now) == TokenState::Active)
        .filter(|token| token.expires.since(facts.now) <= SOON)
        .filter(|token| {
            let used = token.last_used.as_ref();
            used.is_some_and(|used| facts.now.since(used.at) <= IN_USE)
        })
        .collect();
    let Some(first) = soon.iter().min_by_key(|token| token.expires) else {
        return Check::fine(NAME, "no token that is in use ends within 14 days");
    };
    let all: Vec<_> = soon
        .iter()
        .map(|token| format!("{} ({}) ends {}", token.label, token.id, token.expires))
        .collect();
    Check::problem(
        NAME,
        format!("in use and about to end: {}", all.join(", ")),
        [
            format!("scimtop token rotate {}", first.id),
            "paste its successor at the identity provider before the overlap ends".to_owned(),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_url_that_was_entered_is_read_off_the_path() {
        for (path, expected) in [
            ("/scim/Users", "/scim"),
            ("/scim/v2/v2/Groups/17", "/scim/v2/v2"),
            ("/Users", ""),
            ("/api/scim", "/api/scim"),
            ("/", ""),
        ] {
            assert_eq!(entered(path), expected, "{path}");
        }
    }
}
