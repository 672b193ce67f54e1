//! Reading version-1 files, whoever wrote them, while they are being written.
//!
//! The file is read and not mapped: one that is cut short under a reader's feet is then an error and no SIGBUS. What
//! is read in one call may be torn where a value is not aligned or is being swapped, so each value is read until
//! two reads agree. Only a value that is aligned to its size is taken as it is: it is stored in one piece, and read in
//! one.
//!
//! Files may be hostile. Every length is checked against the file before anything of it is kept, and what is kept of one
//! file is bounded.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use super::signature::Signature;
use super::value::FieldValue;

/// The first byte of a version-1 file.
pub(super) const VERSION: u8 = 1;
/// In the place of a write buffer's number: the value is there once.
pub(super) const UNBUFFERED: u8 = 0xff;

/// What is kept of one file at most, in bytes, whatever it says: some 300,000 fields.
const KEPT: u64 = 48 << 20;
/// What is kept of a large one, in multiples of what it takes on the disk: more than short labels need.
const TIMES: u64 = 8;
/// What a field takes beside its texts: itself, as much again while the vector grows, and what allocators add to a text.
const OVERHEAD: usize = 2 * size_of::<Field>() + 32;
/// A longer text is cut: the format's own strings have 255 bytes.
const TEXT: u64 = 64 << 10;
/// How often a value is read before the last read is believed; a writer in another process gets its turn in between.
const TRIES: u32 = 64;

/// One field of a version-1 file.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Field {
    /// Its name, `handler.requests`; what is not UTF-8 is left out.
    pub label: String,
    /// What it held.
    pub value: FieldValue,
    /// Whether the file has two buffers for it, of which the writer fills one and shows the other.
    pub buffered: bool,
    /// Whether its type begins with a byte order, with which this library marks numbers that are levels.
    pub(super) explicit: bool,
    /// Whether it has 64 bits.
    pub(super) wide: bool,
}

impl Field {
    /// Whether its number only goes up, as far as the format tells in a file of ours: such numbers add up over processes.
    pub fn is_count(&self) -> bool {
        matches!(self.value, FieldValue::Unsigned(_)) && self.wide && !self.explicit
    }
}

/// What a version-1 file held.
#[derive(Debug)]
#[non_exhaustive]
pub struct Fields {
    /// In the order of the file.
    pub fields: Vec<Field>,
    /// Why nothing after them could be read; `None` when the file ends as it should.
    pub damage: Option<ReadError>,
}

/// Why a file could not be read, or not to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The system gave no file, or not its bytes.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    /// A folder, a pipe, a device.
    #[error("is no regular file")]
    NoFile,
    /// It does not begin as version-1 files do.
    #[error("is no mmstats file of version 1: it begins with byte {0:#04x}")]
    Version(u8),
    /// It ends, or was cut, within a field.
    #[error("ends within the field that begins at byte {at}")]
    Cut {
        /// Where the field begins.
        at: u64,
    },
    /// A type that is none.
    #[error("the field at byte {at} has type `{signature}`, which is none of Python's `struct`")]
    Signature {
        /// Where the field begins.
        at: u64,
        /// Its type, or the beginning of it.
        signature: String,
    },
    /// More than is read of one file.
    #[error("holds more than is read of one file")]
    TooLarge,
}

/// Reads a version-1 file, ours or Python's.
///
/// A file that is damaged gives what stands before the damage, and says what it is. No more than 64 MB are used, whatever
/// the file says, or eight times what it takes on the disk, if that is more.
///
/// # Errors
///
/// It cannot be opened, is no regular file, or does not begin like a version-1 file.
pub fn read(path: impl AsRef<Path>) -> Result<Fields, ReadError> {
    read_opened(&open(path.as_ref())?)
}

/// Opens a regular file for reading, without waiting for anybody: a pipe that nobody writes to must not hold a tool up.
pub(super) fn open(path: &Path) -> Result<File, ReadError> {
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC | libc::O_NOCTTY)
        .open(path)?;
    if !file.metadata()?.is_file() {
        return Err(ReadError::NoFile);
    }
    Ok(file)
}

