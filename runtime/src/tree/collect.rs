//! Taking a snapshot: one walk over the collector's view of a tree.
//!
//! During the turn every value is read and folded into the aggregates above it, against the walk's direction, so
//! that an aggregate is complete before it feeds the next. Closures are called after the turn, and what folds gauges
//! is folded then.

use std::sync::Arc;

use super::closures::{self, Closure};
use super::entry::{Entry, Source};
use super::fold;
use super::known::{self, Epoch, Known};
use super::lookup::Tree;
use super::pass;
use super::read::Read;
use super::remembered;
use super::settle;
use super::standing::EntryRef;
use crate::Kind;
use crate::cells::clock;
use crate::cells::realm::Realm;
use crate::snapshot::{Assembly, PlaceShape, Snapshot, Value};

/// A walk's result, before closures have answered.
struct Walk {
    places: Vec<Arc<PlaceShape>>,
    values: Vec<Value>,
    /// For each value, the kind of its stat and the value it feeds.
    feeds: Vec<(Kind, Option<usize>)>,
    /// Gauges that are closures, and where their values go.
    closures: Vec<(usize, Arc<Closure>)>,
}

/// Reads a tree in one realm, at the moment `now` of the realm's clock.
pub(crate) fn snapshot(tree: &Arc<Tree>, realm: Realm, now: u64) -> Snapshot {
    let epoch = Epoch::now();
    let mut walk = settle::in_turn(|turn| {
        clock::refine();
        known::hear_news(turn, tree);
        pass::pass(turn, tree, realm, now);
        walk(turn, tree, realm, now, epoch)
    });
    let functions: Vec<Arc<Closure>> = walk.closures.iter().map(|(_, c)| c.clone()).collect();
    if !functions.is_empty() {
        for ((at, _), number) in walk.closures.iter().zip(closures::call(&functions)) {
            walk.values[*at] = Value::Gauge(number);
        }
    }
    drop(functions);
    fold_gauges(&mut walk);
    let mut values = walk.values.into_iter();
    let mut assembly = Assembly::with_capacity(walk.places.len(), walk.feeds.len());
    for shape in walk.places {
        let count = shape.stats.len();
        assembly.push(shape, values.by_ref().take(count));
    }
    assembly.finish(epoch.wall())
}

/// An aggregate that the walk is below.
struct Above {
    depth: usize,
    stat: EntryRef,
    value: usize,
}

