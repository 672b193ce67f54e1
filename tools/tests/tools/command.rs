//! The command itself, and programs for it to look at.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use calipers::Registry;
use calipers::mapped::mmstats::Published;
use calipers_tests::parts::{Folder, LONG};

/// The command, with nothing of this environment that it heeds.
pub(crate) fn calipers(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_calipers"));
    command.args(arguments).stdin(Stdio::null());
    for name in ["CALIPERS_DIR", "MMSTATS_PATH", "NO_COLOR"] {
        command.env_remove(name);
    }
    command
}

/// What it printed, with its exit code and what it complained about.
pub(crate) fn run(arguments: &[&str]) -> (i32, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = calipers(arguments).output().expect("it starts");
    let [stdout, stderr] = [stdout, stderr].map(|bytes| String::from_utf8(bytes).expect("UTF-8"));
    (status.code().expect("no signal ended it"), stdout, stderr)
}

/// What it printed, when all went well.
pub(crate) fn printed(arguments: &[&str]) -> String {
    let (code, stdout, stderr) = run(arguments);
    assert_eq!((code, &*stderr), (0, ""), "{arguments:?}");
    stdout
}

/// A file with a registry's stats, updated when it is flushed.
pub(crate) fn publish(folder: &Folder, name: &str, registry: &Registry) -> Published {
    let builder = Published::builder()
        .folder(folder.path(""))
        .file(format!("{name}.mmstats"));
    builder
        .registry(registry)
        .every(Duration::from_secs(3600))
        .start()
        .expect("a file")
}

/// A path as an argument.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// A program with a counter.
pub(crate) fn counting(count: u64) -> Registry {
    let registry = Registry::new();
    registry.counter("jobs.done").expect("a counter").add(count);
    registry.gauge("load").expect("a gauge").set(0.5);
    registry
}

/// So many counters, each at its own number.
pub(crate) fn numbered(many: u64) -> Registry {
    let registry = Registry::new();
    for number in 0..many {
        let counter = registry.counter(&format!("n.{number}"));
        counter.expect("a counter").add(number);
    }
    registry
}

pub(crate) fn flush(published: &Published) {
    published.flush(LONG).expect("it is flushed");
}
