//! The original mmstats, in Python 2.7.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use calipers_tests::parts::{beside_install, original};

/// The folder of its programs; `None`, and said so, where install.sh found no Python 2.7.
pub(crate) fn programs(test: &str) -> Option<PathBuf> {
    original("mmstats", test)
}

/// One of its programs, which then prints UTF-8 also into a pipe.
pub(crate) fn command(programs: &Path, name: &str) -> Command {
    let mut command = Command::new(programs.join(name));
    command.env("PYTHONIOENCODING", "utf-8");
    command
}

/// What it printed.
pub(crate) fn printed(command: &mut Command) -> String {
    let output = command.output().expect("it starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && errors.is_empty(),
        "{command:?}: {errors}"
    );
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// A process that writes a file with mmstats, and does what it is told.
pub(crate) struct Writer {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    pub(crate) path: PathBuf,
}

impl Writer {
    pub(crate) fn start(programs: &Path, folder: &Path) -> Writer {
        let mut child = command(programs, "python")
            .arg(beside_install("mmstats-write.py"))
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let input = child.stdin.take().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut path = String::new();
        output.read_line(&mut path).unwrap();
        Writer {
            child,
            input,
            output,
            path: path.trim().into(),
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Has it count; `wait` for when it has.
    pub(crate) fn count(&mut self, times: u64) {
        writeln!(self.input, "count {times}").unwrap();
    }

    pub(crate) fn wait(&mut self) {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        assert_eq!(line, "done\n");
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
