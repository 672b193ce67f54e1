//! What only the collector may touch.

use std::cell::UnsafeCell;

use super::Turn;

/// Something that only the collector touches.
pub(crate) struct Kept<T>(UnsafeCell<T>);

// SAFETY: the value is reached only through a `Turn`, of which there is one, on one thread at a time,
// and the role's mutex orders one turn after the other. It may be dropped anywhere, hence `Send`.
unsafe impl<T: Send> Sync for Kept<T> {}

impl<T: Default> Default for Kept<T> {
    fn default() -> Kept<T> {
        Kept::new(T::default())
    }
}

impl<T> Kept<T> {
    pub(crate) const fn new(value: T) -> Kept<T> {
        Kept(UnsafeCell::new(value))
    }

    /// Reads it. The turn is borrowed, so that nothing writes a kept value meanwhile.
    pub(crate) fn get<'t>(&'t self, _turn: &'t Turn) -> &'t T {
        // SAFETY: there is one turn, and `get_mut` needs it exclusively.
        unsafe { &*self.0.get() }
    }

    /// Writes it. The turn is borrowed whole, so that this is the only kept value open.
    #[allow(clippy::mut_from_ref)] // the exclusive borrow is the turn's
    pub(crate) fn get_mut<'t>(&'t self, _turn: &'t mut Turn) -> &'t mut T {
        // SAFETY: there is one turn, and it is borrowed exclusively for as long as the result lives.
        unsafe { &mut *self.0.get() }
    }
}
