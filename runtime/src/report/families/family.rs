//! The metric families of an exposition, and the names that they and their samples go by.
//!
//! A family owns more names than its own: a counter `jobs` is shown as `jobs_total` and `jobs_created`, a histogram as
//! `_bucket`, `_count` and `_sum`. Where a name would belong to two, the exposition would be invalid, so whoever comes
//! second is left out. The same goes for two stats whose paths differ only in what a name cannot show, `/a/b-c` and
//! `/a/b_c`: their series could not be told apart.

use std::collections::HashMap;
use std::rc::Rc;

use foldhash::fast::RandomState;

use super::NONE;
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

    /// Shows a facet of a slot as the family of this name.
    ///
    /// # Errors
    ///
    /// The name is another's: it gives a slot of those whose it is.
    pub(super) fn join(
        &mut self,
        dialect: &dyn Dialect,
        base: &str,
        of: Type,
        unit: &Unit,
        (number, facet): (u32, Facet),
        slots: &[Slot<'_>],
    ) -> Result<(), u32> {
        self.name.clear();
        self.name.push_str(base);
        dialect.finish(&mut self.name, of, &unit.name);
        if let Some(&family) = self.by_name.get(&*self.name) {
            return self.join_known(family, of, unit, (number, facet), slots);
        }
        if let Some(owner) = self.owner_of_samples(dialect, of) {
            return Err(self.slot_of(owner));
        }
        let name: Rc<str> = Rc::from(&*self.name);
        self.by_name.insert(name.clone(), self.all.len() as u32);
        self.all.push(Family {
            name,
            of,
            unit: unit.name.clone(),
            slots: vec![(number, facet)],
        });
        Ok(())
    }

    /// What the family of this name is called: the name that could not be had, after a failed [`join`](Self::join).
    pub(super) fn last_name(&self) -> &str {
        &self.name
    }

    /// A slot that stands for a family.
    fn slot_of(&self, family: u32) -> u32 {
        let family = self.all.get(family as usize);
        let slot = family.and_then(|family| family.slots.first());
        slot.map_or(NONE, |(slot, _)| *slot)
    }

    fn join_known(
        &mut self,
        family: u32,
        of: Type,
        unit: &Unit,
        (number, facet): (u32, Facet),
        slots: &[Slot<'_>],
    ) -> Result<(), u32> {
        let owner = self.slot_of(family);
        let Some(family) = self.all.get_mut(family as usize) else {
            return Err(owner);
        };
        let newcomer = slots.get(number as usize);
        let apart = |other: &(u32, Facet)| {
            slots
                .get(other.0 as usize)
                .zip(newcomer)
                .is_some_and(|(a, b)| a.is_apart_from(b))
        };
        let fits = family.of == of && family.unit == unit.name && of != Type::Info;
        if !fits {
            return Err(owner);
        }
        match family.slots.iter().find(|other| !apart(other)) {
            Some((other, _)) => Err(*other),
            None => {
                family.slots.push((number, facet));
                Ok(())
            }
        }
    }

    /// The other family, if there is one, whose name or one of whose samples' names `self.name` is, or one of its
    /// samples'.
    fn owner_of_samples(&mut self, dialect: &dyn Dialect, of: Type) -> Option<u32> {
        let name = &mut self.name;
        let bare = name.len();
        for suffix in dialect.suffixes(of) {
            name.push_str(suffix);
            let taken = self.by_name.get(&**name).copied();
            name.truncate(bare);
            if taken.is_some() {
                return taken;
            }
        }
        TYPES.into_iter().find_map(|other| {
            let owns = |suffix: &&str| {
                let base = name.strip_suffix(suffix)?;
                let owner = *self.by_name.get(base)?;
                let is = self.all.get(owner as usize)?.of;
                (is == other).then_some(owner)
            };
            dialect.suffixes(other).iter().find_map(owns)
        })
    }
}
