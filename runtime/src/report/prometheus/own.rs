//! What this reader says of itself, in the global registry: `/calipers/report/prometheus/…`.

use std::sync::OnceLock;
use std::time::Instant;

use crate::report::families::{Layout, Told};
use crate::tree::once::get_or_open;
use crate::{Counter, Family, Instrumented, Timer};

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
    /// Which stats those are: how often each was left out, by its path.
    #[stat(name = "leftOut", label = "stat")]
    left_out: Family<String, Counter>,
}

/// Notes that an exposition was written.
pub(super) fn note(began: Instant, bytes: usize, layout: &Layout<'_>) {
    static TOLD: Told = Told::new();
    static OWN: OnceLock<PrometheusStats> = OnceLock::new();
    let own = get_or_open(&OWN, || {
        PrometheusStats::init("/calipers/report/prometheus")
    });
    own.scrapes.inc();
    own.bytes.add(bytes);
    own.duration.record(began.elapsed());
    own.collisions.add(layout.left_out());
    for clash in layout.clashes().iter() {
        own.left_out.get(&*clash.stat).inc();
    }
    TOLD.tell(
        layout.clashes(),
        "the Prometheus exposition",
        "/calipers/report/prometheus/leftOut",
    );
}
