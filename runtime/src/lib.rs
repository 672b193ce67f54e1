//! Class-style instrumentation for servers.
//!
//! Put stats in your structs, derive [`Instrumented`], and every instance shows up live under its path, with its
//! ancestors totalling it. Recording costs about as much as adding to a local variable.

#![deny(unsafe_code)] // but for `cells`, which says why

extern crate self as calipers;

pub mod bounds;
mod catalog;
mod cells;
mod kind;
mod metered;
pub mod prelude;
#[doc(hidden)]
pub mod private;
pub mod report;
pub mod snapshot;
mod stats;
pub mod test;
mod timed;
mod tree;

pub use calipers_macros::{Instrumented, States, collection, metered, timed};
pub use catalog::{Catalog, CatalogStat, catalog};
pub use kind::Kind;
pub use snapshot::Snapshot;
pub use stats::{
    Amount, Collection, CountBy, Counter, Family, Gauge, GaugeNumber, Histogram, Info, Key, Lookup,
    Max, Meter, Min, NameError, Outcome, Quantity, Registry, Slow, SlowGuard, SlowLog, Stat, State,
    StateGuard, StateSet, StateTime, States, Sum, Summable, Text, Timer, TimerGuard, UpDownCounter,
    incr, registry, set, snapshot,
};
pub use tree::{Instrumented, Node, Parent, PathError, background_tick};
