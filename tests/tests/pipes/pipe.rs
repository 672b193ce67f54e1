//! A pipe of our own, and whoever reads it, slowly or not at all.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use calipers::Registry;
use calipers::prelude::*;
use calipers::report::{Pipe, StartError};
use calipers_tests::parts::{Folder, until};

use super::*;

#[test]
fn cat_shows_a_line_for_each_number_with_whole_ones_whole_and_what_does_not_add_up_marked() {
    let folder = Folder::new("pipe-cat");
    let pipes = folder.path("pipes");
    let registry = shop();
    let pipe = start(&pipes, &registry);
    let read = Command::new("cat").arg(own_pipe(&pipes)).output().unwrap();
    let text = String::from_utf8(read.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    for line in [
        "jobs.done: 40",
        "bytes: sent: 7",
        "open: -2",
        "load : 3.0",
        "by.a%0Ab: 5: 1",
        "by.ü/p99: 2",
        "time.count: 1",
        "time.sum: 0.25",
        "time.p99 : 0.25",
        "time.inFlight: 0",
    ] {
        assert!(lines.contains(&line), "{line} in\n{text}");
    }
    assert!(!text.contains("nothing") && !text.contains("word"));
    // The last line says how long the others are; it is the only one that is no stat of the program.
    let (last, stats) = lines.split_last().unwrap();
    assert_eq!(
        *last,
        format!("calipers.pipe.bytes : {}", text.len() - last.len() - 1)
    );
    assert!(!stats.iter().any(|line| line.contains("calipers")));
    // It is there again for the next one.
    assert_eq!(
        fs::read_to_string(own_pipe(&pipes))
            .unwrap()
            .lines()
            .count(),
        lines.len()
    );
    until("both are counted", || {
        (own(&registry, "sent") == 2).then_some(())
    });
    drop(pipe);
    assert_eq!(fs::read_dir(&pipes).unwrap().count(), 0);
}

#[test]
fn the_folder_is_for_its_owner_alone_and_leftovers_are_removed() {
    let folder = Folder::new("pipe-folder");
    let pipes = folder.path("pipes");
    fs::create_dir(&pipes).unwrap();
    let gone = pipes.join(format!("{}.stats", ended_process()));
    let living = pipes.join("1.stats");
    fifo(&gone);
    fifo(&living);
    fifo(&own_pipe(&pipes));
    // What is no pipe is left alone.
    let precious = pipes.join(format!("{}.stats", ended_process()));
    fs::write(&precious, "precious").unwrap();
    let pipe = start(&pipes, &Registry::new());
    assert!(!gone.exists() && living.exists() && precious.exists());
    assert_eq!(
        fs::metadata(own_pipe(&pipes)).unwrap().mode() & 0o777,
        0o600
    );
    drop(pipe);
    let made = folder.path("made");
    let pipe = start(&made, &Registry::new());
    assert_eq!(fs::metadata(&made).unwrap().mode() & 0o777, 0o700);
    drop(pipe);

    fs::set_permissions(&made, fs::Permissions::from_mode(0o777)).unwrap();
    let link = folder.path("link");
    symlink(&pipes, &link).unwrap();
    let file = folder.write("file", "");
    for (path, why) in [
        (made, "others"),
        (link, "no folder"),
        (file, "no folder"),
        (folder.path("a/b"), "No such"),
    ] {
        let refused = Pipe::builder(&path).start().map(drop).unwrap_err();
        assert!(matches!(&refused, StartError::Folder { .. }), "{refused}");
        assert!(refused.to_string().contains(why), "{refused}");
    }
}

#[test]
fn nothing_is_written_through_a_link_or_into_a_file_that_was_put_in_the_place_of_the_pipe() {
    let folder = Folder::new("pipe-planted");
    let pipes = folder.path("pipes");
    let victim = folder.write("victim", "precious");
    let registry = shop();
    let pipe = start(&pipes, &registry);
    let path = own_pipe(&pipes);
    for plant in [
        (|path: &Path, victim: &Path| symlink(victim, path).unwrap()) as fn(&Path, &Path),
        |path, victim| fs::hard_link(victim, path).unwrap(),
        |_, _| {}, // nothing at all
    ] {
        fs::remove_file(&path).unwrap();
        // The pipe may be back first; then there is nothing to plant.
        let _ = std::panic::catch_unwind(|| plant(&path, &victim));
        until("the pipe is back", || {
            let found = fs::symlink_metadata(&path).ok()?;
            found.file_type().is_fifo().then_some(())
        });
        assert!(fs::read_to_string(&path).unwrap().contains("jobs.done: 40"));
    }
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    // And if the whole folder goes, it comes again.
    fs::remove_dir_all(&pipes).unwrap();
    until("the folder is back", || path.exists().then_some(()));
    assert!(own(&registry, "errors/notFound") > 0);
    drop(pipe);
}

#[test]
fn a_file_or_a_folder_in_the_place_of_the_pipe_is_kept() {
    let folder = Folder::new("pipe-aside");
    let pipes = folder.path("pipes");
    fs::create_dir(&pipes).unwrap();
    let path = own_pipe(&pipes);
    let aside = PathBuf::from(format!("{}.aside", path.display()));
    fs::write(&path, "precious").unwrap();
    let pipe = start(&pipes, &shop());
    assert_eq!(fs::read_to_string(&aside).unwrap(), "precious");
    assert!(fs::read_to_string(&path).unwrap().contains("jobs.done: 40"));
    drop(pipe);
    // Nor is the first one given up for a second.
    fs::create_dir(&path).unwrap();
    let refused = Pipe::builder(&pipes).start().map(drop).unwrap_err();
    assert!(refused.to_string().contains("in the way"), "{refused}");
    fs::remove_file(&aside).unwrap();
    let pipe = start(&pipes, &shop());
    assert!(aside.is_dir() && path.exists());
    drop(pipe);
}

/// Threads of this process that belong to pipes.
fn pipe_threads() -> usize {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names
        .filter(|name| name.starts_with("calipers-pipe"))
        .count()
}

#[test]
fn slow_absent_and_vanishing_readers_cost_a_recording_thread_nothing() {
    let folder = Folder::new("pipe-slow");
    let pipes = folder.path("pipes");
    let registry = Registry::new();
    // More than the 64 KiB that a pipe holds.
    let counters: Vec<Counter> = (0..10_000)
        .map(|number| {
            registry
                .counter(&format!("a.quite.long.name.{number}"))
                .unwrap()
        })
        .collect();
    let pipe = Pipe::builder(&pipes)
        .registry(&registry)
        .stall(Duration::from_millis(300))
        .start()
        .unwrap();
    let path = own_pipe(&pipes);
    // Two at once would be at one pipe.
    let open = |number: u64| {
        let opened = File::open(&path).unwrap();
        until("the next one has a pipe of his own", || {
            (own(&registry, "offered") == number).then_some(())
        });
        opened
    };
    let slow: Vec<File> = (1..=20).map(open).collect();
    let mut vanishing = open(21);
    vanishing.read_exact(&mut [0; 100]).unwrap();
    drop(vanishing);
    let began = Instant::now();
    let mut longest = Duration::ZERO;
    while began.elapsed() < SECOND {
        let round = Instant::now();
        counters.iter().for_each(Counter::inc);
        longest = longest.max(round.elapsed());
    }
    assert!(longest < Duration::from_millis(500), "{longest:?}");
    // Somebody who takes it gets all of it meanwhile.
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), 10_001, "and a last one");
    until("the slow ones are given up", || {
        (own(&registry, "errors/readerStalled") == 20).then_some(())
    });
    assert_eq!(own(&registry, "errors/readerGone"), 1);
    assert_eq!((own(&registry, "sent"), own(&registry, "dropped")), (1, 21));
    assert!(
        pipe_threads() <= 8,
        "one a pipe of this process, and no more"
    );
    drop((slow, pipe));
}

