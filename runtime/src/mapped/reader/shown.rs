//! From what was seen in a file to a [`Snapshot`]: places in their order, families with their members, aggregates folded.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use foldhash::fast::RandomState;

use super::description::{Retired, Stat};
use super::head::Head;
use super::look::Look;
use crate::Kind;
use crate::mapped::layout::source;
use crate::snapshot::{Assembly, PlaceShape, Snapshot, StatShape, StatesValue, Value, path_order};
use crate::tree::class::Spec;
use crate::tree::fold;
use crate::tree::read::is_zero;
use crate::tree::total::Total;

/// A stat with its value, on its way into the snapshot.
struct Row {
    stat: Stat,
    value: Value,
    /// It is retired and has a newcomer in its place: it counts in the totals above, and is not shown.
    is_hidden: bool,
}

/// Puts a snapshot together.
pub(super) fn snapshot(look: Look, head: &Head, taken: SystemTime) -> Snapshot {
    let left_out = head.left_out.max(look.missing);
    let mut rows = rows(look);
    fold_rows(&mut rows);
    rows.retain(|row| !row.is_hidden);
    let mut places: Vec<(Arc<PlaceShape>, Vec<Value>)> = Vec::new();
    let mut rows = rows.into_iter().peekable();
    while let Some(first) = rows.next() {
        let path = first.stat.place.clone();
        let mut own = vec![first];
        while let Some(next) = rows.next_if(|row| row.stat.place == path) {
            own.push(next);
        }
        places.push(place(path, own));
    }
    if left_out > 0 {
        tell_of_what_is_left_out(&mut places, left_out);
    }
    let values = places.iter().map(|(_, values)| values.len()).sum();
    let mut assembly = Assembly::with_capacity(places.len(), values);
    for (shape, values) in places {
        assembly.push(shape, values);
    }
    assembly.finish(taken)
}

/// Every stat with what it stands at by itself, in the order of a snapshot.
fn rows(look: Look) -> Vec<Row> {
    let (mut stats, mut values) = (look.description.stats, look.values);
    let mut totals = look.description.totals;
    let mut members: HashMap<u64, Vec<(Arc<str>, Value)>, RandomState> = HashMap::default();
    let mut families: HashMap<u64, (Kind, bool), RandomState> = HashMap::default();
    for (key, stat) in &stats {
        if stat.sort == source::FAMILY {
            families.insert(
                *key,
                (fold::member_kind(stat.spec.kind), stat.spec.hide_zero),
            );
        }
    }
    stats.retain(|key, stat| {
        if let (Some((kind, hides)), Some(value)) = (families.get(&stat.owner), values.get(key))
            && stat.spec.kind.same(*kind)
            && !(*hides && is_zero(value))
        {
            let member = (stat.name.clone(), value.clone());
            members.entry(stat.owner).or_default().push(member);
        }
        stat.owner == 0
    });
    let mut rows: Vec<Row> = Vec::with_capacity(stats.len());
    for (key, stat) in stats {
        let value = match stat.sort {
            source::FAMILY => Some(family(members.remove(&key).unwrap_or_default())),
            source::AGGREGATE => Some(retired(&stat, totals.remove(&key).unwrap_or_default())),
            _ => values.remove(&key),
        };
        rows.extend(value.map(|value| Row {
            stat,
            value,
            is_hidden: false,
        }));
    }
    rows.sort_by(|a, b| order(&a.stat, &b.stat));
    // Of several at one path the first is the latest.
    for at in 1..rows.len() {
        let (before, row) = (&rows[at - 1].stat, &rows[at].stat);
        rows[at].is_hidden = before.place == row.place && before.name == row.name;
    }
    rows
}

fn order(a: &Stat, b: &Stat) -> Ordering {
    path_order(&a.place, &b.place)
        .then_with(|| a.name.cmp(&b.name))
        .then_with(|| b.order.cmp(&a.order))
}

fn family(mut members: Vec<(Arc<str>, Value)>) -> Value {
    members.sort_by(|(a, _), (b, _)| a.cmp(b));
    members.dedup_by(|(a, _), (b, _)| a == b);
    Value::Family(Arc::new(members.into_iter().collect()))
}

/// What was retired into an aggregate.
fn retired(stat: &Stat, totals: Retired) -> Value {
    let kind = stat.spec.kind;
    match kind.folded() {
        Kind::Family(of) => family(
            totals
                .into_iter()
                .filter_map(|(key, value)| value.is_of(*of).then_some((key?, value)))
                .collect(),
        ),
        Kind::StateSet => Value::CountBy(Arc::new(StatesValue {
            counts: stat.states.iter().map(|state| (state.clone(), 0)).collect(),
        })),
        folded => {
            let mut whole = totals.into_iter().filter(|(key, _)| key.is_none());
            let total = whole.next().map(|(_, value)| value);
            total
                .filter(|total| total.is_of(folded))
                .unwrap_or_else(|| fold::nothing(kind))
        }
    }
}

