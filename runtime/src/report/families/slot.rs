//! A slot: what all stats have in common that show as the same series but for the values of their labels.
//!
//! The `finished` of a thousand workers is one slot. Names, types and labels' names are settled once a slot, so that
//! writing a series copies bytes and formats a number.

use std::cmp::Ordering;
use std::sync::Arc;

use super::dialect::{Dialect, Unit, unique_label};
use super::factor::Factor;
use super::family::Type;
use crate::Kind;
use crate::snapshot::StatShape;

/// The stats of one name at places that differ only in labelled segments.
#[derive(Debug)]
pub(in crate::report) struct Slot<'a> {
    /// One of them, which stands for all.
    pub(in crate::report) stat: &'a StatShape,
    /// Whose path stands for all in a help text.
    pub(in crate::report) place: &'a str,
    /// Names, legal and apart: of the labelled segments, then of the families' keys.
    pub(in crate::report) labels: Vec<String>,
    /// How many of `labels` are those of segments.
    pub(in crate::report) segments: usize,
    /// Which of the layout's scales its distributions are shown in.
    pub(in crate::report) scale: usize,
    pub(in crate::report) factor: Factor,
    /// The label that tells it from the aggregate above it, at [`Depth::Both`](super::Depth::Both).
    pub(super) by: Option<&'static str>,
    /// The first and the last of its series, in the layout's list.
    pub(super) first: u32,
    pub(super) last: u32,
    /// How many of its facets could not be shown.
    pub(super) left_out: u64,
}

/// What of a stat a family shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum Facet {
    /// The stat; of a timer, how long things took.
    Whole,
    /// How things ended that were timed.
    Outcomes,
    /// How many things are being timed.
    InFlight,
}

/// What a stat of some kind is shown as.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) of: Type,
    pub(super) unit: Unit,
    /// Of the stat, or of a family's members.
    kind: Kind,
    /// How many keys lead to such: one for a family, more for families in families.
    keys: usize,
}

/// What a kind is shown as; nothing for a text, which is no number and no label either: each new text would be a series.
pub(super) fn shown(dialect: &dyn Dialect, stat: &StatShape) -> Option<Shown> {
    let mut kind = stat.kind;
    let mut keys = 0;
    let (of, unit) = loop {
        break match kind {
            Kind::Sum(inner) => {
                kind = *inner;
                continue;
            }
            Kind::Family(inner) => {
                kind = *inner;
                keys += 1;
                continue;
            }
            Kind::Counter | Kind::Meter => (Type::Counter, dialect.unit(stat.unit)),
            Kind::UpDownCounter => (dialect.level(), dialect.unit(stat.unit)),
            Kind::Gauge | Kind::Max | Kind::Min => (Type::Gauge, dialect.unit(stat.unit)),
            Kind::CountBy => (dialect.level(), Unit::NONE),
            Kind::Histogram => (Type::Histogram, dialect.unit(stat.unit)),
            Kind::Timer => (Type::Histogram, dialect.durations()),
            Kind::StateTime => (Type::Counter, dialect.durations()),
            Kind::Info => (Type::Info, Unit::NONE),
            Kind::StateSet => (Type::StateSet, Unit::NONE),
            Kind::Text => return None,
        };
    };
    Some(Shown {
        of,
        unit,
        kind,
        keys,
    })
}

impl Shown {
    /// The names of all labels that the stat's series have, legal and apart; `own` is what the family is called.
    pub(super) fn labels(
        &self,
        dialect: &dyn Dialect,
        segments: &[&'static str],
        stat: &StatShape,
        own: &str,
    ) -> Vec<String> {
        let key = if stat.label.is_empty() {
            "key"
        } else {
            stat.label
        };
        let mut labels: Vec<String> = Vec::with_capacity(segments.len() + self.keys);
        let wanted = segments
            .iter()
            .copied()
            .chain(std::iter::repeat_n(key, self.keys));
        for label in wanted {
            let label = unique_label(dialect, label, |name| {
                self.reserves(name, dialect.state_label(own))
                    || labels.iter().any(|other| other == name)
            });
            labels.push(label);
        }
        labels
    }

    pub(super) fn is_timer(&self) -> bool {
        self.kind.same(Kind::Timer)
    }

    /// Whether a label of this name is added to the series by the kind itself, or says of any kind what it is not.
    fn reserves(&self, name: &str, states: &str) -> bool {
        if name == LE || name == QUANTILE {
            return true;
        }
        match self.kind {
            Kind::Timer => name == OUTCOME,
            Kind::StateTime | Kind::CountBy => name == STATE,
            Kind::StateSet => name == states,
            _ => false,
        }
    }
}

/// The label that tells classic buckets apart.
const LE: &str = "le";
/// The label that tells a summary's values apart. We have no summaries, and who sees it takes ours for one.
const QUANTILE: &str = "quantile";
/// The label that tells how things ended.
pub(in crate::report) const OUTCOME: &str = "outcome";
/// The label that tells states apart.
pub(in crate::report) const STATE: &str = "state";

impl Slot<'_> {
    /// Whether no series of this slot can equal one of the other: they have different labels. A key may be empty, which to
    /// Prometheus is no label at all, so only slots with the same key are told apart by their segments.
    pub(super) fn is_apart_from(&self, other: &Slot<'_>) -> bool {
        let (segments, keys) = self.labels.split_at(self.segments);
        let (others, other_keys) = other.labels.split_at(other.segments);
        let differ = segments.len() != others.len() || segments.iter().any(|a| !others.contains(a));
        differ && keys == other_keys
    }
}

/// By name. Instances of one class share the names, and then these are not even looked at: each would be a cache miss.
pub(super) fn order(a: &StatShape, b: &StatShape) -> Ordering {
    if Arc::ptr_eq(&a.name, &b.name) {
        return Ordering::Equal;
    }
    a.name.cmp(&b.name)
}

/// Whether two stats of one name show as one; the sum of counters beside a counter does.
pub(super) fn is_like(a: &StatShape, b: &StatShape) -> bool {
    plain(a.kind).same(plain(b.kind)) && same(a.unit, b.unit) && same(a.label, b.label)
}

/// Mostly both are one literal. Looking at that first matters where it is empty, and stands at an address that is none:
/// there a comparison of zero bytes can take a hundred times as long as one of many.
fn same(a: &'static str, b: &'static str) -> bool {
    std::ptr::eq(a, b) || a == b
}

fn plain(kind: Kind) -> Kind {
    match kind {
        Kind::Sum(_) | Kind::Max | Kind::Min => kind.folded(),
        _ => kind,
    }
}
