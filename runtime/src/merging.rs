//! How the gauges of several processes become one: what a gauge declares, and what an aggregator's rules say.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::Kind;

/// What the gauges of one path, one in each process, come to.
///
/// A gauge declares it where it is declared; only its author knows whether its numbers add up:
///
/// ```
/// use calipers::Merging;
/// use calipers::prelude::*;
///
/// #[derive(Instrumented)]
/// struct Queue {
///     #[stat(merge = "sum")]
///     depth: Gauge<u64>,
///     #[stat(merge = "max", unit = "Cel")]
///     hottest: Gauge,
/// }
///
/// let queue = Queue::init("/queue");
/// queue.depth.set(2);
/// let (here, there) = (calipers::snapshot(), calipers::snapshot());
/// assert_eq!(here.entry("/queue/depth").unwrap().merging(), Some(Merging::Sum));
/// assert_eq!(here.merged(&there).gauge("/queue/depth"), Some(4.0));
/// ```
///
/// An aggregator (feature `distributed`) merges them so, unless a rule of its own, or else of the publisher's, says otherwise. It shows a gauge about which nobody says anything [per source](Merging::PerSource): a sum of
/// temperatures would be a number that is nowhere true. Sources that declare different ones for one path clash as different
/// kinds do: that of the first source by name is shown, and the aggregator's `conflicts` counts the others.
///
/// [`Snapshot::merge`](crate::Snapshot::merge) knows no sources and no times: it merges by the first three, and keeps one gauge
/// otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Merging {
    /// All of them added: lengths of queues, open files.
    Sum,
    /// The largest. A gauge that was never set stands at 0, here as everywhere.
    Max,
    /// The smallest; of those that were never set, 0.
    Min,
    /// That of the source whose gauge changed last, as the aggregator heard of it; in a family, key by key. One that stood at 0
    /// when its source was first heard of has not changed yet, and an aggregator that is started anew knows of no change
    /// before: it shows any of those that are not 0.
    Last,
    /// Each by itself, as members of a family whose keys are the sources' names. Within a family, whose members have keys already,
    /// of each key the one that changed last.
    PerSource,
}

impl Merging {
    /// All of them, as they are written: `sum`, `max`, `min`, `last`, `per-source`.
    pub const NAMES: [&'static str; 5] = ["sum", "max", "min", "last", "per-source"];

    const ALL: [Merging; 5] = [
        Merging::Sum,
        Merging::Max,
        Merging::Min,
        Merging::Last,
        Merging::PerSource,
    ];

    /// The one that is written so.
    pub fn named(name: &str) -> Option<Merging> {
        let at = Merging::NAMES.iter().position(|known| *known == name)?;
        Merging::ALL.get(at).copied()
    }

    /// How it is written.
    pub const fn name(self) -> &'static str {
        Merging::NAMES[self as usize]
    }

    /// As messages and files have it; 0 says nothing.
    #[cfg(any(feature = "distributed", feature = "mapped"))]
    pub(crate) fn code(of: Option<Merging>) -> u8 {
        of.map_or(0, |of| of as u8 + 1)
    }

    #[cfg(any(feature = "distributed", feature = "mapped"))]
    pub(crate) fn of_code(code: u64) -> Option<Merging> {
        let at = usize::try_from(code).ok()?.checked_sub(1)?;
        Merging::ALL.get(at).copied()
    }

    /// The kind that gauges of a kind add up as; nothing where one of them stays as it is, and for what is no gauge.
    pub(crate) fn folded(self, kind: Kind) -> Option<Kind> {
        Some(match (self, kind) {
            (Merging::Sum, Kind::Gauge) => SUM_OF_GAUGES,
            (Merging::Max, Kind::Gauge) => Kind::Max,
            (Merging::Min, Kind::Gauge) => Kind::Min,
            (Merging::Sum, Kind::Family(Kind::Gauge)) => Kind::Family(&SUM_OF_GAUGES),
            (Merging::Max, Kind::Family(Kind::Gauge)) => Kind::Family(&Kind::Max),
            (Merging::Min, Kind::Family(Kind::Gauge)) => Kind::Family(&Kind::Min),
            _ => return None,
        })
    }
}

/// No stat of a program is one; the gauges of several programs, added, are.
pub(crate) const SUM_OF_GAUGES: Kind = Kind::Sum(&Kind::Gauge);

impl fmt::Display for Merging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for Merging {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_has_a_name() {
        for (name, merging) in Merging::NAMES.into_iter().zip(Merging::ALL) {
            assert_eq!(Merging::named(name), Some(merging));
            assert_eq!(merging.to_string(), name);
        }
        assert_eq!(Merging::named("average"), None);
    }

    #[test]
    #[cfg(any(feature = "distributed", feature = "mapped"))]
    fn every_way_has_a_number() {
        for merging in Merging::ALL {
            let code = Merging::code(Some(merging));
            assert_eq!(Merging::of_code(code.into()), Some(merging));
        }
        assert_eq!(Merging::of_code(Merging::code(None).into()), None);
        assert_eq!(Merging::of_code(u64::MAX), None);
    }

    #[test]
    fn only_gauges_add_up_otherwise_than_as_what_they_are() {
        assert_eq!(Merging::Sum.folded(Kind::Counter), None);
        assert_eq!(Merging::Min.folded(Kind::Max), None);
        assert_eq!(Merging::Last.folded(Kind::Gauge), None);
        let family = Merging::Max.folded(Kind::Family(&Kind::Gauge));
        assert_eq!(family, Some(Kind::Family(&Kind::Max)));
    }
}
