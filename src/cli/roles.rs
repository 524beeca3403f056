//! `scimtop roles …` and `scimtop users access`

use super::CommandError;
use super::args::Change;
use super::args::roles::RolesCommand;
use super::out::{Out, confirm};
use crate::model::role::{Access, Role, RoleRule, RoleSource};
use crate::ops::api::roles::{Grant, NewRole, SetRule};
use crate::ops::api::{Failure, Ops, OpsError};
use crate::scim::fold::fold;

pub(super) async fn run(
    ops: &dyn Ops,
    org: &str,
    command: RolesCommand,
    out: &mut Out,
) -> Result<(), CommandError> {
    match command {
        RolesCommand::List => list(&ops.roles(Some(org)).await?, out),
        RolesCommand::Show { name } => match find(ops, org, &name).await? {
            Some(role) => print(&role, out),
            None => Err(unknown().into()),
        },
        RolesCommand::Create {
            name,
            privileges,
            change,
        } => {
            if find(ops, org, &name).await?.is_some() {
                let message = "a role of this name is there; `scimtop roles change` changes it";
                return Err(OpsError::new(Failure::Conflict, message).into());
            }
            put(ops, org, (name, privileges), ("make", change), out).await
        }
        RolesCommand::Replace {
            name,
            privileges,
            change,
        } => {
            if find(ops, org, &name).await?.is_none() {
                return Err(unknown().into());
            }
            put(ops, org, (name, privileges), ("change", change), out).await
        }
        RolesCommand::Delete { name, yes, change } => {
            let what = format!("delete the role {name}");
            if !change.dry_run {
                confirm(&name, &what, yes)?;
            }
            let role = ops.remove_role(org, &name, change.dry_run).await?;
            done(&role, &what, change, out)
        }
        RolesCommand::Grant {
            role,
            group,
            change,
        } => grant(ops, org, (role, group, true), change, out).await,
        RolesCommand::Revoke {
            role,
            group,
            change,
        } => grant(ops, org, (role, group, false), change, out).await,
        RolesCommand::Rules => rules(&ops.role_rules(Some(org)).await?, out),
        RolesCommand::Rule {
            role,
            group_name,
            remove,
            change,
        } => {
            let verb = if remove { "end" } else { "make" };
            let what = format!("{verb} the rule that groups named {group_name} carry {role}");
            let rule = SetRule {
                group: group_name,
                role,
                given: !remove,
                dry_run: change.dry_run,
            };
            let all = ops.set_role_rule(org, rule).await?;
            if change.dry_run {
                return Ok(out.would(&what)?);
            }
            rules(&all, out)
        }
        RolesCommand::Privileges => {
            let all = ops.privileges().await?;
            if out.json() {
                return Ok(out.value(&all)?);
            }
            for privilege in &all {
                out.line(privilege)?;
            }
            Ok(())
        }
    }
}

/// `scimtop users access`
pub(super) async fn access(
    ops: &dyn Ops,
    org: &str,
    user: &str,
    out: &mut Out,
) -> Result<(), CommandError> {
    let access = ops.access(org, user).await?;
    if out.json() {
        return Ok(out.value(&access)?);
    }
    let heads = ["PRIVILEGE", "ROLE", "GROUP", "MEMBER", "GIVEN BY"];
    Ok(out.table(heads, &ways(&access))?)
}

fn ways(access: &Access) -> Vec<[String; 5]> {
    let each = access.privileges.iter().flat_map(|granted| {
        granted.through.iter().map(|path| {
            [
                granted.privilege.clone(),
                path.role.clone(),
                path.group.clone(),
                if path.direct { "direct" } else { "nested" }.to_owned(),
                source(path.source).to_owned(),
            ]
        })
    });
    each.collect()
}

async fn find(ops: &dyn Ops, org: &str, name: &str) -> Result<Option<Role>, CommandError> {
    let name = fold(name);
    let roles = ops.roles(Some(org)).await?;
    Ok(roles.into_iter().find(|role| fold(&role.name) == name))
}

fn unknown() -> OpsError {
    let message = "no role of this Org has this name; `scimtop roles list` shows them all";
    OpsError::new(Failure::NotFound, message)
}

async fn put(
    ops: &dyn Ops,
    org: &str,
    (name, privileges): (String, Vec<String>),
    (verb, change): (&str, Change),
    out: &mut Out,
) -> Result<(), CommandError> {
    let what = format!("{verb} the role {name}");
    let new = NewRole {
        name,
        privileges,
        dry_run: change.dry_run,
    };
    done(&ops.put_role(org, new).await?, &what, change, out)
}

async fn grant(
    ops: &dyn Ops,
    org: &str,
    (role, group, given): (String, String, bool),
    change: Change,
    out: &mut Out,
) -> Result<(), CommandError> {
    let what = if given {
        format!("give the role {role} to the group {group}")
    } else {
        format!("take the role {role} from the group {group}")
    };
    let grant = Grant {
        role,
        group,
        given,
        dry_run: change.dry_run,
    };
    done(&ops.grant_role(org, grant).await?, &what, change, out)
}

fn done(role: &Role, what: &str, change: Change, out: &mut Out) -> Result<(), CommandError> {
    if change.dry_run {
        return Ok(out.would(what)?);
    }
    print(role, out)
}

fn list(roles: &[Role], out: &mut Out) -> Result<(), CommandError> {
    if out.json() {
        return Ok(out.value(&roles)?);
    }
    let rows: Vec<[String; 3]> = roles
        .iter()
        .map(|role| [role.name.clone(), groups(role), role.privileges.join(" ")])
        .collect();
    Ok(out.table(["ROLE", "GROUPS", "PRIVILEGES"], &rows)?)
}

fn print(role: &Role, out: &mut Out) -> Result<(), CommandError> {
    if out.json() {
        return Ok(out.value(role)?);
    }
    Ok(out.pairs(&[
        ("role", role.name.clone()),
        ("org", role.org.to_string()),
        ("privileges", role.privileges.join(" ")),
        ("groups", groups(role)),
        ("created", role.created.to_string()),
    ])?)
}

fn groups(role: &Role) -> String {
    let each = role
        .groups
        .iter()
        .map(|group| format!("{} ({})", group.display, source(group.source)));
    each.collect::<Vec<_>>().join(", ")
}

fn rules(rules: &[RoleRule], out: &mut Out) -> Result<(), CommandError> {
    if out.json() {
        return Ok(out.value(&rules)?);
    }
    let rows: Vec<[String; 2]> = rules
        .iter()
        .map(|rule| [rule.group.clone(), rule.role.clone()])
        .collect();
    Ok(out.table(["GROUPS NAMED", "ROLE"], &rows)?)
}

pub(super) const fn source(source: RoleSource) -> &'static str {
    match source {
        RoleSource::Operator => "operator",
        RoleSource::Scim => "SCIM",
        RoleSource::Rule => "rule",
    }
}
