//! What sort of stat a stat is: the one vocabulary that the macros, the tree and every reader share.

use std::fmt;

use serde::{Serialize, Serializer};

/// The kind of a stat, aggregates included.
///
/// It is a constant of the stat's type, so that the macros can compare kinds at compile time.
///
/// ```
/// use calipers::{Counter, Kind, Stat, Sum};
/// assert_eq!(Counter::KIND, Kind::Counter);
/// assert_eq!(Sum::<Counter>::KIND.to_string(), "sum of counter");
/// assert!(Sum::<Counter>::KIND.folds(Counter::KIND));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Only goes up.
    Counter,
    /// Goes both ways, counted.
    UpDownCounter,
    /// The last number set.
    Gauge,
    /// The last string set.
    Text,
    /// Strings fixed at init.
    Info,
    /// Which of a set of states holds now.
    StateSet,
    /// Time spent in each state.
    StateTime,
    /// A distribution of any quantity.
    Histogram,
    /// A distribution of durations, with outcomes and in-flight.
    Timer,
    /// A count with 1, 5 and 15-minute rates.
    Meter,
    /// One stat of the kind inside per key.
    Family(&'static Kind),
    /// The sum of descendants of the kind inside.
    Sum(&'static Kind),
    /// How many descendants are in each state.
    CountBy,
    /// The largest of descendants' gauges.
    Max,
    /// The smallest of descendants' gauges.
    Min,
}

impl Kind {
    /// Whether this is a fold of descendants rather than a stat that is recorded into.
    pub const fn is_aggregate(self) -> bool {
        matches!(self, Kind::Sum(_) | Kind::CountBy | Kind::Max | Kind::Min)
    }

    /// Whether a stat of this kind keeps how fast its events come.
    pub(crate) const fn has_rates(self) -> bool {
        matches!(self, Kind::Meter | Kind::Histogram | Kind::Timer)
    }

    /// What an aggregate of this kind folds; for every other kind, itself.
    pub const fn folded(self) -> Kind {
        match self {
            Kind::Sum(inner) => *inner,
            Kind::CountBy => Kind::StateSet,
            Kind::Max | Kind::Min => Kind::Gauge,
            own => own,
        }
    }

    /// Whether an aggregate of this kind folds a stat, or another aggregate, of kind `child`.
    pub const fn folds(self, child: Kind) -> bool {
        match self {
            Kind::Sum(inner) => match child {
                Kind::Sum(of) => inner.same(*of),
                plain => inner.same(plain),
            },
            Kind::CountBy => matches!(child, Kind::StateSet | Kind::CountBy),
            Kind::Max => matches!(child, Kind::Gauge | Kind::Max),
            Kind::Min => matches!(child, Kind::Gauge | Kind::Min),
            _ => false,
        }
    }

    /// Equality that a `const fn` may call.
    pub const fn same(self, other: Kind) -> bool {
        match (self, other) {
            (Kind::Family(a), Kind::Family(b)) | (Kind::Sum(a), Kind::Sum(b)) => a.same(*b),
            (a, b) => a.code() == b.code(),
        }
    }

    const fn code(self) -> u8 {
        match self {
            Kind::Counter => 0,
            Kind::UpDownCounter => 1,
            Kind::Gauge => 2,
            Kind::Text => 3,
            Kind::Info => 4,
            Kind::StateSet => 5,
            Kind::StateTime => 6,
            Kind::Histogram => 7,
            Kind::Timer => 8,
            Kind::Meter => 9,
            Kind::Family(_) => 10,
            Kind::Sum(_) => 11,
            Kind::CountBy => 12,
            Kind::Max => 13,
            Kind::Min => 14,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Counter => f.write_str("counter"),
            Kind::UpDownCounter => f.write_str("up_down_counter"),
            Kind::Gauge => f.write_str("gauge"),
            Kind::Text => f.write_str("text"),
            Kind::Info => f.write_str("info"),
            Kind::StateSet => f.write_str("state_set"),
            Kind::StateTime => f.write_str("state_time"),
            Kind::Histogram => f.write_str("histogram"),
            Kind::Timer => f.write_str("timer"),
            Kind::Meter => f.write_str("meter"),
            Kind::Family(of) => write!(f, "family of {of}"),
            Kind::Sum(of) => write!(f, "sum of {of}"),
            Kind::CountBy => f.write_str("count_by of state_set"),
            Kind::Max => f.write_str("max of gauge"),
            Kind::Min => f.write_str("min of gauge"),
        }
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
