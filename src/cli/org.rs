//! `scimtop org …`

use super::CommandError;
use super::args::{Change, OrgCommand};
use super::out::{Out, find_org};
use crate::model::org::Org;
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
            print(&org, out)
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
            print(&org, out)?;
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
            change,
        } => {
            let settings = OrgChange {
                policy: Some(policy.into()),
                ..OrgChange::default()
            };
            set(
                ops,
                &org,
                settings,
                "change the removal policy of",
                change,
                out,
            )
            .await
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
    print(&ops.change_org(org, settings).await?, out)
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

fn print(org: &Org, out: &mut Out) -> Result<(), CommandError> {
    if out.json() {
        return Ok(out.value(org)?);
    }
    let [id, name, scim, policy, dialect, users, groups] = row(org);
    Ok(out.pairs(&[
        ("org", id),
        ("name", name),
        ("scim", scim),
        ("policy", policy),
        ("dialect", dialect),
        ("users", users),
        ("groups", groups),
        ("created", org.created.to_string()),
    ])?)
}
