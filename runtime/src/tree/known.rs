//! The collector's own view of a tree: its places in path order, each with its stats sorted by name.
//!
//! It is brought up to date from the list of news at the start of a turn, life by life, so that a walk
//! needs no lock and a tree in which little changed costs little to follow.

use std::collections::btree_map::Entry as Slot;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use super::entry::Entry;
use super::life::{Life, Single};
use super::lookup::Tree;
use super::pass::Passes;
use super::path::PathKey;
use super::place::Place;
use super::standing::{Batch, ByName, Standing};
use super::stat_name;
use crate::cells::turn::Turn;
use crate::cells::{clock, gate};
use crate::snapshot::{PlaceShape, StatShape};

/// Everything the collector knows of one tree.
#[derive(Default)]
pub(crate) struct Known {
    pub(crate) rows: BTreeMap<PathKey, Row>,
    /// What is retired and still pinned by a guard, and has a newcomer in its place. It counts in the totals of its
    /// ancestors and is shown nowhere. By [address](Life::address).
    hidden: BTreeMap<usize, Life>,
    /// The names that were declared, as snapshots have them.
    pub(super) names: stat_name::Shared,
    /// How far rates have been brought, by realm.
    pub(crate) passes: Passes,
}

impl Known {
    /// Goes through every stat and the place it stands at, in the order of paths; what is hidden last. Not as an iterator,
    /// which for a hundred thousand instances of one stat each takes as long as looking at the stats.
    pub(crate) fn each<'k>(&'k self, mut look: impl FnMut(&'k Place, Standing<'k>)) {
        for row in self.rows.values() {
            for (batch, at) in &row.stats {
                look(&row.place, Standing::Stat(batch, *at));
            }
            for ByName(single) in &row.lone {
                look(&row.place, Standing::Single(single));
            }
        }
        for life in self.hidden() {
            life.stats().for_each(|stat| look(life.place(), stat));
        }
    }

    /// What counts and is not shown.
    pub(crate) fn hidden(&self) -> impl Iterator<Item = &Life> {
        self.hidden.values()
    }

    fn hide(&mut self, life: Life) {
        self.hidden.insert(life.address(), life);
    }

    /// Puts news into the view.
    fn enter(&mut self, life: Life) {
        let Some(row) = self.row(life.place()) else {
            return self.hide(life);
        };
        let hidden = match life {
            Life::Place(_) => row.renew(),
            Life::Single(single) => row.add(single).into_iter().collect(),
        };
        for single in hidden {
            self.hide(Life::Single(single));
        }
    }

    /// The row of a place, made if it is new; nothing when a newcomer has its path, and it is to be hidden.
    fn row(&mut self, place: &Arc<Place>) -> Option<&mut Row> {
        if self
            .hidden
            .contains_key(&Life::Place(place.clone()).address())
        {
            return None;
        }
        match self.rows.entry(PathKey(place.path.clone())) {
            Slot::Vacant(slot) => Some(slot.insert(Row::new(place.clone()))),
            Slot::Occupied(slot) => {
                let row = slot.into_mut();
                if Arc::ptr_eq(&row.place, place) {
                    return Some(row);
                }
                // One of the two is retired, and pinned by a guard: a path has one place at a time.
                if row.place.is_retired() {
                    let before = std::mem::replace(row, Row::new(place.clone()));
                    let before = Life::Place(before.place);
                    self.hidden.insert(before.address(), before);
                    Some(row)
                } else {
                    // The news of the older came after its successor's.
                    None
                }
            }
        }
    }

    /// Takes out what was folded.
    fn take(&mut self, life: &Life) {
        let place = life.place();
        let key = PathKey(place.path.clone());
        let row = self.rows.get_mut(&key);
        let row = row.filter(|row| Arc::ptr_eq(&row.place, place));
        let was_shown = match (life, row) {
            (Life::Place(_), Some(_)) => self.rows.remove(&key).is_some(),
            (Life::Single(single), Some(row)) => row.remove(single),
            (_, None) => false,
        };
        if !was_shown {
            self.hidden.remove(&life.address());
        }
    }
}

/// A place as the collector walks it.
pub(crate) struct Row {
    pub(crate) place: Arc<Place>,
    /// Its instances', sorted by name.
    stats: Box<[(Batch, u32)]>,
    /// Those that were opened by name. They come and go one by one, and there may be very many.
    lone: BTreeSet<ByName<Arc<Single>>>,
    /// Made when first shown; most instances that come and go never are.
    shape: Option<Arc<PlaceShape>>,
    /// Whether stats have come or gone since the shape was made.
    changed: bool,
}

