//! Roles on the operations API.

use axum::extract::Path;
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};

use crate::http::ops::extract::{Answered, Input, Params, Session};
use crate::model::role::{Access, Role, RoleRule};
use crate::ops::api::roles::{Grant, NewRole, SetRule};
use crate::ops::wire::{OfOrg, Rehearse};

pub(super) fn routes() -> Router {
    Router::new()
        .route("/privileges", get(privileges))
        .route("/roles", get(roles))
        .route("/orgs/{org}/roles", put(put_role))
        .route("/orgs/{org}/roles/{role}", delete(remove_role))
        .route("/orgs/{org}/role-grants", post(grant_role))
        .route("/role-rules", get(role_rules))
        .route("/orgs/{org}/role-rules", post(set_role_rule))
        .route("/orgs/{org}/access/{which}", get(access))
}

async fn privileges(session: Session) -> Answered<Vec<String>> {
    Ok(Json(session.ops.privileges().await?))
}

async fn roles(session: Session, Params(of): Params<OfOrg>) -> Answered<Vec<Role>> {
    Ok(Json(session.ops.roles(of.org.as_deref()).await?))
}

async fn put_role(
    session: Session,
    Path(org): Path<String>,
    Input(role): Input<NewRole>,
) -> Answered<Role> {
    Ok(Json(session.ops.put_role(&org, role).await?))
}

async fn remove_role(
    session: Session,
    Path((org, role)): Path<(String, String)>,
    Params(Rehearse { dry_run }): Params<Rehearse>,
) -> Answered<Role> {
    Ok(Json(session.ops.remove_role(&org, &role, dry_run).await?))
}

async fn grant_role(
    session: Session,
    Path(org): Path<String>,
    Input(grant): Input<Grant>,
) -> Answered<Role> {
    Ok(Json(session.ops.grant_role(&org, grant).await?))
}

async fn role_rules(session: Session, Params(of): Params<OfOrg>) -> Answered<Vec<RoleRule>> {
    Ok(Json(session.ops.role_rules(of.org.as_deref()).await?))
}

async fn set_role_rule(
    session: Session,
    Path(org): Path<String>,
    Input(rule): Input<SetRule>,
) -> Answered<Vec<RoleRule>> {
    Ok(Json(session.ops.set_role_rule(&org, rule).await?))
}

async fn access(session: Session, Path((org, which)): Path<(String, String)>) -> Answered<Access> {
    Ok(Json(session.ops.access(&org, &which).await?))
}
