//! The layout of an exposition: which stats of a snapshot show in which metric family.
//!
//! A snapshot is in the order of paths, an exposition wants each family in one piece. One walk over the places sorts
//! them: it notes for each stat where its place and its value are, twelve bytes, chained by slot. Nothing is copied,
//! and the values are read when the family they belong to is written.
//!
//! Places whose paths differ only in labelled segments have the same *template*, and the stats of one name in places of
//! one template the same *slot*. Siblings mostly have the template of the one before, so it is looked up once.

mod families;
mod slot;

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

pub(super) use families::{Family, Type};
pub(super) use slot::{Facet, OUTCOME, STATE, Slot};

use super::buckets::Scale;
use super::exposition::{Depth, Exposition};
use super::name;
use super::unit::Unit;
use crate::Kind;
use crate::snapshot::{Place, PlaceShape, Snapshot, StatShape, Value};
use families::Families;

/// Which stats of a snapshot show in which family.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    snapshot: &'a Snapshot,
    options: &'a Exposition,
    templates: Vec<Template<'a>>,
    by_step: HashMap<(u32, Step<'a>), u32, RandomState>,
    slots: Vec<Slot<'a>>,
    series: Vec<Series>,
    families: Families,
    scales: Vec<Scale>,
    left_out: u64,
}

/// The places of one path, but for their labelled segments.
#[derive(Debug)]
struct Template<'a> {
    /// The other segments, as a name.
    name: String,
    labels: Vec<&'static str>,
    /// Sorted by the name of the stat.
    slots: Vec<u32>,
    /// The first of the places.
    place: &'a str,
}

/// How a place's path goes on from its parent's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step<'a> {
    Segment(&'a str),
    Label(&'static str),
}

/// One stat of the snapshot, and the next of its slot.
#[derive(Clone, Copy, Debug)]
struct Series {
    place: u32,
    value: u32,
    next: u32,
}

/// A stat of the snapshot: where it stands, what it is, what it held.
pub(super) struct Stat<'a> {
    pub(super) place: &'a PlaceShape,
    pub(super) shape: &'a StatShape,
    pub(super) value: &'a Value,
}

const NONE: u32 = u32::MAX;

/// A place that the walk is below.
struct Level<'a> {
    /// One past the last place below it.
    end: usize,
    place: &'a Place,
    template: u32,
    /// How many aggregates stood above it.
    above: usize,
    /// Where the child before the next one went.
    before: Option<(Step<'a>, u32)>,
}

/// An aggregate that the walk is below.
struct Above<'a> {
    stat: &'a StatShape,
    template: u32,
}

