//! Pipes: what `cat` and the original service read is what was recorded, and nobody who reads slowly, or not at all, costs a
//! recording thread anything.

mod statvent;

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use calipers::prelude::*;
use calipers::report::pipe::service::{Gathered, Number, Options, gather, serve};
use calipers::report::{Handle, Pipe, StartError};
use calipers::{Family, Registry};
use calipers_tests::parts::{Folder, LONG, until};
use serde_json::json;

const SECOND: Duration = Duration::from_secs(1);

fn own_pipe(folder: &Path) -> PathBuf {
    folder.join(format!("{}.stats", std::process::id()))
}

fn start(folder: &Path, registry: &Registry) -> Handle {
    Pipe::builder(folder).registry(registry).start().unwrap()
}

fn own(registry: &Registry, stat: &str) -> u64 {
    let path = format!("/calipers/report/pipe/{stat}");
    registry.snapshot().counter(&path).unwrap_or(0)
}

fn fifo(path: &Path) {
    let made = Command::new("mkfifo").arg(path).status().unwrap();
    assert!(made.success());
}

/// A GET; the body of the answer.
fn get(port: u16, path: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = String::new();
    // The original breaks off where it fails.
    let _ = stream.read_to_string(&mut answer);
    let body = answer.split_once("\r\n\r\n");
    body.map_or_else(String::new, |(_, body)| body.to_owned())
}

/// All kinds of stats.
fn shop() -> Registry {
    let registry = Registry::new();
    registry.counter("jobs.done").unwrap().add(40);
    registry.counter("bytes: sent").unwrap().add(7);
    registry.up_down_counter("open").unwrap().sub(2);
    registry.gauge("load").unwrap().set(3.0);
    registry.gauge("nothing").unwrap().set(f64::INFINITY);
    registry.text("word").unwrap().set("x: 1");
    let by_key = registry.get::<Family<String, Counter>>("by").unwrap();
    by_key.get("a\nb: 5").add(1);
    by_key.get("ü/p99").add(2);
    registry
        .timer("time")
        .unwrap()
        .record(Duration::from_millis(250));
    registry
}

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

/// The number of a process that has ended.
fn ended_process() -> u32 {
    let mut child = Command::new("true").spawn().unwrap();
    child.wait().unwrap();
    child.id()
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

#[test]
fn the_service_adds_up_what_adds_up_and_counts_what_it_cannot_read() {
    let folder = Folder::new("pipe-service");
    let pipes = folder.path("pipes");
    let registry = shop();
    let pipe = start(&pipes, &registry);
    // Another process, by hand; one that never comes; files that are none of ours.
    let other = pipes.join("1.stats");
    fifo(&other);
    let writer = thread::spawn(move || {
        let lines = "jobs.done: 2\nload : 5.0\nno number: here\nopen: 1\nhalf";
        File::options()
            .write(true)
            .open(other)
            .unwrap()
            .write_all(lines.as_bytes())
            .unwrap();
    });
    fifo(&pipes.join("2.stats"));
    fs::write(pipes.join("3.stats"), "jobs.done: 1000\n").unwrap();
    fs::write(pipes.join("readme"), "jobs.done: 1000\n").unwrap();
    symlink("/etc/hostname", pipes.join("4.stats")).unwrap();
    let began = Instant::now();
    let gathered = gather(&pipes, SECOND).unwrap();
    assert!(began.elapsed() < 10 * SECOND);
    writer.join().unwrap();
    assert_eq!(gathered.stats["jobs.done"], Number::Whole(42));
    assert_eq!(gathered.stats["open"], Number::Whole(-1));
    assert!(!gathered.stats.contains_key("load"));
    let loads: Vec<f64> = gathered.levels["load"]
        .values()
        .map(|load| load.as_f64())
        .collect();
    assert_eq!(loads, [5.0, 3.0]);
    let Gathered { pipes: read, .. } = gathered;
    assert_eq!(
        (read.read, read.late, read.foreign, read.malformed),
        (2, 1, 3, 2)
    );
    assert!(
        pipes.join("2.stats").exists(),
        "a slow writer keeps his pipe"
    );

    let server = serve(Options {
        folder: pipes,
        listen: "127.0.0.1:0".to_owned(),
        ..Options::default()
    })
    .unwrap();
    let port = server.local_addr().port();
    let answer: serde_json::Value = serde_json::from_str(&get(port, "/stats")).unwrap();
    assert_eq!(answer["stats"]["jobs.done"], 40);
    assert!(answer["timestamp"].as_f64().unwrap() > 1e9);
    assert!(get(port, "/").contains("nothing"));
    server.stop();
    drop(pipe);
}

/// Stats that are more than the 64 KiB that a pipe holds, and their sum.
fn many_stats() -> (Registry, i128) {
    let registry = Registry::new();
    for number in 0..5_000_u64 {
        let name = format!("a.quite.long.name.{number:06}");
        registry.counter(&name).unwrap().add(number);
    }
    (registry, (0..5_000).sum())
}

fn sum(stats: &std::collections::BTreeMap<String, Number>) -> (usize, i128) {
    let whole = |number: &Number| match number {
        Number::Whole(whole) => *whole,
        Number::Float(_) => panic!("only counters"),
    };
    (stats.len(), stats.values().map(whole).sum())
}

#[test]
fn clients_who_ask_at_the_same_time_all_get_everything() {
    let folder = Folder::new("pipe-together");
    let pipes = folder.path("pipes");
    let (registry, expected) = many_stats();
    let _pipe = start(&pipes, &registry);
    let server = serve(Options {
        folder: pipes,
        listen: "127.0.0.1:0".to_owned(),
        patience: LONG,
        ..Options::default()
    })
    .unwrap();
    let port = server.local_addr().port();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..4 {
                    let answer: serde_json::Value =
                        serde_json::from_str(&get(port, "/stats")).unwrap();
                    let stats = answer["stats"].as_object().unwrap();
                    let sum: u64 = stats.values().filter_map(serde_json::Value::as_u64).sum();
                    assert_eq!((stats.len(), i128::from(sum)), (5_000, expected));
                    assert_eq!(answer["pipes"]["malformed"], 0);
                }
            });
        }
    });
    server.stop();
}

