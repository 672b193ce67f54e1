//! The collector's turn: one reader at a time.
//!
//! The race: whoever adds cells up over slabs must not meet somebody who moves numbers between slabs,
//! frees an outgrown block or hands an id to a new owner. The cure: there is one [`Turn`] in the
//! process, and only who holds it reads, folds or frees. Snapshots and the tick wait for it; who
//! drops a handle only tries ([`Turn::try_now`]), and leaves the work to whoever has it. Recording
//! never comes here.
//!
//! Nothing that runs user code may happen during a turn: no log line, no closure, no drop of a user's
//! value. Things to be dropped are handed to [`Turn::later`], and come back from [`Turn::end`].
//!
//! What only the collector may touch is wrapped in [`Kept`] and opened with the turn.
//!
//! How it fits: here is how a turn begins and ends, and what is put off until then; `kept` holds what only the collector
//! touches, `reader` adds cells up, `realms` knows which scopes there are, `fold` moves on what threads left behind, and
//! `retire` takes runs out of use.

mod fold;
mod kept;
mod reader;
mod realms;
mod retire;

use std::any::Any;
use std::cell::RefCell;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use self::reader::{LISTED, Listed};
use super::gate;
use super::slab::{self, BASE, SHARED};

pub(crate) use self::kept::Kept;
pub(crate) use self::reader::Reader;

static ROLE: Mutex<()> = Mutex::new(());

/// The collector's role, held.
pub(crate) struct Turn {
    /// Dropped before the pass: fields go in order.
    _role: MutexGuard<'static, ()>,
    _pass: gate::Pass,
    later: Later,
    /// The slabs of the realm that was read last, in this turn or an earlier one.
    listed: RefCell<Option<Listed>>,
    /// `&Turn` reads what `Kept` wraps, so two threads must not share one.
    _alone: PhantomData<*const ()>,
}

/// Where the next turn puts off what is the library's own: empty, and with [`ROOM`], since nearly every turn needs some.
static ROOMY: Kept<Vec<Ours>> = Kept::new(Vec::new());

/// For as much as most turns put off; a backlog leaves more.
const ROOM: usize = 64;

/// Something of the library's own that is to be dropped: it may end other things' lives.
type Ours = Arc<dyn Any + Send + Sync>;

/// What was put off until the turn has ended.
#[derive(Default)]
pub(crate) struct Later {
    pub(crate) ours: Vec<Ours>,
    /// Users' values: dropping them runs their code.
    pub(crate) users: Vec<Box<dyn Any + Send>>,
}

impl Turn {
    /// Waits for the turn. Whoever calls this must not hold it already.
    pub(crate) fn wait() -> Turn {
        let pass = gate::enter();
        Turn::begin(pass, ROLE.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes the turn if nobody has it.
    pub(crate) fn try_now() -> Option<Turn> {
        let pass = gate::enter();
        let role = match ROLE.try_lock() {
            Ok(role) => role,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        Some(Turn::begin(pass, role))
    }

    fn begin(pass: gate::Pass, role: MutexGuard<'static, ()>) -> Turn {
        for slab in [&BASE, &SHARED].into_iter().chain(slab::all()) {
            // SAFETY: the turn has just begun and no block pointer has been read in it.
            unsafe { slab.garbage.free() };
        }
        let mut turn = Turn {
            _role: role,
            _pass: pass,
            later: Later::default(),
            listed: RefCell::new(None),
            _alone: PhantomData,
        };
        let handed = LISTED.get_mut(&mut turn).0.take();
        *turn.listed.get_mut() = handed;
        turn.later.ours = std::mem::take(ROOMY.get_mut(&mut turn));
        turn
    }

    /// Puts a drop off until the turn has ended.
    pub(crate) fn later(&mut self, dropped: Arc<impl Any + Send + Sync>) {
        self.later.ours.push(dropped);
    }

    /// Puts the drop of a user's value off until the turn has ended.
    pub(crate) fn bury(&mut self, dropped: impl Any + Send) {
        self.later.users.push(Box::new(dropped));
    }

    /// Drops what of the library's own was put off so far; whoever calls this knows that nothing of a user's is in it.
    pub(crate) fn drop_ours(&mut self) {
        self.later.ours.clear();
    }

    /// Ends the turn; gives what was put off.
    pub(crate) fn end(mut self) -> Later {
        self.hand_back();
        let listed = self.listed.take();
        LISTED.get_mut(&mut self).0 = listed;
        let mut later = std::mem::take(&mut self.later);
        if later.ours.is_empty() {
            later.ours.shrink_to(ROOM);
            *ROOMY.get_mut(&mut self) = std::mem::take(&mut later.ours);
        }
        later
    }
}
