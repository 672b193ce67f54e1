//! How the gauges of several processes become one.

/// What `merge` says; the runtime's `Merging` by the same names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Merging {
    Sum,
    Max,
    Min,
    Last,
    PerSource,
}

/// All of them.
pub(crate) const MERGINGS: [Merging; 5] = [
    Merging::Sum,
    Merging::Max,
    Merging::Min,
    Merging::Last,
    Merging::PerSource,
];

impl Merging {
    pub(crate) fn named(name: &str) -> Option<Merging> {
        let mut known = MERGINGS.into_iter();
        known.find(|merging| merging.name() == name)
    }

    /// As it is written, here and in an aggregator's rules.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Merging::Sum => "sum",
            Merging::Max => "max",
            Merging::Min => "min",
            Merging::Last => "last",
            Merging::PerSource => "per-source",
        }
    }

    /// As the runtime's variant is called.
    pub(crate) const fn variant(self) -> &'static str {
        match self {
            Merging::Sum => "Sum",
            Merging::Max => "Max",
            Merging::Min => "Min",
            Merging::Last => "Last",
            Merging::PerSource => "PerSource",
        }
    }
}
