//! Orgs, roles and tokens of a server in simulated time, before anybody asks it.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::ids::{OrgId, TokenId};
use crate::model::org::RemovalPolicy;
use crate::model::token::TokenKind;
use crate::ops::api::roles::{NewRole, SetRule};
use crate::ops::api::{NewOrg, NewToken, Ops, OrgChange};
use crate::scim::quirk::Dialect;
use crate::secret::PlainToken;
use crate::simulate::{Incident, Options, Policy};
use crate::wire;

/// An Org beside Primary, for a token that opens that.
const OTHER_ORG: &str = "other";
/// The role that Finance, Engineering and Legal have by a rule, and that operators give.
pub(super) const ROLE: &str = "Analyst";
const WITH_ROLES: [&str; 3] = ["Finance", "Engineering", "Legal"];

/// The provider's Org, as operators name it.
pub(super) fn primary() -> String {
    OrgId::PRIMARY.to_string()
}

/// Makes Orgs, roles and tokens; the token of another client.
pub(super) async fn set(
    ops: &dyn Ops,
    options: &mut Options,
    now: Timestamp,
) -> anyhow::Result<wire::Token> {
    let org = primary();
    ops.create_org(NewOrg {
        name: OTHER_ORG.to_owned(),
        policy: RemovalPolicy::default(),
        dialect: Dialect::default(),
    })
    .await?;
    for name in [org.as_str(), OTHER_ORG] {
        let change = OrgChange {
            scim_enabled: Some(true),
            policy: removal_policy(options.policy),
            ..OrgChange::default()
        };
        ops.change_org(name, change).await?;
    }
    let role = NewRole {
        name: ROLE.to_owned(),
        privileges: vec!["DATADOWNLOADING".to_owned()],
        dry_run: false,
    };
    ops.put_role(&org, role).await?;
    for group in WITH_ROLES {
        let by_name = SetRule {
            role: ROLE.to_owned(),
            group: format!("{}{group}", options.plan.groups),
            given: true,
            dry_run: false,
        };
        ops.set_role_rule(&org, by_name).await?;
    }
    tokens(ops, options, now).await
}

/// What the server does with disabled accounts.
fn removal_policy(policy: Policy) -> Option<RemovalPolicy> {
    match policy {
        Policy::Any => None,
        Policy::Delete => Some(RemovalPolicy::Delete),
        Policy::Hold => Some(RemovalPolicy::Hold),
        Policy::Suspend => Some(RemovalPolicy::Suspend),
    }
}

/// Issues the client's token and those that its incidents name; the token of another client.
async fn tokens(
    ops: &dyn Ops,
    options: &mut Options,
    now: Timestamp,
) -> anyhow::Result<wire::Token> {
    let client = options.plan.client;
    let new = |org: &str, label: String, expires: Option<Timestamp>| NewToken {
        org: org.to_owned(),
        kind: TokenKind::Scim,
        role: None,
        label,
        expires,
    };
    let label = || format!("{client}-prod");
    let lasts = options.watching.token_lasts;
    let main = new(&primary(), label(), lasts.map(|lasts| now.plus(lasts)));
    options.token = ops.create_token(main).await?.secret.into();
    let mut named: BTreeMap<&str, Duration> = BTreeMap::new();
    for timed in &options.plan.incidents {
        if let Incident::TokenDies { token } | Incident::TokenEntered { token } = &timed.incident {
            let first = named.entry(token).or_insert(timed.at);
            *first = timed.at.min(*first);
        }
    }
    for (name, at) in named {
        let issued = match name {
            "expired" => {
                let end = now.plus(at.max(Duration::from_millis(1)));
                ops.create_token(new(&primary(), label(), Some(end)))
                    .await?
            }
            "revoked" => {
                let issued = ops.create_token(new(&primary(), label(), None)).await?;
                ops.revoke_token(&issued.token.id).await?;
                issued
            }
            "next" => ops.create_token(new(&primary(), label(), None)).await?,
            "other-org" => {
                let label = format!("{client}-{OTHER_ORG}");
                ops.create_token(new(OTHER_ORG, label, None)).await?
            }
            "unknown" => {
                let never = PlainToken::generate(TokenKind::Scim, &TokenId::new())?;
                let secret = never.reveal().to_owned();
                options.other_tokens.insert(name.to_owned(), secret.into());
                continue;
            }
            _ => continue,
        };
        let secret = issued.secret.into();
        options.other_tokens.insert(name.to_owned(), secret);
    }
    let rival = new(&primary(), "hr-sync".to_owned(), None);
    let rival: wire::Token = ops.create_token(rival).await?.secret.into();
    options.watching.reader = Some(rival.clone());
    Ok(rival)
}
