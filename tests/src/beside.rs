//! Readers beside writers: threads that go on until the others are done, and a limit for what might hang.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Whether threads that work until told otherwise should end.
#[derive(Debug, Default)]
pub struct Done(AtomicBool);

impl Done {
    /// Still going.
    pub const fn not_yet() -> Done {
        Done(AtomicBool::new(false))
    }

    /// Whether it is over.
    pub fn is(&self) -> bool {
        self.0.load(Relaxed)
    }

    /// It is over.
    pub fn set(&self) {
        self.0.store(true, Relaxed);
    }

    /// It is over when this is dropped, by a panic too: a test that fails must not hang.
    #[must_use]
    pub fn at_end(&self) -> AtEnd<'_> {
        AtEnd(self)
    }
}

/// See [`Done::at_end`].
#[derive(Debug)]
pub struct AtEnd<'a>(&'a Done);

impl Drop for AtEnd<'_> {
    fn drop(&mut self) {
        self.0.set();
    }
}

/// Runs `writers` on a thread each, and `read` over and over on another until they are done, and once more after. Gives how
/// often it was run.
pub fn reading<'env>(
    writers: impl IntoIterator<Item = Box<dyn FnOnce() + Send + 'env>>,
    mut read: impl FnMut() + Send,
) -> u64 {
    let done = Done::not_yet();
    let mut times = 0;
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            loop {
                let last = done.is();
                read();
                times += 1;
                if last {
                    return;
                }
            }
        });
        {
            let _end = done.at_end();
            thread::scope(|scope| {
                let writing: Vec<_> = writers
                    .into_iter()
                    .map(|write| scope.spawn(write))
                    .collect();
                writing.into_iter().for_each(ended);
            });
        }
        ended(reader);
    });
    times
}

/// Waits for a thread's end, where a scope waits only for its closure: from here on others may take over what it left. Fails
/// as it did.
pub fn ended<R>(thread: thread::ScopedJoinHandle<'_, R>) {
    if let Err(failure) = thread.join() {
        std::panic::resume_unwind(failure);
    }
}

/// Runs `work` on `count` threads that begin one after another, each while many others have not ended: a thread that
/// begins when another has ended may take over what that one left.
pub fn new_threads(count: u64, work: impl Fn() + Sync) {
    const TOGETHER: u64 = 40;
    let mut left = count;
    while left > 0 {
        let batch = left.min(TOGETHER);
        let all_began = Barrier::new(batch as usize + 1);
        thread::scope(|scope| {
            for _ in 0..batch {
                scope.spawn(|| {
                    work();
                    all_began.wait();
                });
            }
            all_began.wait();
        });
        left -= batch;
    }
}

/// Runs `work` on a thread of its own and gives its result.
///
/// # Panics
/// When it has not returned within the limit, which here means never.
pub fn within<R: Send + 'static>(limit: Duration, work: impl FnOnce() -> R + Send + 'static) -> R {
    let (sender, receiver) = channel();
    let worker = thread::spawn(move || {
        let _ = sender.send(work());
    });
    match receiver.recv_timeout(limit) {
        Ok(result) => result,
        Err(RecvTimeoutError::Timeout) => panic!("not done after {limit:?}: it hangs"),
        Err(RecvTimeoutError::Disconnected) => match worker.join() {
            Err(failure) => std::panic::resume_unwind(failure),
            Ok(()) => unreachable!("it ended without a result"),
        },
    }
}

/// Waits for what another thread is about to do.
///
/// # Panics
/// When it has not come about in a [`LONG`] time, which here means never.
pub fn until(mut comes_about: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !comes_about() {
        assert!(begun.elapsed() < LONG, "not come about after {LONG:?}");
        thread::yield_now();
    }
}

/// More than anything here takes, on a machine that is busy with something else.
pub const LONG: Duration = Duration::from_secs(60);