impl<'a> Layout<'a> {
    pub(super) fn of(snapshot: &'a Snapshot, options: &'a Exposition) -> Layout<'a> {
        let mut layout = Layout {
            snapshot,
            options,
            templates: Vec::new(),
            by_step: HashMap::default(),
            slots: Vec::new(),
            series: Vec::with_capacity(snapshot.values.len()),
            families: Families::default(),
            scales: Vec::new(),
            left_out: 0,
        };
        layout.walk();
        layout
    }

    pub(super) fn families(&self) -> &[Family] {
        self.families.all()
    }

    pub(super) fn slot(&self, number: u32) -> Option<&Slot<'a>> {
        self.slots.get(number as usize)
    }

    pub(super) fn scale(&self, slot: &Slot<'_>) -> Option<&Scale> {
        self.scales.get(slot.scale)
    }

    /// The stats of a slot.
    pub(super) fn stats(&self, slot: &Slot<'_>) -> impl Iterator<Item = Stat<'a>> {
        let snapshot = self.snapshot;
        let mut next = slot.first;
        std::iter::from_fn(move || {
            let series = self.series.get(next as usize)?;
            next = series.next;
            let place = snapshot.places.get(series.place as usize)?;
            let index = series.value - place.first;
            Some(Stat {
                place: &place.shape,
                shape: place.shape.stats.get(index as usize)?,
                value: snapshot.values.get(series.value as usize)?,
            })
        })
    }

    /// How many stats could not be shown, since the name is another's.
    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }

    fn walk(&mut self) {
        let mut levels: Vec<Level<'a>> = Vec::new();
        let mut above: Vec<Above<'a>> = Vec::new();
        for (at, place) in self.snapshot.places.iter().enumerate() {
            while let Some(level) = levels.pop_if(|level| level.end <= at) {
                above.truncate(level.above);
            }
            let template = match levels.last_mut() {
                Some(parent) => self.template_below(parent, place),
                None => self.root(),
            };
            levels.push(Level {
                end: place.end as usize,
                place,
                template,
                above: above.len(),
                before: None,
            });
            self.place(at, place, template, &mut above);
        }
    }

    fn root(&mut self) -> u32 {
        let mut name = String::new();
        if let Some(prefix) = &self.options.prefix {
            name::push_segment(&mut name, prefix);
        }
        self.add_template(name, Vec::new(), "")
    }

    fn template_below(&mut self, parent: &mut Level<'a>, place: &'a Place) -> u32 {
        let step = step(parent.place, place);
        if let Some((_, template)) = parent.before.filter(|(before, _)| *before == step) {
            return template;
        }
        let template = match self.by_step.get(&(parent.template, step)) {
            Some(&known) => known,
            None => {
                let above = &self.templates[parent.template as usize];
                let (mut name, mut labels) = (above.name.clone(), above.labels.clone());
                match step {
                    Step::Segment(segment) => name::push_segment(&mut name, segment),
                    Step::Label(label) => labels.push(label),
                }
                let made = self.add_template(name, labels, &place.shape.path);
                self.by_step.insert((parent.template, step), made);
                made
            }
        };
        parent.before = Some((step, template));
        template
    }

    fn add_template(&mut self, name: String, labels: Vec<&'static str>, place: &'a str) -> u32 {
        self.templates.push(Template {
            name,
            labels,
            slots: Vec::new(),
            place,
        });
        self.templates.len() as u32 - 1
    }

    /// Notes the stats of a place. Both they and the template's slots are sorted by name, so the two are gone through
    /// side by side.
    fn place(&mut self, at: usize, place: &'a Place, template: u32, above: &mut Vec<Above<'a>>) {
        let open = above.len();
        let mut cursor = 0;
        for (index, stat) in place.shape.stats.iter().enumerate() {
            if stat.kind.is_aggregate() {
                above.push(Above { stat, template });
            }
            // An instance's own aggregates are not above its own stats.
            let Some(by) = self.level(stat, template, &above[..open]) else {
                continue;
            };
            let Some(slot) = self.slot_of(template, &mut cursor, stat, by) else {
                continue;
            };
            let number = self.series.len() as u32;
            self.series.push(Series {
                place: at as u32,
                value: place.first + index as u32,
                next: NONE,
            });
            let slot = &mut self.slots[slot as usize];
            self.left_out += slot.left_out;
            let last = std::mem::replace(&mut slot.last, number);
            match self.series.get_mut(last as usize) {
                Some(last) => last.next = number,
                None => slot.first = number,
            }
        }
    }

    /// Whether the depth that was chosen shows this stat, and by which label it is then told from the aggregate that
    /// it feeds.
    fn level(
        &self,
        stat: &StatShape,
        template: u32,
        above: &[Above<'_>],
    ) -> Option<Option<&'static str>> {
        let fed = above
            .iter()
            .rev()
            .find(|above| order(above.stat, stat).is_eq() && above.stat.kind.folds(stat.kind));
        match (self.options.depth, fed) {
            (Depth::Totals, Some(_)) => None,
            (Depth::Instances, _) if stat.kind.is_aggregate() => None,
            (Depth::Both, Some(fed)) => {
                let own = &self.templates[template as usize];
                let same_name = self.templates[fed.template as usize].name == own.name;
                Some(own.labels.last().copied().filter(|_| same_name))
            }
            _ => Some(None),
        }
    }

    /// The slot of a stat, found or made; nothing for what is not shown.
    fn slot_of(
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
        if shown.is_timer {
            let count = super::unit::unit("");
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

/// How a place's path goes on from its parent's.
///
/// A place has its parent's labels, and one more when its own segment is one. The texts are not compared, only how long they
/// are: there is nothing else the label could be, and each text looked at would be a cache miss.
fn step<'a>(parent: &Place, place: &'a Place) -> Step<'a> {
    let (above, shape) = (&parent.shape, &place.shape);
    let start = above.path.len() + 1;
    match shape.labels.get(above.labels.len()..) {
        Some([.., (label, value)]) if start + value.len() == shape.path.len() => Step::Label(label),
        _ => Step::Segment(shape.path.get(start..).unwrap_or_default()),
    }
}

/// By name. Instances of one class share the names, and then these are not even looked at: each would be a cache miss.
fn order(a: &StatShape, b: &StatShape) -> Ordering {
    if Arc::ptr_eq(&a.name, &b.name) {
        return Ordering::Equal;
    }
    a.name.cmp(&b.name)
}

/// Whether two stats of one name show as one; the sum of counters beside a counter does.
fn is_like(a: &StatShape, b: &StatShape) -> bool {
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
