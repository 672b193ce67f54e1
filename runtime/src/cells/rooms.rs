//! Append-only storage that is read without a lock: values never move and never leave.
//!
//! The race: one thread adds a value while another goes through those there are. The cure: values stand in rooms that are
//! not outgrown but followed by larger ones. Who adds holds a lock, writes the value, and then publishes how many there
//! are. Each room is as large as all before it together, so a value is found by its number in two steps on average,
//! from the newest room on, and no list of rooms is needed.

use std::mem::MaybeUninit;
use std::ops::{Deref, DerefMut};
use std::ptr;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicPtr, AtomicUsize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::gate;

/// Values, and what whoever adds some has to know besides, `A`.
pub(crate) struct Rooms<T, A> {
    newest: AtomicPtr<Room<T>>,
    adding: Mutex<A>,
}

struct Room<T> {
    /// Those up to `taken` are values.
    places: *mut [MaybeUninit<T>],
    taken: AtomicUsize,
    /// How many values stand in the rooms before.
    before: usize,
    older: *mut Room<T>,
}

/// How many values the first room holds: few families have many members.
const LEAST: usize = 2;

// SAFETY: values are shared by reference between threads, and dropped with the rooms on any one.
unsafe impl<T: Send + Sync, A: Send> Send for Rooms<T, A> {}
// SAFETY: as above; who adds holds the lock.
unsafe impl<T: Send + Sync, A: Send> Sync for Rooms<T, A> {}

impl<T> Room<T> {
    /// Where a value stands, or will.
    fn place(&self, at: usize) -> *mut T {
        self.places.cast::<T>().wrapping_add(at)
    }

    fn is_full(&self) -> bool {
        self.taken.load(Relaxed) == self.places.len()
    }
}

impl<T, A> Rooms<T, A> {
    pub(crate) const fn new(adding: A) -> Rooms<T, A> {
        Rooms {
            newest: AtomicPtr::new(ptr::null_mut()),
            adding: Mutex::new(adding),
        }
    }

    fn newest(&self) -> Option<&Room<T>> {
        // Acquire pairs with `open`: the room is complete.
        // SAFETY: rooms stay until all are dropped, which the borrow rules out.
        unsafe { self.newest.load(Acquire).as_ref() }
    }

    /// How many values there are. They have the numbers up to this.
    pub(crate) fn len(&self) -> usize {
        // Acquire pairs with `push`: who knows of a value finds it.
        self.newest()
            .map_or(0, |room| room.before + room.taken.load(Acquire))
    }

    /// The value of a number.
    pub(crate) fn get(&self, number: usize) -> Option<&T> {
        let mut room = self.newest()?;
        while number < room.before {
            // SAFETY: as in `newest`; a room with values before it has an older one.
            room = unsafe { room.older.as_ref()? };
        }
        let at = number - room.before;
        // Acquire pairs with `push`: the value is complete.
        // SAFETY: places up to that many are values, and are not written again.
        (at < room.taken.load(Acquire)).then(|| unsafe { &*room.place(at) })
    }

    /// All values, in the order in which they were added.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        (0..self.len()).filter_map(|number| self.get(number))
    }

    /// Waits until nobody else adds.
    pub(crate) fn adding(&self) -> Adding<'_, T, A> {
        let pass = gate::enter(); // before the lock, as everywhere
        Adding {
            rooms: self,
            adding: self.adding.lock().unwrap_or_else(PoisonError::into_inner),
            _pass: pass,
        }
    }
}

/// The right to add values; there is one at a time.
pub(crate) struct Adding<'r, T, A> {
    rooms: &'r Rooms<T, A>,
    adding: MutexGuard<'r, A>,
    /// Passed before the lock and left after it.
    _pass: gate::Pass,
}

impl<T, A> Deref for Adding<'_, T, A> {
    type Target = A;

    fn deref(&self) -> &A {
        &self.adding
    }
}

impl<T, A> DerefMut for Adding<'_, T, A> {
    fn deref_mut(&mut self) -> &mut A {
        &mut self.adding
    }
}

