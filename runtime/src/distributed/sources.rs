//! Who told what: the latest state of each source, what earlier runs of it had counted, and what of those is left that are
//! gone.
//!
//! A source has a name, and each run of it an incarnation. Whatever it tells is numbered; a number that is missing, or a source
//! that was never heard of, is answered by asking for everything. What a state says replaces what was said before, so that
//! nothing is counted twice, however often it is told.
//!
//! Time is told from outside, so that tests need not wait for it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::frame::{Head, Refused, Sort};
use super::merging::CompiledGauges;
use super::own::AggregatorStats;
use super::reading::{self, Told};
use super::source::{Source, add_totals, is_totalled_above};
use super::tree::Tree;

/// Sources that are gone and of which all is still known, so that they may come back. More are added up.
const GONE: usize = 64;

/// Incarnations that were added up, which must not be counted a second time.
const REMEMBERED: usize = 100_000;

/// What a source may say in all before it has to say everything anew, in bytes.
const MOST_SAID: usize = 256 << 20;

/// What is kept, at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Sources, those included that are gone and not yet added up.
    pub(super) sources: usize,
    /// Stats of one source.
    pub(super) stats: usize,
    /// How long a source may be silent before it counts as gone.
    pub(super) silence: Duration,
}

/// A state of which not every message has come.
#[derive(Debug)]
struct Staged {
    head: Head,
    parts: Vec<Told>,
    /// Of those that were told what they are.
    stats: usize,
    bytes: usize,
}

/// What is to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Nothing,
    Taken,
    Wanted,
}

/// All sources.
#[derive(Debug)]
pub(super) struct Sources {
    limits: Limits,
    rules: CompiledGauges,
    pub(super) own: AggregatorStats,
    pub(super) by_name: BTreeMap<Arc<str>, Source>,
    staged: BTreeMap<Arc<str>, Staged>,
    /// What was added up of those that are gone.
    pub(super) gone: Tree,
    added_up: VecDeque<u64>,
    /// How many messages there were, for which of two changes came later.
    messages: u64,
    ticked: Instant,
    /// Whether anything changed since somebody asked.
    pub(super) is_changed: bool,
}

impl Sources {
    pub(super) fn new(
        limits: Limits,
        rules: CompiledGauges,
        own: AggregatorStats,
        now: Instant,
    ) -> Sources {
        Sources {
            limits,
            rules,
            own,
            by_name: BTreeMap::new(),
            staged: BTreeMap::new(),
            gone: Tree::default(),
            added_up: VecDeque::new(),
            messages: 0,
            ticked: now,
            is_changed: false,
        }
    }

    /// Takes a message of a source, and says what to answer.
    pub(super) fn take(&mut self, head: &Head, body: &[u8], now: Instant) -> Answer {
        match self.taken(head, body, now) {
            Ok(answer) => answer,
            Err(cause) => {
                self.own.ignored.get(cause).inc();
                Answer::Nothing
            }
        }
    }

