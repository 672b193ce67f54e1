//! The header of a page file, and whether its writer is still there.

use std::fs::TryLockError;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::input::Input;
use crate::mapped::bytes::{half_at, word_at};
use crate::mapped::error::ReadError;
use crate::mapped::layout::{MAGIC, ORDER, header, mark};
use crate::mapped::process::Process;
use crate::mapped::{Liveness, VERSION};

/// What a file says of itself.
pub(in crate::mapped) struct Head {
    /// What pointers are counted from.
    pub(super) address: u64,
    pub(in crate::mapped) process: Process,
    pub(in crate::mapped) command: String,
    pub(in crate::mapped) created: SystemTime,
    pub(in crate::mapped) is_clean: bool,
    /// How much found no room.
    pub(super) left_out: u64,
}

impl Head {
    pub(in crate::mapped) fn read(input: &Input) -> Result<Head, ReadError> {
        let not_one = |why| ReadError::NotOne {
            path: input.path.clone(),
            why,
        };
        if input.length < header::SIZE {
            return Err(not_one("it is too short"));
        }
        let mut bytes = [0; header::SIZE as usize];
        input
            .read(0, &mut bytes)
            .map_err(|fault| input.error(fault))?;
        let word = |at: u64| word_at(&bytes, at as usize);
        let half = |at: u64| half_at(&bytes, at as usize);
        if !bytes.starts_with(&MAGIC) {
            return Err(not_one("it does not begin as one"));
        }
        if half(header::ORDER) != ORDER {
            return Err(not_one("it is of a machine with another order of bytes"));
        }
        if half(header::VERSION) != VERSION {
            return Err(ReadError::Version {
                path: input.path.clone(),
                version: half(header::VERSION),
            });
        }
        let text = |at: u64, length: usize| {
            let bytes = bytes.get(at as usize..at as usize + length);
            let text = String::from_utf8_lossy(bytes.unwrap_or_default());
            text.trim_end_matches('\0').replace(char::is_control, "")
        };
        let length = usize::from(bytes[header::COMMAND as usize]).min(header::COMMAND_LENGTH);
        let created = Duration::from_nanos(word(header::CREATED));
        Ok(Head {
            address: word(header::ADDRESS),
            process: Process {
                pid: half(header::PID),
                start: word(header::PROCESS_START),
                boot: text(header::BOOT, 36),
            },
            command: text(header::COMMAND + 1, length),
            created: UNIX_EPOCH.checked_add(created).unwrap_or(UNIX_EPOCH),
            is_clean: half(header::MARK) == mark::CLEAN,
            left_out: word(header::LEFT_OUT),
        })
    }

    /// Whether the writer is still there. Its lock on the file says so; where there are no locks, its number, when it
    /// started, and on which start of which machine.
    pub(in crate::mapped) fn liveness(&self, input: &Input) -> Liveness {
        match input.file.try_lock_shared() {
            Ok(()) => {
                let _ = input.file.unlock();
                Liveness::Dead
            }
            Err(TryLockError::WouldBlock) => Liveness::Live,
            Err(TryLockError::Error(error)) => match self.process.is_there() {
                Some(true) => Liveness::Live,
                Some(false) => Liveness::Dead,
                None => Liveness::Unknown(format!("its lock cannot be asked for: {error}")),
            },
        }
    }
}
