//! One source: what it has, and what is left of what it had.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::frame::{Head, Sort};
use super::merging::CompiledGauges;
use super::reading::{Told, ToldPlace};
use super::tree::{Branch, Leaf, Tree};

/// Earlier runs of a source that are known by their incarnation.
const RUNS: usize = 16;

/// Stats of a source that went while it ran, and of which the totals are kept.
const RETIRED: usize = 10_000;

/// One source.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) incarnation: u64,
    pub(super) started: u64,
    /// Incarnations that others took the place of.
    earlier_runs: VecDeque<u64>,
    /// The number of its last message.
    pub(super) sequence: u64,
    /// What it has, now.
    pub(super) tree: Tree,
    /// What its earlier runs counted, and those of its stats that went.
    pub(super) earlier: Tree,
    /// Whether it is heard of.
    pub(super) is_there: bool,
    pub(super) heard: Instant,
    pub(super) period: Duration,
    /// How much it said since it last said everything, in bytes.
    pub(super) said: usize,
    /// Whether all that it has is known: a file has totals alone.
    pub(super) is_whole: bool,
}

impl Source {
    pub(super) fn new(head: &Head, now: Instant) -> Source {
        Source {
            incarnation: head.incarnation,
            started: head.started,
            earlier_runs: VecDeque::new(),
            sequence: 0,
            tree: Tree::default(),
            earlier: Tree::default(),
            is_there: true,
            heard: now,
            period: Duration::ZERO,
            said: 0,
            is_whole: true,
        }
    }

    /// What a file has of it: it is gone until it is heard of, and what was old is old still.
    pub(super) fn kept(
        head: &Head,
        now: Instant,
        tree: Tree,
        earlier: Tree,
        earlier_runs: VecDeque<u64>,
    ) -> Source {
        Source {
            sequence: head.sequence,
            tree,
            earlier,
            earlier_runs,
            is_there: false,
            is_whole: false,
            ..Source::new(head, now)
        }
    }

    /// Its earlier runs that are still known, by their incarnations.
    pub(super) fn earlier_runs(&self) -> impl Iterator<Item = u64> {
        self.earlier_runs.iter().copied()
    }

    /// Whether this is one of its earlier runs.
    pub(super) fn was(&self, incarnation: u64) -> bool {
        self.earlier_runs.contains(&incarnation)
    }

    /// Another run of it: what the one before counted stays.
    pub(super) fn begin_anew(&mut self, head: &Head) {
        let before = std::mem::take(&mut self.tree);
        add_totals(&mut self.earlier, &before, usize::MAX, |_, _| true);
        if self.earlier_runs.len() >= RUNS {
            self.earlier_runs.pop_front();
        }
        self.earlier_runs.push_back(self.incarnation);
        self.incarnation = head.incarnation;
        self.started = head.started;
    }

    /// Its incarnation, as its messages have it.
    pub(super) fn head(&self) -> Head {
        Head {
            sort: Sort::Whole,
            is_first: true,
            is_last: true,
            incarnation: self.incarnation,
            started: self.started,
            sequence: self.sequence,
        }
    }

    /// Has what it says, and nothing else; how many totals found no room, and of how many stats it never said what they are.
    pub(super) fn tell_whole(
        &mut self,
        parts: Vec<Told>,
        rules: &CompiledGauges,
        message: u64,
    ) -> (u64, u64) {
        let mut now = Tree::default();
        let mut unknown = 0;
        for part in parts {
            self.period = part.period;
            for place in part.places {
                unknown += now.tell(place, Some(&self.tree), rules, message);
            }
        }
        self.said = 0;
        self.is_whole = true;
        let before = std::mem::replace(&mut self.tree, now);
        let left_out = add_totals(&mut self.earlier, &before, RETIRED, |place, old| {
            let now = self.tree.get(place, &old.shape.name);
            now.is_none_or(|now| is_anew(old, now)) && !is_totalled_above(&before, place, old)
        });
        (left_out, unknown)
    }

    /// Has what changed; says the same.
    pub(super) fn tell_change(
        &mut self,
        parts: Vec<Told>,
        rules: &CompiledGauges,
        message: u64,
    ) -> (u64, u64) {
        let (mut left_out, mut unknown) = (0, 0);
        // All of them before any is taken away: what totals them may go as well.
        for part in &parts {
            for (place, name) in &part.gone {
                left_out += self.retire(place, name, |_| true);
            }
            for ToldPlace { path, stats, .. } in &part.places {
                for stat in stats {
                    if let Some(shape) = &stat.shape {
                        left_out += self.retire(path, &stat.name, |old| {
                            old.shape.created != shape.created && old.shape.kind.same(shape.kind)
                        });
                    }
                }
            }
        }
        for part in parts {
            self.period = part.period;
            for (place, name) in &part.gone {
                self.tree.forget(place, name);
            }
            for place in part.places {
                unknown += self.tree.tell(place, None, rules, message);
            }
        }
        (left_out, unknown)
    }

    /// A stat goes: what it counted stays, as it does in an ancestor's total. Says how many found no room.
    fn retire(&mut self, place: &str, name: &str, is: impl Fn(&Leaf) -> bool) -> u64 {
        let Source { tree, earlier, .. } = self;
        match tree.find(place, name) {
            Some((branch, leaf)) if is(leaf) && !is_totalled_above(tree, place, leaf) => {
                u64::from(!add_total(earlier, place, branch, leaf, RETIRED))
            }
            _ => 0,
        }
    }
}

/// Whether a stat began at nothing, though one was there of its name and kind.
fn is_anew(old: &Leaf, new: &Leaf) -> bool {
    old.shape.created != new.shape.created && old.shape.kind.same(new.shape.kind)
}

/// Whether an ancestor's total has what this stat counted, so that it is not lost when the stat goes.
pub(super) fn is_totalled_above(tree: &Tree, place: &str, leaf: &Leaf) -> bool {
    let kind = leaf.shape.kind;
    tree.above(place, &leaf.shape.name, |above| {
        above.shape.kind.folds(kind)
    })
}

/// Adds the totals of those stats that are chosen; says how many found no room.
pub(super) fn add_totals(
    into: &mut Tree,
    from: &Tree,
    most: usize,
    is_chosen: impl Fn(&str, &Leaf) -> bool,
) -> u64 {
    let mut left_out = 0;
    for (place, branch, leaf) in from.iter() {
        if is_chosen(place, leaf) && !add_total(into, place, branch, leaf, most) {
            left_out += 1;
        }
    }
    left_out
}

/// Adds what a stat counted, if it is one that counts; false when there is no room.
fn add_total(into: &mut Tree, place: &str, branch: &Branch, leaf: &Leaf, most: usize) -> bool {
    let Some(value) = leaf.total() else {
        return true;
    };
    if into.len() >= most && into.get(place, &leaf.shape.name).is_none() {
        return false;
    }
    let mut leaf = leaf.clone();
    leaf.value = value;
    into.add(place, branch, leaf);
    true
}
