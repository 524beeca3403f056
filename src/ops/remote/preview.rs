//! Impact and simulation, of a running daemon.

use super::RemoteOps;
use crate::ops::api::Preview;

impl Preview for RemoteOps {}
