//! Skeleton: helper S completes this module.

use std::sync::Arc;

use super::Distribution;

/// The value of one stat.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// Counter, and `Sum` of counters.
    Counter(u64),
    /// Up-down counter, and `Sum` of them.
    UpDownCounter(i64),
    /// Gauge, `Max`, `Min`; `None` when a closure gave nothing or there is nothing to fold.
    Gauge(Option<Number>),
    /// Last string set.
    Text(Option<Arc<str>>),
    /// Strings fixed at init.
    Info(Arc<[(Box<str>, Box<str>)]>),
    /// Which state this instance is in.
    StateSet(Option<Arc<str>>, Arc<[Arc<str>]>),
    /// Nanoseconds in each state, the open interval included.
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

/// A gauge's number, in the type it was set with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// `Gauge`, `Gauge<f64>`.
    F64(f64),
    /// `Gauge<i64>`.
    I64(i64),
    /// `Gauge<u64>`.
    U64(u64),
    /// `Gauge<bool>`.
    Bool(bool),
}

/// Events per second, as 1, 5 and 15-minute exponentially weighted averages.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rates {
    pub m1: f64,
    pub m5: f64,
    pub m15: f64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MeterValue {
    pub count: u64,
    pub rates: Rates,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct HistogramValue {
    pub(crate) lifetime: Distribution,
    pub(crate) recent: Distribution,
    pub(crate) rates: Rates,
    /// NaN, infinities and negatives that were refused.
    pub(crate) refused: u64,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct TimerValue {
    /// In nanoseconds.
    pub(crate) lifetime: Distribution,
    pub(crate) recent: Distribution,
    pub(crate) rates: Rates,
    pub(crate) outcomes: Outcomes,
    pub(crate) in_flight: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Outcomes {
    pub ok: u64,
    pub err: u64,
    pub panicked: u64,
    pub cancelled: u64,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct StateTimeValue {
    pub(crate) current: Option<Arc<str>>,
    /// In declaration order (closed sets) or first-seen order.
    pub(crate) nanos: Vec<(Arc<str>, u64)>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct FamilyValue {
    /// Sorted by key text (unescaped).
    pub(crate) members: Vec<(Arc<str>, Value)>,
}

/// Instances per state.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StatesValue {
    /// In declaration order, closed sets include zeros.
    pub(crate) counts: Vec<(Arc<str>, u64)>,
}