impl Row {
    fn new(place: Arc<Place>) -> Row {
        Row {
            place,
            stats: Box::default(),
            lone: BTreeSet::new(),
            shape: None,
            changed: true,
        }
    }

    /// How many segments its path has.
    pub(crate) fn depth(&self) -> usize {
        // By bytes: there are a hundred thousand of these to a snapshot.
        let bytes = self.place.path.bytes();
        bytes.filter(|byte| *byte == b'/').count()
    }

    /// Its stats, by name.
    pub(crate) fn stats(&self) -> impl Iterator<Item = Standing<'_>> {
        let instances = self.stats.iter();
        let mut instances = instances
            .map(|(batch, at)| Standing::Stat(batch, *at))
            .peekable();
        let lone = self.lone.iter();
        let mut lone = lone
            .map(|ByName(single)| Standing::Single(single))
            .peekable();
        std::iter::from_fn(move || match (instances.peek(), lone.peek()) {
            (Some(one), Some(other)) if *one.entry().name > *other.entry().name => lone.next(),
            (Some(_), _) => instances.next(),
            (None, _) => lone.next(),
        })
    }

    /// Looks at the stats of its instances again; gives those, opened by name, whose names these have taken.
    fn renew(&mut self) -> Vec<Arc<Single>> {
        let stats = self.place.instances();
        let mut stats: Vec<(Batch, u32)> = stats.map(|(batch, at)| (batch.clone(), at)).collect();
        stats.sort_by(|(a, i), (b, j)| a[*i as usize].name.cmp(&*b[*j as usize].name));
        self.stats = stats.into();
        self.change();
        if self.lone.is_empty() {
            return Vec::new();
        }
        let mut taken = Vec::new();
        for (batch, at) in &self.stats {
            taken.extend(
                self.lone
                    .take(&*batch[*at as usize].name)
                    .map(|ByName(single)| single),
            );
        }
        taken
    }

    /// Adds a stat that was opened by name; gives whichever of two of that name is retired.
    fn add(&mut self, single: Arc<Single>) -> Option<Arc<Single>> {
        let name = &*single.entry.name;
        let by_name = |(batch, at): &(Batch, u32)| (*batch[*at as usize].name).cmp(name);
        if self.stats.binary_search_by(by_name).is_ok() {
            return Some(single); // an instance has the name since it was free
        }
        self.change();
        // News of one name come in their order, so what was here is the older.
        self.lone
            .replace(ByName(single))
            .map(|ByName(before)| before)
    }

    /// Takes a stat that was opened by name out, unless another is shown instead.
    fn remove(&mut self, single: &Arc<Single>) -> bool {
        let name = &*single.entry.name;
        let is_it = self
            .lone
            .get(name)
            .is_some_and(|ByName(of)| Arc::ptr_eq(of, single));
        if is_it {
            self.lone.remove(name);
            self.change();
        }
        is_it
    }

    fn change(&mut self) {
        self.changed = true;
        // What is shown next is made by whoever shows it, and what was shown is dropped there: it may be large. Unless
        // most of it is gone already.
        let now = self.stats.len() + self.lone.len();
        if self
            .shape
            .as_ref()
            .is_some_and(|shape| shape.stats.len() > 2 * now)
        {
            self.shape = None;
        }
    }

    /// Whether there is anything to see: a place may be there only for what stood in it, until whoever took the last
    /// of that has dropped it, or for what stands below, and then the snapshot makes it.
    pub(crate) fn is_shown(&self) -> bool {
        !self.stats.is_empty() || !self.lone.is_empty() || self.place.class.get().is_some()
    }

    /// What readers see of it beside its values.
    pub(super) fn shape(&mut self, names: &mut stat_name::Shared, epoch: Epoch) -> Arc<PlaceShape> {
        if let (Some(shape), false) = (&self.shape, self.changed) {
            return shape.clone();
        }
        self.changed = false;
        let place = &self.place;
        let shape = Arc::new(PlaceShape {
            path: place.path.clone(),
            collapsed: place.class.get().is_some_and(|class| class.collapsed),
            labels: labels(place).into(),
            stats: self
                .stats()
                .map(|stat| shape_of(stat.entry(), names, epoch))
                .collect(),
        });
        self.shape = Some(shape.clone());
        shape
    }
}

fn shape_of(entry: &Entry, names: &mut stat_name::Shared, epoch: Epoch) -> StatShape {
    StatShape {
        name: names.get(&entry.name),
        kind: entry.spec.kind,
        help: entry.spec.help,
        unit: entry.spec.unit,
        label: entry.spec.label,
        merging: entry.spec.merging,
        created: epoch.of(entry.born),
    }
}

