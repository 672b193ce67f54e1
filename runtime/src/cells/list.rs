//! Two append-only shapes that are written without waiting.
//!
//! [`Stack`]: many push, one takes everything. Nodes that were born or dropped wait here for the collector.
//! [`List`]: many push, anybody reads, nothing leaves. A node's stats stand here.

use std::ptr;
use std::sync::atomic::AtomicPtr;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

struct Link<T> {
    value: T,
    next: *mut Link<T>,
}

/// Pushed by anybody, taken whole by whoever collects.
pub(crate) struct Stack<T> {
    head: AtomicPtr<Link<T>>,
}

// SAFETY: a value moves from the pushing thread to the taking one, and is never shared.
unsafe impl<T: Send> Send for Stack<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Stack<T> {}

impl<T> Stack<T> {
    pub(crate) const fn new() -> Stack<T> {
        Stack {
            head: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// Adds a value; never waits.
    pub(crate) fn push(&self, value: T) {
        push(&self.head, value);
    }

    /// Whether nothing waits here.
    pub(crate) fn is_empty(&self) -> bool {
        // Acquire: who finds nothing after a failed attempt to collect must not have looked early.
        self.head.load(Acquire).is_null()
    }

    /// Takes everything, oldest first.
    pub(crate) fn take(&self) -> Taken<T> {
        let mut oldest = ptr::null_mut();
        // Relaxed: who finds nothing here takes nothing, and knows no more than if it had looked a moment earlier. What
        // was pushed before something this thread has seen is found.
        if !self.head.load(Relaxed).is_null() {
            // AcqRel: what the pushers did before is visible to the taker.
            let mut newest = self.head.swap(ptr::null_mut(), AcqRel);
            while !newest.is_null() {
                // SAFETY: the swap made this call the chain's only owner.
                let next = unsafe { std::mem::replace(&mut (*newest).next, oldest) };
                oldest = newest;
                newest = next;
            }
        }
        Taken(oldest)
    }
}

/// What was taken off a [`Stack`].
pub(crate) struct Taken<T>(*mut Link<T>);

impl<T> Iterator for Taken<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        if self.0.is_null() {
            return None;
        }
        // SAFETY: the chain is this value's own; each link came from a box, and leaves the chain here.
        let link = unsafe { Box::from_raw(self.0) };
        self.0 = link.next;
        Some(link.value)
    }
}

impl<T> Drop for Taken<T> {
    fn drop(&mut self) {
        self.for_each(drop);
    }
}

impl<T> Drop for Stack<T> {
    fn drop(&mut self) {
        drop(self.take());
    }
}

fn push<T>(head: &AtomicPtr<Link<T>>, value: T) -> *mut Link<T> {
    let link = Box::into_raw(Box::new(Link {
        value,
        next: head.load(Relaxed),
    }));
    loop {
        // SAFETY: the link is not published yet, so it is this thread's alone.
        let next = unsafe { (*link).next };
        // Release: the value and the link come before their publication.
        match head.compare_exchange_weak(next, link, Release, Relaxed) {
            Ok(_) => return link,
            // SAFETY: still not published.
            Err(now) => unsafe { (*link).next = now },
        }
    }
}

/// Pushed by anybody, read by anybody; values stay until the list goes.
pub(crate) struct List<T> {
    head: AtomicPtr<Link<T>>,
}

// SAFETY: values are shared by reference between threads and dropped with the list, on any thread.
unsafe impl<T: Send + Sync> Send for List<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for List<T> {}

impl<T> List<T> {
    pub(crate) const fn new() -> List<T> {
        List {
            head: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// Adds a value; never waits.
    pub(crate) fn push(&self, value: T) -> &T {
        let link = push(&self.head, value);
        // SAFETY: links stay until the list is dropped, which the borrow of the list rules out.
        unsafe { &(*link).value }
    }

    /// The values, newest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        // Acquire pairs with the Release in `push`.
        let mut next = self.head.load(Acquire);
        std::iter::from_fn(move || {
            // SAFETY: links stay, and their `next` is constant, while the list is borrowed.
            let link = unsafe { next.as_ref()? };
            next = link.next;
            Some(&link.value)
        })
    }
}

impl<T> Drop for List<T> {
    fn drop(&mut self) {
        let mut head = *self.head.get_mut();
        while !head.is_null() {
            // SAFETY: nobody else can reach the list; each link came from a box.
            let link = unsafe { Box::from_raw(head) };
            head = link.next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::effort::times;

    #[test]
    fn a_stack_gives_everything_once_oldest_first() {
        let stack = Stack::new();
        for n in 0..5 {
            stack.push(n);
        }
        assert!(stack.take().eq(0..5));
        assert!(stack.is_empty());
        assert_eq!(stack.take().next(), None);
        (0..3).for_each(|n| stack.push(n));
        assert_eq!(stack.take().next(), Some(0)); // the rest is dropped with what was taken
        stack.push(9); // dropped with the stack
    }

    #[test]
    fn many_pushers_lose_nothing_to_one_taker() {
        const EACH: usize = times(500);
        let stack = Stack::new();
        let mut taken = Vec::new();
        std::thread::scope(|scope| {
            let pushers: Vec<_> = (0..4)
                .map(|t| {
                    let stack = &stack;
                    scope.spawn(move || (0..EACH).for_each(|n| stack.push(Box::new(t * EACH + n))))
                })
                .collect();
            while !pushers.iter().all(|pusher| pusher.is_finished()) {
                taken.extend(stack.take());
            }
        });
        taken.extend(stack.take());
        let mut taken: Vec<usize> = taken.into_iter().map(|n| *n).collect();
        taken.sort_unstable();
        assert_eq!(taken, (0..4 * EACH).collect::<Vec<_>>());
    }

    #[test]
    fn a_list_shows_what_was_pushed_newest_first() {
        let list = List::new();
        assert_eq!(*list.push(Box::new(1)), Box::new(1));
        list.push(Box::new(2));
        let seen: Vec<i32> = list.iter().map(|n| **n).collect();
        assert_eq!(seen, [2, 1]);
    }
}
