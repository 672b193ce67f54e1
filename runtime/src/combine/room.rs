//! How much may be read at once, whatever servers say: a part for each, and one for all who need more.
//!
//! So a few that say too much cannot fill the memory, nor take the place of those that say what is usual.

use std::io::{self, ErrorKind, Read};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

const MIB: usize = 1024 * 1024;

/// What nobody can take from a server: 10,000 stats are about as much.
const OWN: usize = 2 * MIB;

/// What one server may say.
const LONGEST: usize = 64 * MIB;

/// What all together may say beyond their own.
const TOGETHER: usize = 128 * MIB;

/// What all share.
#[derive(Debug)]
pub(super) struct Shared {
    left: AtomicUsize,
}

/// What one server's text may take; given back when this is dropped.
#[derive(Debug)]
pub(super) struct Room<'s> {
    shared: &'s Shared,
    taken: usize,
}

impl Shared {
    pub(super) fn new() -> Shared {
        Shared {
            left: AtomicUsize::new(TOGETHER),
        }
    }

    pub(super) fn guest(&self) -> Room<'_> {
        Room {
            shared: self,
            taken: 0,
        }
    }
}

impl Room<'_> {
    /// Reads all there is, as long as there is room for it.
    pub(super) fn read(&mut self, mut from: impl Read) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        let mut piece = vec![0; 64 * 1024];
        loop {
            match from.read(&mut piece) {
                Ok(0) => return Ok(bytes),
                Ok(read) => bytes.extend_from_slice(piece.get(..read).unwrap_or_default()),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(told(&error)),
            }
            if bytes.len() > LONGEST {
                return Err(format!("it says more than {} MiB", LONGEST / MIB));
            }
            if !self.holds(bytes.len()) {
                return Err("it says too much beside the others; ask for fewer at once".to_owned());
            }
        }
    }

    fn holds(&mut self, length: usize) -> bool {
        let more = length.saturating_sub(OWN + self.taken);
        let left = &self.shared.left;
        let has = left.try_update(Relaxed, Relaxed, |left| left.checked_sub(more));
        self.taken += if has.is_ok() { more } else { 0 };
        has.is_ok()
    }
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        self.shared.left.fetch_add(self.taken, Relaxed);
    }
}

fn told(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::TimedOut => "it did not end in time".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_says_too_much_leaves_room_for_the_others() {
        let shared = Shared::new();
        let endless = || io::repeat(b' ');
        let refused = shared.guest().read(endless()).unwrap_err();
        assert_eq!(refused, "it says more than 64 MiB");
        let mut held: Vec<Room<'_>> = Vec::new();
        for _ in 0..2 {
            let mut room = shared.guest();
            room.read(endless().take((LONGEST - 1) as u64)).unwrap();
            held.push(room);
        }
        // All there is for all is nearly gone; what is usual still has its place.
        let mut room = shared.guest();
        assert_eq!(room.read(endless().take(OWN as u64)).unwrap().len(), OWN);
        let refused = shared.guest().read(endless()).unwrap_err();
        assert!(refused.contains("beside the others"), "{refused}");
        drop(held);
        let read = shared.guest().read(endless().take((8 * MIB) as u64));
        assert_eq!(read.unwrap().len(), 8 * MIB);
        assert_eq!(shared.left.load(Relaxed), TOGETHER);
    }
}
