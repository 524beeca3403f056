//! Webhooks and their deliveries, of a running daemon.

use http::Method;

use super::RemoteOps;
use crate::model::delivery::Delivery;
use crate::ops::api::deliveries::{Deliveries, DeliveryQuery, Replay, SinkTest, TestOrder};
use crate::ops::api::{Reply, Webhooks};

impl Webhooks for RemoteOps {
    fn deliveries(&self, query: DeliveryQuery) -> Reply<'_, Deliveries> {
        self.get("/deliveries", &query)
    }

    fn replay(&self, order: Replay) -> Reply<'_, Vec<Delivery>> {
        self.change(Method::POST, "/deliveries/replay", &order)
    }

    fn test_sinks(&self, order: TestOrder) -> Reply<'_, Vec<SinkTest>> {
        self.change(Method::POST, "/alerts/test", &order)
    }
}
