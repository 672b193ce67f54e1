//! The wire format of protobuf, as much of it as readers need.
//!
//! Messages are written straight from the snapshot: building them first, as generated code does, would allocate
//! for every label of every series, and be the second tree that this reader does without. The tests decode what is
//! written here with `prost`.

/// A number in as many groups of seven bits as it takes.
pub(crate) fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

const VARINT: u32 = 0;
const EIGHT_BYTES: u32 = 1;
const LENGTH: u32 = 2;
const FOUR_BYTES: u32 = 5;

fn key(out: &mut Vec<u8>, field: u32, wire: u32) {
    varint(out, u64::from(field << 3 | wire));
}

pub(crate) fn whole(out: &mut Vec<u8>, field: u32, number: u64) {
    key(out, field, VARINT);
    varint(out, number);
}

pub(crate) fn signed(out: &mut Vec<u8>, field: u32, number: i64) {
    whole(out, field, zigzag(number));
}

/// Back from [`zigzag`].
pub(crate) fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

/// Numbers near zero, of either sign, as small ones.
pub(crate) fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63) as u64
}

pub(crate) fn double(out: &mut Vec<u8>, field: u32, number: f64) {
    key(out, field, EIGHT_BYTES);
    out.extend_from_slice(&number.to_le_bytes());
}

pub(crate) fn fixed(out: &mut Vec<u8>, field: u32, number: u64) {
    key(out, field, EIGHT_BYTES);
    out.extend_from_slice(&number.to_le_bytes());
}

pub(crate) fn string(out: &mut Vec<u8>, field: u32, text: &str) {
    key(out, field, LENGTH);
    varint(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// A message, or whatever else stands behind its length.
///
/// The length is known when the message is written, and one byte was left for it; what is longer than that can say is
/// moved, which long messages are rare enough for.
pub(crate) fn message(out: &mut Vec<u8>, field: u32, write: impl FnOnce(&mut Vec<u8>)) {
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
pub(crate) const LONG: usize = 5;

/// A length in five bytes, whatever it is: for a message that is too large to be moved.
pub(crate) fn long_length(length: usize) -> [u8; LONG] {
    let group = |at: usize| (length >> (7 * at)) as u8 & 0x7f;
    [
        group(0) | 0x80,
        group(1) | 0x80,
        group(2) | 0x80,
        group(3) | 0x80,
        group(4),
    ]
}

/// A field that was read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Field<'a> {
    Whole(u64),
    /// Eight bytes: a number that is not packed, or a double.
    Eight(u64),
    /// A text, a message, or numbers.
    Bytes(&'a [u8]),
    /// Four bytes, which nothing here has asked about yet.
    Other,
}

/// What is no message: it ends too early, or says what no message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// The fields of a message with their numbers, up to where it is none.
pub(crate) fn checked_fields(
    mut message: &[u8],
) -> impl Iterator<Item = Result<(u32, Field<'_>), Malformed>> {
    std::iter::from_fn(move || {
        if message.is_empty() {
            return None;
        }
        let field = read_field(&mut message);
        if field.is_none() {
            message = &[]; // one fault is enough
        }
        Some(field.ok_or(Malformed))
    })
}

/// The fields of a message as far as it is one: what others sent may be anything.
pub(crate) fn fields(message: &[u8]) -> impl Iterator<Item = (u32, Field<'_>)> {
    checked_fields(message).map_while(Result::ok)
}

fn read_field<'a>(message: &mut &'a [u8]) -> Option<(u32, Field<'a>)> {
    let key = read_varint(message)?;
    let field = match (key & 7) as u32 {
        VARINT => Field::Whole(read_varint(message)?),
        EIGHT_BYTES => {
            let (bytes, rest) = message.split_first_chunk()?;
            *message = rest;
            Field::Eight(u64::from_le_bytes(*bytes))
        }
        LENGTH => {
            let length = usize::try_from(read_varint(message)?).ok()?;
            let (bytes, rest) = message.split_at_checked(length)?;
            *message = rest;
            Field::Bytes(bytes)
        }
        FOUR_BYTES => {
            *message = message.get(4..)?;
            Field::Other
        }
        _ => return None,
    };
    Some((u32::try_from(key >> 3).ok()?, field))
}

pub(crate) fn read_varint(message: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for group in 0..10 {
        let (&byte, rest) = message.split_first()?;
        *message = rest;
        number |= u64::from(byte & 0x7f) << (7 * group);
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
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
        for number in [0, -1, 1, i64::MAX, i64::MIN] {
            assert_eq!(unzigzag(zigzag(number)), number);
        }
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

    #[test]
    fn what_was_written_is_read_and_what_is_none_ends() {
        let out = bytes(|out| {
            whole(out, 1, u64::MAX);
            double(out, 2, 0.5);
            string(out, 300, "text");
        });
        let all: Vec<_> = fields(&out).collect();
        assert_eq!(
            all,
            [
                (1, Field::Whole(u64::MAX)),
                (2, Field::Eight(0.5_f64.to_bits())),
                (300, Field::Bytes(b"text"))
            ]
        );
        for end in 0..out.len() {
            assert!(fields(&out[..end]).count() < 3);
        }
        assert!(checked_fields(&out).all(|field| field.is_ok()));
        assert_eq!(
            checked_fields(&out[..out.len() - 1]).last(),
            Some(Err(Malformed))
        );
        assert_eq!(fields(&[0xff; 64]).count(), 0);
        assert_eq!(
            fields(b"<html>what?</html>")
                .filter(|field| field.0 == 2)
                .count(),
            0
        );
    }
}