#[test]
fn services_that_read_the_same_pipes_take_turns() {
    let folder = Folder::new("pipe-turns");
    let pipes = folder.path("pipes");
    let (registry, expected) = many_stats();
    let _pipe = start(&pipes, &registry);
    // Each opens the pipe for itself, as another process does.
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..4 {
                    let gathered = gather(&pipes, LONG).unwrap();
                    assert_eq!(sum(&gathered.stats), (5_000, expected));
                    assert_eq!((gathered.pipes.read, gathered.pipes.malformed), (1, 0));
                }
            });
        }
    });
}

#[test]
fn what_somebody_else_took_a_part_of_is_counted_and_read_again() {
    let folder = Folder::new("pipe-torn");
    let pipes = folder.path("pipes");
    let (registry, expected) = many_stats();
    let _pipe = start(&pipes, &registry);
    let path = own_pipe(&pipes);
    thread::scope(|scope| {
        let (again, rounds) = std::sync::mpsc::channel::<()>();
        let path = &path;
        scope.spawn(move || {
            while rounds.recv().is_ok() {
                // As `head` does, which knows of no turns, and leaves the rest to whoever is there.
                if let Ok(mut pipe) = File::open(path) {
                    let _ = pipe.read(&mut [0; 4096]);
                }
            }
        });
        let torn = until("both were at one pipe", || {
            again.send(()).unwrap();
            let gathered = gather(&pipes, LONG).unwrap();
            assert_eq!(sum(&gathered.stats), (5_000, expected));
            (gathered.pipes.torn > 0).then_some(gathered)
        });
        assert!(torn.is_complete());
        drop(again);
    });
}