    fn taken(&mut self, head: &Head, body: &[u8], now: Instant) -> Result<Answer, &'static str> {
        if !matches!(head.sort, Sort::Whole | Sort::Change) {
            return Err("notForUs");
        }
        let told = reading::read(body).map_err(|_| Refused::Malformed.cause())?;
        if self.added_up.contains(&head.incarnation) {
            return Err("addedUp");
        }
        self.messages += 1;
        let name = Arc::clone(&told.source);
        let mut is_known = false;
        if let Some(source) = self.by_name.get_mut(&name) {
            if source.incarnation == head.incarnation {
                if head.sequence <= source.sequence {
                    return Err("old");
                }
                is_known = true;
            } else if source.was(head.incarnation)
                || (source.is_there && head.started < source.started)
            {
                // Of an earlier run; or of another program of the same name, which should have one of its own. When
                // nobody is heard of by this name, the clock may have been set back since.
                return Err("old");
            }
        }
        self.own.messages.inc();
        self.own.bytes.add(body.len());
        match head.sort {
            Sort::Change if !is_known => return Ok(self.wanted(&name)),
            Sort::Change => {
                let source = self.by_name.get(&name);
                let next = match self.staged.get(&name) {
                    Some(staged) => staged.head.sequence,
                    None => source.map_or(0, |source| source.sequence),
                };
                let is_enough =
                    source.is_none_or(|source| source.is_whole && source.said <= MOST_SAID);
                if head.sequence != next.wrapping_add(1) || !is_enough {
                    return Ok(self.wanted(&name));
                }
            }
            _ => {}
        }
        self.stage(head, told, body.len(), now)
    }

    /// Everything of the source is needed: what is half there is of no use.
    fn wanted(&mut self, name: &Arc<str>) -> Answer {
        self.staged.remove(name);
        self.own.gaps.inc();
        Answer::Wanted
    }

    /// Keeps a message until all that belong to it are there.
    fn stage(
        &mut self,
        head: &Head,
        told: Told,
        bytes: usize,
        now: Instant,
    ) -> Result<Answer, &'static str> {
        let name = &Arc::clone(&told.source);
        let stats = told.places.iter().flat_map(|place| &place.stats);
        let stats = stats.filter(|stat| stat.shape.is_some()).count();
        let mut staged = match self.staged.remove(name) {
            _ if head.is_first => Staged {
                head: *head,
                parts: Vec::new(),
                // Those of a change come to those that are there.
                stats: match (head.sort, self.by_name.get(name)) {
                    (Sort::Change, Some(source)) => source.tree.len(),
                    _ => 0,
                },
                bytes: 0,
            },
            Some(staged)
                if staged.head.incarnation == head.incarnation
                    && staged.head.sort == head.sort
                    && staged.head.sequence.wrapping_add(1) == head.sequence =>
            {
                staged
            }
            _ => return Ok(self.wanted(name)),
        };
        staged.head = *head;
        staged.stats += stats;
        staged.bytes += bytes;
        if staged.bytes > MOST_SAID {
            return Err("tooLarge");
        }
        if staged.stats > self.limits.stats {
            return Err("tooManyStats");
        }
        staged.parts.push(told);
        if head.is_last {
            return self.apply(name, staged, now);
        }
        if self.staged.len() >= self.limits.sources {
            return Err("tooManySources");
        }
        self.staged.insert(Arc::clone(name), staged);
        Ok(Answer::Nothing)
    }

    fn apply(
        &mut self,
        name: &Arc<str>,
        staged: Staged,
        now: Instant,
    ) -> Result<Answer, &'static str> {
        let Staged {
            head, parts, bytes, ..
        } = staged;
        if !self.by_name.contains_key(name) && !self.make_room() {
            return Err("tooManySources");
        }
        let source = self
            .by_name
            .entry(Arc::clone(name))
            .or_insert_with(|| Source::new(&head, now));
        if source.incarnation != head.incarnation {
            source.begin_anew(&head);
            self.own.restarted.inc();
        }
        let (left_out, unknown) = match head.sort {
            Sort::Whole => source.tell_whole(parts, &self.rules, self.messages),
            _ => source.tell_change(parts, &self.rules, self.messages),
        };
        self.own.not_kept.add(left_out);
        self.own.unknown.add(unknown);
        source.said += bytes;
        source.sequence = head.sequence;
        source.heard = now;
        source.is_there = true;
        self.is_changed = true;
        self.own.sources.set(self.present());
        Ok(Answer::Taken)
    }

    /// How many sources are heard of.
    fn present(&self) -> u64 {
        let sources = self.by_name.values();
        sources.filter(|source| source.is_there).count() as u64
    }

    /// Notes who has been silent for too long.
    pub(super) fn tick(&mut self, now: Instant) {
        let since = now.saturating_duration_since(self.ticked);
        self.ticked = now;
        // If we were stopped ourselves, nobody could be heard.
        let stopped = since.saturating_sub(Duration::from_secs(1));
        let mut gone = 0;
        for source in self.by_name.values_mut().filter(|source| source.is_there) {
            source.heard += stopped;
            let silence = self.limits.silence.max(source.period.saturating_mul(3));
            if now.saturating_duration_since(source.heard) > silence {
                source.is_there = false;
                gone += 1;
            }
        }
        if gone > 0 {
            self.own.vanished.add(gone);
            self.own.sources.set(self.present());
            self.is_changed = true;
            self.add_up_all_but(GONE);
        }
    }

    /// Whether there is room for another source, if need be for the price of those that went long ago.
    fn make_room(&mut self) -> bool {
        if self.by_name.len() >= self.limits.sources {
            let gone = self.by_name.len() as u64 - self.present();
            self.add_up_all_but((gone as usize).saturating_sub(1));
        }
        self.by_name.len() < self.limits.sources
    }

    /// Adds up those that are gone, the longest first, until so many are left.
    fn add_up_all_but(&mut self, left: usize) {
        let gone = self.by_name.iter().filter(|(_, source)| !source.is_there);
        let mut gone: Vec<_> = gone
            .map(|(name, source)| (source.heard, Arc::clone(name)))
            .collect();
        gone.sort();
        let surplus = gone.len().saturating_sub(left);
        for (_, name) in gone.into_iter().take(surplus) {
            let Some(source) = self.by_name.remove(&name) else {
                continue;
            };
            for run in source.earlier_runs().chain([source.incarnation]) {
                self.remember(run);
            }
            for tree in [&source.tree, &source.earlier] {
                // What an ancestor totals is in its total, and stands nowhere else when the instance is gone.
                let left_out =
                    add_totals(&mut self.gone, tree, self.limits.stats, |place, leaf| {
                        !is_totalled_above(tree, place, leaf)
                    });
                self.own.not_kept.add(left_out);
            }
        }
    }

    /// An incarnation was added up, and must not be counted a second time.
    pub(super) fn remember(&mut self, incarnation: u64) {
        if self.added_up.len() >= REMEMBERED {
            self.added_up.pop_front();
        }
        self.added_up.push_back(incarnation);
    }

    /// All incarnations that were.
    pub(super) fn added_up(&self) -> impl Iterator<Item = u64> {
        self.added_up.iter().copied()
    }

    /// When time was last told.
    pub(super) fn ticked(&self) -> Instant {
        self.ticked
    }
}
