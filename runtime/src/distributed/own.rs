//! What the aggregator says of itself: `/calipers/aggregator/…`.

use crate::{Counter, Family, Gauge, Instrumented, Registry};

#[derive(Debug, Instrumented)]
pub(super) struct AggregatorStats {
    /// Messages of sources, but for those that were ignored.
    pub(super) messages: Counter,
    /// How much those said.
    #[stat(unit = "By")]
    pub(super) bytes: Counter,
    /// Sources that are heard of.
    pub(super) sources: Gauge<u64>,
    /// Messages that were ignored, by cause: what is not ours, other schemas, wrong keys.
    #[stat(label = "cause")]
    pub(super) ignored: Family<String, Counter>,
    /// How often a source was asked for everything, since a message was missing or the source new.
    pub(super) gaps: Counter,
    /// Sources that began anew, and go on from what they had counted.
    pub(super) restarted: Counter,
    /// Sources that were silent for too long.
    pub(super) vanished: Counter,
    /// Stats of sources that nobody ever said what they are.
    pub(super) unknown: Counter,
    /// Totals of sources that are gone, for which there was no room.
    #[stat(name = "notKept")]
    pub(super) not_kept: Counter,
    /// Stats of another kind than those of their path in other sources, which are left out.
    pub(super) conflicts: Gauge<u64>,
    /// What went wrong with the file that totals are kept in.
    #[stat(name = "keepErrors")]
    pub(super) keep_errors: Counter,
}

/// Where they stand.
pub(super) const PLACE: &str = "/calipers/aggregator";

/// Whether a stat stands there, or where they do.
pub(super) fn is_ours(place: &str, name: &str) -> bool {
    match place.strip_prefix(PLACE) {
        Some(below) => below.is_empty() || below.starts_with('/'),
        None => {
            let above = PLACE
                .strip_suffix(name)
                .and_then(|above| above.strip_suffix('/'));
            above == Some(place)
        }
    }
}

impl AggregatorStats {
    pub(super) fn open(registry: &Registry) -> AggregatorStats {
        AggregatorStats::init_in(registry, PLACE)
    }
}
