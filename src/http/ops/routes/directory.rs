//! Users, groups and their histories on the operations API.

use axum::Json;

use crate::http::ops::extract::{Answered, Params, Path, Session};
use crate::http::ops::route::{Route, get};
use crate::model::event::Event;
use crate::ops::api::directory::{
    DirectoryPage, DirectoryQuery, GroupDetail, GroupLine, HistoryPage, UserDetail, UserLine,
};
use crate::scim::schema::Kind;

/// Org and user or group.
type Of = Path<(String, String)>;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/users", users, "Users of one Org or of all")
            .query::<DirectoryQuery>()
            .answers::<DirectoryPage<UserLine>>(),
        get("/orgs/{org}/users/{which}", user, "One user").answers::<UserDetail>(),
        get(
            "/orgs/{org}/users/{which}/history",
            user_history,
            "Every change of a user, oldest first",
        )
        .query::<HistoryPage>()
        .answers::<Vec<Event>>(),
        get("/groups", groups, "Groups of one Org or of all")
            .query::<DirectoryQuery>()
            .answers::<DirectoryPage<GroupLine>>(),
        get("/orgs/{org}/groups/{which}", group, "One group").answers::<GroupDetail>(),
        get(
            "/orgs/{org}/groups/{which}/history",
            group_history,
            "Every change of a group, oldest first",
        )
        .query::<HistoryPage>()
        .answers::<Vec<Event>>(),
    ]
}

async fn users(
    session: Session,
    Params(query): Params<DirectoryQuery>,
) -> Answered<DirectoryPage<UserLine>> {
    Ok(Json(session.ops.users(query).await?))
}

async fn user(session: Session, Path((org, which)): Of) -> Answered<UserDetail> {
    Ok(Json(session.ops.user(&org, &which).await?))
}

async fn user_history(session: Session, of: Of, page: Params<HistoryPage>) -> Answered<Vec<Event>> {
    history(&session, Kind::User, of, page).await
}

async fn groups(
    session: Session,
    Params(query): Params<DirectoryQuery>,
) -> Answered<DirectoryPage<GroupLine>> {
    Ok(Json(session.ops.groups(query).await?))
}

async fn group(session: Session, Path((org, which)): Of) -> Answered<GroupDetail> {
    Ok(Json(session.ops.group(&org, &which).await?))
}

async fn group_history(
    session: Session,
    of: Of,
    page: Params<HistoryPage>,
) -> Answered<Vec<Event>> {
    history(&session, Kind::Group, of, page).await
}

async fn history(
    session: &Session,
    kind: Kind,
    Path((org, which)): Of,
    Params(page): Params<HistoryPage>,
) -> Answered<Vec<Event>> {
    Ok(Json(session.ops.history(&org, kind, &which, page).await?))
}
