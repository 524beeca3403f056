//! Routes as entries of one table: what serves them, who may use them, and what the description
//! of the API says of them, so that these cannot part.

use axum::extract::{DefaultBodyLimit, Request};
use axum::handler::Handler;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{self, MethodFilter, MethodRouter};
use axum::{Json, Router};
use http::{Method, StatusCode};
use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::http::ops::extract::{Session, denied, no_method, no_route};
use crate::model::operator::OperatorRole;
use crate::ops::wire::BASE;

/// Makes the schema of something, or a reference to it.
pub(super) type Shape = fn(&mut SchemaGenerator) -> Schema;

/// Media type of most bodies.
const JSON: &str = "application/json";

/// One operation on one path.
pub(in crate::http) struct Route {
    pub(super) method: Method,
    /// Below [`Self::base`].
    pub(super) path: &'static str,
    /// [`BASE`], or nothing.
    base: &'static str,
    pub(super) summary: &'static str,
    /// The least that may use it.
    pub(super) role: OperatorRole,
    /// Query parameters, as the members of an object.
    pub(super) query: Option<Shape>,
    /// Media types that are read, each with what it holds.
    pub(super) bodies: Vec<(&'static str, Shape)>,
    /// Status, media type and content of an answer that is no error.
    pub(super) answer: (StatusCode, &'static str, Shape),
    handler: MethodRouter,
}

impl Route {
    /// What reads is for viewers, and what changes something for admins unless
    /// [`Self::needs`] says otherwise.
    fn new<H, T>(method: Method, path: &'static str, handler: H, summary: &'static str) -> Self
    where
        H: Handler<T, ()>,
        T: 'static,
    {
        let role = if method == Method::GET {
            OperatorRole::Viewer
        } else {
            OperatorRole::Admin
        };
        let filter = MethodFilter::try_from(method.clone()).expect("a method of the API");
        Self {
            method,
            path,
            base: BASE,
            summary,
            role,
            query: None,
            bodies: Vec::new(),
            answer: (StatusCode::OK, JSON, shape::<serde_json::Value>),
            handler: routing::on(filter, handler),
        }
    }

    /// Not below [`BASE`], for what others than operators' programs look for.
    pub(super) fn at_root(self) -> Self {
        Self { base: "", ..self }
    }

    /// The path from the root.
    pub(super) fn whole_path(&self) -> String {
        format!("{}{}", self.base, self.path)
    }

    pub(super) fn needs(self, role: OperatorRole) -> Self {
        Self { role, ..self }
    }

    pub(super) fn query<T: JsonSchema>(self) -> Self {
        Self {
            query: Some(T::json_schema),
            ..self
        }
    }

    pub(super) fn body<T: JsonSchema>(self) -> Self {
        self.body_of(JSON, shape::<T>)
    }

    pub(super) fn body_of(mut self, media: &'static str, shape: Shape) -> Self {
        self.bodies.push((media, shape));
        self
    }

    pub(super) fn answers<T: JsonSchema>(self) -> Self {
        self.answers_with(JSON, shape::<T>)
    }

    pub(super) fn answers_with(mut self, media: &'static str, shape: Shape) -> Self {
        (self.answer.1, self.answer.2) = (media, shape);
        self
    }

    /// Answered with 201.
    pub(super) fn creates<T: JsonSchema>(self) -> Self {
        let mut route = self.answers::<T>();
        route.answer.0 = StatusCode::CREATED;
        route
    }
}

macro_rules! methods {
    ($($name:ident $method:ident),*) => { $(
        pub(super) fn $name<H, T>(path: &'static str, handler: H, summary: &'static str) -> Route
        where
            H: Handler<T, ()>,
            T: 'static,
        {
            Route::new(Method::$method, path, handler, summary)
        }
    )* };
}

methods! { get GET, post POST, put PUT, patch PATCH, delete DELETE }

/// A reference to the schema of `T`.
pub(super) fn shape<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// Serves `routes` to operators, each only to those whose role is enough.
pub(super) fn guarded(routes: Vec<Route>) -> Router {
    serve(routes, |route| {
        let needed = route.role;
        let check = move |session: Session, request: Request, next: Next| async move {
            if session.role >= needed {
                next.run(request).await
            } else {
                denied(needed, session.role).into_response()
            }
        };
        route.handler.route_layer(middleware::from_fn(check))
    })
}

/// Serves `routes` to whoever is let through to them.
pub(in crate::http) fn open(routes: Vec<Route>) -> Router {
    serve(routes, |route| route.handler)
}

fn serve(routes: Vec<Route>, handler: impl Fn(Route) -> MethodRouter) -> Router {
    let paths = routes.into_iter().fold(Router::new(), |paths, route| {
        paths.route(&route.whole_path(), handler(route))
    });
    // Bodies are as large as whoever serves these paths lets them be.
    let paths = paths.layer(DefaultBodyLimit::disable());
    paths
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
}

/// The answer to what made something.
pub(super) fn created(made: impl serde::Serialize) -> Response {
    (StatusCode::CREATED, Json(made)).into_response()
}
