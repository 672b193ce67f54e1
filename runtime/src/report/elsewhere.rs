//! Work that blocks, done on a thread of its own and asked about.
//!
//! Resolving a name has no time limit that std could set, and connecting, or waiting for an answer, may take seconds. A reader
//! must hear of being stopped meanwhile; so what may take long is done elsewhere, one thing at a time.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError, sync_channel};
use std::thread;
use std::time::Instant;

/// Something that is being done.
#[derive(Debug)]
pub(crate) struct Elsewhere<T>(Receiver<T>);

/// Whoever did it panicked.
#[derive(Debug)]
pub(crate) struct Panicked;

impl<T: Send + 'static> Elsewhere<T> {
    pub(crate) fn begin(name: &str, work: impl FnOnce() -> T + Send + 'static) -> io::Result<Self> {
        let (sender, receiver) = sync_channel(1);
        thread::Builder::new()
            .name(name.to_owned())
            // Whoever asked may have gone; then what came of it goes too.
            .spawn(move || drop(sender.send(work())))?;
        Ok(Elsewhere(receiver))
    }

    /// What came of it, waited for until `until` at most; nothing when it is still being done.
    pub(crate) fn outcome(&self, until: Instant) -> Option<Result<T, Panicked>> {
        let answer = match self.0.try_recv() {
            Err(TryRecvError::Empty) => {
                let left = until.saturating_duration_since(Instant::now());
                self.0.recv_timeout(left)
            }
            Err(TryRecvError::Disconnected) => Err(RecvTimeoutError::Disconnected),
            Ok(answer) => Ok(answer),
        };
        match answer {
            Ok(done) => Some(Ok(done)),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Err(Panicked)),
        }
    }
}

/// Sleeps until the earlier of the two; true when `wanted` has come.
pub(crate) fn sleep_until(wanted: Instant, limit: Instant) -> bool {
    let now = Instant::now();
    let until = wanted.min(limit);
    thread::sleep(until.saturating_duration_since(now));
    wanted <= limit || wanted <= Instant::now()
}
