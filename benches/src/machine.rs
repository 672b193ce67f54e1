//! The machine: pinning threads, counting bytes, and saying where results are from.

use std::fs;
use std::process::Command;

use rustix::param::page_size;
use rustix::thread::{CpuSet, sched_setaffinity};

/// The processors that the two workers run on. The first takes fewer interrupts on most machines.
pub(crate) const WORKERS: [usize; 2] = [1, 0];

/// Keeps this thread on one processor. Without effect on a machine that has it not.
pub(crate) fn pin(processor: usize) {
    let mut only = CpuSet::new();
    only.set(processor);
    // Refused where that processor is not there, or not ours.
    let _ = sched_setaffinity(None, &only);
}

/// Resident memory of this process, in bytes.
pub(crate) fn resident() -> f64 {
    let statm = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm.split_whitespace().nth(1).and_then(|n| n.parse().ok());
    pages.unwrap_or(0.0) * page_size() as f64
}

/// What results were measured on: processor, how many, kernel, compiler.
pub(crate) fn describe() -> String {
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processors
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1))
        .unwrap_or("unknown processor");
    let count = processors.matches("processor\t").count();
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kib: f64 = memory
        .split_whitespace()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(0.0);
    let kernel = said_by("uname", "-r");
    let kernel: Vec<&str> = kernel.split('.').take(2).collect();
    format!(
        "{model}, {count} processors, {:.0} GiB, {} {}, {}",
        kib / f64::from(1 << 20),
        said_by("uname", "-s"),
        kernel.join("."),
        said_by("rustc", "--version"),
    )
}

/// The date, as `2026-01-31`.
pub(crate) fn today() -> String {
    said_by("date", "+%F")
}

/// How many processes waited to run in the last minute.
pub(crate) fn load() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').next().unwrap_or_default().to_owned()
}

fn said_by(program: &str, argument: &str) -> String {
    let said = Command::new(program).arg(argument).output();
    said.map_or_else(
        |_| format!("{program} unknown"),
        |said| String::from_utf8_lossy(&said.stdout).trim().to_owned(),
    )
}
