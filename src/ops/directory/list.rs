//! Lists of users and groups over one Org or all, page by page.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::search::{Search, order};
use super::{group_line, user_line};
use crate::ids::OrgId;
use crate::model::org::Org;
use crate::ops::api::directory::{
    DirectoryPage, DirectoryQuery, DirectorySort, GroupLine, UserLine,
};
use crate::ops::api::{Failure, OpsError};
use crate::ops::house::House;
use crate::ops::orgs;
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
    /// The order that it is a place in.
    sort: DirectorySort,
    descending: bool,
}

/// A page of users.
pub(in crate::ops) fn users(
    house: &House,
    query: &DirectoryQuery,
) -> Result<DirectoryPage<UserLine>, OpsError> {
    let Search { filter, words } = Search::read(house, Kind::User, &query.filter)?;
    let sort = order(house, Kind::User, query)?;
    let all = filter.is_none() && words.is_empty();
    let total = |org: &Org| all.then_some(org.users);
    list(house, query, total, |reader, org, page| {
        let listed = reader.users(&UserQuery {
            org: org.id,
            base: house.base_url.clone(),
            filter: filter.clone(),
            words: words.clone(),
            sort: sort.clone(),
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
    let Search { filter, words } = Search::read(house, Kind::Group, &query.filter)?;
    let sort = order(house, Kind::Group, query)?;
    let all = filter.is_none() && words.is_empty();
    let total = |org: &Org| all.then_some(org.groups);
    list(house, query, total, |reader, org, page| {
        let listed = reader.groups(&GroupQuery {
            org: org.id,
            base: house.base_url.clone(),
            filter: filter.clone(),
            words: words.clone(),
            sort: sort.clone(),
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

/// Lists one Org after the other, as one list. `total` is the number of lines of an Org, if it is
/// known without counting.
fn list<L>(
    house: &House,
    query: &DirectoryQuery,
    total: impl Fn(&Org) -> Option<u64>,
    read: impl Fn(&Reader<'_>, &Org, Page) -> Result<Listed<L>, StoreError>,
) -> Result<DirectoryPage<L>, OpsError> {
    let after = query.after.as_deref();
    let mut place = after.map(|after| place(after, query)).transpose()?;
    let most = match query.limit {
        0 => PAGE,
        some => some.min(LARGEST_PAGE),
    } as usize;
    let page = house.store.read(|reader| {
        let mut orgs = reader.orgs()?;
        orgs.retain(|org| query.org.is_none_or(|only| only == org.id));
        if orgs.is_empty() {
            return Err(StoreError::NotFound);
        }
        let mut page = DirectoryPage {
            items: Vec::new(),
            total: orgs.iter().map(total).sum(),
            next: None,
        };
        let first = place.as_ref().map_or(OrgId(i64::MIN), |place| place.org);
        for org in orgs.iter().filter(|org| org.id >= first) {
            let position = match place.take() {
                Some(place) if place.org == org.id => place.position,
                _ => None,
            };
            let count = (most - page.items.len()) as u64;
            let listed = read(reader, org, Page::After { position, count })?;
            page.items.extend(listed.rows);
            if query.org.is_some() {
                page.total = Some(listed.total);
            }
            // A page that ends where an Org does goes on with the next one that has any.
            let unread = count == 0 && listed.total > 0;
            if unread || listed.next.is_some() {
                page.next = Some(sealed(&Place {
                    org: org.id,
                    position: listed.next,
                    sort: query.sort,
                    descending: query.descending,
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
        StoreError::NotFound => orgs::unknown(),
        other => other.into(),
    })
}

fn sealed(place: &Place) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(place).unwrap_or_default())
}

fn place(after: &str, query: &DirectoryQuery) -> Result<Place, OpsError> {
    let place = URL_SAFE_NO_PAD.decode(after).ok();
    place
        .and_then(|place| serde_json::from_slice::<Place>(&place).ok())
        .filter(|place| (place.sort, place.descending) == (query.sort, query.descending))
        .ok_or_else(|| {
            OpsError::new(
                Failure::Invalid,
                "`after` must be the `next` of the page before, which was sorted the same",
            )
        })
}
