//! Gauges that nobody sets: closures, called when somebody looks.

use std::time::Instant;

use calipers::Info;
use calipers::prelude::*;

/// The process as a whole.
#[derive(Instrumented)]
pub(crate) struct Process {
    /// Time since the program started.
    // The expression is evaluated once, by `init`; its closure is called whenever somebody looks.
    #[stat(unit = "s", with = { let start = Instant::now(); move || start.elapsed().as_secs_f64() })]
    uptime: Gauge,
    /// Memory in use, as Linux counts it.
    #[stat(unit = "By", with = resident_bytes)]
    memory: Gauge,
    /// What is running.
    #[stat(with = [("version", env!("CARGO_PKG_VERSION")), ("profile", PROFILE)])]
    build: Info,
}

const PROFILE: &str = if cfg!(debug_assertions) {
    "debug"
} else {
    "release"
};

/// NaN where the system does not tell: a gauge may hold anything, and readers leave it out.
fn resident_bytes() -> f64 {
    let resident = || {
        let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
        statm.split(' ').nth(1)?.parse::<f64>().ok()
    };
    resident().map_or(f64::NAN, |pages| pages * 4096.0)
}
