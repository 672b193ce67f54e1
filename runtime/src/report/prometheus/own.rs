//! What this reader says of itself, in the global registry: `/calipers/report/prometheus/…`.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Instant;

use crate::{Counter, Instrumented, Timer};

/// The reader's own stats.
#[derive(Instrumented)]
struct PrometheusStats {
    /// Expositions that were written.
    scrapes: Counter,
    /// What was written in them.
    #[stat(unit = "By")]
    bytes: Counter,
    /// Time to write one, without the snapshot.
    duration: Timer,
    /// Stats left out of an exposition because their name is another's; counted at each scrape.
    collisions: Counter,
}

static OWN: LazyLock<PrometheusStats> =
    LazyLock::new(|| PrometheusStats::init("/calipers/report/prometheus"));

/// Notes that an exposition was written.
pub(super) fn note(began: Instant, bytes: usize, left_out: u64) {
    static LOGGED: AtomicBool = AtomicBool::new(false);
    OWN.scrapes.inc();
    OWN.bytes.add(bytes);
    OWN.duration.record(began.elapsed());
    OWN.collisions.add(left_out);
    if left_out > 0 && !LOGGED.swap(true, Relaxed) {
        log::warn!(
            target: "calipers",
            "{left_out} stats have no place in the Prometheus exposition, because their names are other stats' there \
             (counted in /calipers/report/prometheus/collisions; not logged again)"
        );
    }
}
