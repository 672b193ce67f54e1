//! Which slot a stat belongs to, and, once a slot, which families show it.

use super::clashes::{Clash, path};
use super::dialect::Unit;
use super::scale::Scale;
use super::slot::{self, Facet, Slot, is_like, order};
use super::walk::Template;
use super::{Layout, NONE, Type};
use crate::snapshot::StatShape;

impl<'a> Layout<'a> {
    /// The slot of a stat, found or made; nothing for what is not shown.
    pub(super) fn slot_of(
        &mut self,
        template: u32,
        cursor: &mut usize,
        stat: &'a StatShape,
        by: Option<&'static str>,
    ) -> Option<u32> {
        let known = &self.templates[template as usize].slots;
        let slot_at = |at: usize| {
            known
                .get(at)
                .map(|slot| (*slot, &self.slots[*slot as usize]))
        };
        while slot_at(*cursor).is_some_and(|(_, slot)| order(slot.stat, stat).is_lt()) {
            *cursor += 1;
        }
        // Mostly one; more where instances of several classes have stats of one name and several kinds.
        let mut at = *cursor;
        while let Some((number, slot)) =
            slot_at(at).filter(|(_, slot)| order(slot.stat, stat).is_eq())
        {
            if is_like(slot.stat, stat) && slot.by == by {
                return Some(number);
            }
            at += 1;
        }
        let number = self.make_slot(template, stat, by)?;
        self.templates[template as usize].slots.insert(at, number);
        Some(number)
    }

    fn make_slot(
        &mut self,
        template: u32,
        stat: &'a StatShape,
        by: Option<&'static str>,
    ) -> Option<u32> {
        let dialect = self.style.dialect;
        let shown = slot::shown(dialect, stat)?;
        let Template {
            name,
            labels,
            place,
            ..
        } = &self.templates[template as usize];
        let mut name = name.clone();
        dialect.push_segment(&mut name, &stat.name);
        dialect.begin(&mut name);
        if let Some(label) = by {
            dialect.push_segment(&mut name, "by");
            dialect.push_segment(&mut name, label);
        }
        let mut own = name.clone();
        dialect.finish(&mut own, shown.of, &shown.unit.name);
        let (segments, labels) = (labels.len(), shown.labels(dialect, labels, stat, &own));
        let place = *place;
        let number = self.slots.len() as u32;
        let scale = match shown.of {
            Type::Histogram => self.scale_of(&shown.unit),
            _ => 0,
        };
        self.slots.push(Slot {
            stat,
            place,
            labels,
            segments,
            scale,
            factor: shown.unit.factor,
            by,
            first: NONE,
            last: NONE,
            left_out: 0,
        });
        let mut left_out = 0;
        let mut join = |name: &str, of, unit: &Unit, facet| {
            let slots = &self.slots;
            let joined = self
                .families
                .join(dialect, name, of, unit, (number, facet), slots);
            if let Err(owner) = joined {
                left_out += 1;
                self.clashes.add(Clash {
                    stat: path(&slots[number as usize]),
                    name: self.families.last_name().to_owned(),
                    owner: slots.get(owner as usize).map(path).unwrap_or_default(),
                });
            }
        };
        join(&name, shown.of, &shown.unit, Facet::Whole);
        if shown.is_timer() {
            for (part, of, facet) in [
                ("outcomes", Type::Counter, Facet::Outcomes),
                ("in_flight", dialect.level(), Facet::InFlight),
            ] {
                let mut name = name.clone();
                dialect.push_segment(&mut name, part);
                join(&name, of, &Unit::NONE, facet);
            }
        }
        self.slots[number as usize].left_out = left_out;
        Some(number)
    }

    fn scale_of(&mut self, unit: &Unit) -> usize {
        let durations = unit.name == self.style.dialect.durations().name;
        let known = self
            .scales
            .iter()
            .position(|scale| scale.factor == unit.factor && scale.durations == durations);
        known.unwrap_or_else(|| {
            let asked = self.style.bounds;
            self.scales.push(Scale::new(unit.factor, durations, asked));
            self.scales.len() - 1
        })
    }
}
