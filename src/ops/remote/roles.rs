//! Roles, of a running daemon.

use super::RemoteOps;
use crate::ops::api::Roles;

impl Roles for RemoteOps {}
