//! `scimtop impact …` and `scimtop simulate …`

use std::io::Read as _;

use serde_json::Value;

use super::CommandError;
use super::deletions::counts;
use super::out::Out;
use crate::ops::api::preview::{Simulated, Simulation};
use crate::ops::api::{Failure, Ops, OpsError};
use crate::scim::schema::Kind;

/// Bytes of requests that are read at most.
const MOST: u64 = 64 << 20;

pub(super) async fn impact(
    ops: &dyn Ops,
    kind: Kind,
    which: &str,
    org: &str,
    out: &mut Out,
) -> Result<(), CommandError> {
    let impact = ops.impact(org, kind, which).await?;
    if out.json() {
        return Ok(out.value(&impact)?);
    }
    let mut pairs = vec![("subject", impact.subject.clone())];
    if kind == Kind::Group {
        pairs.push(("members", impact.users.to_string()));
        pairs.push(("in no other group", impact.alone_count.to_string()));
    }
    pairs.extend([
        ("content", counts(&impact.content)),
        (
            "guard",
            if impact.guard_opens {
                "would open".to_owned()
            } else {
                "would let them through".to_owned()
            },
        ),
        ("outcome", impact.outcome.clone()),
    ]);
    out.pairs(&pairs)?;
    if !impact.privileges.is_empty() {
        out.line("")?;
        let rows: Vec<[String; 2]> = impact
            .privileges
            .iter()
            .map(|(privilege, users)| [privilege.clone(), users.to_string()])
            .collect();
        out.table(["PRIVILEGE LOST", "USERS"], &rows)?;
    }
    if !impact.alone.is_empty() {
        out.line("")?;
        let rows: Vec<[String; 3]> = impact
            .alone
            .iter()
            .map(|risk| {
                [
                    risk.user.user_name.clone(),
                    risk.content.to_string(),
                    risk.heir.user_name.clone(),
                ]
            })
            .collect();
        out.table(["USER", "CONTENT", "HEIR"], &rows)?;
    }
    Ok(out.line("An estimate: SCIM does not tell what else the identity provider has assigned.")?)
}

pub(super) async fn simulate(
    ops: &dyn Ops,
    request: &str,
    org: &str,
    out: &mut Out,
) -> Result<(), CommandError> {
    let simulations = ops.simulate(org, requests(request)?).await?;
    if out.json() {
        return Ok(out.value(&simulations)?);
    }
    for simulation in &simulations {
        print(simulation, out)?;
    }
    Ok(out.line("This is what would happen; nothing was changed.")?)
}

fn print(simulation: &Simulation, out: &mut Out) -> Result<(), CommandError> {
    out.pairs(&[
        ("request", simulation.request.clone()),
        ("status", simulation.status.to_string()),
        ("subject", simulation.subject.clone()),
        ("outcome", simulation.what.clone()),
    ])?;
    if let Some(changes) = simulation.changes.as_array() {
        for change in changes {
            out.json_line(change)?;
        }
    }
    for deletion in &simulation.deletions {
        out.pairs(&[
            ("would remove", deletion.user_name.clone()),
            ("state", deletion.state.as_str().to_owned()),
            ("owns", counts(&deletion.content)),
        ])?;
    }
    for line in &simulation.transfers {
        let text = format!(
            "{} {} from {} to {}",
            line.kind, line.title, line.from.user_name, line.to.user_name
        );
        out.pairs(&[("would move", text)])?;
    }
    Ok(out.line("")?)
}

/// A recorded request, or those of a file: an array, or one a line.
fn requests(source: &str) -> Result<Vec<Simulated>, CommandError> {
    let recorded = source.parse::<u64>().is_ok() || uuid::Uuid::try_parse(source).is_ok();
    if recorded {
        return Ok(vec![Simulated::Recorded {
            exchange: source.to_owned(),
        }]);
    }
    let mut text = String::new();
    if source == "-" {
        std::io::stdin().take(MOST).read_to_string(&mut text)?;
    } else {
        let file = std::fs::File::open(source)
            .map_err(|error| invalid(format!("cannot read {source}: {error}")))?;
        file.take(MOST).read_to_string(&mut text)?;
    }
    let mut requests = Vec::new();
    for value in serde_json::Deserializer::from_str(&text).into_iter::<Value>() {
        let value = value.map_err(|error| {
            invalid(format!(
                "the requests are not JSON, from line {} column {}",
                error.line(),
                error.column()
            ))
        })?;
        match value {
            Value::Array(many) => requests.extend(many),
            one => requests.push(one),
        }
    }
    requests
        .into_iter()
        .enumerate()
        .map(|(at, value)| {
            serde_json::from_value(value).map_err(|_| {
                invalid(format!(
                    "request {} needs `method`, `path` and perhaps `body`, or `exchange`",
                    at + 1
                ))
            })
        })
        .collect()
}

fn invalid(message: String) -> CommandError {
    OpsError::new(Failure::Invalid, message).into()
}