pub(super) fn read_opened(file: &File) -> Result<Fields, ReadError> {
    let mut window = Window::of(file);
    match window.bytes(0, 1)? {
        Some(&[VERSION]) => {}
        Some(&[other]) => return Err(ReadError::Version(other)),
        _ => return Err(ReadError::Version(0)),
    }
    let metadata = file.metadata()?;
    let stored = metadata.len().min(512 * metadata.blocks()); // not its holes
    let most = KEPT.max(stored.saturating_mul(TIMES));
    let mut fields = Vec::new();
    let mut kept = 0;
    let mut at = 1;
    loop {
        match field(&mut window, at) {
            Ok(Some((field, next))) => {
                kept += (OVERHEAD + field.label.len() + text_len(&field.value)) as u64;
                if kept > most {
                    return Ok(Fields {
                        fields,
                        damage: Some(ReadError::TooLarge),
                    });
                }
                fields.push(field);
                at = next;
            }
            Ok(None) => {
                return Ok(Fields {
                    fields,
                    damage: None,
                });
            }
            Err(damage) => {
                return Ok(Fields {
                    fields,
                    damage: Some(damage),
                });
            }
        }
    }
}

fn text_len(value: &FieldValue) -> usize {
    match value {
        FieldValue::Text(text) => text.len(),
        _ => 0,
    }
}

/// The field that begins at `at`, and where the next one does; `None` at the end.
fn field(window: &mut Window<'_>, at: u64) -> Result<Option<(Field, u64)>, ReadError> {
    let cut = ReadError::Cut { at };
    let Some(length) = window.length(at)? else {
        // The end of the file is an end as well, unless it parts a size.
        return match window.bytes(at, 1)? {
            None | Some(&[0]) => Ok(None),
            Some(_) => Err(cut),
        };
    };
    if length == 0 {
        return Ok(None);
    }
    let Some(label) = window.bytes(at + 2, length)? else {
        return Err(cut);
    };
    let label: String = label.utf8_chunks().map(|chunk| chunk.valid()).collect();
    let type_at = at + 2 + length;
    let Some(type_length) = window.length(type_at)? else {
        return Err(cut);
    };
    let Some(text) = window.bytes(type_at + 2, type_length)? else {
        return Err(cut);
    };
    let Some(signature) = Signature::parse(text) else {
        let signature = text.get(..text.len().min(40)).unwrap_or_default();
        return Err(ReadError::Signature {
            at,
            signature: signature.escape_ascii().to_string(),
        });
    };
    let buffer_at = type_at + 2 + type_length;
    let Some(&[buffer]) = window.bytes(buffer_at, 1)? else {
        return Err(cut);
    };
    let value_at = buffer_at + 1;
    let buffered = buffer != UNBUFFERED;
    let end = signature
        .size
        .checked_mul(if buffered { 2 } else { 1 })
        .and_then(|size| value_at.checked_add(size))
        .filter(|&end| end <= window.file_length);
    let Some(end) = end else {
        return Err(cut);
    };
    let Some(value) = value(window, &signature, buffer_at)? else {
        return Err(cut);
    };
    let field = Field {
        label,
        value,
        buffered,
        explicit: signature.explicit,
        wide: signature.span().1 == 8,
    };
    Ok(Some((field, end)))
}

/// The value behind a buffer's number, as soon as it was read twice in a row, number and all.
fn value(
    window: &mut Window<'_>,
    signature: &Signature,
    buffer_at: u64,
) -> Result<Option<FieldValue>, ReadError> {
    let (within, length) = signature.span();
    let length = length.min(TEXT);
    let shown = |buffer: u8| {
        // The number is that of the buffer to be *written*. There are two, and Python flips its lowest bit.
        let skipped = if buffer == 0 { signature.size } else { 0 };
        buffer_at + 1 + skipped + within
    };
    let Some(&[mut buffer]) = window.bytes(buffer_at, 1)? else {
        return Ok(None);
    };
    let Some(bytes) = window.bytes(shown(buffer), length)? else {
        return Ok(None);
    };
    let mut value = signature.decode(bytes);
    let in_one_piece = matches!(length, 1 | 2 | 4 | 8) && shown(buffer).is_multiple_of(length);
    if buffer == UNBUFFERED && in_one_piece {
        return Ok(value);
    }
    for _ in 0..TRIES {
        let Some(bytes) = window.anew(shown(buffer), length)? else {
            return Ok(None);
        };
        let again = signature.decode(bytes);
        let Some(&[buffer_now]) = window.anew(buffer_at, 1)? else {
            return Ok(None);
        };
        if buffer_now == buffer && same(&value, &again) {
            break;
        }
        (value, buffer) = (again, buffer_now);
    }
    Ok(value)
}

