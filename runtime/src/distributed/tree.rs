//! A tree of stats that changes piece by piece: what a source has told so far, and what several come to.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use super::merging::CompiledGauges;
use super::reading::{ToldPlace, ToldStat};
use crate::Kind;
use crate::snapshot::{
    Assembly, PlaceShape, Snapshot, StatShape, Value, counts, path_order, total,
};

/// Places in the order of snapshots.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Path(Arc<str>);

impl Ord for Path {
    fn cmp(&self, other: &Path) -> Ordering {
        path_order(&self.0, &other.0)
    }
}

impl PartialOrd for Path {
    fn partial_cmp(&self, other: &Path) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Stats by place and name.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    places: BTreeMap<Path, Branch>,
    len: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Branch {
    collapsed: bool,
    labels: Arc<[(&'static str, Arc<str>)]>,
    stats: BTreeMap<Arc<str>, Leaf>,
}

/// One stat.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub(super) shape: StatShape,
    pub(super) value: Value,
    /// Which message changed it last, of all that the aggregator took; 0 where nobody has set it.
    pub(super) changed: u64,
    /// The same of each member, of a family in which the last one may be meant.
    pub(super) members_changed: Box<[u64]>,
}

impl Leaf {
    /// As a message told it; `before` is what was told of it before.
    fn told(shape: StatShape, value: Value, before: Option<&Leaf>, message: u64) -> Leaf {
        let (mut changed, mut members_changed) = (message, Box::default());
        match (shape.kind, &value) {
            (Kind::Gauge, now) => {
                let before = before.map(|leaf| (&leaf.value, leaf.changed));
                changed = changed_by(message, now, before);
            }
            (Kind::Family(Kind::Gauge | Kind::Text | Kind::StateSet), Value::Family(now)) => {
                let changes = now.iter().map(|(key, now)| {
                    let before = before.and_then(|leaf| leaf.member(key));
                    changed_by(message, now, before)
                });
                members_changed = changes.collect();
            }
            _ => {}
        }
        Leaf {
            shape,
            value,
            changed,
            members_changed,
        }
    }

    /// A member, and which message changed it last.
    fn member(&self, key: &str) -> Option<(&Value, u64)> {
        let Value::Family(members) = &self.value else {
            return None;
        };
        let changed = self.members_changed.get(members.position(key)?)?;
        Some((members.get(key)?, *changed))
    }

    /// What of it still counts when its source is gone; nothing of a level.
    pub(super) fn total(&self) -> Option<Value> {
        counts(self.shape.kind)
            .then(|| total(&self.value))
            .flatten()
    }
}

/// Which message changed a level last. What stands at nothing when it is first heard of was not set yet.
fn changed_by(message: u64, now: &Value, before: Option<(&Value, u64)>) -> u64 {
    let is_nothing = || match now {
        Value::Gauge(number) => number.is_none_or(|number| number.as_f64() == 0.0),
        Value::Text(text) => text.is_none(),
        Value::StateSet(state, _) => state.is_none(),
        _ => false,
    };
    match before {
        Some((before, changed)) if before == now => changed,
        None if is_nothing() => 0,
        _ => message,
    }
}

impl Tree {
    /// How many stats it has.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(super) fn get(&self, place: &str, name: &str) -> Option<&Leaf> {
        self.find(place, name).map(|(_, leaf)| leaf)
    }

    /// A stat, with its place.
    pub(super) fn find(&self, place: &str, name: &str) -> Option<(&Branch, &Leaf)> {
        let branch = self.places.get(&Path(place.into()))?;
        Some((branch, branch.stats.get(name)?))
    }

    /// Whether any place between the root and this one, itself left out, has a stat that satisfies this.
    pub(super) fn above(&self, place: &str, name: &str, is: impl Fn(&Leaf) -> bool) -> bool {
        let ends = place.match_indices('/').map(|(at, _)| at);
        ends.map(|end| place.get(..end).unwrap_or_default())
            .filter_map(|above| self.get(above, name))
            .any(is)
    }

    /// All stats, with their places.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Branch, &Leaf)> {
        self.places.iter().flat_map(|(path, branch)| {
            let leaves = branch.stats.values();
            leaves.map(move |leaf| (&*path.0, branch, leaf))
        })
    }

    /// All places with their stats, as what is written of them.
    pub(super) fn places(&self) -> impl Iterator<Item = (PlaceShape, &BTreeMap<Arc<str>, Leaf>)> {
        self.places.iter().map(|(path, branch)| {
            let shape = PlaceShape {
                path: Arc::clone(&path.0),
                collapsed: branch.collapsed,
                labels: Arc::clone(&branch.labels),
                stats: Vec::new(),
            };
            (shape, &branch.stats)
        })
    }

