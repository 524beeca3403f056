//! Content and transfers, of a running daemon.

use super::RemoteOps;
use crate::ops::api::Contents;

impl Contents for RemoteOps {}
