//! The family index: members are looked up without a lock while others are admitted.
//!
//! Race: a look-up probes an open-addressing table while a new member is put into it, or while it is replaced by a larger one. It
//! may find a member before its contents, or not find one that it found before; and two threads that miss the same key may
//! both admit it.
//!
//! Cure: entries are stored with `Release` and probed with `Acquire`, and nothing is ever taken out. Admitting happens under a mutex,
//! and whoever gets it probes once more. A larger table is filled with all the members before its pointer is stored with
//! `Release`; it is loaded with `Acquire`; the smaller ones are kept, because somebody may still be probing them. A look-up in
//! an old table may miss a newer member: then it takes the mutex, and finds it. Who finds the family full does not admit, and
//! probes once more as well: the key that made it full may be its own. It counts the members with the mutex held, so that those
//! it counts are all in the table.
//!
//! Shown: a member once found is found by every later look-up, with its contents, and a key has one member. Each ordering is
//! needed, and so are the second probes and the filling before publishing.

use loom::sync::atomic::AtomicUsize;
use loom::sync::{Arc, Mutex};
use loom::thread;

use crate::parts::*;

#[derive(Clone, Copy)]
struct Orders {
    entry_store: Ordering,
    entry_load: Ordering,
    table_store: Ordering,
    table_load: Ordering,
    probe_again: bool,
    probe_when_full: bool,
    fill_then_publish: bool,
}

const RIGHT: Orders = Orders {
    entry_store: Release,
    entry_load: Acquire,
    table_store: Release,
    table_load: Acquire,
    probe_again: true,
    probe_when_full: true,
    fill_then_publish: true,
};

/// Open addressing over a power of two of entries; an entry is the index of a member, 0 for none.
struct Table {
    memory: Plain,
    entries: Vec<AtomicUsize>,
}

impl Table {
    fn new(entries: usize) -> Self {
        Self {
            memory: Plain::new(0),
            entries: (0..entries).map(|_| AtomicUsize::new(0)).collect(),
        }
    }

    fn put(&self, key: u64, member: usize, order: Ordering) {
        let mask = self.entries.len() - 1;
        let mut at = key as usize & mask;
        // SAFETY: loom checks that all stores so far happened before this; they do, because of the mutex. Not a relaxed load
        // because of loom's blind spot.
        while unsafe { self.entries[at].unsync_load() } != 0 {
            at = (at + 1) & mask;
        }
        self.entries[at].store(member, order);
    }
}

struct Family {
    table: AtomicUsize,
    tables: [Table; 2],
    /// The key of each member. 0 is nobody's.
    members: [Plain; 4],
    /// How many members there are; held while one is admitted.
    admitted: Mutex<usize>,
    orders: Orders,
}

impl Family {
    fn new(orders: Orders) -> Self {
        Self {
            table: AtomicUsize::new(0),
            tables: [Table::new(2), Table::new(4)],
            members: [0; 4].map(Plain::new),
            admitted: Mutex::new(0),
            orders,
        }
    }

    fn find(&self, key: u64) -> Option<usize> {
        let index = self.table.load(self.orders.table_load);
        let table = &self.tables[index];
        assert_eq!(
            table.memory.get(),
            index as u64,
            "a table was read before it was made"
        );
        let mask = table.entries.len() - 1;
        let mut at = key as usize & mask;
        loop {
            let member = table.entries[at].load(self.orders.entry_load);
            if member == 0 {
                return None;
            }
            if self.members[member].get() == key {
                return Some(member);
            }
            at = (at + 1) & mask;
        }
    }

    fn get(&self, key: u64) -> usize {
        self.find(key).unwrap_or_else(|| self.admit(key))
    }

    /// The same in a family that is full with one member; nothing stands for the overflow.
    fn get_of_one(&self, key: u64) -> Option<usize> {
        if let Some(member) = self.find(key) {
            return Some(member);
        }
        let is_full = *self.admitted.lock().unwrap() >= 1;
        if !is_full {
            return Some(self.admit(key));
        }
        self.orders.probe_when_full.then(|| self.find(key))?
    }

    fn admit(&self, key: u64) -> usize {
        let mut admitted = self.admitted.lock().unwrap();
        if self.orders.probe_again
            && let Some(member) = (1..=*admitted).find(|&member| self.members[member].get() == key)
        {
            return member;
        }
        *admitted += 1;
        let member = *admitted;
        self.members[member].set(key);
        if member == 1 {
            self.tables[0].put(key, member, self.orders.entry_store);
        } else if member == 2 {
            self.grow(member);
        } else {
            self.tables[1].put(key, member, self.orders.entry_store);
        }
        member
    }

