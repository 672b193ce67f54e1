//! The gate that `fork` waits at.
//!
//! The race: another thread holds one of the library's locks at the moment of a `fork`; in the child
//! that thread does not exist, and the lock is never released. The cure: whoever is about to take
//! any of the library's locks passes this gate first, and the fork handlers ([`super::fork`]) close it
//! around the fork, so that all of those locks are free in the child. Recording takes no lock and
//! never comes here.

use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::{OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

static GATE: RwLock<()> = RwLock::new(());

thread_local! {
    // Without a destructor, so that it also works while a thread is ending.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// Proof of having passed; only the outermost one of a thread holds the lock, because taking it
/// twice could wait for a fork that itself waits for this thread.
pub(crate) struct Pass {
    _held: Option<RwLockReadGuard<'static, ()>>,
    /// Counted per thread, so it must be dropped where it was made.
    _here: PhantomData<*const ()>,
}

/// Passes the gate; waits only while another thread is inside `fork`.
pub(crate) fn enter() -> Pass {
    let depth = DEPTH.get();
    DEPTH.set(depth + 1);
    let held = (depth == 0).then(|| GATE.read().unwrap_or_else(PoisonError::into_inner));
    Pass {
        _held: held,
        _here: PhantomData,
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
    }
}

/// The value of a cell that is filled once, by `make`, which runs no user code. Filling waits for whoever else fills it, and
/// is as good as a lock: a child of `fork` would wait for ever for a thread that it does not have.
#[inline]
pub(crate) fn get_or_init<T>(cell: &OnceLock<T>, make: impl FnOnce() -> T) -> &T {
    match cell.get() {
        Some(value) => value,
        None => {
            let _pass = enter();
            cell.get_or_init(make)
        }
    }
}

/// Closes the gate, once everybody inside has left. Nothing if this very thread is inside: then the
/// fork comes from user code that the library called, and waiting would be for oneself.
pub(super) fn close() -> Option<RwLockWriteGuard<'static, ()>> {
    (DEPTH.get() == 0).then(|| GATE.write().unwrap_or_else(PoisonError::into_inner))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_is_inside_passes_again_while_a_fork_waits() {
        let outer = enter();
        let forking = std::thread::spawn(|| drop(close()));
        let inner = enter();
        assert!(close().is_none());
        drop(inner);
        drop(outer);
        forking.join().unwrap();
        assert!(close().is_some());
    }
}
