//! What a stat held when it was read.
//!
//! One enum over all kinds, so that a reader that does not care (JSON, a filter) needs one `match`, and one
//! that does gets a typed value out of it. Values are cheap to clone: what is larger than a few words stands
//! behind an `Arc`.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use super::{FamilyValue, HistogramValue, StateTimeValue, StatesValue, TimerValue};
#[cfg(any(feature = "distributed", feature = "mapped"))]
use crate::Kind;

/// The value of one stat, in a snapshot.
///
/// The `as_…` methods give the value of one variant, `None` for every other: they are what
/// [`Snapshot`](super::Snapshot)'s look-ups by path end in, and what members of a
/// [`Family`](FamilyValue) are read with.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// A `Counter`, or a `Sum` of counters.
    Counter(u64),
    /// An `UpDownCounter`, or a `Sum` of them.
    UpDownCounter(i64),
    /// A `Gauge`, `Max` or `Min`; `None` when its closure gave nothing, or there is nothing to fold.
    Gauge(Option<Number>),
    /// The last string set; `None` before the first.
    Text(Option<Arc<str>>),
    /// Strings fixed at init, as `(name, text)`.
    Info(Arc<[(Box<str>, Box<str>)]>),
    /// The state that holds now, `None` before the first; and all that were declared or seen.
    StateSet(Option<Arc<str>>, Arc<[Arc<str>]>),
    /// The time spent in each state, the open interval included.
    StateTime(Arc<StateTimeValue>),
    /// A distribution of any quantity.
    Histogram(Arc<HistogramValue>),
    /// A distribution of durations.
    Timer(Arc<TimerValue>),
    /// A count and its rates.
    Meter(MeterValue),
    /// One value per key.
    Family(Arc<FamilyValue>),
    /// How many descendants are in each state.
    CountBy(Arc<StatesValue>),
}

impl Value {
    /// The count, of a counter.
    pub fn as_counter(&self) -> Option<u64> {
        match self {
            Value::Counter(count) => Some(*count),
            _ => None,
        }
    }

    /// The level, of an up-down counter.
    pub fn as_up_down_counter(&self) -> Option<i64> {
        match self {
            Value::UpDownCounter(level) => Some(*level),
            _ => None,
        }
    }

    /// The number, of a gauge that has one.
    pub fn as_gauge(&self) -> Option<Number> {
        match self {
            Value::Gauge(number) => *number,
            _ => None,
        }
    }

    /// The string, of a text that was set.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => text.as_deref(),
            _ => None,
        }
    }

    /// The strings fixed at init, as `(name, text)`, of an info.
    pub fn as_info(&self) -> Option<&[(Box<str>, Box<str>)]> {
        match self {
            Value::Info(entries) => Some(entries),
            _ => None,
        }
    }

    /// The name of the state that holds, of a state set that was set.
    pub fn as_state(&self) -> Option<&str> {
        match self {
            Value::StateSet(current, _) => current.as_deref(),
            _ => None,
        }
    }

    /// Instances by state, of a `CountBy`.
    pub fn as_states(&self) -> Option<&StatesValue> {
        match self {
            Value::CountBy(states) => Some(states),
            _ => None,
        }
    }

    /// Time by state, of a state time.
    pub fn as_state_time(&self) -> Option<&StateTimeValue> {
        match self {
            Value::StateTime(times) => Some(times),
            _ => None,
        }
    }

    /// The distribution and its rates, of a histogram.
    pub fn as_histogram(&self) -> Option<&HistogramValue> {
        match self {
            Value::Histogram(histogram) => Some(histogram),
            _ => None,
        }
    }

    /// The durations, outcomes and rates, of a timer.
    pub fn as_timer(&self) -> Option<&TimerValue> {
        match self {
            Value::Timer(timer) => Some(timer),
            _ => None,
        }
    }

    /// The count and its rates, of a meter.
    pub fn as_meter(&self) -> Option<MeterValue> {
        match self {
            Value::Meter(meter) => Some(*meter),
            _ => None,
        }
    }

    /// The members by key, of a family.
    pub fn as_family(&self) -> Option<&FamilyValue> {
        match self {
            Value::Family(family) => Some(family),
            _ => None,
        }
    }

    /// Whether a stat of this kind holds such a value, and every member of a family of it.
    #[cfg(any(feature = "distributed", feature = "mapped"))]
    pub(crate) fn is_of(&self, kind: Kind) -> bool {
        match (kind, self) {
            (Kind::Counter, Value::Counter(_))
            | (Kind::UpDownCounter, Value::UpDownCounter(_))
            | (Kind::Gauge | Kind::Max | Kind::Min, Value::Gauge(_))
            | (Kind::Text, Value::Text(_))
            | (Kind::Info, Value::Info(_))
            | (Kind::StateSet, Value::StateSet(..))
            | (Kind::StateTime, Value::StateTime(_))
            | (Kind::Histogram, Value::Histogram(_))
            | (Kind::Timer, Value::Timer(_))
            | (Kind::Meter, Value::Meter(_))
            | (Kind::CountBy, Value::CountBy(_)) => true,
            (Kind::Sum(of), value) => value.is_of(*of),
            (Kind::Family(of), Value::Family(family)) => {
                family.iter().all(|(_, member)| member.is_of(*of))
            }
            _ => false,
        }
    }
}