    /// From a table of two, which is full enough with one member in it, to a table of four.
    fn grow(&self, newest: usize) {
        let table = &self.tables[1];
        table.memory.set(1);
        let fill = |order| {
            (1..=newest).for_each(|member| table.put(self.members[member].get(), member, order))
        };
        if self.orders.fill_then_publish {
            fill(Relaxed);
            self.table.store(1, self.orders.table_store);
        } else {
            self.table.store(1, self.orders.table_store);
            fill(self.orders.entry_store);
        }
    }
}

/// Two threads get the keys given, each in its order, while a third looks for the first of them.
fn model(orders: Orders, keys: [&'static [u64]; 2]) -> impl Fn() + Send + Sync + 'static {
    move || {
        let family = Arc::new(Family::new(orders));
        let threads = keys.map(|keys| {
            let family = family.clone();
            thread::spawn(move || {
                keys.iter()
                    .map(|&key| (key, family.get(key)))
                    .collect::<Vec<_>>()
            })
        });
        let sought = keys[0][0];
        let found = family.find(sought);
        if found.is_some() {
            assert_eq!(family.find(sought), found, "a member was lost");
        }
        for thread in threads {
            for (key, member) in thread.join().unwrap() {
                assert_eq!(family.find(key), Some(member), "a key has two members");
            }
        }
    }
}

/// One thread admits enough for the table to grow, while another only looks.
fn growing(orders: Orders) -> impl Fn() + Send + Sync + 'static {
    move || {
        let family = Arc::new(Family::new(orders));
        let admitting = thread::spawn({
            let family = family.clone();
            // It has looked already, and found neither.
            move || [1, 3].map(|key| family.admit(key))
        });
        let found = family.find(1);
        if found.is_some() {
            assert_eq!(family.find(1), found, "a member was lost");
        }
        let members = admitting.join().unwrap();
        assert_eq!(
            [1, 3].map(|key| family.find(key)),
            members.map(Some),
            "a member was lost"
        );
    }
}

/// Two threads get one key, and with it the family is full.
fn filling(orders: Orders) -> impl Fn() + Send + Sync + 'static {
    move || {
        let family = Arc::new(Family::new(orders));
        let threads = [(); 2].map(|()| {
            let family = family.clone();
            thread::spawn(move || family.get_of_one(1))
        });
        for thread in threads {
            let member = thread.join().unwrap();
            assert_eq!(member, Some(1), "a member was taken for the overflow");
        }
    }
}

#[test]
fn a_member_once_found_stays_found() {
    holds(growing(RIGHT));
}

#[test]
fn a_key_has_one_member() {
    holds(model(RIGHT, [&[1], &[1]]));
}

#[test]
fn and_so_it_has_while_the_table_grows() {
    holds(model(RIGHT, [&[1], &[3]]));
}

#[test]
fn the_last_key_to_be_admitted_is_counted_under_it_by_all() {
    holds(filling(RIGHT));
}

#[test]
fn an_entry_stored_relaxed_is_caught() {
    caught(
        RACE,
        growing(Orders {
            entry_store: Relaxed,
            ..RIGHT
        }),
    );
}

#[test]
fn an_entry_loaded_relaxed_is_caught() {
    caught(
        RACE,
        growing(Orders {
            entry_load: Relaxed,
            ..RIGHT
        }),
    );
}

#[test]
fn a_table_stored_relaxed_is_caught() {
    caught(
        RACE,
        growing(Orders {
            table_store: Relaxed,
            ..RIGHT
        }),
    );
}

#[test]
fn a_table_loaded_relaxed_is_caught() {
    caught(
        RACE,
        growing(Orders {
            table_load: Relaxed,
            ..RIGHT
        }),
    );
}

#[test]
fn admitting_without_a_second_probe_is_caught() {
    caught(
        "a key has two members",
        model(
            Orders {
                probe_again: false,
                ..RIGHT
            },
            [&[1], &[1]],
        ),
    );
}

#[test]
fn a_full_family_that_is_not_probed_again_is_caught() {
    caught(
        "a member was taken for the overflow",
        filling(Orders {
            probe_when_full: false,
            ..RIGHT
        }),
    );
}

#[test]
fn a_table_published_before_it_is_filled_is_caught() {
    caught(
        "a member was lost",
        growing(Orders {
            fill_then_publish: false,
            ..RIGHT
        }),
    );
}
