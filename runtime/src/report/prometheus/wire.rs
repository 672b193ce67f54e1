//! The wire format of protobuf, as much of it as an exposition needs.
//!
//! Messages are written straight from the snapshot: building them first, as generated code does, would allocate
//! for every label of every series, and be the second tree that this reader does without. The tests decode what is
//! written here with `prost`.

/// A number in as many groups of seven bits as it takes.
pub(super) fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

const VARINT: u32 = 0;
const EIGHT_BYTES: u32 = 1;
const LENGTH: u32 = 2;

fn key(out: &mut Vec<u8>, field: u32, wire: u32) {
    varint(out, u64::from(field << 3 | wire));
}

pub(super) fn whole(out: &mut Vec<u8>, field: u32, number: u64) {
    key(out, field, VARINT);
    varint(out, number);
}

pub(super) fn signed(out: &mut Vec<u8>, field: u32, number: i64) {
    whole(out, field, zigzag(number));
}

/// Numbers near zero, of either sign, as small ones.
pub(super) fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63) as u64
}

pub(super) fn double(out: &mut Vec<u8>, field: u32, number: f64) {
    key(out, field, EIGHT_BYTES);
    out.extend_from_slice(&number.to_le_bytes());
}

pub(super) fn string(out: &mut Vec<u8>, field: u32, text: &str) {
    key(out, field, LENGTH);
    varint(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// A message, or whatever else stands behind its length.
///
/// The length is known when the message is written, and one byte was left for it; what is longer than that can say is
/// moved, which long messages are rare enough for.
pub(super) fn message(out: &mut Vec<u8>, field: u32, write: impl FnOnce(&mut Vec<u8>)) {
    key(out, field, LENGTH);
    let at = out.len();
    out.push(0);
    write(out);
    let length = out.len() - at - 1;
    if length < 0x80 {
        out[at] = length as u8;
        return;
    }
    let more = (usize::BITS - length.leading_zeros()).div_ceil(7) as usize - 1;
    let end = out.len();
    out.resize(end + more, 0);
    out.copy_within(at + 1..end, at + 1 + more);
    for (place, byte) in out[at..=at + more].iter_mut().enumerate() {
        *byte = (length >> (7 * place)) as u8 | 0x80;
    }
    out[at + more] &= 0x7f;
}

/// How many bytes [`long_length`] takes.
pub(super) const LONG: usize = 5;

/// A length in five bytes, whatever it is: for a message that is too large to be moved.
pub(super) fn long_length(length: usize) -> [u8; LONG] {
    let group = |at: usize| (length >> (7 * at)) as u8 & 0x7f;
    [
        group(0) | 0x80,
        group(1) | 0x80,
        group(2) | 0x80,
        group(3) | 0x80,
        group(4),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out);
        out
    }

    #[test]
    fn numbers_are_as_the_format_has_them() {
        assert_eq!(bytes(|out| varint(out, 0)), [0]);
        assert_eq!(bytes(|out| varint(out, 150)), [0x96, 1]);
        assert_eq!(bytes(|out| varint(out, u64::MAX)).len(), 10);
        assert_eq!(
            [0, -1, 1, -2, i64::MAX, i64::MIN].map(zigzag),
            [0, 1, 2, 3, u64::MAX - 1, u64::MAX]
        );
        assert_eq!(bytes(|out| whole(out, 1, 150)), [8, 0x96, 1]);
        assert_eq!(bytes(|out| string(out, 2, "testing")), b"\x12\x07testing");
    }

    #[test]
    fn a_message_has_its_length_before_it() {
        for length in [0, 1, 127, 128, 20_000] {
            let out = bytes(|out| message(out, 3, |out| out.resize(out.len() + length, 7)));
            let mut expected = vec![0x1a];
            varint(&mut expected, length as u64);
            expected.resize(expected.len() + length, 7);
            assert_eq!(out, expected);
        }
        assert_eq!(long_length(300), [0xac, 0x82, 0x80, 0x80, 0]);
    }
}