/// The labels that the segments of a path carry, outermost first.
pub(crate) fn labels(place: &Place) -> Vec<(&'static str, Arc<str>)> {
    let mut labels = match &place.parent {
        Some(parent) => labels(parent.place()),
        None => Vec::new(),
    };
    if let Some(label) = place.class.get().and_then(|class| class.label) {
        labels.push((label, Arc::from(place.segment())));
    }
    labels
}

/// What turns the library's own nanoseconds into wall time.
#[derive(Clone, Copy)]
pub(crate) struct Epoch {
    now: u64,
    wall: SystemTime,
}

/// That of the program: a stat was created at one time, however often its place is shown anew and the system's clock is set.
static FIRST: OnceLock<Epoch> = OnceLock::new();

impl Epoch {
    pub(crate) fn now() -> Epoch {
        Epoch {
            now: clock::real_now(),
            wall: SystemTime::now(),
        }
    }

    pub(crate) fn wall(self) -> SystemTime {
        self.wall
    }

    /// When something was born. A test's clock may have been ahead: that is as if just now. Not so the clock of another
    /// processor, which is ahead by nothing that matters: whoever compares when a stat was created takes another time for
    /// another stat.
    fn of(self, born: u64) -> SystemTime {
        const SECOND: u64 = 1_000_000_000;
        let first = gate::get_or_init(&FIRST, || self);
        let born = if born > self.now.saturating_add(SECOND) {
            self.now
        } else {
            born
        };
        let at = if born < first.now {
            let ago = Duration::from_nanos(first.now - born);
            first.wall.checked_sub(ago)
        } else {
            let since = Duration::from_nanos(born - first.now);
            first.wall.checked_add(since)
        };
        at.unwrap_or(first.wall)
    }
}

/// Brings the view of a tree up to date.
pub(crate) fn hear_news(turn: &mut Turn, tree: &Tree) {
    for life in tree.news.take() {
        if let Life::Place(place) = &life {
            place.heard();
        }
        let course = life.course().get_mut(turn);
        if course.folded {
            life.drop_later(turn); // born and gone between two turns
        } else {
            course.known = true;
            // The place of a stat that was opened by name gets a row with it; its own news may still be on its way.
            life.place().course.get_mut(turn).known = true;
            tree.known.get_mut(turn).enter(life);
        }
    }
}

/// Takes what was folded out of the view. What is dropped with it here is little: all that a row holds, its place holds too.
pub(crate) fn remove(turn: &mut Turn, life: &Life) {
    if life.course().get(turn).known {
        life.tree().known.get_mut(turn).take(life);
    }
    if let Life::Single(single) = life
        && single.entry.spec.kind.is_aggregate()
    {
        life.place().register().forget_aggregate(single);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Counter;
    use crate::Registry;
    use crate::tree::class::Spec;
    use crate::tree::life::Life;
    use crate::tree::{in_turn, opener};
    use crate::{Kind, Stat};

    /// Whoever makes a place announces it a moment after others can find it; and open a stat there by name, and drop it.
    #[test]
    fn a_place_goes_whose_news_comes_after_that_of_a_stat_in_it() {
        let registry = Registry::new();
        let tree = registry.tree().clone();
        let rows = || in_turn(|turn| tree.known.get(turn).rows.len());
        registry.snapshot();
        let before = rows();
        let place = tree.node("/late");
        let late: Vec<Life> = tree.news.take().collect();
        const PLAIN: &Spec = &Spec::of(Kind::Counter);
        let stat: Counter = opener::lone_stat(&place, "stat", PLAIN, Counter::open);
        registry.snapshot();
        drop(stat);
        late.into_iter().for_each(|life| tree.news.push(life));
        drop(place);
        assert_eq!(rows(), before);
    }

    #[test]
    fn a_stat_was_created_at_one_time_though_it_was_born_while_a_snapshot_began() {
        let early = Epoch::now();
        let born = early.now + 5000;
        let later = Epoch {
            now: early.now + 1_000_000_000,
            ..early
        };
        assert_eq!(early.of(born), later.of(born));
    }

    #[test]
    fn a_stat_was_created_at_one_time_though_the_wall_clock_is_set() {
        let before = Epoch::now();
        let born = before.now.saturating_sub(5);
        let created = before.of(born);
        let hour = Duration::from_secs(3600);
        for wall in [before.wall + hour, before.wall - hour] {
            let later = Epoch {
                now: before.now + 1_000_000_000,
                wall,
            };
            assert_eq!(later.of(born), created);
        }
    }
}
