//! The walk over a snapshot's places, parents before children.
//!
//! Places whose paths differ only in labelled segments have the same *template*. Siblings mostly have that of the one
//! before, so it is looked up once.

use super::slot::order;
use super::{Depth, Layout, NONE, Series};
use crate::snapshot::{Place, StatShape};

/// The places of one path, but for their labelled segments.
#[derive(Debug)]
pub(super) struct Template<'a> {
    /// The other segments, as a name.
    pub(super) name: String,
    pub(super) labels: Vec<&'static str>,
    /// Sorted by the name of the stat.
    pub(super) slots: Vec<u32>,
    /// The first of the places.
    pub(super) place: &'a str,
}

/// How a place's path goes on from its parent's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Step<'a> {
    Segment(&'a str),
    Label(&'static str),
}

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
    pub(super) fn walk(&mut self) {
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
        if let Some(prefix) = self.style.prefix {
            self.style.dialect.push_segment(&mut name, prefix);
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
                    Step::Segment(segment) => self.style.dialect.push_segment(&mut name, segment),
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
        match (self.style.depth, fed) {
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
