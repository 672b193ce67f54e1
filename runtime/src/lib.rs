//! Class-style instrumentation for servers.
//!
//! Put stats in your structs, derive [`Instrumented`], and every instance shows up live under its path, with its
//! ancestors totalling it. Recording costs about as much as adding to a local variable.
//!
//! ```
//! use calipers::prelude::*;
//!
//! /// One front-end worker.
//! #[derive(Instrumented)]
//! struct Handler {
//!     /// Requests served.
//!     requests: Counter,
//!     /// Time to serve one request.
//!     latency: Timer,
//!     #[stat(label = "route")]
//!     by_route: Family<String, Counter>,
//! }
//!
//! impl Handler {
//!     #[timed(self.latency)]
//!     fn handle(&self, route: &str) -> Result<(), String> {
//!         self.requests.inc();
//!         self.by_route.get(route).inc();
//!         Ok(())
//!     }
//! }
//!
//! let handler = Handler::init("/web/orders");
//! handler.handle("/orders")?;
//! assert_eq!(calipers::snapshot().counter("/web/orders/requests"), Some(1));
//! # Ok::<(), String>(())
//! ```
//!
//! A doc comment is the stat's help text, a field's name the stat's name. `cargo run --example handlers` shows a whole
//! program like this, under load; `report::http` (feature `http`) is the page it is watched on.
//!
//! # Where to look
//!
//! | for | see |
//! | --- | --- |
//! | a walk from the first derive to the last attribute | [`guide`] |
//! | the options of a struct and its fields | [`Instrumented`](macro@Instrumented) |
//! | what can be counted and measured | [`Counter`], [`UpDownCounter`], [`Gauge`], [`Text`], [`Info`], [`StateSet`], [`StateTime`], [`Histogram`], [`Timer`], [`Meter`], [`Family`] |
//! | totals over instances | [`Sum`], [`CountBy`], [`Max`], [`Min`] |
//! | timing functions, `async` or not | [`timed`], [`Variants`](macro@Variants) |
//! | stats of a group, of a trait's implementors, by name | [`collection!`], [`metered`], [`Registry`], [`incr`], [`set`] |
//! | reading | [`snapshot()`], [`Snapshot`], [`report`] |
//! | many processes as one | `distributed`, `combine`, `mapped`, `report::pipe`, each a feature |
//! | everything that can be emitted | [`catalog()`](catalog::catalog) |
//! | tests | [`mod@test`], [`Snapshot::since`] |
//!
//! The [prelude] holds the derive, the attributes and the five stats that most structs hold; everything else is
//! imported by name, so that nothing clashes with a framework's `State`.
//!
//! # Instances and totals
//!
//! `init` puts an instance at a path, `init_child` below another. A stat feeds the nearest ancestor that has an aggregate
//! of its name, and that aggregate feeds the next, so totals need no code where things are counted. When an instance is
//! dropped its own stats go. What it counted stays in its ancestors' sums, which therefore never fall; what it stood at
//! (a level, a state) no longer counts.
//!
//! ```
//! use calipers::prelude::*;
//! use calipers::{CountBy, StateSet, States, Sum};
//!
//! #[derive(States)]
//! enum Phase { WaitingForTask, PerformingTask }
//!
//! #[derive(Instrumented)]
//! struct Processor { state: CountBy<StateSet<Phase>>, finished: Sum<Counter>, latency: Sum<Timer> }
//!
//! #[derive(Instrumented)]
//! #[instrumented(parent = Processor, label = "thread")]
//! struct Worker { state: StateSet<Phase>, finished: Counter, latency: Timer }
//!
//! let processor = Processor::init("/processor");
//! let worker = Worker::init_child(&processor, "thread-0");
//! worker.state.set(Phase::PerformingTask);
//! worker.latency.time(|| worker.finished.inc());
//! assert_eq!(calipers::snapshot().counter("/processor/state/performing_task"), Some(1));
//!
//! drop(worker);
//! let snapshot = calipers::snapshot();
//! assert_eq!(snapshot.counter("/processor/finished"), Some(1));
//! assert_eq!(snapshot.counter("/processor/state/performing_task"), Some(0));
//! assert!(snapshot.at("/processor/thread-0").is_none());
//! ```
//!
//! Handles are cheap to clone, and a clone is the same stat. A stat keeps its instance's place alive and a child its
//! parent's; nothing else has to be kept.
//!
//! # Reading
//!
//! A handle cannot be read: its numbers stand in many threads' memory. [`snapshot()`] reads everything at one moment
//! and gives an owned tree. Recording, `init` and drop go on beside it.
//!
//! ```
//! use std::time::Duration;
//!
//! let queries = calipers::registry().timer("db.query")?;
//! let before = calipers::snapshot();
//! queries.record(Duration::from_millis(12));
//!
//! let snapshot = calipers::snapshot();
//! let latency = snapshot.timer("/db/query").unwrap();
//! assert_eq!(latency.lifetime().count(), 1); // everything since the start
//! assert!(latency.recent().p99().unwrap() > Duration::from_millis(11)); // the last minute
//! assert_eq!(snapshot.since(&before).counter("/db/query/count"), Some(1)); // what came since
//!
//! let slow = snapshot.query("query.p99 > 10ms")?; // only the stats that are like this
//! assert_eq!(slow.stats().count(), 1);
//! println!("{slow}"); // a table; serde gives JSON in the shape of the tree
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Names
//!
//! A path is segments behind slashes, `/processor/thread-0/finished`. Where a name is given at run time, dots separate
//! as well: `db.query` is `/db/query`. A family's key is one segment, in which a `/` is written `%2F`
//! ([`snapshot::escape`]). Paths below `/calipers` are the library's own.
//!
//! # When something goes wrong
//!
//! The library never panics into the program it measures, and never stops it. A mistake at run time (a path that is
//! none, two kinds of stat at one path, a value that is NaN, a family that is full) is survived, counted under
//! `/calipers/faults`, and logged through the [`log`] facade, with target `calipers`.
//!
//! # Limits
//!
//! - A child of `fork` starts from its parent's numbers and never writes to them. Threads do not survive a `fork`: a
//!   page or a reader has to be started again there. The tick that keeps rates starts by itself.
//! - Recording is not async-signal-safe: a signal handler must not record.
//! - A [`TimerGuard`] that is leaked stays in flight for ever, and keeps its timer's memory.
//! - Closures of gauges run on a thread of the library's; one that does not return within half a second has no
//!   value until it does.
//!
//! # Features
//!
//! None is on by default. `http` adds the page; README.md lists all of them, with the crates that each adds.

