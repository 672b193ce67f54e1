//! Opening what a static holds, once.

use std::sync::OnceLock;

use crate::cells::gate;

/// The value, made when it is first asked for. It is made before the lock is taken: opening a stat may log, and a logger may
/// come back to the very static. Two threads that make it at once have opened the same stats; one of the two is dropped.
#[inline]
pub(crate) fn get_or_open<T>(held: &OnceLock<T>, open: impl FnOnce() -> T) -> &T {
    #[cold]
    #[inline(never)]
    fn opened<T>(held: &OnceLock<T>, open: impl FnOnce() -> T) -> &T {
        let value = open();
        gate::get_or_init(held, || value)
    }

    match held.get() {
        Some(value) => value,
        None => opened(held, open),
    }
}
