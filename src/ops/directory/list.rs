//! Lists of users and groups over one Org or all, page by page.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::search::expr;
use super::{group_line, user_line};
use crate::ids::OrgId;
use crate::model::org::Org;
use crate::ops::api::directory::{DirectoryPage, DirectoryQuery, GroupLine, UserLine};
use crate::ops::api::{Failure, OpsError};
use crate::ops::house::House;
use crate::scim::filter::Expr;
use crate::scim::schema::Kind;
use crate::store::{GroupQuery, Listed, Page, Position, Reader, StoreError, UserQuery};

/// Lines of a page if the caller does not say, and at most.
const PAGE: u32 = 100;
const LARGEST_PAGE: u32 = 1_000;

/// Where a page ended.
#[derive(Serialize, Deserialize)]
struct Place {
    org: OrgId,
    /// Within the Org; `None`: its beginning.
    position: Option<Position>,
}

/// A page of users.
pub(in crate::ops) fn users(
    house: &House,
    query: &DirectoryQuery,
) -> Result<DirectoryPage<UserLine>, OpsError> {
    list(house, query, Kind::User, |reader, org, filter, page| {
        let listed = reader.users(&UserQuery {
            org: org.id,
            base: house.base_url.clone(),
            filter,
            sort: None,
            page,
            groups: true,
        })?;
        lines(listed, |user| {
            Ok(user_line(&user, reader.content_count(org.id, &user.id)?))
        })
    })
}

/// A page of groups.
pub(in crate::ops) fn groups(
    house: &House,
    query: &DirectoryQuery,
) -> Result<DirectoryPage<GroupLine>, OpsError> {
    list(house, query, Kind::Group, |reader, org, filter, page| {
        let listed = reader.groups(&GroupQuery {
            org: org.id,
            base: house.base_url.clone(),
            filter,
            sort: None,
            page,
        })?;
        lines(listed, |group| group_line(reader, group))
    })
}

fn lines<R, L>(
    listed: Listed<R>,
    line: impl FnMut(R) -> Result<L, StoreError>,
) -> Result<Listed<L>, StoreError> {
    Ok(Listed {
        rows: listed
            .rows
            .into_iter()
            .map(line)
            .collect::<Result<_, _>>()?,
        total: listed.total,
        next: listed.next,
    })
}

fn list<L>(
    house: &House,
    query: &DirectoryQuery,
    kind: Kind,
    read: impl Fn(&Reader<'_>, &Org, Option<Expr>, Page) -> Result<Listed<L>, StoreError>,
) -> Result<DirectoryPage<L>, OpsError> {
    let filter = expr(house, kind, &query.filter)?;
    let mut place = query.after.as_deref().map(place).transpose()?;
    let most = match query.limit {
        0 => PAGE,
        some => some.min(LARGEST_PAGE),
    } as usize;
    let page = house.store.read(|reader| {
        let mut orgs = reader.orgs()?;
        orgs.retain(|org| query.org.is_none_or(|only| only == org.id));
        let mut page = DirectoryPage {
            items: Vec::new(),
            total: None,
            next: None,
        };
        if filter.is_none() {
            let count = |org: &Org| match kind {
                Kind::User => org.users,
                Kind::Group => org.groups,
            };
            page.total = Some(orgs.iter().map(count).sum());
        }
        let first = place.as_ref().map_or(OrgId(i64::MIN), |place| place.org);
        for org in orgs.iter().filter(|org| org.id >= first) {
            let position = match place.take() {
                Some(place) if place.org == org.id => place.position,
                _ => None,
            };
            let left = most - page.items.len();
            if left == 0 {
                page.next = Some(sealed(&Place {
                    org: org.id,
                    position,
                }));
                break;
            }
            let count = left as u64;
            let asked = Page::After { position, count };
            let listed = read(reader, org, filter.clone(), asked)?;
            page.items.extend(listed.rows);
            if query.org.is_some() {
                page.total = Some(listed.total);
            }
            if let Some(position) = listed.next {
                page.next = Some(sealed(&Place {
                    org: org.id,
                    position: Some(position),
                }));
                break;
            }
        }
        Ok(page)
    });
    page.map_err(|error| match error {
        StoreError::TooMany => OpsError::new(
            Failure::Invalid,
            "this filter would have to look at too many resources; narrow it, or name an Org",
        ),
        other => other.into(),
    })
}

fn sealed(place: &Place) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(place).unwrap_or_default())
}

fn place(after: &str) -> Result<Place, OpsError> {
    let place = URL_SAFE_NO_PAD.decode(after).ok();
    place
        .and_then(|place| serde_json::from_slice(&place).ok())
        .ok_or_else(|| {
            OpsError::new(
                Failure::Invalid,
                "`after` must be the `next` of the page before",
            )
        })
}
