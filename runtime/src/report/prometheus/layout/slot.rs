//! A slot: what all stats have in common that show as the same series but for the values of their labels.
//!
//! The `finished` of a thousand workers is one slot. Names, types and labels' names are settled once a slot, so that
//! writing a series copies bytes and formats a number.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::Kind;
use crate::report::prometheus::layout::families::Type;
use crate::report::prometheus::name;
use crate::report::prometheus::unit::{Factor, Unit, unit};
use crate::snapshot::StatShape;

/// The stats of one name at places that differ only in labelled segments.
#[derive(Debug)]
pub(in super::super) struct Slot<'a> {
    /// One of them, which stands for all.
    pub(in super::super) stat: &'a StatShape,
    /// Whose path stands for all in a help text.
    pub(in super::super) place: &'a str,
    /// Names, legal and apart: of the labelled segments, then of the families' keys.
    pub(in super::super) labels: Vec<String>,
    /// How many of `labels` are those of segments.
    pub(in super::super) segments: usize,
    /// Which of the layout's scales its distributions are shown in.
    pub(in super::super) scale: usize,
    pub(in super::super) factor: Factor,
    /// The label that tells it from the aggregate above it, at [`Depth::Both`](super::super::Depth::Both).
    pub(super) by: Option<&'static str>,
    /// The first and the last of its series, in the layout's list.
    pub(super) first: u32,
    pub(super) last: u32,
    /// How many of its facets could not be shown.
    pub(super) left_out: u64,
}

/// What of a stat a family shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Facet {
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
pub(super) fn shown(stat: &StatShape) -> Option<Shown> {
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
            Kind::Counter | Kind::Meter => (Type::Counter, unit(stat.unit)),
            Kind::UpDownCounter | Kind::Gauge | Kind::Max | Kind::Min => {
                (Type::Gauge, unit(stat.unit))
            }
            Kind::CountBy => (Type::Gauge, unit("")),
            Kind::Histogram => (Type::Histogram, unit(stat.unit)),
            Kind::Timer => (Type::Histogram, nanoseconds()),
            Kind::StateTime => (Type::Counter, nanoseconds()),
            Kind::Info => (Type::Info, unit("")),
            Kind::StateSet => (Type::StateSet, unit("")),
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

fn nanoseconds() -> Unit {
    Unit {
        suffix: "seconds".into(),
        factor: Factor::NANOSECONDS,
    }
}

impl Shown {
    /// The names of all labels that the stat's series have, legal and apart; `own` is what the family is called, which a
    /// state set has as a label.
    pub(super) fn labels(
        &self,
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
            let label = name::unique_label(label, |name| {
                self.reserves(name, own) || labels.iter().any(|other| other == name)
            });
            labels.push(label);
        }
        labels
    }

    pub(super) fn is_timer(&self) -> bool {
        self.kind.same(Kind::Timer)
    }

    /// Whether a label of this name is added to the series by the kind itself.
    fn reserves(&self, name: &str, own: &str) -> bool {
        match self.kind {
            Kind::Timer => name == LE || name == OUTCOME,
            Kind::Histogram => name == LE,
            Kind::StateTime | Kind::CountBy => name == STATE,
            Kind::StateSet => name == own,
            _ => false,
        }
    }
}

/// The label that tells classic buckets apart.
const LE: &str = "le";
/// The label that tells how things ended.
pub(in super::super) const OUTCOME: &str = "outcome";
/// The label that tells states apart.
pub(in super::super) const STATE: &str = "state";

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
