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
use super::standing::{EntryRef, MeasuredRef};
use crate::Kind;
use crate::cells::clock;
use crate::cells::realm::Realm;
use crate::cells::turn::Turn;
use crate::snapshot::{Assembly, PlaceShape, Snapshot, Value};

/// A walk's result, before closures have answered.
struct Walk {
    places: Vec<Arc<PlaceShape>>,
    /// The values of all places, one after another: the snapshot's own, which is most of what it takes.
    values: Vec<Value>,
    /// Gauges that are closures, and where their values go.
    closures: Vec<(usize, Arc<Closure>)>,
    /// What is folded once the closures have answered, last first.
    gauges: Vec<FoldedGauge>,
}

/// A value that goes into the greatest or least of its kind.
struct FoldedGauge {
    value: usize,
    into: usize,
    /// The aggregate's.
    kind: Kind,
}

/// Reads a tree in one realm, at the moment `now` of the realm's clock.
pub(crate) fn snapshot(tree: &Arc<Tree>, realm: Realm, now: u64) -> Snapshot {
    let (mut walk, epoch) = settle::in_turn(|turn| {
        clock::refine();
        known::hear_news(turn, tree);
        // Whatever is shown was born before this.
        let epoch = Epoch::now();
        pass::pass(turn, tree, realm, now);
        (walk(turn, tree, realm, now, epoch), epoch)
    });
    let functions: Vec<Arc<Closure>> = walk.closures.iter().map(|(_, c)| c.clone()).collect();
    if !functions.is_empty() {
        for ((at, _), number) in walk.closures.iter().zip(closures::call(&functions)) {
            walk.values[*at] = Value::Gauge(number);
        }
    }
    drop(functions);
    fold_gauges(&mut walk);
    let mut assembly = Assembly::of_values(walk.values, walk.places.len());
    for shape in walk.places {
        assembly.push_shape(shape);
    }
    assembly.finish(epoch.wall())
}

/// An aggregate, and where its value stands.
struct Aggregate {
    value: usize,
    stat: EntryRef,
}

/// An aggregate that the walk is below.
struct Above {
    depth: usize,
    /// Its place among the aggregates.
    aggregate: usize,
}

/// A value that has an aggregate above it. Most have none, and there may be very many.
struct Feed {
    value: usize,
    /// The place of what it feeds among the aggregates.
    into: usize,
}

fn walk(turn: &mut Turn, tree: &Tree, realm: Realm, now: u64, epoch: Epoch) -> Walk {
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
        closures: Vec::new(),
        gauges: Vec::new(),
    };
    // Both in the order of their values.
    let mut aggregates: Vec<Aggregate> = Vec::new();
    let mut feeds: Vec<Feed> = Vec::new();
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
                if !row.place.aside {
                    let fed = above[..open].iter().rev().find(|above| {
                        let aggregate = &aggregates[above.aggregate].stat;
                        *aggregate.name == *entry.name && aggregate.spec.kind.folds(entry.spec.kind)
                    });
                    feeds.extend(fed.map(|above| Feed {
                        value: index,
                        into: above.aggregate,
                    }));
                }
                let value = read.value(entry, now);
                if let (Source::Wide(_), Some(lifetime)) = (&entry.source, fold::lifetime(&value))
                    && !lifetime.is_empty()
                    && !remembered::is_watched(turn, realm, entry)
                {
                    unwatched.push((MeasuredRef::Stat(standing.held()), lifetime.clone()));
                }
                if let (Source::Family(members), Value::Family(family)) = (&entry.source, &value)
                    && matches!(members.spec.kind, Kind::Histogram | Kind::Timer)
                {
                    for (number, member) in members.sorted(turn).numbered() {
                        if let Some(lifetime) = family.get(member.key()).and_then(fold::lifetime)
                            && !lifetime.is_empty()
                            && !remembered::is_watched(turn, realm, member)
                        {
                            let held = MeasuredRef::member(members, number);
                            unwatched.extend(held.map(|held| (held, lifetime.clone())));
                        }
                    }
                }
                if let Source::Closure(closure) = &entry.source {
                    walk.closures.push((index, closure.clone()));
                }
                if entry.spec.kind.is_aggregate() {
                    above.push(Above {
                        depth,
                        aggregate: aggregates.len(),
                    });
                    aggregates.push(Aggregate {
                        value: index,
                        stat: standing.held(),
                    });
                }
                walk.values.push(value);
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
        let is_it = |aggregate: &&Aggregate| std::ptr::eq::<Entry>(&*aggregate.stat, &*fed);
        if let Some(aggregate) = aggregates.iter().find(is_it) {
            let total = remembered::total_of(turn, realm, &fed);
            let into = &mut walk.values[aggregate.value];
            fold::add(into, fed.spec, &value, total);
        }
    }
    fold_live(turn, realm, now, &mut walk, &aggregates, &feeds);
    pass::watch(turn, tree, realm, now, unwatched);
    walk
}

/// Feeds every value to the aggregate above it, last first, so that an aggregate is complete before it feeds the next;
/// gauges wait for the closures.
fn fold_live(
    turn: &mut Turn,
    realm: Realm,
    now: u64,
    walk: &mut Walk,
    aggregates: &[Aggregate],
    feeds: &[Feed],
) {
    let mut waiting = aggregates.iter().rev().peekable();
    for feed in feeds.iter().rev() {
        while let Some(aggregate) = waiting.next_if(|waiting| waiting.value >= feed.value) {
            complete(turn, realm, now, walk, aggregate);
        }
        let Aggregate { value: into, stat } = &aggregates[feed.into];
        let kind = stat.spec.kind;
        if matches!(kind, Kind::Max | Kind::Min) {
            walk.gauges.push(FoldedGauge {
                value: feed.value,
                into: *into,
                kind,
            });
            continue;
        }
        let total = remembered::total_of(turn, realm, stat);
        let (before, after) = walk.values.split_at_mut(feed.value);
        fold::add(&mut before[*into], stat.spec, &after[0], total);
    }
    for aggregate in waiting {
        complete(turn, realm, now, walk, aggregate);
    }
}

/// All that feeds an aggregate has: what remains are the rates, which are the whole's own.
fn complete(turn: &Turn, realm: Realm, now: u64, walk: &mut Walk, aggregate: &Aggregate) {
    let value = &mut walk.values[aggregate.value];
    remembered::set_rates(turn, realm, &aggregate.stat, value, now);
}

fn fold_gauges(walk: &mut Walk) {
    for FoldedGauge { value, into, kind } in &walk.gauges {
        let (before, after) = walk.values.split_at_mut(*value);
        before[*into].fold(*kind, &after[0]);
    }
}
