//! mmstats' version-1 files: the stats of this program for tools that are there already, and a reader for files of both.
//!
//! ```no_run
//! let published = calipers::mapped::mmstats::publish()?; // kept as long as the file is to be there
//! # Ok::<(), calipers::mapped::mmstats::PublishError>(())
//! ```
//!
//! `slurpstats`, `pollstats`, `cleanstats` and `mmash` of mmstats 0.8 read it, and so do `calipers slurp`, `poll`, `top`,
//! `web` and `clean`. [`read`] gives the fields of any such file, whoever wrote it, [`Fields::snapshot`] the same as a
//! tree. The original `slurpstats` prints what is not ASCII into a pipe only with `PYTHONIOENCODING=utf8`.
//!
//! # What is published
//!
//! Every stat, once a second, under its path with dots for slashes: `/handler/requests` is `handler.requests`.
//!
//! | stat | fields |
//! | --- | --- |
//! | `Counter` | `Q` |
//! | `Gauge<u64>`; counts by state | `=Q` |
//! | `UpDownCounter`, `Gauge<i64>` | `q` |
//! | `Gauge` | `d` |
//! | `Gauge<bool>` | `?` |
//! | `Text`, `StateSet`, `Info` (one for each of its names) | `255s`, with two buffers; longer ones are cut |
//! | `Histogram`, `Timer` | `.count` (`Q`), `.sum`, `.mean`, `.min`, `.max`, `.p50` … `.p999`, `.rate1` (`d`); seconds for what is timed; outcomes and `.inFlight` |
//! | `Meter` | `.count`, `.rate1` |
//! | `StateTime` | `.current`, `.seconds.<state>` |
//! | `Family` | one for each key |
//!
//! Before them stand mmstats' own `sys.pid`, `sys.tid`, `sys.uid`, `sys.gid` and `sys.created`, and
//! `org.calipers.version`. A field whose stat is gone holds zero until the file is made anew. That happens when more than half
//! have gone or when there is no more room, and takes the file's name over at once; a tool that had the old one mapped
//! has to be started again.
//!
//! A label that would pass for a process's number (`….sys.pid`) gets a `_`, and one of more than 255 bytes ends in a hash.
//! A file has at most 64 MB; what does not fit is counted as `dropped` below `/calipers/report/mmstats`.
//!
//! # The format
//!
//! Byte `01`, then fields: size of the label (u16), label, size of the type (u16), type (a format of Python's `struct`),
//! number of a buffer (u8), value. The number is `ff` where there is one value; else there are two, and the *other* one is
//! to be read. A label of size zero ends the file. Numbers are in the order of the machine's bytes.
//!
//! # What it costs
//!
//! Nothing to those who record. A thread takes a snapshot a second and stores what it holds: some 100 ns a field. The
//! file is memory that is shared: nothing has to be flushed for others to see it.
//!
//! # Limits
//!
//! The file can be read and written by its owner only. Whoever cuts it short while it is being written ends the
//! program that writes it, with SIGBUS. A child of `fork` writes nothing and removes nothing; it has to publish
//! for itself. What it inherits keeps its parent's file from being seen as dead while it lives.
//!
//! [`read`] takes some 300,000 fields of a file, and says so when there are more.
//!
//! How it fits: `flat` makes names and values of a snapshot, `entry` and `label` know how a field is laid out, `file` keeps
//! one file, `memory` is the mapped file; `publish` is the face. `read`, `signature` and `value` read, `tree` makes a
//! snapshot of it; `liveness` and `lease` tell whether the writer is still there.

mod entry;
mod file;
mod flat;
mod label;
mod lease;
mod liveness;
mod memory;
mod publish;
mod read;
mod signature;
mod template;
#[cfg(test)]
mod tests;
mod tree;
mod value;

pub use liveness::{Liveness, liveness, remove};
pub use publish::{PublishBuilder, PublishError, Published, publish};
pub use read::{Field, Fields, ReadError, read};
pub use value::FieldValue;

use tree::WRITER;
