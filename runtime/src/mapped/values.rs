//! Values written out: of stats that keep theirs themselves, and what was retired into aggregates.

use std::sync::Arc;

use super::bytes::{Bytes, Put};
use super::layout::value;
use crate::snapshot::{
    Distribution, HistogramValue, MeterValue, Outcomes, Rates, StateTimeValue, TimerValue, Value,
};

/// Writes a value. Rates and recent values stay out: they are the running process's.
pub(super) fn write(out: &mut impl Put, of: &Value) {
    match of {
        Value::Counter(count) => {
            out.u8(value::COUNTER);
            out.u64(*count);
        }
        Value::UpDownCounter(level) => {
            out.u8(value::LEVEL);
            out.u64(*level as u64);
        }
        Value::Text(text) => {
            out.u8(value::TEXT);
            out.maybe_text(text.as_deref());
        }
        Value::Info(pairs) => {
            out.u8(value::INFO);
            out.u32(pairs.len() as u32);
            for (name, text) in pairs.iter() {
                out.text(name);
                out.text(text);
            }
        }
        Value::StateSet(current, names) => {
            out.u8(value::STATE_SET);
            out.maybe_text(current.as_deref());
            out.u32(names.len() as u32);
            names.iter().for_each(|name| out.text(name));
        }
        Value::StateTime(times) => {
            out.u8(value::STATE_TIME);
            out.maybe_text(times.current());
            out.u32(times.nanos.len() as u32);
            for (name, nanos) in &times.nanos {
                out.text(name);
                out.u64(*nanos);
            }
        }
        Value::Histogram(histogram) => {
            out.u8(value::HISTOGRAM);
            out.u64(histogram.refused);
            write_distribution(out, &histogram.lifetime);
        }
        Value::Timer(timer) => {
            out.u8(value::TIMER);
            let Outcomes {
                ok,
                err,
                panicked,
                cancelled,
            } = timer.outcomes;
            [ok, err, panicked, cancelled]
                .into_iter()
                .for_each(|n| out.u64(n));
            write_distribution(out, &timer.lifetime);
        }
        Value::Meter(meter) => {
            out.u8(value::METER);
            out.u64(meter.count);
        }
        // Made of others when somebody looks.
        Value::Gauge(_) | Value::Family(_) | Value::CountBy(_) => out.u8(0),
    }
}

fn write_distribution(out: &mut impl Put, of: &Distribution) {
    out.u64(of.zero);
    out.f64(of.min);
    out.f64(of.max);
    out.u128(of.whole);
    out.f64(of.rest);
    out.u32(of.buckets.len() as u32);
    for (index, count) in &of.buckets {
        out.u32(*index as u32);
        out.u64(*count);
    }
}

/// Reads a value back; nothing if it is none.
pub(super) fn read(bytes: &mut Bytes<'_>) -> Option<Value> {
    Some(match bytes.u8()? {
        value::COUNTER => Value::Counter(bytes.u64()?),
        value::LEVEL => Value::UpDownCounter(bytes.u64()? as i64),
        value::TEXT => Value::Text(bytes.maybe_text()?.map(Arc::from)),
        value::INFO => {
            let pair = |bytes: &mut Bytes<'_>| Some((bytes.text()?.into(), bytes.text()?.into()));
            Value::Info(bytes.many(pair)?.into())
        }
        value::STATE_SET => {
            let current = bytes.maybe_text()?.map(Arc::from);
            Value::StateSet(current, bytes.many(Bytes::shared_text)?.into())
        }
        value::STATE_TIME => Value::StateTime(Arc::new(StateTimeValue {
            current: bytes.maybe_text()?.map(Arc::from),
            nanos: bytes.many(|bytes| Some((bytes.shared_text()?, bytes.u64()?)))?,
        })),
        value::HISTOGRAM => Value::Histogram(Arc::new(HistogramValue {
            refused: bytes.u64()?,
            lifetime: read_distribution(bytes)?,
            ..HistogramValue::default()
        })),
        value::TIMER => Value::Timer(Arc::new(TimerValue {
            outcomes: Outcomes {
                ok: bytes.u64()?,
                err: bytes.u64()?,
                panicked: bytes.u64()?,
                cancelled: bytes.u64()?,
            },
            lifetime: read_distribution(bytes)?,
            ..TimerValue::default()
        })),
        value::METER => Value::Meter(MeterValue {
            count: bytes.u64()?,
            rates: Rates::default(),
        }),
        _ => return None,
    })
}

fn read_distribution(bytes: &mut Bytes<'_>) -> Option<Distribution> {
    let distribution = Distribution {
        zero: bytes.u64()?,
        min: bytes.f64()?,
        max: bytes.f64()?,
        whole: bytes.u128()?,
        rest: bytes.f64()?,
        buckets: bytes.many(|bytes| Some((bytes.i32()?, bytes.u64()?)))?,
    };
    let ascends = distribution.buckets.is_sorted_by(|a, b| a.0 < b.0);
    ascends.then_some(distribution)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_that_is_written_reads_back_the_same() {
        let distribution = Distribution {
            zero: 3,
            buckets: vec![(-5, 1), (40, u64::MAX)],
            min: 0.5,
            max: 3.0,
            whole: 1 << 90,
            rest: 0.25,
        };
        let values = [
            Value::Counter(7),
            Value::UpDownCounter(-7),
            Value::Text(None),
            Value::Text(Some("käse".into())),
            Value::Info([("a".into(), "b".into())].into()),
            Value::StateSet(Some("on".into()), ["on".into(), "off".into()].into()),
            Value::StateTime(Arc::new(StateTimeValue {
                current: None,
                nanos: vec![("on".into(), 9)],
            })),
            Value::Histogram(Arc::new(HistogramValue {
                lifetime: distribution.clone(),
                refused: 2,
                ..HistogramValue::default()
            })),
            Value::Timer(Arc::new(TimerValue {
                lifetime: distribution,
                outcomes: Outcomes {
                    ok: 1,
                    err: 2,
                    panicked: 3,
                    cancelled: 4,
                },
                ..TimerValue::default()
            })),
            Value::Meter(MeterValue {
                count: 5,
                rates: Rates::default(),
            }),
        ];
        for value in values {
            let mut bytes = Vec::new();
            write(&mut bytes, &value);
            assert_eq!(read(&mut Bytes(&bytes)), Some(value));
            for cut in 0..bytes.len() {
                assert_eq!(read(&mut Bytes(&bytes[..cut])), None, "cut at {cut}");
            }
        }
    }
}
