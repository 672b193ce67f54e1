//! Type signatures: what Python's `struct` module calls a format, as far as a field's first value needs it.
//!
//! `Q`, `q`, `d`, `?`, `255s`; also with a byte order (`<d`), repeat counts and blanks, which Python ignores and with
//! which writers align what follows. Sizes are computed and never allocated: `2147483648s` is a number here.

use super::value::FieldValue;

/// A type signature that was understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Signature {
    /// What the whole value takes, in bytes.
    pub(super) size: u64,
    first: Item,
    /// Where the first value begins.
    at: u64,
    big_endian: bool,
    /// Whether it begins with a byte order.
    pub(super) explicit: bool,
}

/// One element of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Item {
    code: u8,
    count: u64,
}

impl Signature {
    /// Reads one; `None` for what Python's `struct` would refuse, or what holds no value at all.
    pub(super) fn parse(text: &[u8]) -> Option<Signature> {
        let (order, items) = match text.first()? {
            order @ (b'@' | b'=' | b'<' | b'>' | b'!') => (*order, text.get(1..)?),
            _ => (b'@', text),
        };
        let native = order == b'@';
        let mut size: u64 = 0;
        let mut first = None;
        let mut rest = items.iter().copied().peekable();
        while let Some(byte) = rest.next() {
            if byte.is_ascii_whitespace() || byte == 0x0b {
                continue;
            }
            let (code, count) = if byte.is_ascii_digit() {
                let mut count = u64::from(byte - b'0');
                while let Some(digit) = rest.next_if(u8::is_ascii_digit) {
                    count = count
                        .checked_mul(10)?
                        .checked_add(u64::from(digit - b'0'))?;
                }
                (rest.next()?, count)
            } else {
                (byte, 1)
            };
            let width = width(code, native)?;
            if native && width > 1 {
                size = size.checked_next_multiple_of(width)?;
            }
            // A text is one value however long it is; so is nothing, if it is none.
            let holds = code != b'x' && (count > 0 || matches!(code, b's' | b'p'));
            if holds && first.is_none() {
                first = Some((Item { code, count }, size));
            }
            size = size.checked_add(width.checked_mul(count)?)?;
        }
        let (first, at) = first?;
        Some(Signature {
            size,
            first,
            at,
            big_endian: matches!(order, b'>' | b'!')
                || (order != b'<' && cfg!(target_endian = "big")),
            explicit: !native,
        })
    }

    /// Where in the value its first one begins, and how many bytes that has.
    pub(super) fn span(&self) -> (u64, u64) {
        let length = match self.first {
            Item {
                code: b's' | b'p',
                count,
            } => count,
            Item { code, .. } => width(code, !self.explicit).unwrap_or(0),
        };
        (self.at, length)
    }

    /// The first value, of the bytes that [`span`](Self::span) names; a text may be given in part.
    pub(super) fn decode(&self, bytes: &[u8]) -> Option<FieldValue> {
        let code = self.first.code;
        match code {
            b's' => return Some(FieldValue::Text(padded(bytes))),
            b'p' => {
                let (length, text) = bytes.split_first().unwrap_or((&0, &[]));
                let length = usize::from(*length).min(text.len());
                return Some(FieldValue::Text(padded(text.get(..length)?)));
            }
            _ => {}
        }
        let width = width(code, !self.explicit)? as usize;
        let raw = self.raw(bytes.get(..width)?);
        // The sign of what is narrower stands in its highest bit.
        let signed = |raw: u64| (raw << (64 - 8 * width)) as i64 >> (64 - 8 * width);
        Some(match code {
            b'b' | b'h' | b'i' | b'l' | b'q' => FieldValue::Signed(signed(raw)),
            b'B' | b'H' | b'I' | b'L' | b'Q' | b'P' => FieldValue::Unsigned(raw),
            b'f' => FieldValue::Float(f64::from(f32::from_bits(raw as u32))),
            b'd' => FieldValue::Float(f64::from_bits(raw)),
            b'?' => FieldValue::Bool(raw != 0),
            b'c' => FieldValue::Text(padded(bytes.get(..1)?)),
            _ => return None,
        })
    }

