//! Values that are looked up when metrics are asked for, on their way into an exposition.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::exemplar::Exemplar;
use prometheus_client::registry::Unit;

/// Names and values of the labels of one value.
pub(super) type Labels = Vec<(&'static str, String)>;

#[derive(Debug)]
struct Entry {
    name: &'static str,
    help: &'static str,
    unit: Option<Unit>,
    kind: MetricType,
    values: Vec<(Labels, Value)>,
}

#[derive(Clone, Copy, Debug)]
enum Value {
    Whole(i64),
    Part(f64),
}

/// Families of values, in the order in which they were written down.
#[derive(Debug, Default)]
pub(super) struct Sheet(Vec<Entry>);

impl Sheet {
    /// What may go up and down.
    pub fn gauge(&mut self, name: &'static str, help: &'static str, values: Vec<(Labels, i64)>) {
        self.add(name, help, None, MetricType::Gauge, values);
    }

    /// The same with a unit, which the name gets at its end.
    pub fn gauge_in(
        &mut self,
        unit: Unit,
        name: &'static str,
        help: &'static str,
        values: Vec<(Labels, i64)>,
    ) {
        self.add(name, help, Some(unit), MetricType::Gauge, values);
    }

    /// Parts of 1; the name has `_ratio` at its end.
    pub fn ratio(&mut self, name: &'static str, help: &'static str, values: Vec<(Labels, f64)>) {
        let values = values.into_iter();
        self.0.push(Entry {
            name,
            help,
            unit: None,
            kind: MetricType::Gauge,
            values: values.map(|(of, part)| (of, Value::Part(part))).collect(),
        });
    }

    /// What only goes up; the name gets `_total` at its end.
    pub fn counter(&mut self, name: &'static str, help: &'static str, value: u64) {
        let values = vec![(Labels::new(), number(value))];
        self.add(name, help, None, MetricType::Counter, values);
    }

    fn add(
        &mut self,
        name: &'static str,
        help: &'static str,
        unit: Option<Unit>,
        kind: MetricType,
        values: Vec<(Labels, i64)>,
    ) {
        self.0.push(Entry {
            name,
            help,
            unit,
            kind,
            values: values
                .into_iter()
                .map(|(of, count)| (of, Value::Whole(count)))
                .collect(),
        });
    }
}

/// A value without labels.
pub(super) fn single(value: i64) -> Vec<(Labels, i64)> {
    vec![(Labels::new(), value)]
}

/// A count as a value.
pub(super) fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl Collector for Sheet {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for entry in &self.0 {
            let (unit, kind) = (entry.unit.as_ref(), entry.kind);
            let mut metric = encoder.encode_descriptor(entry.name, entry.help, unit, kind)?;
            for (labels, value) in &entry.values {
                let mut one = metric.encode_family(labels)?;
                match (value, kind) {
                    (Value::Whole(count), MetricType::Counter) => {
                        let count = count.unsigned_abs();
                        let none = None::<&Exemplar<Labels, f64>>;
                        one.encode_counter::<Labels, u64, f64>(&count, none)?;
                    }
                    (Value::Whole(count), _) => one.encode_gauge(count)?,
                    (Value::Part(part), _) => one.encode_gauge(part)?,
                }
            }
        }
        Ok(())
    }
}