// The library never panics into the program it measures, and printing belongs to programs. Its tests may do both.
#![cfg_attr(
    not(test),
    warn(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::print_stdout,
        clippy::print_stderr
    )
)]
#![deny(unsafe_code)] // but for `cells` and `mapped`, which say why

extern crate self as calipers;

#[cfg(any(feature = "dump", feature = "mmstats"))]
mod beside;
pub mod bounds;
mod catalog;
mod cells;
#[cfg(any(feature = "combine", feature = "otlp"))]
mod client;
#[cfg(feature = "combine")]
pub mod combine;
#[cfg(feature = "distributed")]
pub mod distributed;
pub mod guide;
mod kind;
mod log_line;
#[cfg(feature = "mapped")]
pub mod mapped;
mod merging;
mod metered;
pub mod prelude;
#[doc(hidden)]
pub mod private;
#[cfg(any(
    feature = "distributed",
    feature = "http",
    feature = "mapped",
    feature = "otlp"
))]
mod program;
pub mod report;
pub mod snapshot;
mod stats;
pub mod test;
mod timed;
mod tree;

pub use calipers_macros::{Instrumented, States, Variants, collection, metered, timed};
pub use catalog::{Catalog, CatalogStat, catalog};
pub use kind::Kind;
pub use merging::Merging;
pub use snapshot::Snapshot;
pub use stats::{
    Amount, Collection, Comparable, CountBy, Countable, Counter, Family, Gauge, GaugeNumber,
    Histogram, Info, Key, Lookup, Max, Meter, Min, NameError, Outcome, Quantity, Registry, Slow,
    SlowGuard, SlowLog, Stat, State, StateGuard, StateSet, StateTime, States, Sum, Summable, Text,
    Timer, TimerGuard, UpDownCounter, Variant, Variants, incr, registry, set, snapshot,
};
pub use tree::{Instrumented, Node, Parent, PathError, background_tick};

/// Runs the README's examples.
#[cfg(all(
    doctest,
    feature = "combine",
    feature = "distributed",
    feature = "http",
    feature = "mapped",
    feature = "otlp",
    feature = "pipe"
))]
#[doc = include_str!("../../README.md")]
struct Readme;
