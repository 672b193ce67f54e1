//! The description: which stats there are, written as they come and go.
//!
//! It is a [`Series`] of records, and only ever appended to: a stat that goes is one more record, and so is a total that
//! changed by it, both in one step. When more of it is about what is gone than about what is there, what is there is
//! written anew and takes the place of all of it, again in one step; so it stays within twice what is alive. Alive is
//! what is not folded yet: what was dropped while a snapshot or a tick had the collector's turn waits until that ends, and
//! as nobody who drops ever waits, there may be as much of it as can be dropped in that time.
//!
//! `record` lays the records out, `slot` keeps the values that stats have to themselves.

mod record;
mod slot;

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use foldhash::fast::RandomState;

use super::arena::Arena;
use super::bytes::{Bytes, Put};
use super::layout::{self, header};
use super::pages::left_out;
use super::series::Series;
use super::values;
use crate::cells::gate;
use crate::tree::class::{Spec, SpecRef};
use crate::tree::entry::{Entry, Source};
use crate::tree::journal::{Journal, Key, Total};
use crate::tree::known::labels;
use crate::tree::members::Member;
use crate::tree::place::Place;
pub(super) use record::nanos_since_1970;
use record::{Clocks, Stat};
use slot::{Shown, Slot};

/// What is gone may take this much more than what is there, so that a small description is not written anew all the time.
const SLACK: u64 = 4 << 10;

/// Room for so many bytes at first.
const ROOM: u64 = 24 << 10;

thread_local! {
    /// Whether this thread is at it: a user's allocator that counts may re-enter.
    static BUSY: Cell<bool> = const { Cell::new(false) };
}

/// The writer of the description.
pub(super) struct Description {
    arena: &'static Arena,
    state: Mutex<State>,
    begun: Clocks,
}

/// Where a record is, and how many bytes it takes.
#[derive(Clone, Copy)]
struct Span {
    at: u64,
    length: u64,
}

struct State {
    series: Series,
    /// Descriptions that were written, by what is in them.
    specs: HashMap<Vec<u8>, u32, RandomState>,
    /// Those of them that are constants of the program's, by their addresses.
    declared: HashMap<usize, u32, RandomState>,
    /// The next number of one.
    next_spec: u32,
    /// Those with lower numbers stand in the file; the others are pending.
    written_specs: u32,
    generation: u32,
    /// What is there: its record, and where its value is if it keeps that itself.
    alive: HashMap<Key, (Span, Option<Slot>), RandomState>,
    totals: HashMap<(Key, Option<Arc<str>>), Span, RandomState>,
    /// Bytes of records that no longer mean anything.
    gone: u64,
    /// Records that are about to be appended, together.
    pending: Vec<u8>,
}

impl Description {
    pub(super) fn new(arena: &'static Arena) -> Option<Description> {
        Some(Description {
            arena,
            begun: Clocks::now(),
            state: Mutex::new(State {
                series: Series::new(arena, header::DESCRIPTION, ROOM)?,
                specs: HashMap::default(),
                declared: HashMap::default(),
                next_spec: 1,
                written_specs: 1,
                generation: 0,
                alive: HashMap::default(),
                totals: HashMap::default(),
                gone: 0,
                pending: Vec::new(),
            }),
        })
    }

    /// Changes the description, unless this process has no part in it, or this thread is at it already.
    fn change(&self, change: impl FnOnce(&mut State)) {
        struct Busy;
        impl Drop for Busy {
            fn drop(&mut self) {
                BUSY.set(false);
            }
        }
        if self.arena.is_severed() {
            return;
        }
        if BUSY.replace(true) {
            return left_out(self.arena);
        }
        let _busy = Busy;
        let _pass = gate::enter();
        let mut state = self.state();
        state.pending.clear();
        change(&mut state);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn describe(&self, state: &mut State, stat: &Stat<'_>) {
        let spec = state.spec(stat.entry.spec);
        let slot = match &stat.entry.source {
            Source::Held(_) => Slot::new(self.arena),
            _ => None,
        };
        let at = state.pending.len() as u64;
        stat.write(&mut state.pending, spec, slot);
        let length = state.pending.len() as u64 - at;
        let key = stat.entry.journal_key();
        let Some(begin) = state.commit(self.arena) else {
            slot.into_iter().for_each(|slot| slot.end(self.arena));
            return;
        };
        let span = Span {
            at: begin + at,
            length,
        };
        if let Some((before, slot)) = state.alive.insert(key, (span, slot)) {
            // Its end found no room.
            state.gone += before.length;
            slot.into_iter().for_each(|slot| slot.end(self.arena));
        }
    }
}

impl Journal for Description {
    fn opened(&self, place: &Place, stat: &Entry) {
        let mut slot = None;
        self.change(|state| {
            let key = stat.journal_key();
            let labels = labels(place);
            let stat = Stat {
                owner: Key(0),
                place: &place.path,
                labels: &labels,
                flags: record::flags(place),
                name: &stat.name,
                entry: stat,
                generation: state.next_generation(),
                since: self.begun,
            };
            self.describe(state, &stat);
            slot = state.alive.get(&key).and_then(|(_, slot)| *slot);
        });
        if let (Source::Held(held), Some(slot)) = (&stat.source, slot) {
            held.show_in(Arc::new(Shown::new(self.arena, slot)));
        }
    }

