//! Which slot a stat belongs to, and, once a slot, which families show it.

use super::families;
use super::slot::{self, Facet, Slot, is_like, order};
use super::walk::Template;
use super::{Layout, NONE, Type};
use crate::report::prometheus::buckets::Scale;
use crate::report::prometheus::name;
use crate::report::prometheus::unit::{self, Unit};
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
        let shown = slot::shown(stat)?;
        let Template {
            name,
            labels,
            place,
            ..
        } = &self.templates[template as usize];
        let mut name = name.clone();
        name::push_segment(&mut name, &stat.name);
        name::begin(&mut name);
        if let Some(label) = by {
            name.push_str("_by");
            name::push_segment(&mut name, label);
        }
        let own = families::finished(&name, shown.of, &shown.unit.suffix);
        let (segments, labels) = (labels.len(), shown.labels(labels, stat, &own));
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
            if !self
                .families
                .join(name, of, unit, (number, facet), &self.slots)
            {
                left_out += 1;
            }
        };
        join(&name, shown.of, &shown.unit, Facet::Whole);
        if shown.is_timer() {
            let count = unit::unit("");
            join(
                &format!("{name}_outcomes"),
                Type::Counter,
                &count,
                Facet::Outcomes,
            );
            join(
                &format!("{name}_in_flight"),
                Type::Gauge,
                &count,
                Facet::InFlight,
            );
        }
        self.slots[number as usize].left_out = left_out;
        Some(number)
    }

    fn scale_of(&mut self, unit: &Unit) -> usize {
        let durations = unit.suffix == "seconds";
        let known = self
            .scales
            .iter()
            .position(|scale| scale.factor == unit.factor && scale.durations == durations);
        known.unwrap_or_else(|| {
            let asked = self.options.buckets.as_deref();
            self.scales.push(Scale::new(unit.factor, durations, asked));
            self.scales.len() - 1
        })
    }
}
