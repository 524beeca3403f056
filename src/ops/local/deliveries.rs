//! Webhooks and their deliveries, over the house.

use super::{LocalOps, limit};
use crate::model::delivery::Delivery;
use crate::ops::api::deliveries::{Deliveries, DeliveryQuery, Replay, SinkTest, TestOrder};
use crate::ops::api::{Reply, Webhooks};
use crate::ops::deliveries;

impl Webhooks for LocalOps {
    fn deliveries(&self, query: DeliveryQuery) -> Reply<'_, Deliveries> {
        self.run(move |house, _| deliveries::list(house, &query, limit(query.limit)))
    }

    fn replay(&self, order: Replay) -> Reply<'_, Vec<Delivery>> {
        self.run(move |house, operator| deliveries::replay(house, operator, order))
    }

    fn test_sinks(&self, order: TestOrder) -> Reply<'_, Vec<SinkTest>> {
        match &self.house.sinks {
            Some(sinks) => sinks.test(order),
            None => Box::pin(std::future::ready(Ok(Vec::new()))),
        }
    }
}
