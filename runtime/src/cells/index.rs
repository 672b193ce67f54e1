//! A hash index that is read without a lock, for the members of a family.
//!
//! The race: one thread looks a key up while another adds one and the table must grow. The cure: open
//! addressing over pointers. A reader probes with Acquire loads and takes no lock; writers add under a
//! mutex; growth fills a larger table and publishes it whole, and keeps the smaller ones, which a reader
//! may still be probing, until the index goes. Members are never moved or removed, so a reference to
//! one is as good as the index itself. Tables double, so all old ones together are smaller than the
//! newest.
//!
//! With many members a look-up costs what it misses in the caches: a place and a member, each on one line. Members
//! stand side by side on lines of their own, and a place has some bits of the hash beside its pointer, so that those
//! of other keys are not visited.

use std::ptr;
use std::sync::atomic::AtomicPtr;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::rooms::Rooms;

/// Begins a cache line, which leaves pointers to it as many bits as [`MARK`] has.
#[repr(align(64))]
struct Member<T> {
    hash: u64,
    value: T,
}

/// The bits of a pointer to a member that are free.
const MARK: usize = 63;

/// What stands in them: bits of the hash. They say nothing of its place, which [`spread`] takes from where they are mixed with
/// all the others.
#[inline(always)]
fn mark(hash: u64) -> usize {
    hash as usize & MARK
}

struct Table<T> {
    /// Marked pointers. A power of two, and some of them not in use: a probe always ends at a null.
    places: Box<[AtomicPtr<Member<T>>]>,
}

/// From so many places on a table takes more memory than a processor has near, and is filled up further: what the next
/// places of a probe cost is little beside the first, and the table half as large.
const LARGE: usize = 1 << 16;

/// How many members a table of so many places is for.
const fn room(places: usize) -> usize {
    if places < LARGE {
        places / 2
    } else {
        places / 5 * 4
    }
}

impl<T> Table<T> {
    fn new(places: usize) -> Table<T> {
        Table {
            places: (0..places)
                .map(|_| AtomicPtr::new(ptr::null_mut()))
                .collect(),
        }
    }

    /// The places of a hash, in probing order.
    #[inline(always)]
    fn probe(&self, hash: u64) -> impl Iterator<Item = &AtomicPtr<Member<T>>> {
        let mask = self.places.len() - 1;
        let first = spread(hash);
        (0..self.places.len()).map(move |step| &self.places[first.wrapping_add(step) & mask])
    }

    fn put(&self, member: &Member<T>) {
        let marked = ptr::from_ref(member).cast_mut();
        let marked = marked.map_addr(|address| address | mark(member.hash));
        for place in self.probe(member.hash) {
            if place.load(Relaxed).is_null() {
                // Release: the member is complete before it can be found.
                place.store(marked, Release);
                return;
            }
        }
    }
}

/// The pointer to a member, from a place; null where there is none.
#[inline(always)]
fn unmarked<T>(marked: *mut Member<T>) -> *const Member<T> {
    marked.map_addr(|address| address & !MARK)
}