    fn branch(&mut self, path: &str, like: &Branch) -> &mut Branch {
        let branch = self.places.entry(Path(path.into()));
        branch.or_insert_with(|| Branch {
            collapsed: like.collapsed,
            labels: Arc::clone(&like.labels),
            stats: BTreeMap::new(),
        })
    }

    /// Adds a stat to the one that is there, or as it is; false where that one is of another kind.
    pub(super) fn add(&mut self, path: &str, like: &Branch, leaf: Leaf) -> bool {
        let stats = &mut self.branch(path, like).stats;
        match stats.get_mut(&leaf.shape.name) {
            Some(known) if known.shape.kind.same(leaf.shape.kind) => {
                known.shape.created = known.shape.created.min(leaf.shape.created);
                known.value.fold(known.shape.kind, &leaf.value)
            }
            Some(_) => false,
            None => {
                stats.insert(Arc::clone(&leaf.shape.name), leaf);
                self.len += 1;
                true
            }
        }
    }

    /// Takes over what a source told of a place, of which `before` has what was told earlier, unless this has it; says of how
    /// many stats it never told what they are.
    pub(super) fn tell(
        &mut self,
        told: ToldPlace,
        before: Option<&Tree>,
        rules: &CompiledGauges,
        message: u64,
    ) -> u64 {
        let ToldPlace {
            path,
            collapsed,
            labels,
            stats,
        } = told;
        let branch = self
            .places
            .entry(Path(Arc::clone(&path)))
            .or_insert_with(|| Branch {
                collapsed,
                labels: Arc::clone(&labels),
                stats: BTreeMap::new(),
            });
        (branch.collapsed, branch.labels) = (collapsed, labels);
        let len = branch.stats.len();
        let mut unknown = 0;
        for stat in stats {
            let before = before.and_then(|before| before.get(&path, &stat.name));
            if !branch.tell(&path, stat, before, rules, message) {
                unknown += 1;
            }
        }
        self.len += branch.stats.len() - len;
        unknown
    }

    /// A stat is no more.
    pub(super) fn forget(&mut self, place: &Arc<str>, name: &str) {
        let path = Path(Arc::clone(place));
        let Some(branch) = self.places.get_mut(&path) else {
            return;
        };
        if branch.stats.remove(name).is_some() {
            self.len -= 1;
        }
        if branch.stats.is_empty() {
            self.places.remove(&path);
        }
    }

    pub(super) fn snapshot(self, taken: SystemTime) -> Snapshot {
        let mut assembly = Assembly::with_capacity(self.places.len(), self.len);
        for (path, branch) in self.places {
            let stats = branch.stats.into_values();
            let (shapes, values): (Vec<_>, Vec<_>) =
                stats.map(|leaf| (leaf.shape, leaf.value)).unzip();
            let shape = PlaceShape {
                path: path.0,
                collapsed: branch.collapsed,
                labels: branch.labels,
                stats: shapes,
            };
            assembly.push(Arc::new(shape), values);
        }
        assembly.finish(taken)
    }
}

impl Branch {
    /// False for a stat of which nothing but the value is known.
    fn tell(
        &mut self,
        path: &str,
        told: ToldStat,
        before: Option<&Leaf>,
        rules: &CompiledGauges,
        message: u64,
    ) -> bool {
        let ToldStat {
            name,
            shape,
            mut value,
            is_partial,
        } = told;
        let known = self.stats.get(&name);
        let leaf = match shape {
            Some(mut shape) => {
                shape.merging = rules.of(path, &shape);
                Leaf::told(shape, value, known.or(before), message)
            }
            None => {
                let Some(known) = known.filter(|known| value.is_of(known.shape.kind)) else {
                    return false;
                };
                if is_partial {
                    complete(&mut value, &known.value);
                }
                Leaf::told(known.shape.clone(), value, Some(known), message)
            }
        };
        self.stats.insert(name, leaf);
        true
    }
}

/// Members that were not told again are as they were.
fn complete(value: &mut Value, before: &Value) {
    let (Value::Family(told), Value::Family(before)) = (&mut *value, before) else {
        return;
    };
    let mut whole = Arc::clone(before);
    Arc::make_mut(&mut whole).take_in(told.iter(), Value::clone_from);
    *value = Value::Family(whole);
}
