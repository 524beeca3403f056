//! Paths and methods: which of this server's resources a request names.
//!
//! Pure and total. Empty segments are skipped, so that `/scim/v2/Users/` and
//! `/scim/v2//Users` (a base URL entered with a slash at its end) are `/scim/v2/Users`.

use std::borrow::Cow;

use http::Method as HttpMethod;

use crate::model::exchange::Operation;
use crate::ops::provision::request::{Method, Target, decode};

/// What a path names.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Route<'p> {
    /// `/livez`
    Live,
    /// `/readyz`
    Ready,
    /// Below `/scim/v2` or `/orgs/{org}/scim/v2`.
    Scim {
        /// The Org that the path names, percent-decoded.
        org: Option<Cow<'p, str>>,
        /// What below the base; `None` if there is no such thing.
        target: Option<Target>,
    },
    /// Nothing.
    Nowhere,
}

/// Finds what `path` names.
pub(super) fn find(path: &str) -> Route<'_> {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    match (segments.next(), segments.next()) {
        (Some("livez"), None) => Route::Live,
        (Some("readyz"), None) => Route::Ready,
        (Some("scim"), Some("v2")) => Route::Scim {
            org: None,
            target: Target::below(segments),
        },
        (Some("orgs"), Some(org)) if segments.next() == Some("scim") => match segments.next() {
            Some("v2") => Route::Scim {
                org: Some(decode(org)),
                target: Target::below(segments),
            },
            _ => Route::Nowhere,
        },
        _ => Route::Nowhere,
    }
}

/// The methods of `target`, for an `Allow` header. HEAD goes with GET (RFC 9110 §9.3.2).
pub(super) const fn allow(target: &Target) -> &'static str {
    match target {
        Target::Users | Target::Groups => "GET, HEAD, POST",
        Target::User(_) | Target::Group(_) => "GET, HEAD, PUT, PATCH, DELETE",
        Target::Search | Target::SearchUsers | Target::SearchGroups | Target::Bulk => "POST",
        Target::Me => "GET, HEAD, POST, PUT, PATCH, DELETE",
        Target::ServiceProviderConfig
        | Target::Schemas
        | Target::Schema(_)
        | Target::ResourceTypes
        | Target::ResourceType(_) => "GET, HEAD",
    }
}

/// `method` as one that `target` has; `None` is a 405.
pub(super) fn method(target: &Target, method: &HttpMethod) -> Option<Method> {
    let listed = allow(target)
        .split(", ")
        .any(|name| name == method.as_str());
    if !listed {
        return None;
    }
    Some(match *method {
        HttpMethod::GET | HttpMethod::HEAD => Method::Get,
        HttpMethod::POST => Method::Post,
        HttpMethod::PUT => Method::Put,
        HttpMethod::PATCH => Method::Patch,
        HttpMethod::DELETE => Method::Delete,
        _ => return None,
    })
}

