//! How one field is laid out in the file, and changed in place.
//!
//! Label size, label, type size, type, the number of the buffer to be written, value. The type is followed by as many
//! blanks as bring the value to a multiple of eight, which Python's `struct` ignores.

use super::memory::Memory;
use super::read::UNBUFFERED;

/// The longest text that is kept, as in Python's own text fields.
pub(super) const TEXT: usize = 255;

/// What a field is to hold now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Put<'a> {
    /// A number that only goes up.
    Count(u64),
    /// A whole number that stands for itself: never added over processes.
    Level(u64),
    Signed(i64),
    Float(f64),
    Bool(bool),
    Text(&'a str),
    /// A process's number: Python has 32 bits for it.
    Pid(u32),
}

/// What sort of field it is, which never changes in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Count,
    Level,
    Signed,
    Float,
    Bool,
    Text,
    Pid,
}

impl Put<'_> {
    pub(super) fn sort(self) -> Sort {
        match self {
            Put::Count(_) => Sort::Count,
            Put::Level(_) => Sort::Level,
            Put::Signed(_) => Sort::Signed,
            Put::Float(_) => Sort::Float,
            Put::Bool(_) => Sort::Bool,
            Put::Text(_) => Sort::Text,
            Put::Pid(_) => Sort::Pid,
        }
    }
}

impl Sort {
    /// Python's name for the type. A level says its byte order, and a count does not: that is how our reader tells them
    /// apart, and no other minds.
    fn signature(self) -> &'static str {
        match self {
            Sort::Count => "Q",
            Sort::Level => "=Q",
            Sort::Signed => "q",
            Sort::Float => "d",
            Sort::Bool => "?",
            Sort::Text => "255s",
            Sort::Pid => "I",
        }
    }

    /// What a value takes, and has to be aligned to.
    fn size(self) -> usize {
        match self {
            Sort::Count | Sort::Level | Sort::Signed | Sort::Float => 8,
            Sort::Pid => 4,
            Sort::Bool => 1,
            Sort::Text => TEXT,
        }
    }

    /// What a field that is gone holds.
    pub(super) fn nothing(self) -> Put<'static> {
        match self {
            Sort::Count => Put::Count(0),
            Sort::Level => Put::Level(0),
            Sort::Signed => Put::Signed(0),
            Sort::Float => Put::Float(0.0),
            Sort::Bool => Put::Bool(false),
            Sort::Text => Put::Text(""),
            Sort::Pid => Put::Pid(0),
        }
    }
}

/// Where a field stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Where its number of a buffer is; the value follows.
    buffer: usize,
    sort: Sort,
}

impl Place {
    /// Where a field would stand, and where it would end.
    pub(super) fn of(at: usize, label: &str, sort: Sort) -> (Place, usize) {
        let unpadded = at + 2 + label.len() + 2 + sort.signature().len();
        let buffer = match sort {
            Sort::Text | Sort::Bool => unpadded,
            _ => (unpadded + 1).next_multiple_of(8) - 1,
        };
        let buffers = if sort == Sort::Text { 2 } else { 1 };
        (Place { buffer, sort }, buffer + 1 + buffers * sort.size())
    }

    /// Writes a field where readers see the end of the file, and shows it when it is whole.
    ///
    /// Two bytes after it have to be zero. A label has 1 to 255 bytes.
    pub(super) fn add(memory: &mut Memory, at: usize, label: &str, put: Put<'_>) -> (Place, usize) {
        let (place, end) = Place::of(at, label, put.sort());
        let padded = place.buffer - (at + 2 + label.len() + 2);
        let size = (label.len() as u16).to_ne_bytes();
        memory.fill(at + 2, label.as_bytes());
        memory.fill(at + 2 + label.len(), &(padded as u16).to_ne_bytes());
        let signature = format!("{:padded$}", put.sort().signature());
        memory.fill(at + 4 + label.len(), signature.as_bytes());
        let buffer = if put.sort() == Sort::Text {
            0
        } else {
            UNBUFFERED
        };
        memory.fill(place.buffer, &[buffer]);
        place.set(memory, put);
        // One of the two bytes of the size is zero already, and is to be.
        let shown = usize::from(size[0] == 0);
        memory.show(at + shown, size[shown]);
        (place, end)
    }

    /// Changes its value; what is of another sort changes nothing.
    pub(super) fn set(self, memory: &mut Memory, put: Put<'_>) {
        let value = self.buffer + 1;
        match put {
            put if put.sort() != self.sort => debug_assert!(false, "{put:?} is no {:?}", self.sort),
            Put::Count(x) | Put::Level(x) => memory.store(value, x),
            Put::Signed(x) => memory.store(value, x as u64),
            Put::Float(x) => memory.store(value, x.to_bits()),
            Put::Bool(x) => memory.show(value, x.into()),
            Put::Pid(x) => memory.fill(value, &x.to_ne_bytes()),
            Put::Text(text) => self.set_text(memory, text),
        }
    }

    /// Fills the buffer that is not read, and swaps them.
    fn set_text(self, memory: &mut Memory, text: &str) {
        let text = text
            .get(..text.floor_char_boundary(TEXT))
            .unwrap_or_default();
        let write = usize::from(memory.bytes(self.buffer, 1) != [0]);
        let buffer = |number: usize| self.buffer + 1 + number * TEXT;
        let mut padded = [0; TEXT];
        if let Some(room) = padded.get_mut(..text.len()) {
            room.copy_from_slice(text.as_bytes());
        }
        if memory.bytes(buffer(1 - write), TEXT) == padded {
            return;
        }
        memory.fill(buffer(write), &padded);
        memory.show(self.buffer, 1 - write as u8);
    }
}
