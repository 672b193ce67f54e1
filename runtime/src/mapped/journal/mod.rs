//! The description: which stats there are, written as they come and go.
//!
//! It is a [`Series`] of records, and only ever appended to: a stat that goes is one more record, and so is a total that
//! changed by it, both in one step. When more of it is about what is gone than about what is there, what is there is
//! written anew and takes the place of all of it, again in one step; so it stays within twice what is alive.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::Ordering::Release;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use foldhash::fast::RandomState;

use super::arena::Arena;
use super::bytes::{Bytes, Put};
use super::layout::{flag, header, object, record, source};
use super::pages::left_out;
use super::series::Series;
use super::values;
use crate::cells::{CellId, clock, gate};
use crate::snapshot::Value;
use crate::tree::class::{Spec, SpecRef};
use crate::tree::entry::{Bits, Entry, Source};
use crate::tree::journal::{Journal, Key, Outlet, Total};
use crate::tree::known::labels;
use crate::tree::place::Place;

/// What is gone may take this much more than what is there, so that a small description is not written anew all the time.
const SLACK: u64 = 16 << 10;

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
        let spec = state.spec(&stat.entry.spec);
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
                flags: flags(place),
                entry: stat,
                generation: state.next_generation(),
                since: self.begun,
            };
            self.describe(state, &stat);
            slot = state.alive.get(&key).and_then(|(_, slot)| *slot);
        });
        if let (Source::Held(held), Some(slot)) = (&stat.source, slot) {
            let shown = Shown {
                arena: self.arena,
                slot: Mutex::new(slot),
            };
            held.show_in(Arc::new(shown));
        }
    }

    fn admitted(&self, family: Key, member: &Entry) {
        self.change(|state| {
            let stat = Stat {
                owner: family,
                place: "",
                labels: &[],
                flags: 0,
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
                    put_record(&mut state.pending, record::GONE, |out| out.u64(key.0));
                    ended.push(*key);
                }
            }
            let mut written = Vec::new();
            for total in totals {
                if !state.alive.contains_key(&total.aggregate) {
                    continue;
                }
                let at = state.pending.len() as u64;
                put_record(&mut state.pending, record::TOTAL, |out| {
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
        if at.is_none() {
            left_out(arena);
        }
        at
    }

    /// The number of a description, which is written if it is new.
    fn spec(&mut self, spec: &SpecRef) -> u32 {
        let SpecRef::Declared(declared) = spec else {
            return self.spec_by_text(spec);
        };
        let address = std::ptr::from_ref::<Spec>(declared).addr();
        if let Some(known) = self.declared.get(&address) {
            return *known;
        }
        let number = self.spec_by_text(declared);
        self.declared.insert(address, number);
        number
    }

    fn spec_by_text(&mut self, spec: &Spec) -> u32 {
        let mut text = Vec::new();
        text.u32(spec.cap as u32);
        text.u8(u8::from(spec.hide_zero));
        text.text(&spec.kind.to_string());
        text.text(spec.unit);
        text.text(spec.help);
        text.text(spec.label);
        if let Some(known) = self.specs.get(&text) {
            return *known;
        }
        let number = self.next_spec;
        self.next_spec = self.next_spec.wrapping_add(1);
        put_record(&mut self.pending, record::SPEC, |out| {
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
            .filter_map(|(span, _)| Bytes(record(span)?.get(SPEC_IN_STAT..)?).u32())
            .collect();
        let mut tidied = Vec::with_capacity(alive as usize);
        self.specs.retain(|_, number| used.contains(number));
        self.declared.retain(|_, number| used.contains(number));
        for (text, number) in &self.specs {
            put_record(&mut tidied, record::SPEC, |out| {
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

/// Where the number of its description stands in the record of a stat.
const SPEC_IN_STAT: usize = record::HEADER + 8 + 8;

/// One record: its length, its sort, and what `contents` writes, up to a multiple of eight.
fn put_record(out: &mut Vec<u8>, sort: u8, contents: impl FnOnce(&mut Vec<u8>)) {
    let begin = out.len();
    out.put(&[0, 0, 0, 0, sort, 0, 0, 0]);
    contents(out);
    out.resize(begin + (out.len() - begin).next_multiple_of(8), 0);
    let length = (out.len() - begin) as u32;
    out[begin..begin + 4].copy_from_slice(&length.to_ne_bytes());
}

/// A stat, as it is described.
struct Stat<'s> {
    /// The family that it is a member of; 0 when it is none.
    owner: Key,
    place: &'s str,
    labels: &'s [(&'static str, Arc<str>)],
    flags: u8,
    entry: &'s Entry,
    /// Tells it from others that have its key before or after it.
    generation: u32,
    since: Clocks,
}

/// One moment on both clocks.
#[derive(Clone, Copy)]
struct Clocks {
    own: u64,
    wall: u64,
}

impl Clocks {
    fn now() -> Clocks {
        Clocks {
            own: clock::real_now(),
            wall: nanos_since_1970(SystemTime::now()),
        }
    }

    /// A moment of the library's own clock, in nanoseconds since 1970.
    fn wall(self, own: u64) -> u64 {
        self.wall.wrapping_add(own.wrapping_sub(self.own))
    }
}

fn flags(place: &Place) -> u8 {
    let collapsed = place.class.get().is_some_and(|class| class.collapsed);
    u8::from(place.aside) * flag::ASIDE + u8::from(collapsed) * flag::COLLAPSED
}

impl Stat<'_> {
    fn write(&self, out: &mut Vec<u8>, spec: u32, slot: Option<Slot>) {
        let none: &[Arc<str>] = &[];
        let (sort, cell, names) = match &self.entry.source {
            Source::Counter(cell) => (source::COUNTER, *cell, none),
            Source::Level(cell) => (source::LEVEL, *cell, none),
            Source::Wide(cell) => (source::WIDE, *cell, none),
            Source::Gauge(cell, bits) => (gauge(*bits), *cell, none),
            Source::State(cell, names) => (source::STATE, *cell, &**names),
            Source::Held(_) => (source::HELD, CellId::NONE, none),
            Source::Closure(_) => (source::CLOSURE, CellId::NONE, none),
            Source::Family(_) => (source::FAMILY, CellId::NONE, none),
            Source::Aggregate(states) => (source::AGGREGATE, CellId::NONE, &**states),
        };
        put_record(out, record::STAT, |out| {
            out.u64(self.entry.journal_key().0);
            out.u64(self.owner.0);
            out.u32(spec);
            out.put(&[sort, self.flags, 0, 0]);
            out.u32(cell.id());
            out.u32(self.generation);
            out.u64(slot.map_or(0, |slot| slot.0));
            out.u64(self.since.wall(self.entry.born));
            out.text(self.place);
            out.text(&self.entry.name);
            out.u32(self.labels.len() as u32);
            for (label, text) in self.labels {
                out.text(label);
                out.text(text);
            }
            out.u32(names.len() as u32);
            names.iter().for_each(|name| out.text(name));
        });
    }
}

fn gauge(bits: Bits) -> u8 {
    match bits {
        Bits::F64 => source::GAUGE_F64,
        Bits::I64 => source::GAUGE_I64,
        Bits::U64 => source::GAUGE_U64,
        Bits::Bool => source::GAUGE_BOOL,
    }
}

pub(super) fn nanos_since_1970(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// Where the value stands of a stat that keeps it itself: the place of a word with the place of the value.
#[derive(Clone, Copy)]
struct Slot(u64);

impl Slot {
    /// The word after the stamp and the size.
    const VALUE: u64 = object::CONTENTS;
    const SIZE: u64 = object::CONTENTS + 8;

    fn new(arena: &Arena) -> Option<Slot> {
        let slot = arena.take(Slot::SIZE);
        if slot.is_none() {
            left_out(arena);
        }
        slot.map(Slot)
    }

    /// Puts a value there: a fresh one takes the place of the one before.
    fn set(self, arena: &Arena, value: &[u8]) {
        let size = object::CONTENTS + value.len() as u64;
        let Some(fresh) = arena.take(size) else {
            return left_out(arena);
        };
        // SAFETY: the piece is fresh and has room.
        unsafe { arena.write(fresh + object::CONTENTS, value) };
        self.put(arena, fresh);
    }

    fn put(self, arena: &Arena, value: u64) {
        let word = arena.word(self.0 + Slot::VALUE);
        // Relaxed: whoever changes it has the outlet's lock. Release below: who finds the value finds what is in it.
        let before = word.load(std::sync::atomic::Ordering::Relaxed);
        word.store(value, Release);
        if before != 0 {
            let size = arena.word(before + object::SIZE);
            let size = size.load(std::sync::atomic::Ordering::Relaxed);
            // SAFETY: it came from `take`, and the word no longer leads to it.
            unsafe { arena.give_back(before, size) };
        }
    }

    /// The stat is gone, and its outlet with it.
    fn end(self, arena: &Arena) {
        self.put(arena, 0);
        // SAFETY: it came from `take`; its record is gone.
        unsafe { arena.give_back(self.0, Slot::SIZE) };
    }
}

/// Shows the value of one stat.
struct Shown {
    arena: &'static Arena,
    slot: Mutex<Slot>,
}

impl Outlet for Shown {
    fn changed(&self, read: &dyn Fn() -> Value) {
        if self.arena.is_severed() {
            return;
        }
        let _pass = gate::enter();
        let slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        // Read with the lock held: whoever comes last shows the last value.
        let value = read();
        let mut bytes = Vec::new();
        bytes.u64(nanos_since_1970(SystemTime::now()));
        values::write(&mut bytes, &value);
        slot.set(self.arena, &bytes);
    }
}
