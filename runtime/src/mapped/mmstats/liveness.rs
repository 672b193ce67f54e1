//! Whether a file's writer is still there.
//!
//! Never by the number of a process alone: numbers are taken again, and one that cannot be signalled is somebody else's
//! and alive. What is asked first is whether anybody has the file open for writing, which every writer of this format has
//! for as long as it lives, and which the system knows across users and containers.

use std::fs::File;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use rustix::process::{Pid, test_kill_process};

use super::lease::{Writers, writers};
use super::read::{Fields, open, read_opened};
use super::value::FieldValue;

/// Whether the writer of a version-1 file is still there, and how that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Liveness {
    /// It is, or somebody else writes the file.
    Alive(String),
    /// It is gone for certain.
    Dead(String),
    /// It cannot be told.
    Unknown(String),
}

/// Tells whether the writer of a version-1 file is still there.
///
/// It is, when the file is locked, or open for writing anywhere. It is gone, when its process is, or when the process that
/// has its number now does not have the file open.
pub fn liveness(path: impl AsRef<Path>) -> Liveness {
    let opened = open(path.as_ref()).and_then(|file| {
        let fields = read_opened(&file)?;
        Ok((file, fields))
    });
    match opened {
        Ok((file, fields)) => of(&file, &fields),
        Err(error) => Liveness::Unknown(format!("it {error}")),
    }
}

fn of(file: &File, fields: &Fields) -> Liveness {
    if flock(file, FlockOperation::NonBlockingLockShared).is_err() {
        return Liveness::Alive("its writer holds it locked".to_owned());
    }
    let writers = writers(file);
    if writers == Writers::Some {
        return Liveness::Alive("a process has it open for writing".to_owned());
    }
    let Some(pid) = fields.pid() else {
        return Liveness::Unknown("it does not say which process writes it".to_owned());
    };
    match (exists(pid), writers) {
        (false, _) => Liveness::Dead(format!("process {pid} is gone")),
        (true, Writers::None) => Liveness::Dead(format!(
            "process {pid} is another one by now: nobody has the file open"
        )),
        (true, _) => {
            Liveness::Unknown(format!("there is a process {pid}, which may be its writer"))
        }
    }
}

/// Whether there is a process of this number, be it somebody else's.
fn exists(pid: i32) -> bool {
    match Pid::from_raw(pid) {
        Some(pid) => test_kill_process(pid) != Err(rustix::io::Errno::SRCH),
        None => false,
    }
}

impl Fields {
    /// The number of the process that wrote the file, as it says in the last field whose label ends in `sys.pid`.
    pub fn pid(&self) -> Option<i32> {
        let mut named = self.fields.iter().rev();
        let field = named.find(|field| field.label.ends_with("sys.pid"))?;
        let pid = match field.value {
            FieldValue::Unsigned(pid) => i32::try_from(pid).ok()?,
            FieldValue::Signed(pid) => i32::try_from(pid).ok()?,
            _ => return None,
        };
        (pid > 0).then_some(pid)
    }
}
