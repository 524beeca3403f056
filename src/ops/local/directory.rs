//! Users and groups, over the house.

use super::LocalOps;
use crate::ops::api::Directory;

impl Directory for LocalOps {}
