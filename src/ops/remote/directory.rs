//! Users and groups, of a running daemon.

use super::RemoteOps;
use crate::ops::api::Directory;

impl Directory for RemoteOps {}
