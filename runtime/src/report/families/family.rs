//! The metric families of an exposition, and the names that they and their samples go by.
//!
//! A family owns more names than its own: a counter `jobs` is shown as `jobs_total` and `jobs_created`, a histogram as
//! `_bucket`, `_count` and `_sum`. Where a name would belong to two, the exposition would be invalid, so whoever comes
//! second is left out. The same goes for two stats whose paths differ only in what a name cannot show, `/a/b-c` and
//! `/a/b_c`: their series could not be told apart.

use std::collections::HashMap;
use std::rc::Rc;

use foldhash::fast::RandomState;

use super::dialect::{Dialect, Unit};
use super::slot::{Facet, Slot};

/// What a family is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum Type {
    Counter,
    Gauge,
    /// A gauge that adds up, in dialects that tell those apart.
    Level,
    Histogram,
    Info,
    StateSet,
}

const TYPES: [Type; 6] = [
    Type::Counter,
    Type::Gauge,
    Type::Level,
    Type::Histogram,
    Type::Info,
    Type::StateSet,
];

/// A metric family: a name, and which stats show under it.
#[derive(Debug)]
pub(super) struct Family {
    /// Without what the names of samples end in.
    pub(super) name: Rc<str>,
    pub(super) of: Type,
    /// What its unit is called; empty when it has none.
    pub(super) unit: std::borrow::Cow<'static, str>,
    /// By number.
    pub(super) slots: Vec<(u32, Facet)>,
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
        dialect: &dyn Dialect,
        base: &str,
        of: Type,
        unit: &Unit,
        (number, facet): (u32, Facet),
        slots: &[Slot<'_>],
    ) -> bool {
        self.name.clear();
        self.name.push_str(base);
        dialect.finish(&mut self.name, of, &unit.name);
        if let Some(&family) = self.by_name.get(&*self.name) {
            return self.join_known(family, of, unit, (number, facet), slots);
        }
        if self.clashes(dialect, of) {
            return false;
        }
        let name: Rc<str> = Rc::from(&*self.name);
        self.by_name.insert(name.clone(), self.all.len() as u32);
        self.all.push(Family {
            name,
            of,
            unit: unit.name.clone(),
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
        let fits = family.of == of && family.unit == unit.name && of != Type::Info;
        let joins = fits && family.slots.iter().all(apart);
        if joins {
            family.slots.push((number, facet));
        }
        joins
    }

    /// Whether `self.name` or one of its samples' names is some other family's.
    fn clashes(&mut self, dialect: &dyn Dialect, of: Type) -> bool {
        let name = &mut self.name;
        let bare = name.len();
        for suffix in dialect.suffixes(of) {
            name.push_str(suffix);
            let taken = self.by_name.contains_key(&**name);
            name.truncate(bare);
            if taken {
                return true;
            }
        }
        TYPES.into_iter().any(|other| {
            let owns = |suffix: &&str| {
                let base = name.strip_suffix(suffix);
                let owner = base.and_then(|base| self.by_name.get(base));
                owner
                    .and_then(|owner| self.all.get(*owner as usize))
                    .is_some_and(|owner| owner.of == other)
            };
            dialect.suffixes(other).iter().any(owns)
        })
    }
}