/// Feeds every value to the nearest aggregate of its name above it, last first, so that an aggregate is complete before it
/// feeds the next.
fn fold_rows(rows: &mut [Row]) {
    let mut above: Vec<usize> = Vec::new();
    let mut feeds: Vec<Option<usize>> = Vec::with_capacity(rows.len());
    let mut path: Option<Arc<str>> = None;
    let mut open = 0;
    for (at, row) in rows.iter().enumerate() {
        let stat = &row.stat;
        if path.as_ref() != Some(&stat.place) {
            above.retain(|of| is_below(&rows[*of].stat.place, &stat.place));
            open = above.len(); // an instance's own aggregates are not above its own stats
            path = Some(stat.place.clone());
        }
        let fed = above[..open]
            .iter()
            .rev()
            .filter(|_| !stat.is_aside)
            .find(|of| {
                let aggregate = &rows[**of].stat;
                aggregate.name == stat.name && aggregate.spec.kind.folds(stat.spec.kind)
            });
        feeds.push(fed.copied());
        if stat.spec.kind.is_aggregate() && !row.is_hidden {
            above.push(at);
        }
    }
    let mut admitted: HashMap<usize, Total, RandomState> = HashMap::default();
    for at in (0..rows.len()).rev() {
        let Some(target) = feeds[at] else {
            continue;
        };
        let (before, after) = rows.split_at_mut(at);
        let (into, from) = (&mut before[target], &after[0]);
        let kept = from
            .is_hidden
            .then(|| fold::without_level(from.value.clone()));
        let value = match &kept {
            None => Some(&from.value),
            Some(kept) => kept.as_ref(),
        };
        if let Some(value) = value {
            let total = admitted
                .entry(target)
                .or_insert_with(|| admitting(&into.stat.spec, &into.value));
            fold::add(&mut into.value, &into.stat.spec, value, total);
        }
    }
}

/// The keys that an aggregate of families has admitted.
fn admitting(spec: &Spec, value: &Value) -> Total {
    let mut total = Total::default();
    if let Value::Family(family) = value {
        for (key, _) in family.iter() {
            total.admit(spec, key);
        }
    }
    total
}

fn is_below(above: &str, path: &str) -> bool {
    path.strip_prefix(above)
        .is_some_and(|rest| rest.starts_with('/'))
}

/// A place of these stats, which are sorted by name.
fn place(path: Arc<str>, rows: Vec<Row>) -> (Arc<PlaceShape>, Vec<Value>) {
    let labels = rows.first().map(|row| row.stat.labels.clone());
    let is_collapsed = rows.iter().any(|row| row.stat.is_collapsed);
    let mut shapes = Vec::with_capacity(rows.len());
    let mut values = Vec::with_capacity(rows.len());
    for Row { stat, value, .. } in rows {
        let created = UNIX_EPOCH.checked_add(Duration::from_nanos(stat.born));
        shapes.push(StatShape {
            name: stat.name,
            kind: stat.spec.kind,
            help: stat.spec.help,
            unit: stat.spec.unit,
            label: stat.spec.label,
            merging: stat.spec.merging,
            created: created.unwrap_or(UNIX_EPOCH),
        });
        values.push(value);
    }
    let shape = PlaceShape {
        path,
        collapsed: is_collapsed,
        labels: labels.unwrap_or_default().into(),
        stats: shapes,
    };
    (Arc::new(shape), values)
}

/// Says how much of the process's numbers is not in the file, where the process itself would.
fn tell_of_what_is_left_out(places: &mut Vec<(Arc<PlaceShape>, Vec<Value>)>, count: u64) {
    const PLACE: &str = "/calipers/faults";
    let shape = StatShape {
        name: "fileFull".into(),
        kind: Kind::Counter,
        help: "What found no room in the page file, and is missing here",
        unit: "",
        label: "",
        merging: None,
        created: UNIX_EPOCH,
    };
    let value = Value::Counter(count);
    match places.binary_search_by(|(shape, _)| path_order(&shape.path, PLACE)) {
        Ok(_) => {} // a file that says so itself
        Err(at) => places.insert(
            at,
            (
                Arc::new(PlaceShape {
                    path: PLACE.into(),
                    collapsed: false,
                    labels: Arc::from([]),
                    stats: vec![shape],
                }),
                vec![value],
            ),
        ),
    }
}
