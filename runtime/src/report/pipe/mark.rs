//! How a text shows that it is whole: its last line says how many bytes stand before it.
//!
//! Two who read one named pipe get a part each, and neither can tell from the lines that some are missing, nor that one is
//! glued together from two. To older readers the last line is a stat like others, so they still read all of it. They
//! write no such line, so the pipe itself says whether there is one to look for: by its sticky bit, which means nothing
//! on a pipe, and which whoever lost the last line still sees.

use std::fmt::Write;

use rustix::fs::{Mode, Stat};

/// The bit of a pipe whose text ends in its length.
pub(super) const MARKED: Mode = Mode::SVTX;

/// Below the library's own place, where no stat of a program can be.
const NAME: &str = "calipers.pipe.bytes";

pub(super) fn is_marked(stat: &Stat) -> bool {
    Mode::from_raw_mode(stat.st_mode).contains(MARKED)
}

/// Adds the last line. Into a string, writing cannot fail.
pub(super) fn end(text: &mut String) {
    let bytes = text.len();
    let _ = writeln!(text, "{NAME} : {bytes}");
}

/// What stands before the last line; nothing when some of it is missing.
pub(super) fn whole(text: &[u8]) -> Option<&[u8]> {
    let lines = text.strip_suffix(b"\n")?;
    let start = lines.iter().rposition(|byte| *byte == b'\n');
    let (rest, last) = text.split_at(start.map_or(0, |newline| newline + 1));
    let mut expected = String::new();
    let _ = writeln!(expected, "{NAME} : {}", rest.len());
    (last == expected.as_bytes()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_lacks_a_single_byte_is_not_whole() {
        for lines in ["", "jobs: 3\n", "jobs: 3\nload : 0.5\n"] {
            let mut text = lines.to_owned();
            end(&mut text);
            let text = text.into_bytes();
            assert_eq!(whole(&text), Some(lines.as_bytes()));
            for missing in 0..text.len() {
                let mut torn = text.clone();
                torn.remove(missing);
                assert_eq!(whole(&torn), None, "{missing} of {lines:?}");
                assert_eq!(whole(&text[..missing]), None);
            }
        }
    }
}
