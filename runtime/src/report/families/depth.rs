//! Totals or instances.

/// Which of a total and the instances it adds up are shown.
///
/// An instance's label leaves the name, so a worker's `finished` and the `Sum` above it would be one metric, and whoever
/// sums that metric would count everything twice. No depth shows both under one name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Depth {
    /// Totals: what feeds an aggregate above is not shown itself. Few series, which never end or fall when instances do.
    #[default]
    Totals,
    /// Instances: aggregates are not shown, what feeds them is. What instances counted that are gone is not in it.
    Instances,
    /// Both, under two names: `processor_finished_total` and `processor_finished_by_thread_total`.
    Both,
}