/// Equality under which a NaN is itself.
fn same(before: &Option<FieldValue>, now: &Option<FieldValue>) -> bool {
    match (before, now) {
        (Some(FieldValue::Float(a)), Some(FieldValue::Float(b))) => a.to_bits() == b.to_bits(),
        (before, now) => before == now,
    }
}

/// A part of a file that was read ahead.
struct Window<'f> {
    file: &'f File,
    file_length: u64,
    /// Room for what is read, and a cache line to move it in, so that it lies in memory as it does in the file: what is
    /// copied then is copied in pieces that do not part an aligned value.
    room: Vec<u8>,
    /// Where in the file it begins: a multiple of [`LINE`].
    begin: u64,
    /// How much of it was read.
    length: usize,
    /// What was read a second time.
    again: Vec<u8>,
    ahead: usize,
}

const LINE: usize = 64;
/// What is read ahead at first, which is all of most files; more with every time.
const AHEAD: usize = 4 << 10;
const MOST_AHEAD: usize = 64 << 10;

impl<'f> Window<'f> {
    fn of(file: &'f File) -> Window<'f> {
        Window {
            file,
            file_length: file.metadata().map_or(0, |metadata| metadata.len()),
            room: Vec::new(),
            begin: 0,
            length: 0,
            again: Vec::new(),
            ahead: AHEAD,
        }
    }

    /// Bytes of the file as they are now.
    fn anew(&mut self, at: u64, length: u64) -> Result<Option<&[u8]>, ReadError> {
        self.again.resize(length as usize, 0);
        Ok(match self.file.read_exact_at(&mut self.again, at) {
            Ok(()) => Some(&self.again),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => None,
            Err(error) => return Err(error.into()),
        })
    }

    /// A length in the file; `None` where it ends.
    fn length(&mut self, at: u64) -> Result<Option<u64>, ReadError> {
        Ok(match self.bytes(at, 2)? {
            Some(&[low, high]) => Some(u64::from(u16::from_ne_bytes([low, high]))),
            _ => None,
        })
    }

    /// Bytes of the file; `None` where there are not so many.
    fn bytes(&mut self, at: u64, length: u64) -> Result<Option<&[u8]>, ReadError> {
        let (Some(end), Ok(length)) = (at.checked_add(length), usize::try_from(length)) else {
            return Ok(None);
        };
        if end > self.file_length {
            return Ok(None);
        }
        if at < self.begin || end > self.begin + self.length as u64 {
            self.fill(at, length)?;
        }
        let from = (at - self.begin) as usize;
        let read = self.read();
        Ok(read.get(from..from + length))
    }

    fn read(&self) -> &[u8] {
        let pad = self.room.as_ptr().align_offset(LINE).min(LINE);
        self.room.get(pad..pad + self.length).unwrap_or_default()
    }

    fn fill(&mut self, at: u64, length: usize) -> Result<(), ReadError> {
        self.begin = at - at % LINE as u64;
        let before = (at - self.begin) as usize;
        let left = usize::try_from(self.file_length - self.begin).unwrap_or(usize::MAX);
        let wanted = (before + length).max(self.ahead).min(left);
        self.ahead = (self.ahead * 2).min(MOST_AHEAD);
        if self.room.len() < wanted + LINE {
            self.room.resize(wanted + LINE, 0);
        }
        let pad = self.room.as_ptr().align_offset(LINE).min(LINE);
        self.length = 0;
        let Some(room) = self.room.get_mut(pad..pad + wanted) else {
            return Ok(());
        };
        let mut done = 0;
        while let Some(rest) = room.get_mut(done..).filter(|rest| !rest.is_empty()) {
            match self.file.read_at(rest, self.begin + done as u64) {
                Ok(0) => break, // it was cut short since it was opened
                Ok(count) => done += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.length = done;
        Ok(())
    }
}
