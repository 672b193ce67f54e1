//! Lines by the hundred thousand: memory is made ready for many at once, and short texts are copied without a call.

/// How many bytes are made ready at a time.
const READY: usize = 1 << 14;

/// Appends to a text. What was made ready and not used is given up at the end.
pub(super) struct Lines<'a> {
    out: &'a mut Vec<u8>,
    end: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>) -> Lines<'a> {
        let end = out.len();
        Lines { out, end }
    }

    /// Where the next byte goes.
    pub(super) fn end(&self) -> usize {
        self.end
    }

    #[inline(always)]
    pub(super) fn put(&mut self, text: &[u8]) {
        let end = self.end + text.len();
        match self.out.get_mut(self.end..end) {
            Some(to) => copy(to, text),
            None => self.put_beyond(text),
        }
        self.end = end;
    }

    #[cold]
    #[inline(never)]
    fn put_beyond(&mut self, text: &[u8]) {
        self.out.truncate(self.end);
        self.out.extend_from_slice(text);
        self.out.resize(self.out.len() + READY, 0);
    }

    /// Appends once more what was appended from `begin` to `end`.
    pub(super) fn repeat(&mut self, begin: usize, end: usize) {
        let bytes = end - begin;
        if self.out.len() - self.end < bytes {
            self.out.resize(self.end + bytes + READY, 0);
        }
        self.out.copy_within(begin..end, self.end);
        self.end += bytes;
    }
}

impl Drop for Lines<'_> {
    fn drop(&mut self) {
        self.out.truncate(self.end);
    }
}

/// Copies a text to where it fits exactly: its first and its last bytes, which overlap in the middle.
#[inline(always)]
fn copy(to: &mut [u8], text: &[u8]) {
    match text.len() {
        4..8 => copy_ends::<4>(to, text),
        8..16 => copy_ends::<8>(to, text),
        16..32 => copy_ends::<16>(to, text),
        32..=64 => copy_ends::<32>(to, text),
        0..4 => to.iter_mut().zip(text).for_each(|(to, byte)| *to = *byte),
        _ => to.copy_from_slice(text),
    }
}

#[inline(always)]
fn copy_ends<const N: usize>(to: &mut [u8], text: &[u8]) {
    if let (Some(to), Some(first)) = (to.first_chunk_mut::<N>(), text.first_chunk()) {
        *to = *first;
    }
    if let (Some(to), Some(last)) = (to.last_chunk_mut::<N>(), text.last_chunk()) {
        *to = *last;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_every_length_arrive_whole_and_in_order() {
        let mut out = b"before".to_vec();
        let mut expected = out.clone();
        let mut lines = Lines::new(&mut out);
        for length in (0..200).chain([READY, READY + 1, 3]) {
            let text: Vec<u8> = (0..length).map(|at| (at * 7 + length) as u8).collect();
            let begin = lines.end();
            lines.put(&text);
            lines.repeat(begin, lines.end());
            expected.extend_from_slice(&text);
            expected.extend_from_slice(&text);
        }
        drop(lines);
        assert_eq!(out, expected);
    }
}
