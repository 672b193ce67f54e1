//! Looks at the processes, shared by those who ask at nearly the same time.
//!
//! Reading all files takes its time, and pages, scrapes and scripts ask whenever they like. So one look at a time is taken,
//! and serves whoever asks while it is fresh. However many ask, reading takes a quarter of one processor's time at most.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a look is fresh at least: shorter than anybody waits between two.
const LEAST: Duration = Duration::from_millis(200);
/// It is fresh so many times as long as it took.
const SHARE: u32 = 3;

pub(super) struct Looks<T> {
    last: Mutex<Option<Last<T>>>,
}

struct Last<T> {
    seen: Arc<T>,
    /// Until when it is fresh.
    until: Instant,
}

impl<T> Looks<T> {
    pub(super) fn new() -> Looks<T> {
        Looks {
            last: Mutex::new(None),
        }
    }

    /// What was seen last, if that is fresh; else what is seen now. Whoever asks while somebody looks waits for that.
    pub(super) fn fresh(&self, now: impl Fn() -> Instant, look: impl FnOnce() -> T) -> Arc<T> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let began = now();
        if let Some(last) = last.as_ref().filter(|last| began < last.until) {
            return Arc::clone(&last.seen);
        }
        *last = None; // two at a time would be twice the memory
        let seen = Arc::new(look());
        let ended = now();
        let fresh = (SHARE * ended.duration_since(began)).max(LEAST);
        *last = Some(Last {
            seen: Arc::clone(&seen),
            until: ended + fresh,
        });
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn a_look_serves_who_asks_while_it_is_fresh_and_a_slow_one_for_longer() {
        let looks = Looks::new();
        let now = Cell::new(Instant::now());
        let pass = |millis| now.set(now.get() + Duration::from_millis(millis));
        let taken = Cell::new(0);
        let ask = |takes: u64| {
            let look = || {
                pass(takes);
                taken.set(taken.get() + 1);
                taken.get()
            };
            *looks.fresh(|| now.get(), look)
        };
        assert_eq!(ask(1), 1);
        pass(199);
        assert_eq!(ask(1), 1);
        pass(1);
        assert_eq!(ask(1000), 2);
        pass(2999);
        assert_eq!(ask(1000), 2);
        pass(1);
        assert_eq!(ask(1000), 3);
    }

    #[test]
    fn many_who_ask_at_once_get_one_look() {
        let looks = Looks::new();
        let taken = Mutex::new(0);
        let now = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| looks.fresh(|| now, || *taken.lock().unwrap() += 1));
            }
        });
        assert_eq!(*taken.lock().unwrap(), 1);
    }
}
