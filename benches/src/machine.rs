//! The machine: pinning threads, counting instructions and bytes, and saying where results are from.

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

/// Bytes that malloc has handed out.
pub(crate) fn allocated() -> f64 {
    // SAFETY: has no arguments and no effects.
    let info = unsafe { libc::mallinfo2() };
    (info.uordblks + info.hblkhd) as f64
}

/// Counts this thread's instructions and cycles in user mode, where the machine lets it.
pub(crate) struct Counters {
    instructions: i32,
    cycles: i32,
}

impl Counters {
    pub(crate) fn open() -> Option<Counters> {
        let counters = Counters {
            instructions: open_counter(1),
            cycles: open_counter(0),
        };
        (counters.instructions >= 0 && counters.cycles >= 0).then_some(counters)
    }

    /// Instructions and cycles so far.
    pub(crate) fn read(&self) -> [f64; 2] {
        [self.instructions, self.cycles].map(|file| {
            let mut count = 0_u64;
            // SAFETY: the file is open and gives eight bytes.
            unsafe { libc::read(file, (&raw mut count).cast(), 8) };
            count as f64
        })
    }
}

fn open_counter(event: u64) -> i32 {
    // `struct perf_event_attr` in its 128-byte form: type hardware, its size, the event, and two flags that leave the
    // kernel and the hypervisor out.
    let mut attributes = [0_u64; 16];
    attributes[0] = 128 << 32;
    attributes[1] = event;
    attributes[5] = 1 << 5 | 1 << 6;
    // SAFETY: the attributes are as long as they say; this thread on any processor, no group, no flags.
    unsafe { libc::syscall(libc::SYS_perf_event_open, attributes.as_ptr(), 0, -1, -1, 0) as i32 }
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
