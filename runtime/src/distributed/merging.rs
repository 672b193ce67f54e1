//! How the gauges of several sources become one.

use crate::Kind;
use crate::snapshot::{FilterError, PathGlob};

/// What the gauges of one path, one in each source, come to.
///
/// A gauge that nobody says anything about is shown [per source](Merging::PerSource): a sum of temperatures would be a number
/// that is nowhere true. Sources that declare different ones for one path clash as different kinds do: that of the first source by
/// name is shown, and the aggregator's `conflicts` counts the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Merging {
    /// All of them added: lengths of queues, open files.
    Sum,
    /// The largest.
    Max,
    /// The smallest.
    Min,
    /// That of the source whose gauge changed last.
    Last,
    /// Each by itself, as members of a family whose keys are the sources' names. Within a family, whose members have keys already,
    /// the one that changed last.
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

    /// As a message has it; 0 says nothing.
    pub(super) fn code(of: Option<Merging>) -> u64 {
        let position = |of| Merging::ALL.iter().position(|known| *known == of);
        of.and_then(position).map_or(0, |at| at as u64 + 1)
    }

    pub(super) fn of_code(code: u64) -> Option<Merging> {
        let at = usize::try_from(code).ok()?.checked_sub(1)?;
        Merging::ALL.get(at).copied()
    }
}

/// Which gauges are merged how: the first glob that a path matches decides.
#[derive(Clone, Debug, Default)]
pub(super) struct Gauges(Vec<(String, Merging)>);

impl Gauges {
    pub(super) fn add(&mut self, glob: String, merging: Merging) {
        self.0.push((glob, merging));
    }

    pub(super) fn compiled(&self) -> Result<CompiledGauges, FilterError> {
        let rules = self.0.iter();
        let rules = rules.map(|(glob, merging)| Ok((PathGlob::new(glob)?, *merging)));
        rules.collect::<Result<_, _>>().map(CompiledGauges)
    }
}

/// As [`Gauges`], ready to be asked.
#[derive(Clone, Debug, Default)]
pub(super) struct CompiledGauges(Vec<(PathGlob, Merging)>);

impl CompiledGauges {
    /// How a stat is merged; nothing for what is no gauge, and where nobody says.
    pub(super) fn of(&self, place: &str, name: &str, kind: Kind) -> Option<Merging> {
        if self.0.is_empty() || !matches!(kind, Kind::Gauge | Kind::Family(Kind::Gauge)) {
            return None;
        }
        let path = format!("{place}/{name}");
        let mut rules = self.0.iter();
        rules
            .find(|(glob, _)| glob.is_match(&path))
            .map(|(_, merging)| *merging)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_has_a_name_and_a_number() {
        for (name, merging) in Merging::NAMES.into_iter().zip(Merging::ALL) {
            assert_eq!(Merging::named(name), Some(merging));
            let code = Merging::code(Some(merging));
            assert_eq!(Merging::of_code(code), Some(merging));
        }
        assert_eq!(Merging::of_code(Merging::code(None)), None);
        assert_eq!(Merging::of_code(u64::MAX), None);
        assert_eq!(Merging::named("average"), None);
    }

    #[test]
    fn the_first_glob_decides_and_only_about_gauges() {
        let mut gauges = Gauges::default();
        gauges.add("/queue/*".to_owned(), Merging::Sum);
        gauges.add("**".to_owned(), Merging::Max);
        let gauges = gauges.compiled().unwrap();
        let of = |place, kind| gauges.of(place, "depth", kind);
        assert_eq!(of("/queue", Kind::Gauge), Some(Merging::Sum));
        assert_eq!(of("/other", Kind::Gauge), Some(Merging::Max));
        assert_eq!(of("/queue", Kind::Counter), None);
    }
}
