//! The protobuf form, read with code that knows the protocol from its definition alone.

use prost::Message;

use super::*;
use crate::report::prometheus::native::ZERO_THRESHOLD;

// metrics.proto of io.prometheus.client, as far as it is used.
#[derive(Clone, PartialEq, Message)]
struct MetricFamily {
    #[prost(string, optional, tag = "1")]
    name: Option<String>,
    #[prost(string, optional, tag = "2")]
    help: Option<String>,
    #[prost(int32, optional, tag = "3")]
    r#type: Option<i32>,
    #[prost(message, repeated, tag = "4")]
    metric: Vec<Metric>,
    #[prost(string, optional, tag = "5")]
    unit: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
struct Metric {
    #[prost(message, repeated, tag = "1")]
    label: Vec<LabelPair>,
    #[prost(message, optional, tag = "2")]
    gauge: Option<Gauge>,
    #[prost(message, optional, tag = "3")]
    counter: Option<CounterValue>,
    #[prost(message, optional, tag = "7")]
    histogram: Option<Histogram>,
}

#[derive(Clone, PartialEq, Message)]
struct LabelPair {
    #[prost(string, optional, tag = "1")]
    name: Option<String>,
    #[prost(string, optional, tag = "2")]
    value: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
struct Gauge {
    #[prost(double, optional, tag = "1")]
    value: Option<f64>,
}

#[derive(Clone, PartialEq, Message)]
struct CounterValue {
    #[prost(double, optional, tag = "1")]
    value: Option<f64>,
    #[prost(message, optional, tag = "3")]
    created: Option<Timestamp>,
}

#[derive(Clone, PartialEq, Message)]
struct Histogram {
    #[prost(uint64, optional, tag = "1")]
    count: Option<u64>,
    #[prost(double, optional, tag = "2")]
    sum: Option<f64>,
    #[prost(message, repeated, tag = "3")]
    bucket: Vec<Bucket>,
    #[prost(sint32, optional, tag = "5")]
    schema: Option<i32>,
    #[prost(double, optional, tag = "6")]
    zero_threshold: Option<f64>,
    #[prost(uint64, optional, tag = "7")]
    zero_count: Option<u64>,
    #[prost(message, repeated, tag = "12")]
    positive_span: Vec<Span>,
    #[prost(sint64, repeated, tag = "13")]
    positive_delta: Vec<i64>,
    #[prost(message, optional, tag = "15")]
    created: Option<Timestamp>,
}

#[derive(Clone, PartialEq, Message)]
struct Bucket {
    #[prost(uint64, optional, tag = "1")]
    cumulative_count: Option<u64>,
    #[prost(double, optional, tag = "2")]
    upper_bound: Option<f64>,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct Span {
    #[prost(sint32, optional, tag = "1")]
    offset: Option<i32>,
    #[prost(uint32, optional, tag = "2")]
    length: Option<u32>,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct Timestamp {
    #[prost(int64, optional, tag = "1")]
    seconds: Option<i64>,
    #[prost(int32, optional, tag = "2")]
    nanos: Option<i32>,
}

fn families(exposition: &Exposition, registry: &Registry) -> Vec<MetricFamily> {
    let mut out = Vec::new();
    exposition.write(&registry.snapshot(), Format::Protobuf, &mut out);
    let mut rest = &out[..];
    let mut families = Vec::new();
    while !rest.is_empty() {
        families.push(MetricFamily::decode_length_delimited(&mut rest).unwrap());
    }
    families
}

fn family(families: &[MetricFamily], name: &str) -> MetricFamily {
    let found = families.iter().find(|family| family.name() == name);
    found.unwrap_or_else(|| panic!("no {name}")).clone()
}

fn labels(metric: &Metric) -> Vec<(&str, &str)> {
    metric
        .label
        .iter()
        .map(|pair| (pair.name(), pair.value()))
        .collect()
}

#[test]
fn numbers_have_the_names_and_labels_that_they_have_as_text() {
    let registry = Registry::new();
    let _all = processor(&registry);
    let exposition = Exposition::new().depth(Depth::Both);
    let families = families(&exposition, &registry);
    let text = exposition.text(&registry.snapshot());
    let mut lines = Vec::new();
    for family in &families {
        for metric in &family.metric {
            let value = match (&metric.counter, &metric.gauge) {
                (Some(counter), None) => counter.value(),
                (None, Some(gauge)) => gauge.value(),
                _ => continue,
            };
            let labels: Vec<String> = labels(metric)
                .iter()
                .map(|(name, value)| format!("{name}=\"{value}\""))
                .collect();
            let labels = match labels.is_empty() {
                true => String::new(),
                false => format!("{{{}}}", labels.join(",")),
            };
            lines.push(format!("{}{labels} {value}", family.name()));
        }
    }
    let numbers = samples(&text).into_iter();
    let numbers: Vec<&str> = numbers
        .filter(|line| !line.contains("latency_seconds") && !line.contains("_by_thread_seconds"))
        .collect();
    assert_eq!(lines, numbers);
    let finished = family(&families, "processor_finished_total");
    assert_eq!((finished.help(), finished.r#type()), ("Tasks done.", 0));
    assert_eq!(family(&families, "processor_state").r#type(), 1);
}

#[test]
fn a_histogram_is_native_and_exact() {
    let registry = Registry::new();
    let sizes = registry.histogram("sizes").unwrap();
    for size in [0, 1, 2, 2, 1000] {
        sizes.record(size);
    }
    let families = families(&Exposition::new(), &registry);
    let family = family(&families, "sizes");
    assert_eq!((family.r#type(), family.unit.clone()), (4, None));
    let histogram = family.metric[0].histogram.clone().unwrap();
    assert_eq!(
        (histogram.count(), histogram.sum(), histogram.schema()),
        (5, 1005.0, 5)
    );
    assert_eq!(
        (histogram.zero_count(), histogram.zero_threshold()),
        (1, ZERO_THRESHOLD)
    );
    assert!(
        histogram.bucket.is_empty(),
        "nobody asked for classic buckets"
    );
    // 1 is the end of bucket 0, 2 of bucket 32; 1000 lies in the one that ends at 2^(319/32).
    let spans: Vec<_> = histogram
        .positive_span
        .iter()
        .map(|span| (span.offset(), span.length()))
        .collect();
    assert_eq!(spans, [(0, 1), (31, 1), (286, 1)]);
    assert_eq!(histogram.positive_delta, [1, 1, -1]);
    assert!(histogram.created.unwrap().seconds() > 1_600_000_000);
}

#[test]
fn a_timer_is_native_in_seconds() {
    let registry = Registry::new();
    let timer = registry.timer("wait").unwrap();
    for millis in 1..=100 {
        timer.record(Duration::from_millis(millis));
    }
    let families = families(&Exposition::new(), &registry);
    let family = family(&families, "wait_seconds");
    assert_eq!(family.unit(), "seconds");
    let histogram = family.metric[0].histogram.clone().unwrap();
    assert_eq!(
        (histogram.count(), histogram.sum(), histogram.schema()),
        (100, 5.05, 6)
    );
    let length: u32 = histogram.positive_span.iter().map(Span::length).sum();
    assert_eq!(length as usize, histogram.positive_delta.len());
    let counts = histogram.positive_delta.iter().scan(0, |count, delta| {
        *count += delta;
        Some(*count)
    });
    assert_eq!(counts.sum::<i64>(), 100);
}

#[test]
fn nothing_timed_yet_is_a_native_histogram_too() {
    let registry = Registry::new();
    registry.timer("wait").unwrap();
    let families = families(&Exposition::new(), &registry);
    let histogram = family(&families, "wait_seconds").metric[0]
        .histogram
        .clone()
        .unwrap();
    assert_eq!(histogram.zero_threshold(), ZERO_THRESHOLD);
    assert_eq!(histogram.positive_span, [Span::default()]);
    assert_eq!((histogram.count(), histogram.zero_count()), (0, 0));
}

#[test]
fn who_asks_for_bounds_has_both_kinds() {
    let registry = Registry::new();
    let timer = registry.timer("wait").unwrap();
    for millis in [50, 100, 200] {
        timer.record(Duration::from_millis(millis));
    }
    let families = families(
        &Exposition::new().buckets([1.0, 0.1, f64::INFINITY]),
        &registry,
    );
    let histogram = family(&families, "wait_seconds").metric[0]
        .histogram
        .clone()
        .unwrap();
    let buckets: Vec<_> = histogram
        .bucket
        .iter()
        .map(|b| (b.upper_bound(), b.cumulative_count()))
        .collect();
    assert_eq!(buckets, [(0.1, 2), (1.0, 3)]);
    assert_eq!(histogram.positive_span.len(), 3);
}

#[test]
fn a_large_family_has_its_length_right() {
    let registry = Registry::new();
    let family: Family<String, Counter> = registry.get("by").unwrap();
    for key in 0..900 {
        family.get(format!("{key:0200}")).inc();
    }
    let families = families(&Exposition::new().created(false), &registry);
    assert_eq!(families[0].metric.len(), 900);
    assert_eq!(families[0].metric[0].counter.clone().unwrap().created, None);
}