impl<'r, T, A> Adding<'r, T, A> {
    /// Adds a value.
    pub(crate) fn push(&mut self, value: T) -> &'r T {
        let room = match self.rooms.newest() {
            Some(room) if !room.is_full() => room,
            full => self.open(full),
        };
        let at = room.taken.load(Relaxed);
        let place = room.place(at);
        // SAFETY: the room is not full, so the place is one of its own; nobody reads it before it is counted, and the lock
        // makes this the only thread that writes.
        unsafe { place.write(value) };
        // Release: the value comes before its number.
        room.taken.store(at + 1, Release);
        // SAFETY: it stays until all are dropped, and is not written again.
        unsafe { &*place }
    }

    fn open(&mut self, full: Option<&'r Room<T>>) -> &'r Room<T> {
        let before = full.map_or(0, |room| room.before + room.places.len());
        let room = Box::into_raw(Box::new(Room {
            places: Box::into_raw(Box::new_uninit_slice(before.max(LEAST))),
            taken: AtomicUsize::new(0),
            before,
            older: self.rooms.newest.load(Relaxed),
        }));
        // Release: the room is complete before it can be found.
        self.rooms.newest.store(room, Release);
        // SAFETY: as in `Rooms::newest`.
        unsafe { &*room }
    }
}

impl<T, A> Drop for Rooms<T, A> {
    fn drop(&mut self) {
        let mut newest = *self.newest.get_mut();
        while !newest.is_null() {
            // SAFETY: nobody else can reach the rooms; each came from a box, and so did its places.
            let (mut room, mut places) = unsafe {
                let room = Box::from_raw(newest);
                let places = Box::from_raw(room.places);
                (room, places)
            };
            let taken = *room.taken.get_mut();
            for place in places.iter_mut().take(taken) {
                // SAFETY: places up to that many are values, dropped here and nowhere else.
                unsafe { place.assume_init_drop() };
            }
            newest = room.older;
        }
    }
}

/// A value, held through who owns the rooms that it stands in.
pub(crate) struct Inside<O, T> {
    value: *const T,
    _owner: Arc<O>,
}

// SAFETY: it is a shared owner, and a shared reference to a value.
unsafe impl<O: Send + Sync, T: Sync> Send for Inside<O, T> {}
// SAFETY: as above.
unsafe impl<O: Send + Sync, T: Sync> Sync for Inside<O, T> {}

impl<O, T> Inside<O, T> {
    /// What `find` finds in the owner.
    pub(crate) fn of(owner: &Arc<O>, find: impl FnOnce(&O) -> Option<&T>) -> Option<Inside<O, T>> {
        let value = ptr::from_ref(find(owner)?);
        Some(Inside {
            value,
            _owner: owner.clone(),
        })
    }
}

impl<O, T> Deref for Inside<O, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: `find` borrowed it from the owner, which an `Arc` keeps where it is and never lends exclusively while
        // this holds it too.
        unsafe { &*self.value }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::effort::times;
    use std::sync::atomic::AtomicBool;

    #[test]
    fn values_keep_their_number_and_their_place_and_go_once() {
        let shared = Arc::new(());
        let rooms = Rooms::new(());
        assert!(rooms.get(0).is_none());
        let many = times(1000);
        let mut places = Vec::new();
        for number in 0..many {
            places.push(ptr::from_ref(rooms.adding().push((number, shared.clone()))));
            assert_eq!(rooms.len(), number + 1);
            assert!(rooms.get(number + 1).is_none());
        }
        assert!(rooms.iter().map(ptr::from_ref).eq(places));
        assert!(rooms.iter().map(|(number, _)| *number).eq(0..many));
        assert_eq!(Arc::strong_count(&shared), 1 + many);
        drop(rooms);
        assert_eq!(Arc::strong_count(&shared), 1);
    }

    #[test]
    fn a_value_that_is_held_stays_whoever_else_lets_go_and_whatever_comes() {
        let shared = Arc::new(());
        let rooms = Arc::new(Rooms::new(()));
        rooms.adding().push(shared.clone());
        let held = Inside::of(&rooms, |rooms| rooms.get(0)).unwrap();
        assert!(Inside::of(&rooms, |rooms| rooms.get(1)).is_none());
        for _ in 0..9 {
            rooms.adding().push(shared.clone());
        }
        drop(rooms);
        assert!(Arc::ptr_eq(&held, &shared));
        assert_eq!(Arc::strong_count(&shared), 1 + 10);
        drop(held);
        assert_eq!(Arc::strong_count(&shared), 1);
    }

    #[test]
    fn readers_beside_a_writer_find_every_value_they_know_of() {
        let rooms: Rooms<Box<usize>, ()> = Rooms::new(());
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !done.load(Relaxed) {
                        let known = rooms.len();
                        assert!(rooms.iter().take(known).map(|n| **n).eq(0..known));
                    }
                });
            }
            for number in 0..times(400) {
                rooms.adding().push(Box::new(number));
            }
            done.store(true, Relaxed);
        });
    }
}
