//! What a killed process leaves.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed, Ordering::Release};
use std::thread;

use calipers::mapped::{self, Liveness};
use calipers::prelude::*;
use calipers_tests::random::Random;

use crate::part::{self, Folder, Running};

const WHOLE: u64 = 10_000_000;
const ROUNDS: u64 = 20;

#[derive(Instrumented)]
struct Work {
    done: Counter,
    sizes: Histogram,
}

/// Words that two processes share, which owe nothing to the library.
fn shared_words(folder: &Path) -> &'static [AtomicU64] {
    let path = folder.join("progress");
    let mut options = File::options();
    let file = options.read(true).write(true).create(true).truncate(false);
    let file = file.open(path).unwrap();
    file.set_len(4096).unwrap();
    // SAFETY: the file is that long, and stays so; the mapping is never taken away.
    unsafe {
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let at = libc::mmap(
            std::ptr::null_mut(),
            4096,
            protection,
            libc::MAP_SHARED,
            file.as_raw_fd(),
            0,
        );
        assert_ne!(at, libc::MAP_FAILED);
        std::slice::from_raw_parts(at.cast(), 512)
    }
}

/// Two threads count, and tell after each increment that it has returned.
fn count(folder: &Path) -> ! {
    let progress = shared_words(folder);
    let work = Work::init("/job");
    let other = work.done.clone();
    part::tell("ready");
    thread::spawn(move || {
        for n in 1..=WHOLE {
            other.inc();
            progress[8].store(n, Release);
        }
    });
    for n in 1..=WHOLE {
        work.done.inc();
        progress[0].store(n, Release);
        work.sizes.record(n);
        progress[16].store(n, Release);
    }
    loop {
        thread::park();
    }
}

#[test]
fn sigkill_loses_no_increment_that_returned() {
    if let Some(folder) = part::enabled() {
        count(&folder);
    }
    let mut random = Random::new(6);
    let mut behind = 0;
    for round in 0..ROUNDS {
        let folder = Folder::new("killed");
        let progress = shared_words(folder.path());
        let until = random.below(WHOLE * 9 / 10);
        let mut running = Running::start(&mut part::command(
            "killed::sigkill_loses_no_increment_that_returned",
            folder.path(),
        ));
        running.wait_for("ready");
        while progress[0].load(Relaxed) < until {
            std::hint::spin_loop();
        }
        running.kill();
        let [one, two, recorded] = [0, 8, 16].map(|at| progress[at].load(Relaxed));
        assert!(one < WHOLE, "killed in the midst of it");
        let file = &mapped::files(folder.pages()).unwrap()[0];
        assert_eq!((&file.liveness, file.is_clean), (&Liveness::Dead, false));
        let snapshot = mapped::read(&file.path).unwrap();
        let done = snapshot.counter("/job/done").unwrap();
        let sizes = snapshot.histogram("/job/sizes").unwrap().lifetime().clone();
        // Each thread may have been killed between its increment and its telling.
        let least = one + two;
        assert!(
            (least..=least + 2).contains(&done),
            "round {round}: {done} of {least}"
        );
        let counted = sizes.count();
        assert!(
            (recorded..=recorded + 1).contains(&counted),
            "round {round}: {counted} of {recorded}"
        );
        let sum = |n: u64| (n * (n + 1) / 2) as f64;
        assert!(sizes.sum() >= sum(recorded), "round {round}");
        behind = behind
            .max(least.saturating_sub(done))
            .max(recorded - counted.min(recorded));
    }
    println!("figure: killed {ROUNDS} times, behind by {behind}");
}
