//! Somebody who has opened the pipe, and how much of the text he has taken.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::sync::Arc;
use std::time::Instant;

#[derive(Debug)]
pub(super) struct Listening {
    /// Never waits: what is not taken at once is an error of the kind `WouldBlock`.
    pipe: File,
    text: Arc<[u8]>,
    taken: usize,
    /// When he last took something.
    since: Instant,
}

/// How far he is.
pub(super) enum Progress {
    Done,
    /// He closed the pipe before the end.
    Gone,
    Slow(Instant),
}

impl Listening {
    pub(super) fn new(pipe: File) -> Listening {
        Listening {
            pipe,
            text: Arc::default(),
            taken: 0,
            since: Instant::now(),
        }
    }

    pub(super) fn says(&mut self, text: Arc<[u8]>) {
        self.text = text;
    }

    /// Gives as much as is taken at once.
    pub(super) fn give(&mut self, bytes: &mut u64) -> Progress {
        while let Some(rest) = self.text.get(self.taken..).filter(|rest| !rest.is_empty()) {
            match self.pipe.write(rest) {
                Ok(0) => return Progress::Gone,
                Ok(taken) => {
                    self.taken += taken;
                    self.since = Instant::now();
                    *bytes += taken as u64;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    return Progress::Slow(self.since);
                }
                Err(_) => return Progress::Gone,
            }
        }
        Progress::Done
    }
}
