//! Names as Prometheus has them: `[a-zA-Z_][a-zA-Z0-9_]*`, in snake case, the parts of a path joined by `_`.
//!
//! Nothing here can fail, since every text has some name; two texts may have the same one, which `families` finds out.

use std::borrow::Cow;

use crate::report::families::Type;

/// Appends a segment of a path to a name, behind a `_` where something stands before it.
pub(super) fn push_segment(name: &mut String, segment: &str) {
    if !name.is_empty() {
        name.push('_');
    }
    let start = name.len();
    push_snake(name, segment);
    if name.len() == start {
        name.push('_'); // nothing of it is a letter that a name can have, and still it is a segment
    }
}

/// A segment in snake case: `byPath` is `by_path`, `HTTPServer` is `http_server`, `thread-0` is `thread_0`.
fn push_snake(name: &mut String, text: &str) {
    let start = name.len();
    let bytes = text.as_bytes();
    let mut parted = true; // whether what came last is no letter to part from
    for (at, &byte) in bytes.iter().enumerate() {
        if byte.is_ascii_uppercase() {
            let before = at.checked_sub(1).map(|before| bytes[before]);
            let begins_word = match before {
                Some(before) if before.is_ascii_lowercase() || before.is_ascii_digit() => true,
                Some(before) if before.is_ascii_uppercase() => {
                    bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase)
                }
                _ => false,
            };
            if begins_word && !parted {
                name.push('_');
            }
            name.push(byte.to_ascii_lowercase() as char);
            parted = false;
        } else if byte.is_ascii_lowercase() || byte.is_ascii_digit() {
            name.push(byte as char);
            parted = false;
        } else if !parted {
            name.push('_');
            parted = true;
        }
    }
    if name.len() > start && name.ends_with('_') {
        name.pop();
    }
}

/// A name may not begin with a digit, and that of a state set, which is also a label's, not with two underscores.
pub(super) fn begin(name: &mut String) {
    while name.starts_with("__") {
        name.remove(0);
    }
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        name.insert(0, '_');
    }
}

/// A unit that no table has, as part of a name; empty when nothing of it can be.
pub(super) fn unit(text: &str) -> String {
    let mut name = String::new();
    push_snake(&mut name, text);
    name
}

/// A label's name. Two underscores at the beginning are kept for Prometheus's own.
pub(super) fn label(text: &str) -> Cow<'_, str> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let begins = |text: &str| {
        !text.starts_with("__") && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
    };
    if begins(text) && text.bytes().all(legal) {
        return Cow::Borrowed(text);
    }
    let mut name = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        let c = if c.is_ascii_alphanumeric() { c } else { '_' };
        if c != '_' || !name.ends_with('_') {
            name.push(c);
        }
    }
    if !begins(&name) {
        name.insert(0, '_');
    }
    Cow::Owned(name)
}

/// Ends a name as its type and its unit want it, without what the names of samples end in.
pub(super) fn finish(name: &mut String, of: Type, unit: &str) {
    // So that it does not end in it twice, or say of itself what it is not.
    let lost = match of {
        Type::Info => "_info",
        _ => "_total",
    };
    if let Some(shorter) = name.strip_suffix(lost)
        && !shorter.is_empty()
    {
        name.truncate(shorter.len());
    }
    // First of all, since comparing with no bytes is slow in some C libraries: 150 ns a series.
    if unit.is_empty() {
        return;
    }
    let has_it = name
        .strip_suffix(unit)
        .is_some_and(|before| before.ends_with('_'));
    if !has_it {
        name.push('_');
        name.push_str(unit);
    }
}

/// A text without NUL, which Prometheus cannot read in the text formats: it becomes `␀0`, and a `␀` that was there before
/// `␀1`, so that different texts stay different.
pub(super) fn without_nul(text: &str) -> Cow<'_, str> {
    // By bytes first, which is far faster than by letters: `␀` begins with this one, and rare ones beside it.
    let may = |byte| matches!(byte, 0 | 0xE2);
    if !text.bytes().fold(false, |found, byte| found | may(byte)) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(
        text.replace('\u{2400}', "\u{2400}1")
            .replace('\0', "\u{2400}0"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_snake_case() {
        for (segment, name) in [
            ("finished", "finished"),
            ("byPath", "by_path"),
            ("HTTPServer", "http_server"),
            ("MyImplHandler", "my_impl_handler"),
            ("http2Server", "http2_server"),
            ("thread-0", "thread_0"),
            ("p99", "p99"),
            ("a b--c", "a_b_c"),
            ("__x__", "x"),
            ("a:b", "a_b"),
            ("über/x", "ber_x"),
            ("日本", "_"),
            ("\"\n\\", "_"),
        ] {
            let mut made = String::new();
            push_segment(&mut made, segment);
            assert_eq!(made, name, "{segment}");
        }
    }

    #[test]
    fn segments_are_joined_and_a_digit_does_not_come_first() {
        let mut name = String::new();
        for segment in ["9lives", "日本", "Cat"] {
            push_segment(&mut name, segment);
        }
        begin(&mut name);
        assert_eq!(name, "_9lives___cat");
        let mut name = "____a__b".to_owned();
        begin(&mut name);
        assert_eq!(name, "_a__b");
    }

    #[test]
    fn labels_are_legal() {
        for (text, name) in [
            ("thread", "thread"),
            ("byPath", "byPath"),
            ("__name__", "_name_"),
            ("", "_"),
            ("0", "_0"),
            ("a-b", "a_b"),
            ("ü", "_"),
        ] {
            assert_eq!(label(text), name, "{text}");
        }
    }

    #[test]
    fn a_name_ends_in_its_unit_and_not_twice() {
        for (given, of, unit, name) in [
            ("requests", Type::Counter, "", "requests"),
            ("requests_total", Type::Counter, "", "requests"),
            ("sent_bytes_total", Type::Counter, "bytes", "sent_bytes"),
            ("sent", Type::Counter, "bytes", "sent_bytes"),
            ("pages_total", Type::Gauge, "", "pages"),
            (
                "latency_seconds",
                Type::Histogram,
                "seconds",
                "latency_seconds",
            ),
            ("build_info", Type::Info, "", "build"),
            ("info", Type::Info, "", "info"),
            ("seconds", Type::Gauge, "seconds", "seconds_seconds"),
            ("_total", Type::Counter, "", "_total"),
        ] {
            let mut finished = given.to_owned();
            finish(&mut finished, of, unit);
            assert_eq!(finished, name);
        }
    }
}
