//! What a thread is in, innermost last: the realms it records in, the clocks it reads.
//!
//! Scopes of tests may end in any order, so who leaves takes out what it put in, wherever that is by then, rather than
//! putting back what it found.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Names one stay of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stay(u64);

/// The stays of one thread.
pub(super) struct Stays<T>(Vec<(Stay, T)>);

impl<T> Stays<T> {
    pub(super) const fn new() -> Stays<T> {
        Stays(Vec::new())
    }

    pub(super) fn enter(&mut self, what: T) -> Stay {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let stay = Stay(NEXT.fetch_add(1, Relaxed));
        self.0.push((stay, what));
        stay
    }

    /// Ends a stay; gives what it was in, if it had not ended before.
    pub(super) fn leave(&mut self, stay: Stay) -> Option<T> {
        let place = self.0.iter().position(|(entered, _)| *entered == stay)?;
        Some(self.0.remove(place).1)
    }

    /// Ends all.
    pub(super) fn leave_all(&mut self) -> impl Iterator<Item = T> + '_ {
        self.0.drain(..).map(|(_, what)| what)
    }

    pub(super) fn innermost(&self) -> Option<&T> {
        self.0.last().map(|(_, what)| what)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|(_, what)| what)
    }
}
