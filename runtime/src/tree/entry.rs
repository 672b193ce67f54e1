//! Entries: what a place knows of each of its stats. Ids, kinds and descriptions, never the stat's type.

use std::any::Any;
use std::ops::Deref;
use std::sync::Arc;

use super::class::SpecRef;
use super::closures::Closure;
use super::journal::{Key, Outlet};
use super::members::Members;
use super::remembered::RealmStates;
use super::stat_name::StatName;
use crate::Kind;
use crate::cells::CellId;
use crate::cells::ids::{self, Reserve, Width};
use crate::cells::turn::{Kept, Turn};
use crate::snapshot::Value;

/// One stat at a place.
pub(crate) struct Entry {
    pub(crate) name: StatName,
    measured: Measured,
}

/// What a stat is, whatever it is called: one at a place, or a member of a family.
pub(crate) struct Measured {
    pub(crate) spec: SpecRef,
    pub(crate) source: Source,
    /// Nanoseconds of [`clock::now`] at which it was made.
    pub(crate) born: u64,
    /// What the collector remembers of it.
    pub(crate) states: Kept<RealmStates>,
}

impl Entry {
    pub(crate) fn new(name: StatName, spec: SpecRef, source: Source, born: u64) -> Entry {
        Entry {
            name,
            measured: Measured::new(spec, source, born),
        }
    }
}

impl Deref for Entry {
    type Target = Measured;

    fn deref(&self) -> &Measured {
        &self.measured
    }
}

impl Measured {
    pub(super) fn new(spec: SpecRef, source: Source, born: u64) -> Measured {
        Measured {
            spec,
            source,
            born,
            states: Kept::default(),
        }
    }

    /// What it goes by in the journal.
    pub(crate) fn journal_key(&self) -> Key {
        match &self.source {
            // Its members name it too, and know nothing of its place.
            Source::Family(members) => Key::of(&**members),
            _ => Key::of(self),
        }
    }

    /// Hands its ids, and those of its members, back.
    pub(crate) fn retire(&self, turn: &mut Turn) {
        match &self.source {
            Source::Counter(cell) | Source::Gauge(cell, _) | Source::State(cell, _) => {
                turn.retire(*cell, Width::One);
            }
            Source::Level(cell) => turn.retire(*cell, Width::Two),
            Source::Wide(cell) => turn.retire(*cell, Width::Line),
            Source::Family(members) => {
                for member in members.sorted(turn).iter() {
                    member.retire(turn);
                }
            }
            Source::Closure(closure) => {
                if let Some(function) = closure.retire() {
                    turn.bury(function);
                }
            }
            Source::Held(_) | Source::Aggregate(_) => {}
        }
    }
}

/// The cells that a stat of a kind most likely takes, should they be reserved for it.
pub(crate) fn cells_of(kind: Kind) -> Option<Width> {
    match kind {
        Kind::Counter | Kind::Meter | Kind::Gauge | Kind::StateSet => Some(Width::One),
        Kind::UpDownCounter => Some(Width::Two),
        Kind::Histogram | Kind::Timer => Some(Width::Line),
        _ => None,
    }
}

/// Where a stat's value is read from.
#[derive(Clone)]
pub(crate) enum Source {
    /// One cell that only grows: a counter, a meter.
    Counter(CellId),
    /// An up and a down.
    Level(CellId),
    /// A wide run: a histogram, a timer.
    Wide(CellId),
    /// One cell that is set, and how its bits are a number.
    Gauge(CellId, Bits),
    /// One cell that is set to the place of a state in this list, plus one.
    State(CellId, Arc<[Arc<str>]>),
    /// A value that its stat keeps.
    Held(Arc<dyn Held>),
    /// A user's closure.
    Closure(Arc<Closure>),
    /// One entry a key.
    Family(Arc<Members>),
    /// A fold of descendants; of states, with those that are declared.
    Aggregate(Arc<[Arc<str>]>),
}

const _: () = assert!(size_of::<Source>() <= 24 && size_of::<Entry>() <= 64);

/// A [`Source`], where the sealed [`Stat`](crate::Stat) trait must name it in public.
#[allow(unreachable_pub)]
pub struct Backing(pub(crate) Source);

/// What a stat is made from, likewise: what it is, and the cells that its init has reserved for it.
#[allow(unreachable_pub)]
pub struct Description<'o> {
    pub(crate) spec: SpecRef,
    pub(crate) reserved: Option<(&'o Reserve, usize)>,
}

impl Description<'_> {
    /// Cells for it: those that were reserved, or others.
    pub(crate) fn cells(&self, width: Width) -> CellId {
        let reserved = self.reserved;
        let run = reserved.and_then(|(reserve, index)| reserve.take(index, width));
        run.unwrap_or_else(|| ids::take(width))
    }
}

/// How a gauge's cell is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bits {
    F64,
    I64,
    U64,
    Bool,
}

/// A value that is kept by its stat rather than in cells. Reading it runs no user code and takes at most a
/// lock of its own.
pub(crate) trait Held: Any + Send + Sync {
    fn read(&self) -> Value;

    #[cfg_attr(
        not(feature = "mapped"),
        allow(dead_code, reason = "there is no outlet")
    )]
    /// From here on the outlet is told of each change. False when changes go unnoticed, so that it cannot be shown outside.
    fn show_in(&self, _outlet: Arc<dyn Outlet>) -> bool {
        false
    }
}
