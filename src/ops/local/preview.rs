//! Impact and simulation, over the house.

use super::LocalOps;
use crate::ops::api::Preview;

impl Preview for LocalOps {}
