//! Numbers and strings as bytes, and back. What is read may be anything: nothing here trusts a length.

use std::sync::Arc;

/// Appends to a buffer.
pub(super) trait Put {
    fn put(&mut self, bytes: &[u8]);

    fn u8(&mut self, n: u8) {
        self.put(&[n]);
    }

    fn u32(&mut self, n: u32) {
        self.put(&n.to_ne_bytes());
    }

    fn u64(&mut self, n: u64) {
        self.put(&n.to_ne_bytes());
    }

    fn u128(&mut self, n: u128) {
        self.put(&n.to_ne_bytes());
    }

    fn f64(&mut self, n: f64) {
        self.u64(n.to_bits());
    }

    /// Its length, and its bytes.
    fn text(&mut self, text: &str) {
        self.u32(u32::try_from(text.len()).unwrap_or(0));
        if u32::try_from(text.len()).is_ok() {
            self.put(text.as_bytes());
        }
    }

    /// Whether there is one, and it.
    fn maybe_text(&mut self, text: Option<&str>) {
        self.u8(u8::from(text.is_some()));
        if let Some(text) = text {
            self.text(text);
        }
    }
}

impl Put for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// Takes bytes off the front of a slice; nothing once they are too few.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl<'a> Bytes<'a> {
    pub(super) fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_ne_bytes)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_ne_bytes)
    }

    pub(super) fn i32(&mut self) -> Option<i32> {
        self.array().map(i32::from_ne_bytes)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_ne_bytes)
    }

    pub(super) fn u128(&mut self) -> Option<u128> {
        self.array().map(u128::from_ne_bytes)
    }

    pub(super) fn f64(&mut self) -> Option<f64> {
        self.u64().map(f64::from_bits)
    }

    pub(super) fn text(&mut self) -> Option<&'a str> {
        let length = self.u32()? as usize;
        std::str::from_utf8(self.take(length)?).ok()
    }

    pub(super) fn maybe_text(&mut self) -> Option<Option<&'a str>> {
        match self.u8()? {
            0 => Some(None),
            _ => self.text().map(Some),
        }
    }

    /// So many of something, each of which takes at least one byte.
    pub(super) fn many<T>(
        &mut self,
        mut one: impl FnMut(&mut Bytes<'a>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let count = self.u32()? as usize;
        if count > self.0.len() {
            return None;
        }
        (0..count).map(|_| one(self)).collect()
    }

    pub(super) fn shared_text(&mut self) -> Option<Arc<str>> {
        self.text().map(Arc::from)
    }
}

/// The word at a place; 0 beyond the end.
pub(super) fn word_at(bytes: &[u8], at: usize) -> u64 {
    let mut rest = Bytes(bytes.get(at..).unwrap_or_default());
    rest.u64().unwrap_or(0)
}

/// Half a word at a place; 0 beyond the end.
pub(super) fn half_at(bytes: &[u8], at: usize) -> u32 {
    let mut rest = Bytes(bytes.get(at..).unwrap_or_default());
    rest.u32().unwrap_or(0)
}
