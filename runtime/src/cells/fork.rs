//! What happens at `fork`.
//!
//! Cells on the heap are copied by the kernel with the rest of the memory, so a child can never write
//! its parent's numbers; it starts from them. Cells in a file are shared with it instead, and their source takes them out
//! of the file in the child ([`Source::at_fork`](super::page::Source::at_fork)). What also needs care is locks ([`super::gate`]) and
//! the slabs of threads that the child does not have: they are given up, so that new threads adopt
//! them and their numbers stay in the totals.

use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Once, RwLockWriteGuard};

use super::page::{self, Fork};
use super::{gate, local, slab};

/// How often this process is a child of a fork of this program; whoever keeps a thread compares it
/// to find out that the thread is gone.
static GENERATION: AtomicU32 = AtomicU32::new(0);

/// The number of forks between the program's start and this process.
pub(crate) fn generation() -> u32 {
    GENERATION.load(Relaxed)
}

struct Held(UnsafeCell<Option<RwLockWriteGuard<'static, ()>>>);

// SAFETY: it is touched only by the thread that is inside `fork`: `prepare` writes it after the gate
// was closed, which excludes every other thread, and `reopen` takes it out before the gate opens.
unsafe impl Sync for Held {}

static HELD: Held = Held(UnsafeCell::new(None));

/// Registers the handlers, once a process. Called when a tree is planted: before there is anything to fork.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the three handlers are `extern "C"`, do not unwind and live for ever. On failure
        // (no memory) a fork is merely not coordinated.
        unsafe { libc::pthread_atfork(Some(prepare), Some(in_parent), Some(in_child)) };
    });
}

extern "C" fn prepare() {
    if let Some(closed) = gate::close() {
        // SAFETY: the gate is closed by this thread, so nobody else is between `prepare` and `reopen`.
        unsafe { *HELD.0.get() = Some(closed) };
    }
    page::source().at_fork(Fork::Before);
}

extern "C" fn in_parent() {
    page::source().at_fork(Fork::InParent);
    reopen();
}

extern "C" fn in_child() {
    GENERATION.store(GENERATION.load(Relaxed).wrapping_add(1), Relaxed);
    page::source().at_fork(Fork::InChild);
    slab::orphan_all_but(local::owns);
    reopen();
}

fn reopen() {
    // SAFETY: as in `prepare`; when the gate was not closed, the fork came from inside it, no other
    // fork can have closed it meanwhile, and this reads `None`.
    drop(unsafe { (*HELD.0.get()).take() });
}