/// A number in the type it was set with, so that nothing is rounded on the way out.
///
/// ```
/// use calipers::snapshot::Number;
/// assert_eq!(Number::U64(u64::MAX).to_string(), "18446744073709551615");
/// assert_eq!(Number::Bool(true).as_f64(), 1.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// `Gauge`, `Gauge<f64>`; may be NaN or infinite.
    F64(f64),
    /// `Gauge<i64>`.
    I64(i64),
    /// `Gauge<u64>`, and every count.
    U64(u64),
    /// `Gauge<bool>`; 1 and 0 where a number is needed.
    Bool(bool),
}

impl Number {
    /// The number as a float; whole numbers beyond 2^53 are rounded.
    pub fn as_f64(self) -> f64 {
        match self {
            Number::F64(x) => x,
            Number::I64(x) => x as f64,
            Number::U64(x) => x as f64,
            Number::Bool(x) => f64::from(u8::from(x)),
        }
    }

    /// The order of two numbers of whatever types, exact between whole numbers; `None` for a NaN.
    pub(crate) fn compare(self, other: Number) -> Option<Ordering> {
        match (self.as_whole(), other.as_whole()) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            _ => self.as_f64().partial_cmp(&other.as_f64()),
        }
    }

    /// Both added: whole as long as both are and the sum fits, else a float.
    pub(crate) fn plus(self, other: Number) -> Number {
        let whole = self.as_whole().zip(other.as_whole());
        match whole.map(|(a, b)| a + b) {
            Some(sum) if sum >= 0 => u64::try_from(sum).ok().map(Number::U64),
            Some(sum) => i64::try_from(sum).ok().map(Number::I64),
            None => None,
        }
        .unwrap_or_else(|| Number::F64(self.as_f64() + other.as_f64()))
    }

    fn as_whole(self) -> Option<i128> {
        match self {
            Number::F64(_) => None,
            Number::I64(x) => Some(x.into()),
            Number::U64(x) => Some(x.into()),
            Number::Bool(x) => Some(x.into()),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number::F64(x) => x.fmt(f),
            Number::I64(x) => x.fmt(f),
            Number::U64(x) => x.fmt(f),
            Number::Bool(x) => x.fmt(f),
        }
    }
}

/// Events per second, as exponentially weighted averages over 1, 5 and 15 minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rates {
    /// Over one minute.
    pub m1: f64,
    /// Over five minutes.
    pub m5: f64,
    /// Over fifteen minutes.
    pub m15: f64,
}

/// What a `Meter` held: how many events there were, and how fast they come.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MeterValue {
    /// Events since the stat was created.
    pub count: u64,
    /// Events per second.
    pub rates: Rates,
}