    fn admitted(&self, family: Key, member: &Member) {
        self.change(|state| {
            let stat = Stat {
                owner: family,
                place: "",
                labels: &[],
                flags: 0,
                name: member.key(),
                entry: member,
                generation: state.next_generation(),
                since: self.begun,
            };
            self.describe(state, &stat);
        });
    }

    fn retired(&self, gone: &[Key], totals: &[Total]) {
        self.change(|state| {
            let mut ended = Vec::new();
            for key in gone {
                if state.alive.contains_key(key) {
                    record::put(&mut state.pending, layout::record::GONE, |out| {
                        out.u64(key.0)
                    });
                    ended.push(*key);
                }
            }
            let mut written = Vec::new();
            for total in totals {
                if !state.alive.contains_key(&total.aggregate) {
                    continue;
                }
                let at = state.pending.len() as u64;
                record::put(&mut state.pending, layout::record::TOTAL, |out| {
                    out.u64(total.aggregate.0);
                    out.maybe_text(total.member.as_deref());
                    values::write(out, &total.value);
                });
                let length = state.pending.len() as u64 - at;
                let key = (total.aggregate, total.member.clone());
                written.push((key, Span { at, length }));
            }
            if state.pending.is_empty() {
                return;
            }
            let records = state.pending.len() as u64;
            let Some(begin) = state.commit(self.arena) else {
                return;
            };
            state.gone += records;
            for (key, mut span) in written {
                span.at += begin;
                state.gone -= span.length;
                let before = state.totals.insert(key, span);
                state.gone += before.map_or(0, |before| before.length);
            }
            for key in ended {
                if let Some((span, slot)) = state.alive.remove(&key) {
                    state.gone += span.length;
                    slot.into_iter().for_each(|slot| slot.end(self.arena));
                }
            }
            state.tidy(self.arena);
        });
    }
}

impl State {
    fn next_generation(&mut self) -> u32 {
        self.generation = self.generation.wrapping_add(1);
        self.generation
    }

    /// Appends what is pending, and gives where. When there is no room it is left out, and counted.
    fn commit(&mut self, arena: &Arena) -> Option<u64> {
        let at = self.series.append(arena, &self.pending);
        if at.is_some() {
            self.written_specs = self.next_spec;
        } else {
            left_out(arena);
            // Whoever needs them next writes them.
            let written = self.written_specs;
            self.specs.retain(|_, number| *number < written);
            self.declared.retain(|_, number| *number < written);
        }
        at
    }

    /// The number of a description, which is written if it is new.
    fn spec(&mut self, spec: SpecRef) -> u32 {
        let address = std::ptr::from_ref(spec).addr();
        if let Some(known) = self.declared.get(&address) {
            return *known;
        }
        let number = self.spec_by_text(spec);
        self.declared.insert(address, number);
        number
    }

    fn spec_by_text(&mut self, spec: &Spec) -> u32 {
        let text = record::spec(spec);
        if let Some(known) = self.specs.get(&text) {
            return *known;
        }
        let number = self.next_spec;
        self.next_spec = self.next_spec.wrapping_add(1);
        record::put(&mut self.pending, layout::record::SPEC, |out| {
            out.u32(number);
            out.put(&text);
        });
        self.specs.insert(text, number);
        number
    }

    /// Writes what is there anew, when what is gone takes as much.
    fn tidy(&mut self, arena: &Arena) {
        let alive = self.series.length() - self.gone;
        if self.gone <= alive + SLACK {
            return;
        }
        // Totals of aggregates that are gone themselves mean nothing.
        let stats = &self.alive;
        self.totals.retain(|(key, _), _| stats.contains_key(key));
        let bytes = self.series.bytes(arena);
        let record = |span: &Span| bytes.get(span.at as usize..(span.at + span.length) as usize);
        let used: HashSet<u32> = self
            .alive
            .values()
            .filter_map(|(span, _)| Bytes(record(span)?.get(record::SPEC_IN_STAT..)?).u32())
            .collect();
        let mut tidied = Vec::with_capacity(alive as usize);
        self.specs.retain(|_, number| used.contains(number));
        self.declared.retain(|_, number| used.contains(number));
        for (text, number) in &self.specs {
            record::put(&mut tidied, layout::record::SPEC, |out| {
                out.u32(*number);
                out.put(text);
            });
        }
        let mut moved = Vec::with_capacity(self.alive.len() + self.totals.len());
        let spans = self.alive.values().map(|(span, _)| span);
        for span in spans.chain(self.totals.values()) {
            moved.push(tidied.len() as u64);
            tidied.extend_from_slice(record(span).unwrap_or_default());
        }
        if self.series.replace(arena, &tidied).is_none() {
            self.gone = 0; // no room: it goes on growing, and is tried again after as much
            return;
        }
        self.gone = 0;
        let spans = self.alive.values_mut().map(|(span, _)| span);
        for (span, at) in spans.chain(self.totals.values_mut()).zip(moved) {
            span.at = at;
        }
    }
}
