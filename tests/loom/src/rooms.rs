//! Rooms: append-only values with numbers, the members of a family.
//!
//! Race: threads add values to a room, and open another when it is full, while the collector counts the values and goes through
//! them.
//!
//! Cure: who adds holds a lock. The value is written first, and counted with `Release`; a reader loads the count with `Acquire`
//! before it reads. A room, which has the number of values before it and the way to the older one, is complete before it is
//! stored as the newest with `Release`; it is loaded with `Acquire`.
//!
//! Shown: all values that are counted are whole, and the count never falls. Each ordering is needed, and so is that a value comes
//! before its count.

use loom::sync::atomic::AtomicUsize;
use loom::sync::{Arc, Mutex};
use loom::thread;

use crate::parts::*;

#[derive(Clone, Copy)]
struct Orders {
    room_store: Ordering,
    room_load: Ordering,
    count_store: Ordering,
    count_load: Ordering,
    write_then_count: bool,
}

const RIGHT: Orders = Orders {
    room_store: Release,
    room_load: Acquire,
    count_store: Release,
    count_load: Acquire,
    write_then_count: true,
};

const WHOLE: u64 = 7;

/// Rooms of one value and of two: as large as all before, but for the first.
const BEFORE: [usize; 3] = [0, 0, 1];
const PLACES: [usize; 3] = [0, 1, 2];

struct Room {
    /// The number of its first value, which nobody knows before the room is opened.
    before: Plain,
    taken: AtomicUsize,
}

struct Rooms {
    /// Which room is the newest; 0 for none.
    newest: AtomicUsize,
    rooms: [Room; 3],
    values: [Plain; 3],
    /// The newest room and what is taken of it, as who adds knows them. Not loaded, because of loom's blind spot.
    adding: Mutex<(usize, usize)>,
    orders: Orders,
}

impl Rooms {
    fn new(orders: Orders) -> Self {
        Self {
            newest: AtomicUsize::new(0),
            rooms: [(); 3].map(|()| Room {
                before: Plain::new(u64::MAX),
                taken: AtomicUsize::new(0),
            }),
            values: [0; 3].map(Plain::new),
            adding: Mutex::new((0, 0)),
            orders,
        }
    }

    fn push(&self) {
        let mut adding = self.adding.lock().unwrap();
        let (mut room, mut taken) = *adding;
        if taken == PLACES[room] {
            (room, taken) = (room + 1, 0);
            self.rooms[room].before.set(BEFORE[room] as u64);
            self.newest.store(room, self.orders.room_store);
        }
        let value = &self.values[BEFORE[room] + taken];
        taken += 1;
        let count = || {
            self.rooms[room].taken.store(taken, self.orders.count_store);
        };
        if self.orders.write_then_count {
            value.set(WHOLE);
            count();
        } else {
            count();
            value.set(WHOLE);
        }
        *adding = (room, taken);
    }

    fn len(&self) -> usize {
        match self.newest.load(self.orders.room_load) {
            0 => 0,
            room => {
                let room = &self.rooms[room];
                room.before.get() as usize + room.taken.load(self.orders.count_load)
            }
        }
    }

    fn get(&self, number: usize) -> Option<u64> {
        let mut room = self.newest.load(self.orders.room_load);
        while number < self.rooms[room].before.get() as usize {
            room -= 1;
        }
        let room = &self.rooms[room];
        let at = number - room.before.get() as usize;
        let is_there = at < room.taken.load(self.orders.count_load);
        is_there.then(|| self.values[number].get())
    }
}

/// One thread adds two values and another one, so that there are two rooms in the end, while a third goes through them.
fn model(orders: Orders) -> impl Fn() + Send + Sync + 'static {
    move || {
        let rooms = Arc::new(Rooms::new(orders));
        let threads = [2, 1].map(|values| {
            let rooms = rooms.clone();
            thread::spawn(move || (0..values).for_each(|_| rooms.push()))
        });
        let look = || {
            let known = rooms.len();
            for number in 0..known {
                assert_eq!(rooms.get(number), Some(WHOLE), "a value was lost");
            }
            known
        };
        let before = look();
        assert!(before <= look(), "the count fell");
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(look(), 3, "a value was not counted");
    }
}

#[test]
fn what_is_counted_is_whole_and_stays() {
    holds(model(RIGHT));
}

#[test]
fn a_room_stored_relaxed_is_caught() {
    caught(
        RACE,
        model(Orders {
            room_store: Relaxed,
            ..RIGHT
        }),
    );
}

#[test]
fn a_room_loaded_relaxed_is_caught() {
    caught(
        RACE,
        model(Orders {
            room_load: Relaxed,
            ..RIGHT
        }),
    );
}

#[test]
fn a_count_stored_relaxed_is_caught() {
    caught(
        RACE,
        model(Orders {
            count_store: Relaxed,
            ..RIGHT
        }),
    );
}

#[test]
fn a_count_loaded_relaxed_is_caught() {
    caught(
        RACE,
        model(Orders {
            count_load: Relaxed,
            ..RIGHT
        }),
    );
}

#[test]
fn a_value_counted_before_it_is_written_is_caught() {
    caught(
        RACE,
        model(Orders {
            write_then_count: false,
            ..RIGHT
        }),
    );
}
