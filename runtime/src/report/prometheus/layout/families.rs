//! The metric families of an exposition, and the names that they and their samples go by.
//!
//! A family owns more names than its own: a counter `jobs` is shown as `jobs_total` and `jobs_created`, a histogram as
//! `_bucket`, `_count` and `_sum`. Where a name would belong to two, the exposition would be invalid, so whoever comes
//! second is left out. The same goes for two stats whose paths differ only in what a name cannot show, `/a/b-c` and
//! `/a/b_c`: their series could not be told apart.

use std::collections::HashMap;
use std::rc::Rc;

use foldhash::fast::RandomState;

use super::slot::{Facet, Slot};
use crate::report::prometheus::unit::Unit;

/// What a family is to Prometheus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Type {
    Counter,
    Gauge,
    Histogram,
    Info,
    StateSet,
}

impl Type {
    /// What the names of its samples end in; the bare name is every family's own.
    fn suffixes(self) -> &'static [&'static str] {
        match self {
            Type::Counter => &["_total", "_created"],
            Type::Histogram => &["_bucket", "_count", "_sum", "_created"],
            Type::Info => &["_info"],
            Type::Gauge | Type::StateSet => &[],
        }
    }

    /// What a stat's name loses, so that it does not end in it twice, or say of itself what it is not.
    fn lost(self) -> &'static str {
        match self {
            Type::Info => "_info",
            _ => "_total",
        }
    }
}

/// Everything that the names of samples may end in.
const SUFFIXES: [&str; 6] = ["_total", "_created", "_bucket", "_count", "_sum", "_info"];

/// A metric family: a name, and which stats show under it.
#[derive(Debug)]
pub(in super::super) struct Family {
    /// Without `_total` and `_info`.
    pub(in super::super) name: Rc<str>,
    pub(in super::super) of: Type,
    /// The suffix of the name that is its unit; empty when it has none.
    pub(in super::super) unit: std::borrow::Cow<'static, str>,
    /// By number.
    pub(in super::super) slots: Vec<(u32, Facet)>,
}

#[derive(Debug, Default)]
pub(super) struct Families {
    all: Vec<Family>,
    by_name: HashMap<Rc<str>, u32, RandomState>,
    /// Reused from name to name.
    name: String,
}

impl Families {
    pub(super) fn all(&self) -> &[Family] {
        &self.all
    }

    /// Shows a facet of a slot as the family of this name; false when the name is another's.
    pub(super) fn join(
        &mut self,
        base: &str,
        of: Type,
        unit: &Unit,
        (number, facet): (u32, Facet),
        slots: &[Slot<'_>],
    ) -> bool {
        self.name.clear();
        self.name.push_str(base);
        finish(&mut self.name, of, &unit.suffix);
        if let Some(&family) = self.by_name.get(&*self.name) {
            return self.join_known(family, of, unit, (number, facet), slots);
        }
        if self.clashes(of) {
            return false;
        }
        let name: Rc<str> = Rc::from(&*self.name);
        self.by_name.insert(name.clone(), self.all.len() as u32);
        self.all.push(Family {
            name,
            of,
            unit: unit.suffix.clone(),
            slots: vec![(number, facet)],
        });
        true
    }

    fn join_known(
        &mut self,
        family: u32,
        of: Type,
        unit: &Unit,
        (number, facet): (u32, Facet),
        slots: &[Slot<'_>],
    ) -> bool {
        let Some(family) = self.all.get_mut(family as usize) else {
            return false;
        };
        let newcomer = slots.get(number as usize);
        let apart = |other: &(u32, Facet)| {
            slots
                .get(other.0 as usize)
                .zip(newcomer)
                .is_some_and(|(a, b)| a.is_apart_from(b))
        };
        let fits = family.of == of && family.unit == unit.suffix && of != Type::Info;
        let joins = fits && family.slots.iter().all(apart);
        if joins {
            family.slots.push((number, facet));
        }
        joins
    }

    /// Whether `self.name` or one of its samples' names is some other family's.
    fn clashes(&mut self, of: Type) -> bool {
        let name = &mut self.name;
        let bare = name.len();
        for suffix in of.suffixes() {
            name.push_str(suffix);
            let taken = self.by_name.contains_key(&**name);
            name.truncate(bare);
            if taken {
                return true;
            }
        }
        SUFFIXES.iter().any(|suffix| {
            let owner = name
                .strip_suffix(suffix)
                .and_then(|base| self.by_name.get(base))
                .and_then(|family| self.all.get(*family as usize));
            owner.is_some_and(|owner| owner.of.suffixes().contains(suffix))
        })
    }
}

/// What a family of this type and unit is called.
pub(super) fn finished(base: &str, of: Type, unit: &str) -> String {
    let mut name = base.to_owned();
    finish(&mut name, of, unit);
    name
}

/// Ends a name as its type and its unit want it.
fn finish(name: &mut String, of: Type, unit: &str) {
    if let Some(shorter) = name.strip_suffix(of.lost())
        && !shorter.is_empty()
    {
        name.truncate(shorter.len());
    }
    // First of all, since comparing with no bytes is slow in some C libraries: 150 ns a series.
    if unit.is_empty() {
        return;
    }
    let has_it = name
        .strip_suffix(unit)
        .is_some_and(|before| before.ends_with('_'));
    if !has_it {
        name.push('_');
        name.push_str(unit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_in_its_unit_and_not_twice() {
        for (given, of, unit, name) in [
            ("requests", Type::Counter, "", "requests"),
            ("requests_total", Type::Counter, "", "requests"),
            ("sent_bytes_total", Type::Counter, "bytes", "sent_bytes"),
            ("sent", Type::Counter, "bytes", "sent_bytes"),
            ("pages_total", Type::Gauge, "", "pages"),
            (
                "latency_seconds",
                Type::Histogram,
                "seconds",
                "latency_seconds",
            ),
            ("build_info", Type::Info, "", "build"),
            ("info", Type::Info, "", "info"),
            ("seconds", Type::Gauge, "seconds", "seconds_seconds"),
            ("_total", Type::Counter, "", "_total"),
        ] {
            assert_eq!(finished(given, of, unit), name);
        }
    }
}
