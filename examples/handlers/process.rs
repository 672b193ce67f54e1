//! Gauges that nobody sets: closures, called when somebody looks.

use std::time::Instant;

use calipers::Info;
use calipers::prelude::*;

/// The process as a whole.
#[derive(Instrumented)]
pub(crate) struct Process {
    // Not a stat: it is handed to `init`, and the expressions below may use it by name.
    #[stat(skip)]
    started: Instant,
    /// Since the program started.
    #[stat(unit = "s", with = { let started = *started; move || started.elapsed().as_secs_f64() })]
    uptime: Gauge,
    /// Memory in use, as Linux counts it.
    #[stat(unit = "By", with = resident_bytes)]
    memory: Gauge,
    /// What is running.
    #[stat(with = [("version", env!("CARGO_PKG_VERSION")), ("profile", if cfg!(debug_assertions) { "debug" } else { "release" })])]
    build: Info,
}

impl Process {
    /// Shows the process at `/process` for as long as the result is kept.
    pub(crate) fn watch() -> Process {
        Process::init(
            "/process",
            ProcessParts {
                started: Instant::now(),
            },
        )
    }
}

/// NaN where the system does not tell: a gauge may hold anything, and readers leave it out.
fn resident_bytes() -> f64 {
    let resident = || {
        let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
        statm.split(' ').nth(1)?.parse::<f64>().ok()
    };
    resident().map_or(f64::NAN, |pages| pages * 4096.0)
}
