//! `scimtop token …`

use super::CommandError;
use super::args::{Life, TokenCommand};
use super::out::{Out, confirm, find_org};
use crate::clock::Timestamp;
use crate::ids::TokenId;
use crate::model::operator::OperatorRole;
use crate::model::token::{Token, TokenKind, TokenState};
use crate::ops::api::{Failure, IssuedToken, NewToken, Ops, OpsError, Rotation};

pub(super) async fn run(
    ops: &dyn Ops,
    command: TokenCommand,
    out: &mut Out,
) -> Result<(), CommandError> {
    match command {
        TokenCommand::List { org } => {
            let now = ops.status().await?.now;
            let tokens = ops.tokens(org.as_deref()).await?;
            if out.json() {
                return Ok(out.value(&tokens)?);
            }
            let rows: Vec<[String; 9]> = tokens.iter().map(|token| row(token, now)).collect();
            let heads = [
                "TOKEN",
                "ORG",
                "KIND",
                "LABEL",
                "HINT",
                "STATE",
                "EXPIRES",
                "LAST USED",
                "FROM",
            ];
            Ok(out.table(heads, &rows)?)
        }
        TokenCommand::Create {
            org,
            kind,
            role,
            label,
            life,
            change,
        } => {
            let expires = end(ops, life).await?;
            let kind = kind.into();
            let role = role.map(OperatorRole::from);
            let label = label.unwrap_or_else(|| TokenKind::as_str(kind).to_owned());
            if change.dry_run {
                let org = find_org(ops, &org).await?;
                let what = match role {
                    Some(role) => format!("issue a token for operators ({})", role.as_str()),
                    None => format!("issue a token for Org {} ({})", org.id, org.name),
                };
                return Ok(out.would(&what)?);
            }
            let issued = ops
                .create_token(NewToken {
                    org,
                    kind,
                    role,
                    label,
                    expires,
                })
                .await?;
            print(&issued, out)
        }
        TokenCommand::Rotate {
            token,
            overlap,
            life,
            change,
        } => {
            let rotation = Rotation {
                overlap_seconds: overlap.map(|overlap| overlap.as_secs()),
                expires: end(ops, life).await?,
            };
            if change.dry_run {
                let token = find(ops, &token).await?;
                return Ok(out.would(&format!(
                    "issue a successor of {} ({})",
                    token.id, token.label
                ))?);
            }
            let issued = ops.rotate_token(&token, rotation).await?;
            print(&issued, out)
        }
        TokenCommand::Revoke { token, yes, change } => {
            let found = find(ops, &token).await?;
            let what = format!("end {} ({}) at once", found.id, found.label);
            if change.dry_run {
                return Ok(out.would(&what)?);
            }
            confirm(&token.0, &what, yes)?;
            let revoked = ops.revoke_token(&token).await?;
            if out.json() {
                return Ok(out.value(&revoked)?);
            }
            Ok(out.line(&format!(
                "{} is revoked; requests with it get 401 from now on",
                revoked.id
            ))?)
        }
    }
}

async fn find(ops: &dyn Ops, id: &TokenId) -> Result<Token, CommandError> {
    let tokens = ops.tokens(None).await?;
    tokens
        .into_iter()
        .find(|token| token.id == *id)
        .ok_or_else(|| {
            let message = "no token has this id; `scimtop token list` shows them all";
            OpsError::new(Failure::NotFound, message).into()
        })
}

async fn end(ops: &dyn Ops, life: Life) -> Result<Option<Timestamp>, CommandError> {
    Ok(match (life.expires, life.lasts) {
        (Some(at), _) => Some(at),
        (None, Some(lasts)) => Some(ops.status().await?.now.plus(lasts)),
        (None, None) => None,
    })
}

fn row(token: &Token, now: Timestamp) -> [String; 9] {
    let (used, from) = token.last_used.as_ref().map_or_else(
        || ("never".to_owned(), String::new()),
        |last| (last.at.to_string(), last.source.clone()),
    );
    let state = match token.state(now) {
        TokenState::Active => "active",
        TokenState::Rotating => "rotating",
        TokenState::Expired => "EXPIRED",
        TokenState::Revoked => "REVOKED",
    };
    [
        token.id.to_string(),
        org(token),
        kind(token),
        token.label.clone(),
        format!("…{}", token.hint),
        state.to_owned(),
        token.expires.to_string(),
        used,
        from,
    ]
}

fn org(token: &Token) -> String {
    match token.kind {
        TokenKind::Operator => "all".to_owned(),
        TokenKind::Scim | TokenKind::Application => token.org.to_string(),
    }
}

/// What it opens; an operator's with its role.
fn kind(token: &Token) -> String {
    let kind = token.kind.as_str();
    token.role.map_or_else(
        || kind.to_owned(),
        |role| format!("{kind} {}", role.as_str()),
    )
}

fn print(issued: &IssuedToken, out: &mut Out) -> Result<(), CommandError> {
    if out.json() {
        return Ok(out.value(issued)?);
    }
    out.pairs(&[
        ("token", issued.token.id.to_string()),
        ("org", org(&issued.token)),
        ("kind", kind(&issued.token)),
        ("label", issued.token.label.clone()),
        ("expires", issued.token.expires.to_string()),
        ("secret", issued.secret.clone()),
    ])?;
    Ok(out.line("The secret is shown this once and cannot be shown again.")?)
}
