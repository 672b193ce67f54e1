//! Keys as families hold them: as bytes; short ones where they stand, beside the member that is found through them.

/// How long a key may be that stands here: as much as a boxed one and its tag leave free. Most are not longer.
const SHORT: usize = 22;

/// A key. One that is short is no further place in memory to look at.
#[derive(PartialEq)]
pub(crate) enum HeldKey {
    /// How long it is, and its bytes; those behind them are zero.
    Short(u8, [u8; SHORT]),
    Long(Box<[u8]>),
}

const _: () = assert!(size_of::<HeldKey>() == 24);

impl HeldKey {
    pub(crate) fn of(key: &[u8]) -> HeldKey {
        let mut bytes = [0; SHORT];
        match bytes.get_mut(..key.len()) {
            Some(short) => {
                short.copy_from_slice(key);
                HeldKey::Short(key.len() as u8, bytes)
            }
            None => HeldKey::Long(key.into()),
        }
    }

    #[inline(always)]
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            HeldKey::Short(length, bytes) => bytes.get(..usize::from(*length)).unwrap_or_default(),
            HeldKey::Long(bytes) => bytes,
        }
    }

    /// Of a key that was a text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(self.bytes()).unwrap_or_default()
    }
}

/// Compares two keys: their first and their last bytes, which overlap in the middle. As a call it would take longer than the
/// rest of a look-up's comparison.
#[inline(always)]
pub(crate) fn is_same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    match b.len() {
        16..=32 => ends_are_same::<16>(a, b),
        8..16 => ends_are_same::<8>(a, b),
        4..8 => ends_are_same::<4>(a, b),
        0..4 => a.iter().eq(b),
        _ => is_same_and_long(a, b),
    }
}

#[inline(always)]
fn ends_are_same<const N: usize>(a: &[u8], b: &[u8]) -> bool {
    a.first_chunk::<N>() == b.first_chunk() && a.last_chunk::<N>() == b.last_chunk()
}

/// Apart, so that short keys need not make room for a call.
#[inline(never)]
fn is_same_and_long(a: &[u8], b: &[u8]) -> bool {
    a == b
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_told_from_every_other_however_long() {
        let all: Vec<Vec<u8>> = (0..60)
            .flat_map(|length| [1, 2, 0].map(|of| vec![of; length]))
            .skip(2) // the empty one three times
            .collect();
        for (at, key) in all.iter().enumerate() {
            let held = HeldKey::of(key);
            for (other_at, other) in all.iter().enumerate() {
                assert_eq!(is_same(held.bytes(), other), at == other_at);
                assert_eq!(held == HeldKey::of(other), at == other_at);
            }
        }
        for length in 1..60 {
            for at in 0..length {
                let mut other = vec![7; length];
                other[at] = 8;
                assert!(!is_same(&vec![7; length], &other), "{at} of {length}");
            }
        }
    }
}
