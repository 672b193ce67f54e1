//! statvent 1.0.1 itself, on the Python 2.7 it was written for.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use calipers_tests::parts::{Folder, Part, beside_install, free_port, original, until};

/// Its Python; nothing, and said so, where install.sh found no Python 2.7.
pub(crate) fn python(test: &str) -> Option<PathBuf> {
    Some(original("statvent", test)?.join("python"))
}

/// The original service, on a folder of pipes.
pub(crate) struct Web {
    _part: Part,
    port: u16,
}

impl Web {
    pub(crate) fn start(python: &Path, folder: &Folder, pipes: &Path) -> Web {
        let port = free_port();
        let mut command = Command::new(python);
        command.args(["-m", "statvent.web", "-i", "127.0.0.1", "-p"]);
        command.arg(port.to_string()).arg("-d").arg(pipes);
        let part = Part::start(command, folder);
        until("statvent.web listens", || {
            TcpStream::connect(("127.0.0.1", port)).ok()
        });
        Web { _part: part, port }
    }

    /// Nothing when it failed over a pipe that was about to be made anew, as it does.
    pub(crate) fn stats(&self) -> Option<serde_json::Value> {
        serde_json::from_str(&super::get(self.port, "/stats")).ok()
    }
}

/// A process that counts with the original library.
pub(crate) fn program(python: &Path, folder: &Folder, pipes: &Path, jobs: u64) -> Part {
    let before = pipes_in(pipes);
    let mut command = Command::new(python);
    command
        .arg(beside_install("statvent-program.py"))
        .arg(pipes);
    command.arg(jobs.to_string());
    let part = Part::start(command, folder);
    until("the program has its pipe", || {
        (pipes_in(pipes) > before).then_some(())
    });
    part
}

fn pipes_in(folder: &Path) -> usize {
    fs::read_dir(folder).map_or(0, Iterator::count)
}