#[test]
fn sums_beyond_64_bits_keep_every_digit() {
    let folder = Folder::new("pipe-large");
    let pipes = folder.path("pipes");
    let registry = Registry::new();
    registry.counter("jobs.done").unwrap().add(u64::MAX);
    let _pipe = start(&pipes, &registry);
    let other = pipes.join("1.stats");
    fifo(&other);
    let line = format!("jobs.done: {}\n", u64::MAX);
    let writer = thread::spawn(move || fs::write(other, line).unwrap());
    let gathered = gather(&pipes, LONG).unwrap();
    writer.join().unwrap();
    let text = serde_json::to_string(&gathered).unwrap();
    assert!(
        text.contains(r#""jobs.done":36893488147419103230"#),
        "{text}"
    );
}

#[test]
fn nothing_counts_of_a_pipe_that_was_not_read_to_its_end() {
    let folder = Folder::new("pipe-part");
    let pipes = folder.path("pipes");
    fs::create_dir(&pipes).unwrap();
    let (slow, endless) = (pipes.join("1.stats"), pipes.join("2.stats"));
    fifo(&slow);
    fifo(&endless);
    let (read, has_read) = std::sync::mpsc::channel::<()>();
    let slow = thread::spawn(move || {
        let mut pipe = File::options().write(true).open(slow).unwrap();
        pipe.write_all(b"jobs.done: 1\njobs.d").unwrap();
        let _ = has_read.recv();
    });
    let endless = thread::spawn(move || {
        let mut pipe = File::options().write(true).open(endless).unwrap();
        while pipe.write_all(&b"jobs.done: 1\n".repeat(1000)).is_ok() {}
    });
    let gathered = gather(&pipes, 5 * SECOND).unwrap();
    drop(read);
    slow.join().unwrap();
    endless.join().unwrap();
    assert_eq!((gathered.pipes.late, gathered.pipes.too_long), (1, 1));
    assert!(gathered.stats.is_empty() && !gathered.is_complete());
}

#[test]
fn many_pipes_are_read_side_by_side() {
    let folder = Folder::new("pipe-many");
    let pipes = folder.path("pipes");
    fs::create_dir(&pipes).unwrap();
    (1..=300).for_each(|pid| fifo(&pipes.join(format!("{pid}.stats"))));
    let began = Instant::now();
    let gathered = gather(&pipes, Duration::from_millis(200)).unwrap();
    assert_eq!(gathered.pipes.late, 300);
    // One after the other it would be a minute.
    assert!(
        began.elapsed() < Duration::from_secs(20),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn the_original_service_reads_our_pipes_with_equal_totals() {
    let Some(python) = statvent::python("the_original_service_reads_our_pipes_with_equal_totals")
    else {
        return;
    };
    let folder = Folder::new("pipe-original");
    let pipes = folder.path("pipes");
    let registry = shop();
    let pipe = start(&pipes, &registry);
    let web = statvent::Web::start(&python, &folder, &pipes);
    let program = statvent::program(&python, &folder, &pipes, 5);
    // It gives up a pipe that is not opened within 0.1 s, which a busy machine may take.
    let stats = until("the original has read both", || {
        let stats = web.stats()?["stats"].clone();
        (stats["jobs.done"] == 45).then_some(stats)
    });
    assert_eq!(stats["bytes: sent"], (1_u64 << 40) + 7);
    assert_eq!(stats["open"], -2);
    assert_eq!(stats["by.a%0Ab: 5"], 1);
    assert_eq!(stats["time.sum"], 0.25);
    let ours = gather(&pipes, 5 * SECOND).unwrap();
    for (name, number) in &ours.stats {
        let theirs = stats[name].as_f64().unwrap_or_else(|| panic!("{name}"));
        assert_eq!(theirs, number.as_f64(), "{name}");
    }
    drop((program, pipe));
}

#[test]
fn our_service_reads_the_pipes_of_the_original() {
    let Some(python) = statvent::python("our_service_reads_the_pipes_of_the_original") else {
        return;
    };
    let folder = Folder::new("pipe-theirs");
    let pipes = folder.path("pipes");
    let programs = [3, 4].map(|jobs| statvent::program(&python, &folder, &pipes, jobs));
    let gathered = gather(&pipes, LONG).unwrap();
    assert_eq!(gathered.stats["jobs.done"], Number::Whole(7));
    assert_eq!(gathered.stats["bytes: sent"], Number::Whole(2 << 40));
    // Two processes' medians added up are nothing.
    let medians: Vec<f64> = gathered.levels["time.median"]
        .values()
        .map(|one| one.as_f64())
        .collect();
    assert_eq!(medians, [49.0, 49.0]);
    assert_eq!(json!(gathered)["pipes"]["read"], 2);
    drop(programs);
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
