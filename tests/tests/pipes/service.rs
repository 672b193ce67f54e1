//! The service: what the pipes of a host say, added up.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::symlink;
use std::thread;
use std::time::{Duration, Instant};

use calipers::Registry;
use calipers::report::pipe::service::{Gathered, Number, Options, gather, serve};
use calipers_tests::parts::{Folder, LONG, until};

use super::*;

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
