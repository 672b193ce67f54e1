//! Texts, names and times out of a body, each with the limits of its sort.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Read;
use crate::distributed::fields::named;
use crate::report::wire::{Field, Malformed, checked_fields};

/// The longest path, name or unit, in bytes.
const LONGEST_NAME: usize = 1024;

/// The longest of all other texts, in bytes.
const LONGEST_TEXT: usize = 1 << 20;

/// A name and a text.
pub(super) fn pair(bytes: &[u8]) -> Read<(&str, &str)> {
    let (mut name, mut of) = ("", "");
    for field in checked_fields(bytes) {
        match field? {
            (named::NAME, Field::Bytes(bytes)) => name = text(bytes)?,
            (named::OF, Field::Bytes(bytes)) => of = text(bytes)?,
            _ => {}
        }
    }
    Ok((name, of))
}

/// Any text, of a length that has a limit.
pub(super) fn text(bytes: &[u8]) -> Read<&str> {
    match bytes.len() <= LONGEST_TEXT {
        true => std::str::from_utf8(bytes).map_err(|_| Malformed),
        false => Err(Malformed),
    }
}

/// What names something: short, and on one line.
pub(super) fn plain(bytes: &[u8]) -> Read<&str> {
    let text = text(bytes)?;
    match text.len() <= LONGEST_NAME && !text.contains(char::is_control) {
        true => Ok(text),
        false => Err(Malformed),
    }
}

/// One segment of a path.
pub(super) fn segment(bytes: &[u8]) -> Read<&str> {
    let name = plain(bytes)?;
    match name.is_empty() || name.contains('/') {
        true => Err(Malformed),
        false => Ok(name),
    }
}

/// The path of a place, as snapshots have it: nothing for the root, else names behind slashes.
pub(super) fn path(text: &str) -> Read<&str> {
    let Some(rest) = text.strip_prefix('/') else {
        return if text.is_empty() {
            Ok(text)
        } else {
            Err(Malformed)
        };
    };
    match rest.split('/').any(str::is_empty) {
        true => Err(Malformed),
        false => Ok(text),
    }
}

pub(super) fn time(nanos: u64) -> SystemTime {
    let time = UNIX_EPOCH.checked_add(Duration::from_nanos(nanos));
    time.unwrap_or(UNIX_EPOCH)
}
