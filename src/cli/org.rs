//! `scimtop org …`

use super::CommandError;
use super::args::{Change, OrgCommand};
use super::out::{Out, confirm, find_org};
use crate::model::org::{Heir, Org, RemovalPolicy};
use crate::ops::api::{NewOrg, Ops, OrgChange};

pub(super) async fn run(
    ops: &dyn Ops,
    command: OrgCommand,
    out: &mut Out,
) -> Result<(), CommandError> {
    match command {
        OrgCommand::List => {
            let orgs = ops.orgs().await?;
            if out.json() {
                return Ok(out.value(&orgs)?);
            }
            let rows: Vec<[String; 7]> = orgs.iter().map(row).collect();
            let heads = [
                "ORG", "NAME", "SCIM", "POLICY", "DIALECT", "USERS", "GROUPS",
            ];
            Ok(out.table(heads, &rows)?)
        }
        OrgCommand::Show { org } => {
            let org = find_org(ops, &org).await?;
            print(ops, &org, out).await
        }
        OrgCommand::Create {
            name,
            policy,
            dialect,
            change,
        } => {
            if change.dry_run {
                return Ok(out.would(&format!("make the Org {name}"))?);
            }
            let new = NewOrg {
                name,
                policy: policy.into(),
                dialect: dialect.into(),
            };
            let org = ops.create_org(new).await?;
            print(ops, &org, out).await?;
            if !out.json() {
                out.line(&format!(
                    "SCIM is off for it: `scimtop org enable-scim {}` switches it on",
                    org.id
                ))?;
            }
            Ok(())
        }
        OrgCommand::EnableScim { org, change } => {
            let settings = OrgChange {
                scim_enabled: Some(true),
                ..OrgChange::default()
            };
            set(ops, &org, settings, "switch SCIM on for", change, out).await
        }
        OrgCommand::DisableScim { org, change } => {
            let settings = OrgChange {
                scim_enabled: Some(false),
                ..OrgChange::default()
            };
            set(ops, &org, settings, "switch SCIM off for", change, out).await
        }
        OrgCommand::Policy {
            org,
            policy,
            hold_days,
            heirs,
            yes,
            change,
        } => {
            let policy: Option<RemovalPolicy> = policy.map(Into::into);
            let settings = OrgChange {
                policy,
                hold_days,
                heirs: if heirs.is_empty() {
                    None
                } else {
                    Some(people(ops, &org, &heirs).await?)
                },
                ..OrgChange::default()
            };
            let found = find_org(ops, &org).await?;
            let destroys =
                policy == Some(RemovalPolicy::Delete) && found.policy != RemovalPolicy::Delete;
            if destroys && !change.dry_run {
                let what = "let every removal in this Org be permanent from now on";
                confirm(&found.name, what, yes)?;
            }
            let what = "change the removal policy of";
            set(ops, &org, settings, what, change, out).await
        }
        OrgCommand::Dialect {
            org,
            dialect,
            change,
        } => {
            let settings = OrgChange {
                dialect: Some(dialect.into()),
                ..OrgChange::default()
            };
            set(ops, &org, settings, "change the dialect of", change, out).await
        }
    }
}

/// Heirs as the command line names them.
async fn people(ops: &dyn Ops, org: &str, names: &[String]) -> Result<Vec<Heir>, CommandError> {
    let mut heirs = Vec::new();
    for name in names {
        match name.as_str() {
            "manager" => heirs.push(Heir::Manager),
            "tsadmin" => {}
            user => heirs.push(Heir::User(ops.user(org, user).await?.line.id)),
        }
    }
    Ok(heirs)
}

async fn set(
    ops: &dyn Ops,
    org: &str,
    settings: OrgChange,
    what: &str,
    change: Change,
    out: &mut Out,
) -> Result<(), CommandError> {
    if change.dry_run {
        let org = find_org(ops, org).await?;
        return Ok(out.would(&format!("{what} Org {} ({})", org.id, org.name))?);
    }
    let org = ops.change_org(org, settings).await?;
    print(ops, &org, out).await
}

fn row(org: &Org) -> [String; 7] {
    [
        org.id.to_string(),
        org.name.clone(),
        if org.scim_enabled { "on" } else { "off" }.to_owned(),
        org.policy.as_str().to_owned(),
        org.dialect.as_str().to_owned(),
        org.users.to_string(),
        org.groups.to_string(),
    ]
}

async fn print(ops: &dyn Ops, org: &Org, out: &mut Out) -> Result<(), CommandError> {
    if out.json() {
        return Ok(out.value(org)?);
    }
    let [id, name, scim, policy, dialect, users, groups] = row(org);
    Ok(out.pairs(&[
        ("org", id),
        ("name", name),
        ("scim", scim),
        ("policy", policy),
        ("hold days", org.hold_days.to_string()),
        ("heirs", heirs(ops, org).await),
        ("dialect", dialect),
        ("users", users),
        ("groups", groups),
        ("created", org.created.to_string()),
    ])?)
}

/// Who receives content, in order; `tsadmin` is the last resort.
async fn heirs(ops: &dyn Ops, org: &Org) -> String {
    let mut all = Vec::new();
    for heir in &org.heirs {
        all.push(match heir {
            Heir::Manager => "manager".to_owned(),
            Heir::User(id) => {
                let (org, id) = (org.id.to_string(), id.to_string());
                match ops.user(&org, &id).await {
                    Ok(user) => user.line.user_name,
                    Err(_) => format!("{id} (gone)"),
                }
            }
        });
    }
    all.push("tsadmin".to_owned());
    all.join(", ")
}