fn walk(
    turn: &mut crate::cells::turn::Turn,
    tree: &Tree,
    realm: Realm,
    now: u64,
    epoch: Epoch,
) -> Walk {
    // Shapes first: making one writes to the view, reading values does not.
    let Known { rows, names, .. } = tree.known.get_mut(turn);
    let places: Vec<_> = rows
        .values_mut()
        .filter(|row| row.is_shown())
        .map(|row| row.shape(names, epoch))
        .collect();
    let stats = places.iter().map(|shape| shape.stats.len()).sum();
    let mut walk = Walk {
        places,
        values: Vec::with_capacity(stats),
        feeds: Vec::with_capacity(stats),
        closures: Vec::new(),
    };
    let mut aggregates: Vec<(usize, EntryRef)> = Vec::new();
    let mut hidden: Vec<(Value, EntryRef)> = Vec::new();
    let mut unwatched = Vec::new();
    {
        let read = Read::new(turn, realm);
        let known = tree.known.get(turn);
        let mut above: Vec<Above> = Vec::new();
        for row in known.rows.values() {
            let depth = row.depth();
            while above.last().is_some_and(|last| last.depth >= depth) {
                above.pop();
            }
            let open = above.len();
            for standing in row.stats() {
                let entry = standing.entry();
                let index = walk.values.len();
                // An instance's own aggregates are not above its own stats.
                let feeds = if row.place.aside {
                    None
                } else {
                    above[..open].iter().rev().find_map(|above| {
                        let aggregate = &above.stat;
                        let fits = *aggregate.name == *entry.name
                            && aggregate.spec.kind.folds(entry.spec.kind);
                        fits.then_some(above.value)
                    })
                };
                let value = read.value(entry, now);
                if let (Source::Wide(_), Some(lifetime)) = (&entry.source, fold::lifetime(&value))
                    && !lifetime.is_empty()
                    && !remembered::is_watched(turn, realm, entry)
                {
                    unwatched.push((standing.held(), lifetime.clone()));
                }
                if let (Source::Family(members), Value::Family(family)) = (&entry.source, &value)
                    && matches!(members.spec.kind, Kind::Histogram | Kind::Timer)
                {
                    for member in members.sorted(turn).iter() {
                        if let Some(lifetime) = family.get(&member.name).and_then(fold::lifetime)
                            && !lifetime.is_empty()
                            && !remembered::is_watched(turn, realm, member)
                        {
                            let held = EntryRef::Member(member.clone());
                            unwatched.push((held, lifetime.clone()));
                        }
                    }
                }
                if let Source::Closure(closure) = &entry.source {
                    walk.closures.push((index, closure.clone()));
                }
                if entry.spec.kind.is_aggregate() {
                    let stat = standing.held();
                    aggregates.push((index, stat.clone()));
                    above.push(Above {
                        depth,
                        stat,
                        value: index,
                    });
                }
                walk.values.push(value);
                walk.feeds.push((entry.spec.kind, feeds));
            }
        }
        for life in known.hidden() {
            for stat in life.stats() {
                if let Some(fed) = life.place().feeds(stat.entry()) {
                    // It is as good as retired: its levels no longer count.
                    let value = fold::without_level(read.value(stat.entry(), now));
                    hidden.extend(value.map(|value| (value, fed)));
                }
            }
        }
    }
    for (value, fed) in hidden {
        let is_it =
            |(_, aggregate): &&(usize, EntryRef)| std::ptr::eq::<Entry>(&**aggregate, &*fed);
        if let Some((target, _)) = aggregates.iter().find(is_it) {
            let total = remembered::total_of(turn, realm, &fed);
            fold::add(&mut walk.values[*target], &fed.spec, &value, total);
        }
    }
    fold_live(turn, realm, now, &mut walk, &aggregates);
    pass::watch(turn, tree, realm, now, unwatched);
    walk
}

/// Feeds every value to the aggregate above it, last first; gauges wait for the closures.
fn fold_live(
    turn: &mut crate::cells::turn::Turn,
    realm: Realm,
    now: u64,
    walk: &mut Walk,
    aggregates: &[(usize, EntryRef)],
) {
    for at in (0..walk.values.len()).rev() {
        if walk.feeds[at].0.is_aggregate()
            && let Ok(place) = aggregates.binary_search_by_key(&at, |(value, _)| *value)
        {
            // All that feeds it has: what remains are the rates, which are the whole's own.
            let aggregate = &aggregates[place].1;
            remembered::set_rates(turn, realm, aggregate, &mut walk.values[at], now);
        }
        let Some(target) = walk.feeds[at].1 else {
            continue;
        };
        // Aggregates are in the order of their values.
        let Ok(place) = aggregates.binary_search_by_key(&target, |(value, _)| *value) else {
            continue;
        };
        let entry = &aggregates[place].1;
        if matches!(entry.spec.kind, Kind::Max | Kind::Min) {
            continue;
        }
        let total = remembered::total_of(turn, realm, entry);
        let (before, after) = walk.values.split_at_mut(at);
        fold::add(&mut before[target], &entry.spec, &after[0], total);
    }
}

fn fold_gauges(walk: &mut Walk) {
    for at in (0..walk.values.len()).rev() {
        let Some(target) = walk.feeds[at].1 else {
            continue;
        };
        let kind = walk.feeds[target].0;
        if matches!(kind, Kind::Max | Kind::Min) {
            let (before, after) = walk.values.split_at_mut(at);
            before[target].fold(kind, &after[0]);
        }
    }
}
