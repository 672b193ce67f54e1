//! The machine: pinning threads, counting bytes, and saying where results are from.

use std::fs;
use std::mem::{size_of_val, zeroed};
use std::process::Command;

/// The processors that the two workers run on. The first takes fewer interrupts on most machines.
pub(crate) const WORKERS: [usize; 2] = [1, 0];

/// Keeps this thread on one processor. Without effect on a machine that has it not.
pub(crate) fn pin(processor: usize) {
    // SAFETY: an all-zero set is valid, and the call is told its size.
    unsafe {
        let mut set: libc::cpu_set_t = zeroed();
        libc::CPU_SET(processor, &mut set);
        libc::sched_setaffinity(0, size_of_val(&set), &set);
    }
}

/// Resident memory of this process, in bytes.
pub(crate) fn resident() -> f64 {
    let statm = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm.split_whitespace().nth(1).and_then(|n| n.parse().ok());
    // SAFETY: asks for a constant of the system.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    pages.unwrap_or(0.0) * page as f64
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
    format!(
        "{model}, {count} processors, {:.0} GiB, {} {}, {}",
        kib / f64::from(1 << 20),
        said_by("uname", "-s"),
        said_by("uname", "-r"),
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
