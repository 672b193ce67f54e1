//! Reading page files, from the outside: of processes that run, and of those that are gone.

mod cells;
mod description;
pub(super) mod head;
pub(super) mod input;
mod look;
mod shown;

use std::path::Path;
use std::time::SystemTime;

use super::error::ReadError;
use super::{Liveness, PageFile};
use crate::Snapshot;
use head::Head;
use input::{Fault, Input};
use look::Look;

/// How often something that changes while it is looked at is looked at again.
const ATTEMPTS: u32 = 16;

/// Reads one file.
pub(super) fn read_file(path: &Path) -> Result<Snapshot, ReadError> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        // Opened anew each time: it may have grown.
        let input = Input::open(path)?;
        let head = Head::read(&input)?;
        let is_live = head.liveness(&input) == Liveness::Live;
        let modified = input.file.metadata().and_then(|file| file.modified());
        let taken = match modified {
            Ok(modified) if !is_live => modified,
            _ => SystemTime::now(),
        };
        match Look::new(&input, &head, is_live) {
            Ok(look) => return Ok(shown::snapshot(look, &head, taken)),
            // What changes without anybody to change it is damaged, and stays so.
            Err(Fault::Changed | Fault::TooShort) if attempt < ATTEMPTS && is_live => {}
            Err(Fault::Changed) if !is_live => {
                return Err(input.error(Fault::Damaged("its parts do not belong together")));
            }
            Err(fault) => return Err(input.error(fault)),
        }
    }
}

/// Who wrote a file, and whether it is still there.
pub(super) fn describe(path: &Path) -> Result<PageFile, ReadError> {
    let input = Input::open(path)?;
    let head = Head::read(&input)?;
    let liveness = head.liveness(&input);
    Ok(PageFile {
        path: path.to_owned(),
        pid: head.process.pid,
        command: head.command,
        created: head.created,
        is_clean: head.is_clean,
        liveness,
    })
}