/// How often this thread went to sleep by itself; being put off its processor by a busy machine is not among them.
fn waits() -> u64 {
    let status = fs::read_to_string("/proc/thread-self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    line.unwrap().trim().parse().unwrap()
}

/// Runs alone in a process of its own: other tests have pipes, and threads for them, at the same time.
#[test]
fn a_pipe_without_a_reader_holds_up_nobody_and_starts_no_thread() {
    const SECONDS: &str = "CALIPERS_TEST_PIPE_SECONDS";
    let name = "a_pipe_without_a_reader_holds_up_nobody_and_starts_no_thread";
    let Ok(seconds) = std::env::var(SECONDS) else {
        let alone = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env(SECONDS, "2")
            .status()
            .unwrap();
        assert!(alone.success());
        return;
    };
    let time = Duration::from_secs(seconds.parse().unwrap());
    let folder = Folder::new("pipe-alone");
    let pipes = folder.path("pipes");
    let registry = Registry::new();
    let jobs = registry.counter("jobs").unwrap();
    let pipe = start(&pipes, &registry);
    let (began, mut longest, mut rounds) = (Instant::now(), Duration::ZERO, 0_u64);
    while began.elapsed() < time {
        let before = waits();
        let window = Instant::now();
        while window.elapsed() < Duration::from_millis(100) {
            let round = Instant::now();
            (0..1000).for_each(|_| jobs.inc());
            longest = longest.max(round.elapsed());
            rounds += 1;
        }
        assert_eq!(waits(), before, "an increment waited");
        assert!(pipe_threads() <= 1, "one for the pipe, and no more");
    }
    println!("{time:?} without a reader: the longest of 1,000 increments took {longest:?}");
    assert!(longest < SECOND, "{longest:?}");
    let text = fs::read_to_string(own_pipe(&pipes)).unwrap();
    let expected = format!("jobs: {}\n", rounds * 1000);
    assert!(text.starts_with(&expected), "{text}");
    drop(pipe);
}