    fn raw(&self, bytes: &[u8]) -> u64 {
        let fold = |raw: u64, byte: &u8| raw << 8 | u64::from(*byte);
        if self.big_endian {
            bytes.iter().fold(0, fold)
        } else {
            bytes.iter().rev().fold(0, fold)
        }
    }
}

/// What one element takes; native sizes are those of a 64-bit Unix, where the format is at home.
fn width(code: u8, native: bool) -> Option<u64> {
    Some(match code {
        b'x' | b'c' | b'b' | b'B' | b'?' | b's' | b'p' => 1,
        b'h' | b'H' => 2,
        b'i' | b'I' | b'f' => 4,
        b'l' | b'L' if native => 8,
        b'l' | b'L' => 4,
        b'q' | b'Q' | b'd' => 8,
        b'P' if native => 8,
        _ => return None,
    })
}

/// A text up to its first zero byte; what is not UTF-8 is left out, as the Python reader does.
fn padded(bytes: &[u8]) -> String {
    let text = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
    text.utf8_chunks().map(|chunk| chunk.valid()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(text: &str) -> Option<u64> {
        Signature::parse(text.as_bytes()).map(|signature| signature.size)
    }

    fn decode(text: &str, bytes: &[u8]) -> FieldValue {
        let signature = Signature::parse(text.as_bytes()).unwrap();
        let (at, length) = signature.span();
        signature
            .decode(&bytes[at as usize..][..length as usize])
            .unwrap()
    }

    #[test]
    fn sizes_are_those_of_python() {
        // Each as `struct.calcsize` gives it.
        for (text, expected) in [
            ("Q", 8),
            ("Q   ", 8),
            ("=Q", 8),
            ("?", 1),
            ("255s", 255),
            ("l", 8),
            ("<l", 4),
            ("bQ", 16),
            ("=bQ", 9),
            ("3h", 6),
            ("b0i", 4),
            ("2147483648s", 2_147_483_648),
            ("xb", 2),
        ] {
            assert_eq!(size(text), Some(expected), "{text}");
        }
        for text in [
            "",
            " ",
            "Z",
            "12",
            "x",
            "0i",
            "=P",
            "é",
            "99999999999999999999s",
            "9999999999999999999Q",
        ] {
            assert_eq!(size(text), None, "{text}");
        }
    }

    #[test]
    fn values_are_those_of_python() {
        assert_eq!(decode("b", &[0xff]), FieldValue::Signed(-1));
        assert_eq!(decode("H", &[0x34, 0x12]), FieldValue::Unsigned(0x1234));
        assert_eq!(decode(">H", &[0x34, 0x12]), FieldValue::Unsigned(0x3412));
        assert_eq!(decode("i", &(-7i32).to_ne_bytes()), FieldValue::Signed(-7));
        assert_eq!(
            decode("q", &i64::MIN.to_ne_bytes()),
            FieldValue::Signed(i64::MIN)
        );
        assert_eq!(
            decode("Q", &u64::MAX.to_ne_bytes()),
            FieldValue::Unsigned(u64::MAX)
        );
        assert_eq!(decode("f", &1.5f32.to_ne_bytes()), FieldValue::Float(1.5));
        assert_eq!(
            decode("d", &(-0.25f64).to_ne_bytes()),
            FieldValue::Float(-0.25)
        );
        assert_eq!(decode("?", &[2]), FieldValue::Bool(true));
        assert_eq!(decode("xb", &[9, 1]), FieldValue::Signed(1));
        assert_eq!(decode("5s", b"ab\0cd"), FieldValue::Text("ab".into()));
        assert_eq!(decode("0s", b""), FieldValue::Text(String::new()));
        assert_eq!(decode("4p", b"\x02abc"), FieldValue::Text("ab".into()));
        assert_eq!(decode("4s", b"a\xffb\0"), FieldValue::Text("ab".into()));
    }
}