/// What a request sets out to do, for the record of one that is refused before it is looked at.
pub(super) fn operation(target: &Target, method: Method) -> Operation {
    match target {
        Target::Users | Target::Groups if method == Method::Post => Operation::Create,
        Target::Users
        | Target::Groups
        | Target::Search
        | Target::SearchUsers
        | Target::SearchGroups => Operation::Query,
        Target::User(_) | Target::Group(_) => match method {
            Method::Get => Operation::Get,
            Method::Put => Operation::Replace,
            Method::Patch => Operation::Patch,
            Method::Delete => Operation::Delete,
            Method::Post => Operation::NoRoute,
        },
        Target::Bulk => Operation::Bulk,
        Target::Me => Operation::Me,
        Target::ServiceProviderConfig
        | Target::Schemas
        | Target::Schema(_)
        | Target::ResourceTypes
        | Target::ResourceType(_) => Operation::Discovery,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scim(org: Option<&str>, target: Option<Target>) -> Route<'_> {
        Route::Scim {
            org: org.map(Cow::Borrowed),
            target,
        }
    }

    #[test]
    fn paths() {
        let user = || Some(Target::User("7".into()));
        for (path, route) in [
            ("/livez", Route::Live),
            ("/readyz/", Route::Ready),
            ("/scim/v2/Users", scim(None, Some(Target::Users))),
            ("/scim/v2/Users/", scim(None, Some(Target::Users))),
            ("//scim/v2//Users", scim(None, Some(Target::Users))),
            ("/scim/v2/Users/7", scim(None, user())),
            ("/scim/v2/Users/7/", scim(None, user())),
            (
                "/scim/v2/Users/.search",
                scim(None, Some(Target::SearchUsers)),
            ),
            ("/scim/v2/Groups", scim(None, Some(Target::Groups))),
            (
                "/scim/v2/Groups/a%2Fb%20c",
                scim(None, Some(Target::Group("a/b c".into()))),
            ),
            (
                "/scim/v2/Groups/%ff",
                scim(None, Some(Target::Group("\u{fffd}".into()))),
            ),
            (
                "/scim/v2/Groups/.search",
                scim(None, Some(Target::SearchGroups)),
            ),
            ("/scim/v2/.search", scim(None, Some(Target::Search))),
            ("/scim/v2/Bulk", scim(None, Some(Target::Bulk))),
            ("/scim/v2/Me", scim(None, Some(Target::Me))),
            (
                "/scim/v2/ServiceProviderConfig",
                scim(None, Some(Target::ServiceProviderConfig)),
            ),
            ("/scim/v2/Schemas", scim(None, Some(Target::Schemas))),
            (
                "/scim/v2/Schemas/urn:x",
                scim(None, Some(Target::Schema("urn:x".into()))),
            ),
            (
                "/scim/v2/ResourceTypes",
                scim(None, Some(Target::ResourceTypes)),
            ),
            (
                "/scim/v2/ResourceTypes/User",
                scim(None, Some(Target::ResourceType("User".into()))),
            ),
            ("/orgs/0/scim/v2/Users/7", scim(Some("0"), user())),
            (
                "/orgs/a%20b/scim/v2/Users/",
                scim(Some("a b"), Some(Target::Users)),
            ),
            ("/scim/v2", scim(None, None)),
            ("/scim/v2/", scim(None, None)),
            ("/scim/v2/users", scim(None, None)),
            ("/scim/v2/Users/7/8", scim(None, None)),
            ("/scim/v2/Me/7", scim(None, None)),
            ("/orgs/0/scim/v2/x", scim(Some("0"), None)),
            ("/orgs//scim/v2/Users", Route::Nowhere),
            ("/orgs/0/scim/v1/Users", Route::Nowhere),
            ("/orgs/0/Users", Route::Nowhere),
            ("/orgs", Route::Nowhere),
            ("/scim", Route::Nowhere),
            ("/scim/v1/Users", Route::Nowhere),
            ("/livez/x", Route::Nowhere),
            ("/", Route::Nowhere),
            ("", Route::Nowhere),
            ("*", Route::Nowhere),
        ] {
            assert_eq!(find(path), route, "{path}");
        }
    }

    #[test]
    fn each_target_has_its_methods_and_no_other() {
        let all = [
            "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get",
        ];
        for (target, methods) in [
            (Target::Users, "GET HEAD POST"),
            (Target::Groups, "GET HEAD POST"),
            (Target::User("7".into()), "GET HEAD PUT PATCH DELETE"),
            (Target::Group("7".into()), "GET HEAD PUT PATCH DELETE"),
            (Target::Search, "POST"),
            (Target::SearchUsers, "POST"),
            (Target::SearchGroups, "POST"),
            (Target::Bulk, "POST"),
            (Target::Me, "GET HEAD POST PUT PATCH DELETE"),
            (Target::ServiceProviderConfig, "GET HEAD"),
            (Target::Schemas, "GET HEAD"),
            (Target::Schema("urn:x".into()), "GET HEAD"),
            (Target::ResourceTypes, "GET HEAD"),
            (Target::ResourceType("User".into()), "GET HEAD"),
        ] {
            let found: Vec<_> = all
                .into_iter()
                .filter(|name| {
                    let name = HttpMethod::from_bytes(name.as_bytes()).unwrap();
                    method(&target, &name).is_some()
                })
                .collect();
            assert_eq!(found.join(" "), methods, "{target:?}");
            assert_eq!(allow(&target).replace(", ", " "), methods, "{target:?}");
        }
    }

    #[test]
    fn operations_have_the_operators_names() {
        let user = Target::User("7".into());
        for (target, method, expected) in [
            (&Target::Users, Method::Post, Operation::Create),
            (&Target::Groups, Method::Get, Operation::Query),
            (&Target::SearchUsers, Method::Post, Operation::Query),
            (&user, Method::Get, Operation::Get),
            (&user, Method::Put, Operation::Replace),
            (&user, Method::Patch, Operation::Patch),
            (&user, Method::Delete, Operation::Delete),
            (&Target::Bulk, Method::Post, Operation::Bulk),
            (&Target::Me, Method::Get, Operation::Me),
            (&Target::Schemas, Method::Get, Operation::Discovery),
        ] {
            assert_eq!(operation(target, method), expected, "{target:?}");
        }
    }
}
