//! One piece of work for all who ask for it while it is under way.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

#[derive(Debug)]
pub(super) struct Shared<T> {
    present: Mutex<Arc<OnceLock<Arc<T>>>>,
}

impl<T> Shared<T> {
    pub(super) fn new() -> Shared<T> {
        Shared {
            present: Mutex::default(),
        }
    }

    /// What the work under way gives, or else that of `work`. Should it panic, the next of those who wait does it.
    pub(super) fn get(&self, work: impl FnOnce() -> T) -> Arc<T> {
        let present = || self.present.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = present().clone();
        let outcome = shared.get_or_init(|| Arc::new(work())).clone();
        let mut present = present();
        if Arc::ptr_eq(&present, &shared) {
            *present = Arc::default(); // who comes from now on gets news
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    #[test]
    fn who_asks_meanwhile_gets_the_same_and_who_asks_later_something_new() {
        let (shared, times) = (Shared::new(), AtomicU32::new(0));
        let (begun, has_begun) = mpsc::channel();
        let (go_on, may_go_on) = mpsc::channel::<()>();
        thread::scope(|scope| {
            let first = scope.spawn(|| {
                shared.get(move || {
                    let _ = begun.send(());
                    let _ = may_go_on.recv();
                    1
                })
            });
            has_begun.recv().unwrap();
            // It holds the same work from here on, whenever it gets to run.
            let second = scope.spawn(|| shared.get(|| times.fetch_add(1, SeqCst)));
            while Arc::strong_count(&shared.present.lock().unwrap()) < 3 {
                thread::yield_now();
            }
            go_on.send(()).unwrap();
            assert_eq!((*first.join().unwrap(), *second.join().unwrap()), (1, 1));
        });
        assert_eq!(times.load(SeqCst), 0);
        assert_eq!(*shared.get(|| 2), 2);
    }
}
