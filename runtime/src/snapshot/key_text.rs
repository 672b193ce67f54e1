//! Keys in paths: how a family's key, which may be any text, is written as one segment of a path.
//!
//! Percent-encoding of exactly what a segment cannot hold, so that the usual key reads as it is and every key
//! comes back unchanged.

use std::borrow::Cow;

/// Writes a key as one segment of a path.
///
/// `/` becomes `%2F`, `%` becomes `%25`, control characters their bytes in UTF-8. The keys `.` and `..`
/// become `%2E` and `%2E%2E`, the empty key a lone `%`, because no segment may be any of these.
/// Allocates only when something has to be written differently.
///
/// ```
/// use calipers::snapshot::{escape, unescape};
/// assert_eq!(escape("/users/100%"), "%2Fusers%2F100%25");
/// assert_eq!(unescape("%2Fusers%2F100%25"), "/users/100%");
/// ```
pub fn escape(key: &str) -> Cow<'_, str> {
    match key {
        "" => return Cow::Borrowed("%"),
        "." => return Cow::Borrowed("%2E"),
        ".." => return Cow::Borrowed("%2E%2E"),
        _ => {}
    }
    let special = |c: char| matches!(c, '/' | '%') || c.is_control();
    if !key.contains(special) {
        return Cow::Borrowed(key);
    }
    let mut text = String::with_capacity(key.len() + 8);
    for c in key.chars() {
        if special(c) {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                text.push('%');
                text.push(hex_digit(byte >> 4));
                text.push(hex_digit(byte & 15));
            }
        } else {
            text.push(c);
        }
    }
    Cow::Owned(text)
}

/// Reads a key back from a segment of a path.
///
/// The inverse of [`escape`]; other characters may be percent-encoded too (`%41` is `A`). A `%` that no two
/// hexadecimal digits follow stands for itself, and a segment whose bytes are not UTF-8 is given back as it is.
pub fn unescape(segment: &str) -> Cow<'_, str> {
    if segment == "%" {
        return Cow::Borrowed("");
    }
    if !segment.contains('%') {
        return Cow::Borrowed(segment);
    }
    let mut rest = segment.as_bytes();
    let mut bytes = Vec::with_capacity(rest.len());
    while let [first, after @ ..] = rest {
        let encoded = match rest {
            [b'%', high, low, ..] => hex_value(*high).zip(hex_value(*low)),
            _ => None,
        };
        match encoded {
            Some((high, low)) => {
                bytes.push(high << 4 | low);
                rest = &rest[3..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(segment), Cow::Owned)
}

fn hex_digit(value: u8) -> char {
    char::from_digit(value.into(), 16).map_or('0', |digit| digit.to_ascii_uppercase())
}

fn hex_value(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_comes_back_unchanged() {
        let keys = [
            "",
            ".",
            "..",
            "...",
            "/",
            "%",
            "%2F",
            "%%",
            "%2",
            "a/b",
            "100%",
            "a b",
            "ü/\u{85}",
            "\n\0",
            "日本",
        ];
        for key in keys {
            let segment = escape(key);
            assert!(
                !segment.contains('/') && !segment.contains(char::is_control),
                "{segment}"
            );
            assert!(
                !matches!(&*segment, "" | "." | ".."),
                "{key:?} is a segment no path may hold"
            );
            assert_eq!(unescape(&segment), key);
        }
    }

    #[test]
    fn distinct_keys_have_distinct_segments() {
        assert_ne!(escape(""), escape("%"));
        assert_ne!(escape("."), escape("%2E"));
    }

    #[test]
    fn the_usual_key_reads_as_it_is() {
        assert!(matches!(
            escape("GET index.html?a=b"),
            Cow::Borrowed("GET index.html?a=b")
        ));
        assert_eq!(escape("\t"), "%09");
        assert_eq!(escape("\u{85}"), "%C2%85");
    }

    #[test]
    fn what_nobody_escaped_is_read_as_it_stands() {
        assert_eq!(unescape("50%"), "50%");
        assert_eq!(unescape("%zz%4"), "%zz%4");
        assert_eq!(unescape("%41%2f"), "A/");
        assert_eq!(unescape("%FF"), "%FF");
    }
}
