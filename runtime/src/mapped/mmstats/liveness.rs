//! Whether a file's writer is still there.
//!
//! Never by the number of a process alone: numbers are taken again, and one that cannot be signalled is somebody else's
//! and alive. What is asked first is whether anybody has the file open for writing, which every writer of this format has
//! for as long as it lives, and which the system knows across users and containers.

use std::fs::File;
use std::path::Path;

use super::lease::{Writers, writers};
use super::read::{Fields, ReadError, open, read_opened};
use super::value::FieldValue;
use crate::mapped::error::{self, RemoveError};
use crate::mapped::process::exists;
use crate::mapped::removal;

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
/// has its number now does not have the file open. Of somebody else's file it cannot be told that it is gone.
pub fn liveness(path: impl AsRef<Path>) -> Liveness {
    match open(path.as_ref()).and_then(judged) {
        Ok((_, liveness)) => liveness,
        Err(error) => Liveness::Unknown(format!("it {error}")),
    }
}

/// Removes a version-1 file, if its writer is provably gone.
///
/// # Errors
/// See [`RemoveError`]; the file is then still there.
pub fn remove(path: impl AsRef<Path>) -> Result<(), RemoveError> {
    let path = path.as_ref();
    let unknown = |why| RemoveError::Unknown {
        path: path.to_owned(),
        why,
    };
    let (file, liveness) = open(path)
        .and_then(judged)
        .map_err(|error| unknown(format!("it {error}")))?;
    match liveness {
        Liveness::Dead(_) => error::removed(path, removal::remove(path, &file)),
        Liveness::Alive(_) => Err(RemoveError::Live(path.to_owned())),
        Liveness::Unknown(why) => Err(unknown(why)),
    }
}

/// The same file, so that what becomes of it is done to the one that was looked at.
fn judged(file: File) -> Result<(File, Liveness), ReadError> {
    let fields = read_opened(&file)?;
    let liveness = of(&file, &fields);
    Ok((file, liveness))
}

fn of(file: &File, fields: &Fields) -> Liveness {
    if file.try_lock_shared().is_err() {
        return Liveness::Alive("its writer holds it locked".to_owned());
    }
    let writers = writers(file);
    if writers == Writers::Some {
        return Liveness::Alive("a process has it open for writing".to_owned());
    }
    let Some(pid) = fields.pid() else {
        return Liveness::Unknown("it does not say which process writes it".to_owned());
    };
    match (exists(pid.unsigned_abs()), writers) {
        // It may be in another container, where numbers of processes are others.
        (false, Writers::NotOurs) => Liveness::Unknown(format!(
            "it is somebody else's, and whether process {pid} is gone where that is cannot be told"
        )),
        (false, _) => Liveness::Dead(format!("process {pid} is gone")),
        (true, Writers::None) => Liveness::Dead(format!(
            "process {pid} is another one by now: nobody has the file open"
        )),
        (true, _) => {
            Liveness::Unknown(format!("there is a process {pid}, which may be its writer"))
        }
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
