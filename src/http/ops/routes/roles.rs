//! Roles on the operations API.

use axum::Json;

use crate::http::ops::extract::{Answered, Input, Params, Path, Session};
use crate::http::ops::route::{Route, delete, get, post, put};
use crate::model::operator::OperatorRole;
use crate::model::role::{Access, Role, RoleRule};
use crate::ops::api::roles::{Grant, NewRole, SetRule};
use crate::ops::wire::{OfOrg, Rehearse};

pub(super) fn routes() -> Vec<Route> {
    vec![
        get(
            "/privileges",
            privileges,
            "Every privilege that a role may hold",
        )
        .answers::<Vec<String>>(),
        get("/roles", roles, "Roles of one Org or of all")
            .query::<OfOrg>()
            .answers::<Vec<Role>>(),
        put(
            "/orgs/{org}/roles",
            put_role,
            "Makes a role or replaces its privileges",
        )
        .body::<NewRole>()
        .answers::<Role>(),
        delete("/orgs/{org}/roles/{role}", remove_role, "Removes a role")
            .query::<Rehearse>()
            .answers::<Role>(),
        post(
            "/orgs/{org}/role-grants",
            grant_role,
            "Gives a role to a group, or takes it away",
        )
        .needs(OperatorRole::Operator)
        .body::<Grant>()
        .answers::<Role>(),
        get("/role-rules", role_rules, "Rules of one Org or of all")
            .query::<OfOrg>()
            .answers::<Vec<RoleRule>>(),
        post(
            "/orgs/{org}/role-rules",
            set_role_rule,
            "Makes a rule or removes it: groups of that name carry the role",
        )
        .needs(OperatorRole::Operator)
        .body::<SetRule>()
        .answers::<Vec<RoleRule>>(),
        get(
            "/orgs/{org}/access/{which}",
            access,
            "What a user may do, and through which role and group",
        )
        .answers::<Access>(),
    ]
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
