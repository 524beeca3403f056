//! Content and transfers, over the house.

use super::LocalOps;
use crate::ops::api::Contents;

impl Contents for LocalOps {}
