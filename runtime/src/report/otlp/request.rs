//! A snapshot as the body of a request: `ExportMetricsServiceRequest`, written straight from the values.
//!
//! One resource, one scope, a metric for each family, a point for each series.

use std::time::SystemTime;

use super::Temporality;
use crate::report::families::{Header, Layout, Scale, Type, Writer, emit, since_1970};
use crate::report::names::label_value;
use crate::report::wire::{double, fixed, message, signed, string, varint, whole};
use crate::snapshot::{Distribution, Number, StatShape};

// The field numbers of opentelemetry.proto, a block a message.
const RESOURCE_METRICS: u32 = 1; // of the request
mod resource_metrics {
    pub(super) const RESOURCE: u32 = 1;
    pub(super) const SCOPE_METRICS: u32 = 2;
}
mod scope_metrics {
    pub(super) const SCOPE: u32 = 1;
    pub(super) const METRICS: u32 = 2;
}
mod scope {
    pub(super) const NAME: u32 = 1;
    pub(super) const VERSION: u32 = 2;
    pub(super) const ATTRIBUTES: u32 = 3;
}
const ATTRIBUTES: u32 = 1; // of the resource
mod key_value {
    pub(super) const KEY: u32 = 1;
    pub(super) const VALUE: u32 = 2;
    pub(super) const STRING: u32 = 1; // within the value
}
mod metric {
    pub(super) const NAME: u32 = 1;
    pub(super) const DESCRIPTION: u32 = 2;
    pub(super) const UNIT: u32 = 3;
    pub(super) const GAUGE: u32 = 5;
    pub(super) const SUM: u32 = 7;
    pub(super) const EXPONENTIAL_HISTOGRAM: u32 = 10;
}
// Of gauges, sums and histograms alike.
const POINTS: u32 = 1;
const TEMPORALITY: u32 = 2;
const MONOTONIC: u32 = 3;
// Of all points alike; where a point has its attributes differs.
const START: u32 = 2;
const TIME: u32 = 3;
mod number {
    pub(super) const DOUBLE: u32 = 4;
    pub(super) const INT: u32 = 6;
    pub(super) const ATTRIBUTES: u32 = 7;
}
mod histogram {
    pub(super) const ATTRIBUTES: u32 = 1;
    pub(super) const COUNT: u32 = 4;
    pub(super) const SUM: u32 = 5;
    pub(super) const SCALE: u32 = 6;
    pub(super) const ZERO_COUNT: u32 = 7;
    pub(super) const POSITIVE: u32 = 8;
    pub(super) const MIN: u32 = 12;
    pub(super) const MAX: u32 = 13;
}
mod buckets {
    pub(super) const OFFSET: u32 = 1;
    pub(super) const COUNTS: u32 = 2;
}

const DELTA: u64 = 1;
const CUMULATIVE: u64 = 2;

/// Who sends: the same in each request.
#[derive(Clone, Debug, Default)]
pub(super) struct Sender {
    /// The program and where it runs.
    pub(super) resource: Vec<(String, String)>,
    /// What is said of this library.
    pub(super) scope: Vec<(String, String)>,
}

/// What the numbers of a request are since.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) temporality: Temporality,
    /// With delta temporality, when the numbers before these were taken.
    pub(super) before: Option<SystemTime>,
    pub(super) taken: SystemTime,
}

/// The body of a request, and how many points are in it.
pub(super) fn request(layout: &Layout<'_>, span: Span, sender: &Sender) -> (Vec<u8>, u64) {
    let mut metrics = Metrics {
        out: Vec::new(),
        span,
        of: Type::Gauge,
        about: Vec::new(),
        points: Vec::new(),
        count: 0,
    };
    emit(layout, &mut metrics);
    let Metrics {
        out: metrics,
        count,
        ..
    } = metrics;
    let mut out = Vec::with_capacity(metrics.len() + 1024);
    message(&mut out, RESOURCE_METRICS, |out| {
        message(out, resource_metrics::RESOURCE, |out| {
            for (key, value) in &sender.resource {
                attribute(out, ATTRIBUTES, key, value);
            }
        });
        message(out, resource_metrics::SCOPE_METRICS, |out| {
            message(out, scope_metrics::SCOPE, |out| {
                string(out, scope::NAME, env!("CARGO_PKG_NAME"));
                string(out, scope::VERSION, env!("CARGO_PKG_VERSION"));
                for (key, value) in &sender.scope {
                    attribute(out, scope::ATTRIBUTES, key, value);
                }
            });
            out.extend_from_slice(&metrics);
        });
    });
    (out, count)
}

fn attribute(out: &mut Vec<u8>, field: u32, key: &str, value: &str) {
    message(out, field, |out| {
        string(out, key_value::KEY, key);
        message(out, key_value::VALUE, |out| {
            string(out, key_value::STRING, value)
        });
    });
}

/// Writes metrics.
struct Metrics {
    out: Vec<u8>,
    span: Span,
    /// Of the present metric: its type, what is said of it, its points.
    of: Type,
    about: Vec<u8>,
    points: Vec<u8>,
    count: u64,
}

impl Metrics {
    fn is_delta(&self) -> bool {
        self.span.temporality == Temporality::Delta
    }

