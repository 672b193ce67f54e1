//! Whose word counts where gauges of several sources become one.
//!
//! That of whoever runs the aggregator, by its rules; else that of whoever runs the publisher, by its rules; else what the gauge
//! declares.

use crate::snapshot::{FilterError, PathGlob, StatShape};
use crate::{Kind, Merging};

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
    /// How a stat at a place is merged: as the rules say, else as it is declared; nothing for what is no gauge, and where nobody
    /// says.
    pub(super) fn of(&self, place: &str, stat: &StatShape) -> Option<Merging> {
        if !matches!(stat.kind, Kind::Gauge | Kind::Family(Kind::Gauge)) {
            return None;
        }
        self.ruled(place, &stat.name).or(stat.merging)
    }

    fn ruled(&self, place: &str, name: &str) -> Option<Merging> {
        if self.0.is_empty() {
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
    use std::time::SystemTime;

    use super::*;

    fn merged(
        gauges: &CompiledGauges,
        place: &str,
        kind: Kind,
        declared: Option<Merging>,
    ) -> Option<Merging> {
        let stat = StatShape {
            name: "depth".into(),
            kind,
            help: "",
            unit: "",
            label: "",
            merging: declared,
            created: SystemTime::UNIX_EPOCH,
        };
        gauges.of(place, &stat)
    }

    #[test]
    fn the_first_glob_decides_and_only_about_gauges() {
        let mut gauges = Gauges::default();
        gauges.add("/queue/*".to_owned(), Merging::Sum);
        gauges.add("**".to_owned(), Merging::Max);
        let gauges = gauges.compiled().unwrap();
        let of = |place, kind| merged(&gauges, place, kind, None);
        assert_eq!(of("/queue", Kind::Gauge), Some(Merging::Sum));
        assert_eq!(of("/other", Kind::Gauge), Some(Merging::Max));
        assert_eq!(of("/queue", Kind::Counter), None);
    }

    #[test]
    fn what_a_gauge_declares_holds_where_no_glob_matches() {
        let mut gauges = Gauges::default();
        gauges.add("/queue/*".to_owned(), Merging::Sum);
        let gauges = gauges.compiled().unwrap();
        let of = |place, kind| merged(&gauges, place, kind, Some(Merging::Min));
        assert_eq!(of("/queue", Kind::Gauge), Some(Merging::Sum));
        assert_eq!(of("/other", Kind::Family(&Kind::Gauge)), Some(Merging::Min));
        assert_eq!(of("/other", Kind::Max), None);
    }
}