/// A hash of which the low bits will do. Those of a fast hasher leave patterns with some of its seeds: keys then stand in
/// one another's way, and a look-up takes three times as long.
#[inline(always)]
fn spread(hash: u64) -> usize {
    // 2^64 over the golden ratio (Knuth, volume 3, section 6.4): each bit of the hash reaches the upper half.
    (hash.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize
}

/// Members by hash; see the module.
pub(crate) struct Index<T> {
    current: AtomicPtr<Table<T>>,
    /// With every table that was ever current, of which the last is. Boxed: their addresses are published.
    #[allow(clippy::vec_box)] // a table must stay where it is when the vector grows
    members: Rooms<Member<T>, Vec<Box<Table<T>>>>,
}

// SAFETY: a table is as good as the members that it points to, and those are kept beside it.
unsafe impl<T: Send + Sync> Send for Index<T> {}
// SAFETY: as above; who writes a table holds the members' lock.
unsafe impl<T: Send + Sync> Sync for Index<T> {}

impl<T> Index<T> {
    pub(crate) const fn new() -> Index<T> {
        Index {
            current: AtomicPtr::new(ptr::null_mut()),
            members: Rooms::new(Vec::new()),
        }
    }

    /// The member of this hash that `is_it` accepts; it is asked about few others. No lock, no write, no allocation.
    #[inline(always)]
    pub(crate) fn find(&self, hash: u64, is_it: impl Fn(&T) -> bool) -> Option<&T> {
        // Acquire pairs with the Release in `insert`: the table is filled.
        // SAFETY: tables live as long as the index, which is borrowed.
        let table = unsafe { self.current.load(Acquire).as_ref()? };
        for place in table.probe(hash) {
            // Acquire pairs with `put`.
            let marked = place.load(Acquire);
            if marked.is_null() {
                return None;
            }
            if marked.addr() & MARK != mark(hash) {
                continue;
            }
            // SAFETY: without its mark it points to a member, and those live as long as the index.
            let member = unsafe { &*unmarked(marked) };
            if is_it(&member.value) {
                return Some(&member.value);
            }
        }
        None
    }

    /// Adds a member, or gives the one that another thread added first; the new one is then returned to
    /// be dropped by the caller.
    pub(crate) fn insert(
        &self,
        hash: u64,
        value: T,
        is_it: impl Fn(&T, &T) -> bool,
    ) -> (&T, Option<T>) {
        let mut adding = self.members.adding();
        if let Some(present) = self.find(hash, |present| is_it(present, &value)) {
            return (present, Some(value));
        }
        let capacity = adding.last().map_or(0, |table| table.places.len());
        if self.members.len() >= room(capacity) {
            let larger = Box::new(Table::new((capacity * 2).max(16)));
            for member in self.members.iter() {
                larger.put(member);
            }
            let tables: &mut Vec<_> = &mut adding;
            tables.push(larger);
            // Taken where the table will stay: moving a box ends pointers made from it before.
            let published = tables
                .last()
                .map_or(ptr::null_mut(), |table| ptr::from_ref(&**table).cast_mut());
            // Release: the table is filled before it can be found.
            self.current.store(published, Release);
        }
        let member = adding.push(Member { hash, value });
        if let Some(table) = adding.last() {
            table.put(member);
        }
        (&member.value, None)
    }

    /// How many members there are, all of which are found.
    pub(crate) fn len(&self) -> usize {
        let _adding = self.members.adding(); // what is counted may still be on its way into the table
        self.members.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::effort::times;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicUsize};

    fn spread(key: usize) -> u64 {
        (key as u64 % 7) << 2 // many collisions
    }

    #[test]
    fn what_was_inserted_is_found_through_every_growth() {
        let index = Index::new();
        let many = times(300);
        for key in 0..many {
            let (value, rejected) = index.insert(spread(key), key, |a, b| a == b);
            assert_eq!((*value, rejected), (key, None));
            for earlier in 0..=key {
                assert_eq!(
                    index.find(spread(earlier), |k| *k == earlier),
                    Some(&earlier)
                );
            }
        }
        assert_eq!(index.len(), many);
        assert_eq!(index.insert(spread(5), 5, |a, b| a == b), (&5, Some(5)));
        assert_eq!(index.find(spread(many + 1), |k| *k == many + 1), None);
    }

    #[test]
    fn members_begin_a_line_each_and_go_with_the_index_each_once() {
        let shared = Arc::new(());
        let index = Index::new();
        let many = times(3_000);
        for key in 0..many {
            // Two of each hash, and of all hashes only few have a mark of their own.
            let hash = (key as u64 / 2) << 3;
            index.insert(hash, (key, shared.clone()), |a, b| a.0 == b.0);
            let (member, rejected) = index.insert(hash, (key, shared.clone()), |a, b| a.0 == b.0);
            assert!(rejected.is_some());
            let from_line = ptr::from_ref(member).addr() % align_of::<Member<usize>>();
            assert_eq!(
                from_line,
                std::mem::offset_of!(Member<(usize, Arc<()>)>, value)
            );
        }
        assert_eq!(Arc::strong_count(&shared), 1 + many);
        drop(index);
        assert_eq!(Arc::strong_count(&shared), 1);
    }

    #[test]
    fn readers_beside_a_writer_never_lose_a_member_they_found() {
        let index: Index<Box<usize>> = Index::new();
        let done = AtomicBool::new(false);
        let added = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !done.load(Relaxed) {
                        let known = added.load(Acquire);
                        for key in 0..known {
                            assert!(index.find(key as u64, |k| **k == key).is_some());
                        }
                    }
                });
            }
            for key in 0..times(400) {
                index.insert(key as u64, Box::new(key), |a, b| a == b);
                added.store(key + 1, Release);
            }
            done.store(true, Relaxed);
        });
    }
}
