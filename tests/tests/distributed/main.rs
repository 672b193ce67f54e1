//! Many processes as one tree: what was recorded is what the aggregator shows, whoever is stopped or killed meanwhile, and
//! whatever strangers say.

mod addresses;
mod gauges;
mod killed;
mod mute;
mod process;
mod python;
mod readers;
mod stopped;
mod strangers;

use std::time::Duration;

use calipers::Registry;
use calipers::distributed::{Aggregator, Publisher};
use calipers::report::Handle;

const SECOND: Duration = Duration::from_secs(1);

/// An aggregator at a free port.
fn aggregator() -> Aggregator {
    Aggregator::bind("tcp://127.0.0.1:0")
        .registry(&Registry::new())
        .start()
        .unwrap()
}

/// A publisher that sends when it is told to.
fn publisher(endpoint: &str, name: &str, registry: &Registry) -> Handle {
    Publisher::connect(endpoint)
        .identity(name)
        .registry(registry)
        .every(3600 * SECOND)
        .start()
        .unwrap()
}

/// What the aggregator ignored, by cause.
fn ignored(registry: &Registry, cause: &str) -> u64 {
    let path = format!("/calipers/aggregator/ignored/{cause}");
    registry.snapshot().counter(&path).unwrap_or(0)
}
