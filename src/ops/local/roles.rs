//! Roles, over the house.

use super::LocalOps;
use crate::ops::api::Roles;

impl Roles for LocalOps {}
