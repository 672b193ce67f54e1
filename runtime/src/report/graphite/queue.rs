//! Lines that wait for the server, within a bound.
//!
//! Bytes in a ring, not a list of strings: a hundred thousand lines are one allocation. The front line stays until it is
//! out whole. When a connection breaks in the middle of it, the next one gets it from its beginning, so no half of a
//! line ever reaches a server on its own; and while it is half out it is not dropped, for the same reason.

use std::collections::VecDeque;

#[derive(Debug)]
pub(super) struct Queue {
    bytes: VecDeque<u8>,
    /// Whole lines, the front one included.
    lines: u64,
    /// How much of the front line is out.
    begun: usize,
    cap: usize,
}

impl Queue {
    pub(super) fn new(cap: usize) -> Queue {
        Queue {
            bytes: VecDeque::new(),
            lines: 0,
            begun: 0,
            cap,
        }
    }

    pub(super) fn lines(&self) -> u64 {
        self.lines
    }

    pub(super) fn has_room_for(&self, line: &[u8]) -> bool {
        self.bytes.len() + line.len() <= self.cap
    }

    /// Adds a line, with its newline, at the end; drops others at the front to make room. Gives how many went, the line
    /// itself if there can be no room for it.
    pub(super) fn push(&mut self, line: &[u8]) -> u64 {
        let mut dropped = 0;
        while !self.has_room_for(line) {
            if !self.drop_oldest() {
                return dropped + 1;
            }
            dropped += 1;
        }
        self.bytes.extend(line);
        self.lines += 1;
        dropped
    }

    /// What is to be written next, not all of it perhaps; empty when nothing waits.
    pub(super) fn next(&self) -> &[u8] {
        let (first, second) = self.bytes.as_slices();
        match first.get(self.begun..) {
            Some(rest) if !rest.is_empty() => rest,
            _ => second.get(self.begun - first.len()..).unwrap_or_default(),
        }
    }

    /// So many bytes of it are out. Gives how many lines that makes whole.
    pub(super) fn written(&mut self, bytes: usize) -> u64 {
        let out = (self.begun + bytes).min(self.bytes.len());
        // Searched from the end: that is less than a line away.
        let whole = self.bytes.range(..out).rposition(|&byte| byte == b'\n');
        let Some(last) = whole else {
            self.begun = out;
            return 0;
        };
        let newline = |byte: u8| u64::from(byte == b'\n');
        let lines = self.bytes.drain(..=last).map(newline).sum();
        self.begun = out - last - 1;
        self.lines -= lines;
        lines
    }

    /// Another connection gets the front line whole.
    pub(super) fn begin_anew(&mut self) {
        self.begun = 0;
    }

    /// Drops the oldest line of which nothing is out.
    fn drop_oldest(&mut self) -> bool {
        let from = if self.begun > 0 { self.line_end(0) } else { 0 };
        if from >= self.bytes.len() {
            return false;
        }
        let end = self.line_end(from);
        self.bytes.drain(from..end);
        self.lines -= 1;
        true
    }

    /// One past the newline of the line that begins here.
    fn line_end(&self, from: usize) -> usize {
        self.bytes
            .range(from..)
            .position(|&byte| byte == b'\n')
            .map_or(self.bytes.len(), |at| from + at + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(lines: &[&str], cap: usize) -> (Queue, u64) {
        let mut queue = Queue::new(cap);
        let dropped = lines.iter().map(|line| queue.push(line.as_bytes())).sum();
        (queue, dropped)
    }

    #[test]
    fn the_oldest_go_when_there_is_no_room() {
        let (queue, dropped) = queue(&["a\n", "bb\n", "cc\n"], 6);
        assert_eq!(
            (queue.next(), queue.lines(), dropped),
            (&b"bb\ncc\n"[..], 2, 1)
        );
    }

    #[test]
    fn a_line_that_never_fits_is_dropped_itself() {
        let (mut queue, _) = queue(&["abc\n"], 5);
        assert_eq!(queue.push(b"much too long\n"), 2);
        assert_eq!(queue.lines(), 0);
    }

    #[test]
    fn a_line_that_is_half_out_stays_and_is_begun_anew_on_another_connection() {
        let (mut queue, _) = queue(&["abcd\n", "ef\n"], 8);
        assert_eq!(queue.written(2), 0);
        assert_eq!(queue.push(b"gh\n"), 1);
        assert_eq!(queue.next(), b"cd\ngh\n");
        queue.begin_anew();
        assert_eq!(queue.next(), b"abcd\ngh\n");
        assert_eq!(queue.written(6), 1);
        assert_eq!((queue.next(), queue.lines()), (&b"h\n"[..], 1));
        assert_eq!(queue.written(2), 1);
        assert!(queue.next().is_empty() && queue.lines() == 0);
    }

    #[test]
    fn lines_offered_are_sent_or_dropped_or_there_wherever_the_ring_wraps() {
        let mut queue = Queue::new(61);
        let (mut offered, mut sent, mut dropped) = (0, 0, 0);
        for round in 0..5000_usize {
            let line = format!("{}\n", "x".repeat(round * 7 % 19));
            offered += 1;
            dropped += queue.push(line.as_bytes());
            let next = queue.next().len();
            if round % 3 > 0 {
                sent += queue.written(next.min(round * 5 % 23));
            }
            if round % 41 == 0 {
                queue.begin_anew();
            }
            assert_eq!(offered, sent + dropped + queue.lines());
            assert!(queue.bytes.len() <= 61);
        }
        assert!(sent > 100 && dropped > 100);
    }
}
