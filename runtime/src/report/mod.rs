//! Readers: what shows snapshots to people and to other programs. Each stands behind a feature of its own.
//!
//! A reader takes a [`Snapshot`](crate::Snapshot) and knows nothing of cells, so none of them slows what it shows. The
//! page is asked; the others push at a schedule ([`Schedule`]), and all of them are built and ended alike:
//!
//! ```
//! # #[cfg(feature = "stream")] {
//! use std::time::Duration;
//! use calipers::report::Stream;
//!
//! let stats = Stream::builder(std::io::stderr())
//!     .every(Duration::from_secs(60))
//!     .start()?;
//! stats.flush(Duration::from_secs(1))?; // now, and not in a minute
//! stats.stop(Duration::from_secs(1))?; // dropping it does the same
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What a reader does is itself shown, below `/calipers/report/<reader>/`, until its [`Handle`] is dropped: `pushes`,
//! `bytes`, `offered`, `sent`, `dropped` and `queued` (which add up), `errors` by cause, `panics`, `missed`, `lastSuccess`
//! and `duration`. The first error of each cause is logged.

#[cfg(any(feature = "http", feature = "prometheus"))]
mod accept;
#[cfg(any(feature = "graphite", feature = "otlp", feature = "statsd"))]
mod backoff;
#[cfg(any(feature = "graphite", feature = "statsd"))]
mod connecting;
#[cfg(feature = "dump")]
mod dump;
#[cfg(any(feature = "graphite", feature = "otlp", feature = "statsd"))]
mod elsewhere;
#[cfg(any(feature = "otlp", feature = "prometheus"))]
mod families;
#[cfg(feature = "graphite")]
mod graphite;
#[cfg(feature = "http")]
pub mod http;
#[cfg(any(
    feature = "graphite",
    feature = "otlp",
    feature = "prometheus",
    feature = "statsd"
))]
#[cfg_attr(
    not(all(
        any(feature = "graphite", feature = "statsd"),
        any(feature = "otlp", feature = "prometheus")
    )),
    allow(dead_code, reason = "each protocol needs a part of it")
)]
mod names;
#[cfg(feature = "otlp")]
mod otlp;
#[cfg(any(feature = "distributed", feature = "pipe"))]
pub(crate) mod own_folder;
#[cfg(feature = "pipe")]
pub mod pipe;
#[cfg(feature = "prometheus")]
pub mod prometheus;
mod reader;
#[cfg(any(
    feature = "graphite",
    feature = "otlp",
    feature = "pipe",
    feature = "statsd"
))]
mod rules;
pub(crate) mod schedule;
#[cfg(feature = "statsd")]
mod statsd;
#[cfg(feature = "stream")]
mod stream;
#[cfg(any(feature = "distributed", feature = "otlp", feature = "prometheus"))]
#[cfg_attr(
    not(all(feature = "distributed", feature = "otlp", feature = "prometheus")),
    allow(dead_code, reason = "each protocol needs a part of it")
)]
pub(crate) mod wire;

#[cfg(feature = "dump")]
pub use dump::{Dump, DumpBuilder};
#[cfg(any(feature = "otlp", feature = "prometheus"))]
pub use families::Depth;
#[cfg(feature = "graphite")]
pub use graphite::{Graphite, GraphiteBuilder};
#[cfg(feature = "otlp")]
pub use otlp::{Otlp, OtlpBuilder, Temporality};
#[cfg(feature = "pipe")]
pub use pipe::{Pipe, PipeBuilder};
pub use reader::{PushError, Pushed, Reader};
#[cfg(any(
    feature = "graphite",
    feature = "otlp",
    feature = "pipe",
    feature = "statsd"
))]
pub use rules::Matching;
pub use schedule::{DeliveryError, Handle, RunError, Schedule, StartError};
#[cfg(feature = "statsd")]
pub use statsd::{StatsD, StatsDBuilder};
#[cfg(feature = "stream")]
pub use stream::{Stream, StreamBuilder};
