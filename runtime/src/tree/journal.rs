//! The journal: who is told which stats there are, outside this process.
//!
//! Cells may stand in a file ([`crate::cells::page`]), but what they mean is known to the tree alone. So whoever keeps such a
//! file is told of every stat of the global tree before its handle is given out, and of every stat that goes, together with
//! what the totals above it have become, before its cells may be another's.
//!
//! Whether there is a journal is decided once, before the first stat: it must hear of all of them.

#![cfg_attr(
    not(feature = "mapped"),
    allow(dead_code, reason = "nobody keeps a journal")
)]

use std::cell::Cell;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::entry::{Entry, Held};
use super::members::Member;
use super::place::Place;
use crate::cells::gate;
use crate::snapshot::Value;

/// Hears what becomes of the stats of the global tree. It takes short locks of its own, and calls nothing of the tree's
/// but what it is given.
pub(crate) trait Journal: Sync {
    /// A stat of a place's is about to be shown to readers.
    fn opened(&self, place: &Place, stat: &Entry);

    /// A family that was told of has a new member.
    fn admitted(&self, family: Key, member: &Member);

    /// These are gone, and these are what the totals above have become.
    fn retired(&self, gone: &[Key], totals: &[Total]);
}

/// Names a stat or a member among those that are there: its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key(pub(crate) u64);

impl Key {
    /// Of a stat, a member, or what the members of a family share.
    pub(crate) fn of<T>(it: &T) -> Key {
        Key(std::ptr::from_ref(it).addr() as u64)
    }
}

/// What was retired into an aggregate so far; into one key of it, if it folds families.
pub(crate) struct Total {
    pub(crate) aggregate: Key,
    pub(crate) member: Option<Arc<str>>,
    pub(crate) value: Value,
}

/// Where a value that a stat keeps itself is shown outside.
pub(crate) trait Outlet: Send + Sync {
    /// Called after each change; `read` gives what the value is by then.
    fn changed(&self, read: &dyn Fn() -> Value);
}

/// Where a stat that keeps its value itself remembers its [`Outlet`], if it has one.
#[derive(Default)]
pub(crate) struct Shown(OnceLock<Arc<dyn Outlet>>);

impl Shown {
    pub(crate) fn start(&self, held: &dyn Held, outlet: Arc<dyn Outlet>) -> bool {
        let _ = self.0.set(outlet);
        self.tell(held);
        true
    }

    pub(crate) fn tell(&self, held: &dyn Held) {
        if let Some(outlet) = self.0.get() {
            outlet.changed(&|| held.read());
        }
    }
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Shown")
            .field(&self.0.get().is_some())
            .finish()
    }
}

/// What is asked for a journal before the first stat, when nobody has started one.
pub(crate) struct Starter(pub(crate) fn() -> Started);

inventory::collect!(Starter);

/// What came of it: something to be told once no lock is held.
pub(crate) type Started = Option<Box<dyn FnOnce()>>;

static JOURNAL: OnceLock<&'static dyn Journal> = OnceLock::new();

/// Whether it is decided: 0 until it is.
static DECIDED: AtomicU8 = AtomicU8::new(0);
static DECIDING: Mutex<()> = Mutex::new(());

thread_local! {
    /// Whether this thread is deciding: an allocator that counts may get here while it does.
    static BUSY: Cell<bool> = const { Cell::new(false) };
}

/// The journal, if there is one.
#[inline]
pub(crate) fn journal() -> Option<&'static dyn Journal> {
    JOURNAL.get().copied()
}

/// Called before a stat is opened, with no lock held.
#[inline]
pub(crate) fn before_a_stat() {
    if DECIDED.load(Relaxed) == 0 {
        decide();
    }
}

#[cold]
fn decide() {
    let Some(started) = exclusively(|| {
        let mut started = Vec::new();
        for starter in inventory::iter::<Starter> {
            started.extend((starter.0)());
        }
        DECIDED.store(1, Relaxed);
        started
    }) else {
        return;
    };
    started.into_iter().for_each(|tell| tell());
}

/// Runs this unless it is decided whether there is a journal.
fn exclusively<R>(decide: impl FnOnce() -> R) -> Option<R> {
    if BUSY.replace(true) {
        return None;
    }
    struct Busy;
    impl Drop for Busy {
        fn drop(&mut self) {
            BUSY.set(false);
        }
    }
    let _busy = Busy;
    let _pass = gate::enter();
    let _one = DECIDING.lock().unwrap_or_else(PoisonError::into_inner);
    (DECIDED.load(Relaxed) == 0).then(decide)
}

/// Has all stats told to the journal that `make` makes. Nothing when there are stats already; otherwise what `make` gave.
#[cfg(feature = "mapped")]
pub(crate) fn start<E>(
    make: impl FnOnce() -> Result<&'static dyn Journal, E>,
) -> Option<Result<(), E>> {
    exclusively(|| start_now(make))
}

/// Likewise, within a [`Starter`].
#[cfg(feature = "mapped")]
pub(crate) fn start_now<E>(
    make: impl FnOnce() -> Result<&'static dyn Journal, E>,
) -> Result<(), E> {
    let journal = make()?;
    let _ = JOURNAL.set(journal);
    DECIDED.store(1, Relaxed);
    Ok(())
}
