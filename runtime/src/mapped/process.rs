//! Processes: who this one is, and whether another one is still there.

use std::fs;

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

use crate::program;

/// Names a process for ever: its number may be another's tomorrow, but not together with the moment it started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) pid: u32,
    /// In clock ticks since the machine started; 0 where the system does not say.
    pub(super) start: u64,
    /// Which start of which machine; empty where the system does not say.
    pub(super) boot: String,
}

impl Process {
    /// This one.
    pub(super) fn this() -> Process {
        let pid = std::process::id();
        Process {
            pid,
            start: start_of(pid).unwrap_or(0),
            boot: boot(),
        }
    }

    /// Whether it is still there; nothing when that cannot be told.
    pub(super) fn is_there(&self) -> Option<bool> {
        if self.boot.is_empty() || self.boot != boot() {
            return None; // another machine, perhaps, with a folder in common
        }
        match start_of(self.pid) {
            Some(start) if self.start != 0 => Some(start == self.start),
            None if !exists(self.pid) => Some(false),
            _ => None,
        }
    }
}

/// Whether there is a process of this number, be it somebody else's, or another one than is meant.
pub(super) fn exists(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| test_kill_process(pid) != Err(Errno::SRCH))
}

/// Which start of which machine this is.
fn boot() -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    boot.trim().to_owned()
}

/// When a process started, in clock ticks since the machine did.
fn start_of(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in parentheses, may hold anything; what follows it is numbers, of which this is the 22nd in all.
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_ascii_whitespace().nth(19)?.parse().ok()
}

/// What this program is called.
pub(super) fn command() -> String {
    program::name().unwrap_or_else(|| "program".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_there_and_one_with_its_number_from_another_time_is_not() {
        let this = Process::this();
        assert_eq!(this.is_there(), Some(true));
        let earlier = Process {
            start: this.start - 1,
            ..this.clone()
        };
        assert_eq!(earlier.is_there(), Some(false));
        let elsewhere = Process {
            boot: "another".to_owned(),
            ..this
        };
        assert_eq!(elsewhere.is_there(), None);
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let ended = Process {
            pid: child.id(),
            ..Process::this()
        };
        child.wait().unwrap();
        assert!(!exists(ended.pid));
        assert_eq!(ended.is_there(), Some(false));
    }
}
