//! What the library says in the program's log: always one line, whatever it quotes.
//!
//! Names come from whoever registers stats, and the texts of errors from peers and the system. A newline in one of them
//! would make two lines of one, and the second could say anything; so it is shown as `\n`, as the page and the tables do.

use std::fmt;

use crate::snapshot::humane::printable;

/// The target of all that is logged, but for slow calls.
pub(crate) const TARGET: &str = "calipers";

/// Names may be of any length, and a line of a log is to be read.
const LONGEST: usize = 2000;

/// Logs a warning.
#[expect(clippy::disallowed_macros, reason = "everything else comes here")]
pub(crate) fn warn(target: &'static str, said: fmt::Arguments<'_>) {
    if log::log_enabled!(target: target, log::Level::Warn) {
        log::warn!(target: target, "{}", one_line(&said.to_string()));
    }
}

fn one_line(said: &str) -> String {
    let mut line = printable(said);
    if let Some((end, _)) = line.char_indices().nth(LONGEST) {
        line.truncate(end);
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_quoted_it_stays_one_line_of_a_length_to_read() {
        let forged = "disk\nfull\r\n2026-01-01 ERROR all is lost\u{2028}\u{1b}[2J";
        let line = one_line(forged);
        assert!(!line.contains(char::is_control) && !line.contains('\u{2028}'));
        assert!(line.starts_with(r"disk\nfull\r\n2026"), "{line}");
        let long = one_line(&"ü\n".repeat(5000));
        assert_eq!(long.chars().count(), LONGEST + 1);
        assert!(long.ends_with('…'));
    }
}
