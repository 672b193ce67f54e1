//! A snapshot as lines, `name: value`.

use std::fmt::Write;

use super::mark;
use crate::Snapshot;
use crate::report::rules::Rules;
use crate::snapshot::{Number, escape};

#[derive(Debug)]
pub(super) struct Lines {
    rules: Rules,
}

impl Lines {
    /// Rules that are compiled.
    pub(super) fn new(rules: Rules) -> Lines {
        Lines { rules }
    }

    /// All lines of a snapshot.
    pub(super) fn of(&self, snapshot: &Snapshot) -> Vec<u8> {
        let mut text = String::with_capacity(64 * snapshot.len());
        let (mut path, mut name) = (String::new(), String::new());
        for entry in snapshot.stats() {
            if self.rules.prunes(entry.place(), 0) {
                continue;
            }
            path.clear();
            name.clear();
            for segment in entry.place().split('/').skip(1) {
                push(&mut name, segment);
            }
            push(&mut name, entry.name());
            let _ = write!(path, "{}/{}", entry.place(), entry.name());
            let (path_length, name_length) = (path.len(), name.len());
            entry.value().numbers(&mut |parts, number, adds| {
                path.truncate(path_length);
                name.truncate(name_length);
                for part in parts {
                    path.push('/');
                    path.push_str(&escape(part));
                    push(&mut name, part);
                }
                if self.rules.allows(&path) && !self.rules.prunes(&path, entry.place().len()) {
                    line(&mut text, &name, number, adds);
                }
            });
        }
        mark::end(&mut text);
        text.into_bytes()
    }
}

/// Appends a segment, after a dot; what would end a line, or disturb a terminal, is encoded.
fn push(name: &mut String, segment: &str) {
    if !name.is_empty() {
        name.push('.');
    }
    for c in segment.chars() {
        if c.is_control() {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                let _ = write!(name, "%{byte:02X}");
            }
        } else {
            name.push(c);
        }
    }
}

/// Into a string, writing cannot fail.
fn line(text: &mut String, name: &str, number: Number, adds: bool) {
    let colon = if adds { ":" } else { " :" };
    let _ = match number {
        Number::F64(number) if !number.is_finite() => Ok(()),
        // With its point, so that it stays no whole number for whoever reads it.
        Number::F64(number) => writeln!(text, "{name}{colon} {number:?}"),
        Number::Bool(is) => writeln!(text, "{name}{colon} {}", u8::from(is)),
        whole => writeln!(text, "{name}{colon} {whole}"),
    };
}
