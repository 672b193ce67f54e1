//! The protobuf format: `io.prometheus.client.MetricFamily` messages, each behind its length.
//!
//! The one format with native histograms. Those also say their bounds as a classic histogram does when somebody asked for
//! bounds; by default they do not, since a scraper that reads this format reads native ones.

use std::time::SystemTime;

use super::name::without_nul;
use super::native::{Native, ZERO_THRESHOLD};
use crate::report::families::{Header, Scale, Type, Writer, since_1970};
use crate::report::names::label_value;
use crate::report::wire::{self, double, message, signed, string, varint, whole};
use crate::snapshot::{Distribution, Number, StatShape};

// The field numbers of metrics.proto, a block a message.
mod family {
    pub(super) const NAME: u32 = 1;
    pub(super) const HELP: u32 = 2;
    pub(super) const TYPE: u32 = 3;
    pub(super) const METRIC: u32 = 4;
    pub(super) const UNIT: u32 = 5;
}
mod metric {
    pub(super) const LABEL: u32 = 1;
    pub(super) const GAUGE: u32 = 2;
    pub(super) const COUNTER: u32 = 3;
    pub(super) const HISTOGRAM: u32 = 7;
}
mod label {
    pub(super) const NAME: u32 = 1;
    pub(super) const VALUE: u32 = 2;
}
mod value {
    pub(super) const VALUE: u32 = 1;
    pub(super) const CREATED: u32 = 3; // of a counter
}
mod histogram {
    pub(super) const COUNT: u32 = 1;
    pub(super) const SUM: u32 = 2;
    pub(super) const BUCKET: u32 = 3;
    pub(super) const SCHEMA: u32 = 5;
    pub(super) const ZERO_THRESHOLD: u32 = 6;
    pub(super) const ZERO_COUNT: u32 = 7;
    pub(super) const SPAN: u32 = 12;
    pub(super) const DELTA: u32 = 13;
    pub(super) const CREATED: u32 = 15;
}
mod bucket {
    pub(super) const COUNT: u32 = 1;
    pub(super) const BOUND: u32 = 2;
}
mod span {
    pub(super) const OFFSET: u32 = 1;
    pub(super) const LENGTH: u32 = 2;
}
mod timestamp {
    pub(super) const SECONDS: u32 = 1;
    pub(super) const NANOS: u32 = 2;
}

const COUNTER: u64 = 0;
const GAUGE: u64 = 1;
const HISTOGRAM: u64 = 4;

pub(super) struct Protobuf<'a> {
    out: &'a mut Vec<u8>,
    created: bool,
    of: Type,
    /// Where the present family began, and where its first metric is to be.
    start: usize,
    metrics: usize,
}

impl<'a> Protobuf<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>, created: bool) -> Protobuf<'a> {
        Protobuf {
            out,
            created,
            of: Type::Gauge,
            start: 0,
            metrics: 0,
        }
    }
}

impl Writer for Protobuf<'_> {
    fn begin(&mut self, family: &Header<'_>) {
        self.start = self.out.len();
        self.of = family.of;
        self.out.extend_from_slice(&[0; wire::LONG]);
        let (suffix, of) = match family.of {
            Type::Counter => ("_total", COUNTER),
            Type::Info => ("_info", GAUGE),
            Type::Gauge | Type::Level | Type::StateSet => ("", GAUGE),
            Type::Histogram => ("", HISTOGRAM),
        };
        string(self.out, family::NAME, &[family.name, suffix].concat());
        let help = [family.about, &without_nul(family.help)].concat();
        string(self.out, family::HELP, &help);
        whole(self.out, family::TYPE, of);
        if !family.unit.is_empty() {
            string(self.out, family::UNIT, family.unit);
        }
        self.metrics = self.out.len();
    }

    fn end(&mut self) {
        if self.out.len() == self.metrics {
            self.out.truncate(self.start);
            return;
        }
        let body = self.start + wire::LONG;
        let length = wire::long_length(self.out.len() - body);
        self.out[self.start..body].copy_from_slice(&length);
    }

    fn label(&self, labels: &mut Vec<u8>, name: &str, value: &str) {
        message(labels, metric::LABEL, |out| {
            string(out, label::NAME, name);
            string(out, label::VALUE, &without_nul(&label_value(value)));
        });
    }

    fn number(&mut self, labels: &[u8], number: Number, stat: &StatShape) {
        let counter = self.of == Type::Counter;
        let kind = if counter {
            metric::COUNTER
        } else {
            metric::GAUGE
        };
        let created = (self.created && counter).then_some(stat.created);
        message(self.out, family::METRIC, |out| {
            out.extend_from_slice(labels);
            message(out, kind, |out| {
                double(out, value::VALUE, number.as_f64());
                timestamp(out, value::CREATED, created);
            });
        });
    }

    fn histogram(&mut self, labels: &[u8], of: &Distribution, scale: &Scale, stat: &StatShape) {
        let created = self.created.then_some(stat.created);
        message(self.out, family::METRIC, |out| {
            out.extend_from_slice(labels);
            message(out, metric::HISTOGRAM, |out| {
                whole(out, histogram::COUNT, of.count());
                double(out, histogram::SUM, scale.sum(of));
                if scale.asked {
                    classic(out, of, scale);
                }
                native(out, &Native::new(scale, of));
                timestamp(out, histogram::CREATED, created);
            });
        });
    }
}

/// Without the infinite bound: it is what the count says.
fn classic(out: &mut Vec<u8>, of: &Distribution, scale: &Scale) {
    scale.cumulative(of, |bound, below| {
        message(out, histogram::BUCKET, |out| {
            whole(out, bucket::COUNT, below);
            double(out, bucket::BOUND, bound.value);
        });
    });
}

fn native(out: &mut Vec<u8>, buckets: &Native) {
    signed(out, histogram::SCHEMA, buckets.schema.into());
    double(out, histogram::ZERO_THRESHOLD, ZERO_THRESHOLD);
    whole(out, histogram::ZERO_COUNT, buckets.zeros);
    for &(offset, length) in &buckets.spans {
        message(out, histogram::SPAN, |out| {
            signed(out, span::OFFSET, offset.into());
            whole(out, span::LENGTH, length.into());
        });
    }
    if buckets.spans.is_empty() {
        // How newer scrapers are told that a histogram without values is a native one.
        message(out, histogram::SPAN, |_| {});
        return;
    }
    message(out, histogram::DELTA, |out| {
        for &delta in &buckets.deltas {
            varint(out, wire::zigzag(delta));
        }
    });
}

fn timestamp(out: &mut Vec<u8>, field: u32, time: Option<SystemTime>) {
    let Some(since) = time.map(since_1970) else {
        return;
    };
    message(out, field, |out| {
        whole(out, timestamp::SECONDS, since.as_secs());
        whole(out, timestamp::NANOS, since.subsec_nanos().into());
    });
}
