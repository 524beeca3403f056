//! The operations API over TCP, for operators with a token.

use std::net::IpAddr;
use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::request::Parts;

use crate::http::door::{self, Door};
use crate::http::limits::Limits;
use crate::http::ops::extract::Session;
use crate::http::ops::routes;
use crate::http::server::Stop;
use crate::ids::TokenId;
use crate::ops::gateway::{OperatorGateway, Refused};

/// Lets operators in.
pub struct Operators {
    gateway: Arc<dyn OperatorGateway>,
    stop: Stop,
}

/// Serves the operations API.
pub type Endpoint = door::Endpoint<Operators>;

/// An endpoint before `gateway`; its feeds end with `stop`.
pub fn endpoint(gateway: Arc<dyn OperatorGateway>, limits: Limits, stop: Stop) -> Arc<Endpoint> {
    Endpoint::new(Operators { gateway, stop }, limits, routes::router())
}

impl Door for Operators {
    const API: &'static str = "the operations API";
    const HOLDER: &'static str = "an operator";
    const CHALLENGE: &'static str = "Bearer realm=\"operations\"";

    fn admit(&self, head: &mut Parts, source: IpAddr) -> Result<TokenId, Refused> {
        let authorization = door::text(head, &AUTHORIZATION);
        let operator = self
            .gateway
            .operator(authorization, source, door::agent(head))?;
        Session {
            ops: operator.ops,
            role: operator.role,
            stop: self.stop.clone(),
        }
        .enter(head);
        Ok(operator.token)
    }
}
