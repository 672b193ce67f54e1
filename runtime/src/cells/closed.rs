//! A closed set of members: a known number of places, each filled at most once and read without a lock.
//!
//! The race: two threads fill a place at once, while a third looks there. The cure: the pointer is
//! published by a compare-exchange with Release and read with Acquire; one of the two wins, and the other takes the
//! winner's. Nothing is moved or taken out before the set goes.
//!
//! It is thinner than a slice of `OnceLock`s: the number of places is the type's, so that a compiler that knows which
//! places there can be drops the check, and the pointer is the state.

use std::marker::PhantomData;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::AtomicPtr;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// How many places a set has.
pub(crate) trait Places {
    const COUNT: usize;
}

/// Members by place; see the module.
pub(crate) struct Closed<P, T> {
    /// [`Places::COUNT`] of them.
    members: Box<[AtomicPtr<T>]>,
    /// It may go to other threads, and be shared by them, when a `OnceLock` might.
    owns: PhantomData<OnceLock<T>>,
    places: PhantomData<fn() -> P>,
}

impl<P: Places, T> Closed<P, T> {
    pub(crate) fn new() -> Closed<P, T> {
        Closed {
            members: (0..P::COUNT)
                .map(|_| AtomicPtr::new(ptr::null_mut()))
                .collect(),
            owns: PhantomData,
            places: PhantomData,
        }
    }

    /// The member in this place, if it is filled.
    #[inline(always)]
    pub(crate) fn get(&self, place: usize) -> Option<&T> {
        if place >= P::COUNT {
            return None;
        }
        // SAFETY: `new`, the only constructor, makes so many.
        let member = unsafe { self.members.get_unchecked(place) };
        // Acquire pairs with `fill`: the member is complete. SAFETY: members live as long as the set, which is borrowed.
        unsafe { member.load(Acquire).as_ref() }
    }

    /// The member in this place, made now if it is not filled; nothing if there is no such place. Where two threads
    /// make one, the first stays.
    pub(crate) fn fill(&self, place: usize, make: impl FnOnce() -> T) -> Option<&T> {
        let member = self.members.get(place)?;
        if self.get(place).is_none() {
            let fresh = Box::into_raw(Box::new(make()));
            // Release: the member is complete before it can be found. Relaxed: whoever lost looks again below.
            let won = member.compare_exchange(ptr::null_mut(), fresh, Release, Relaxed);
            if won.is_err() {
                // SAFETY: it came from a box above and was never published.
                drop(unsafe { Box::from_raw(fresh) });
            }
        }
        self.get(place)
    }
}

impl<P, T> Drop for Closed<P, T> {
    fn drop(&mut self) {
        for member in &mut self.members {
            let member = *member.get_mut();
            if !member.is_null() {
                // SAFETY: it came from a box, and nobody can borrow from a set that is being dropped.
                drop(unsafe { Box::from_raw(member) });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;

    struct Three;

    impl Places for Three {
        const COUNT: usize = 3;
    }

    #[test]
    fn a_place_keeps_what_filled_it_first() {
        let set = Closed::<Three, u32>::new();
        assert_eq!(set.get(1), None);
        assert_eq!(set.fill(1, || 7), Some(&7));
        assert_eq!(set.fill(1, || 8), Some(&7));
        assert_eq!((set.get(0), set.get(1)), (None, Some(&7)));
        assert_eq!((set.get(3), set.fill(3, || 9)), (None, None));
    }

    #[test]
    fn all_that_was_made_is_dropped_once() {
        let shared = Arc::new(());
        let set = Closed::<Three, Arc<()>>::new();
        let made = AtomicUsize::new(0);
        let make = || {
            made.fetch_add(1, Relaxed);
            shared.clone()
        };
        let members: Vec<_> = std::thread::scope(|scope| {
            let fill = || set.fill(2, make).map(|member| ptr::from_ref(member).addr());
            let threads = [(); 3].map(|()| scope.spawn(fill));
            let joined = threads.into_iter().map(|thread| thread.join());
            joined.map(Result::unwrap).collect()
        });
        assert!(members[0].is_some() && members.iter().all(|member| *member == members[0]));
        assert!(made.load(Relaxed) >= 1);
        assert_eq!(Arc::strong_count(&shared), 2);
        drop(set);
        assert_eq!(Arc::strong_count(&shared), 1);
    }
}