    /// What goes up and down is never a difference.
    fn sends_differences(&self) -> bool {
        self.is_delta() && matches!(self.of, Type::Counter | Type::Histogram)
    }

    /// When the count of this stat began: with the stat, or after what was sent before. A clock that was set back
    /// makes it no later than now.
    fn start(&self, stat: &StatShape) -> u64 {
        let start = match self.span.before {
            Some(before) if self.sends_differences() => stat.created.max(before),
            _ => stat.created,
        };
        nanoseconds(start.min(self.span.taken))
    }
}

impl Writer for Metrics {
    fn begin(&mut self, family: &Header<'_>) {
        self.of = family.of;
        self.about.clear();
        self.points.clear();
        string(&mut self.about, metric::NAME, family.name);
        let help = [family.about, family.help].concat();
        string(&mut self.about, metric::DESCRIPTION, &help);
        if !family.unit.is_empty() {
            string(&mut self.about, metric::UNIT, family.unit);
        }
    }

    fn end(&mut self) {
        if self.points.is_empty() {
            return;
        }
        let temporality = match self.sends_differences() {
            true => DELTA,
            false => CUMULATIVE,
        };
        let Metrics {
            out,
            about,
            points,
            of,
            ..
        } = self;
        message(out, scope_metrics::METRICS, |out| {
            out.extend_from_slice(about);
            let kind = match of {
                Type::Counter | Type::Level => metric::SUM,
                Type::Histogram => metric::EXPONENTIAL_HISTOGRAM,
                Type::Gauge | Type::Info | Type::StateSet => metric::GAUGE,
            };
            message(out, kind, |out| {
                out.extend_from_slice(points);
                if kind != metric::GAUGE {
                    whole(out, TEMPORALITY, temporality);
                }
                if *of == Type::Counter {
                    whole(out, MONOTONIC, 1);
                }
            });
        });
    }

    fn label(&self, labels: &mut Vec<u8>, name: &str, value: &str) {
        let field = match self.of {
            Type::Histogram => histogram::ATTRIBUTES,
            _ => number::ATTRIBUTES,
        };
        attribute(labels, field, name, &label_value(value));
    }

    fn number(&mut self, labels: &[u8], number: Number, stat: &StatShape) {
        let value = number.as_f64();
        // Nothing came, or nothing is there.
        if value.is_nan() || (value == 0.0 && self.sends_differences()) {
            return;
        }
        let start = match self.of {
            Type::Counter | Type::Level => Some(self.start(stat)),
            _ => None,
        };
        let time = nanoseconds(self.span.taken);
        self.count += 1;
        message(&mut self.points, POINTS, |out| {
            out.extend_from_slice(labels);
            if let Some(start) = start {
                fixed(out, START, start);
            }
            fixed(out, TIME, time);
            match integer(number) {
                Some(integer) => fixed(out, number::INT, integer as u64),
                None => double(out, number::DOUBLE, value),
            }
        });
    }

    fn histogram(&mut self, labels: &[u8], of: &Distribution, scale: &Scale, stat: &StatShape) {
        let count = of.count();
        if count == 0 && self.is_delta() {
            return;
        }
        let (start, time) = (self.start(stat), nanoseconds(self.span.taken));
        // Of a difference, only the edges of the outermost buckets are known.
        let extremes = (!self.is_delta()).then(|| (of.min(), of.max()));
        self.count += 1;
        message(&mut self.points, POINTS, |out| {
            out.extend_from_slice(labels);
            fixed(out, START, start);
            fixed(out, TIME, time);
            fixed(out, histogram::COUNT, count);
            double(out, histogram::SUM, scale.sum(of));
            signed(out, histogram::SCALE, scale.exponent().into());
            fixed(out, histogram::ZERO_COUNT, of.zero);
            exponential(out, of, scale);
            if let Some((Some(min), Some(max))) = extremes {
                double(out, histogram::MIN, scale.factor.of(min));
                double(out, histogram::MAX, scale.factor.of(max));
            }
        });
    }
}

/// The buckets from the first in use to the last, the empty ones between them as zeros of one byte.
fn exponential(out: &mut Vec<u8>, of: &Distribution, scale: &Scale) {
    let mut all = scale.exponential(of);
    let Some((offset, first)) = all.next() else {
        return;
    };
    message(out, histogram::POSITIVE, |out| {
        signed(out, buckets::OFFSET, offset.into());
        message(out, buckets::COUNTS, |out| {
            varint(out, first);
            let mut next = offset + 1;
            for (index, count) in all {
                let empty = usize::try_from(index - next).unwrap_or(0);
                out.resize(out.len() + empty, 0);
                varint(out, count);
                next = index + 1;
            }
        });
    });
}

fn integer(number: Number) -> Option<i64> {
    match number {
        Number::F64(_) => None,
        Number::I64(number) => Some(number),
        Number::U64(number) => i64::try_from(number).ok(),
        Number::Bool(number) => Some(number.into()),
    }
}

fn nanoseconds(time: SystemTime) -> u64 {
    u64::try_from(since_1970(time).as_nanos()).unwrap_or(u64::MAX)
}
