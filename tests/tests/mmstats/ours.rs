//! Files of ours, read by the original tools.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use calipers::Registry;
use calipers::mapped::mmstats::{FieldValue, Published, read};
use calipers_tests::parts::{Folder, LONG, Part, beside_install, free_port, until};
use serde_json::{Value as Json, json};

use crate::python::{command, printed, programs};

/// A registry with a stat of every sort.
fn everything() -> Registry {
    let registry = Registry::new();
    registry
        .counter("jobs.done")
        .unwrap()
        .add(123_456_789_012u64);
    registry.up_down_counter("jobs.queued").unwrap().add(-3);
    registry.gauge("load").unwrap().set(0.625);
    registry.text("mode").unwrap().set("größer");
    registry.meter("hits").unwrap().add(4);
    let query = registry.timer("query").unwrap();
    for millis in [1, 2, 4, 100] {
        query.record(Duration::from_millis(millis));
    }
    let sizes = registry.histogram("body").unwrap();
    for size in [10, 20, 30] {
        sizes.record(size);
    }
    registry
}

fn publish(folder: &Folder, registry: &Registry, every: Duration) -> Published {
    let builder = Published::builder()
        .folder(folder.path(""))
        .registry(registry);
    builder
        .file("ours-{PID}.mmstats")
        .label_prefix("app.")
        .every(every)
        .start()
        .unwrap()
}

/// As Python 2.7 prints it: numbers with twelve digits.
fn as_printed(value: &FieldValue) -> String {
    match value {
        FieldValue::Bool(true) => "True".to_owned(),
        FieldValue::Bool(false) => "False".to_owned(),
        FieldValue::Float(x) if x.fract() == 0.0 => format!("{x:.1}"),
        FieldValue::Float(x) => {
            let rounded: f64 = format!("{x:.11e}").parse().unwrap();
            rounded.to_string()
        }
        other => other.to_string(),
    }
}

#[test]
fn slurpstats_prints_the_same_numbers() {
    let Some(programs) = programs("slurpstats_prints_the_same_numbers") else {
        return;
    };
    let folder = Folder::new("mmstats-slurp");
    let published = publish(&folder, &everything(), LONG * 60);
    let printed = printed(command(&programs, "slurpstats").arg(published.path()));
    let fields = read(published.path()).unwrap().fields;
    let longest = fields.iter().map(|field| field.label.len()).max().unwrap();
    let mut expected = format!("==> {}\n", published.path().display());
    for field in &fields {
        expected += &format!("  {:longest$} {}\n", field.label, as_printed(&field.value));
    }
    assert_eq!(printed, expected + "\n");
    for line in [
        "app.jobs.done",
        "app.sys.pid",
        "app.query.p99",
        "app.body.mean",
    ] {
        assert!(printed.contains(line), "{line} is missing:\n{printed}");
    }
    assert!(
        printed.contains(" 123456789012\n") && printed.contains(" größer\n"),
        "{printed}"
    );
}

#[test]
fn pollstats_sees_what_was_added_in_between() {
    let Some(programs) = programs("pollstats_sees_what_was_added_in_between") else {
        return;
    };
    let folder = Folder::new("mmstats-poll");
    let registry = Registry::new();
    let done = registry.counter("done").unwrap();
    done.add(5);
    let published = publish(&folder, &registry, LONG * 60);
    let mut poll = command(&programs, "pollstats");
    poll.args(["-c", "4", "-d", "1", "-p", "app.", "done"])
        .arg(published.path());
    poll.env("PYTHONUNBUFFERED", "1");
    let poll = Part::start(poll, &folder);
    let rows = |count: usize| {
        until("rows of pollstats", || {
            let output = poll.output();
            let rows = output.lines().skip(1).map(|line| {
                let plain = line.replace("\u{1b}[1;33m", "").replace("\u{1b}[0;0m", "");
                plain.trim().parse::<u64>().unwrap()
            });
            let rows: Vec<u64> = rows.collect();
            (rows.len() >= count).then_some(rows)
        })
    };
    assert_eq!(rows(1), [5], "the first row is everything so far");
    done.add(37);
    published.flush(LONG).unwrap();
    let rows = rows(4);
    assert_eq!(rows[1..].iter().sum::<u64>(), 37, "{rows:?}");
}

#[test]
fn cleanstats_keeps_the_file_of_the_living_and_takes_that_of_the_dead() {
    let Some(programs) = programs("cleanstats_keeps_the_file_of_the_living") else {
        return;
    };
    let folder = Folder::new("mmstats-clean");
    let registry = everything();
    registry.counter("sys.pid").unwrap().add(1); // must not pass for the number of a process
    let published = publish(&folder, &registry, LONG * 60);
    let kept = printed(command(&programs, "cleanstats").arg(published.path()));
    assert_eq!(kept, "Removed 0  -  1 alive\n");

    let dead = of_the_dead(&folder, &published);
    let removed = printed(command(&programs, "cleanstats").arg(&dead));
    assert!(removed.ends_with("Removed 1  -  0 alive\n"), "{removed}");
    assert!(!dead.exists());
}

/// A copy of the file, with the number of a process that has ended.
fn of_the_dead(folder: &Folder, published: &Published) -> PathBuf {
    let mut child = Command::new("true").spawn().unwrap();
    let pid = child.id();
    child.wait().unwrap();
    let mut bytes = fs::read(published.path()).unwrap();
    let own = std::process::id().to_ne_bytes();
    let at = bytes.windows(4).position(|window| window == own).unwrap();
    bytes[at..at + 4].copy_from_slice(&pid.to_ne_bytes());
    let path = folder.path("dead.mmstats");
    fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn mmash_serves_the_same_numbers() {
    let Some(programs) = programs("mmash_serves_the_same_numbers") else {
        return;
    };
    let folder = Folder::new("mmstats-mmash");
    let published = publish(&folder, &everything(), LONG * 60);
    let port = free_port();
    let settings = format!(
        "HOST = '127.0.0.1'\nPORT = {port}\nDEBUG = False\nMMSTATS_GLOB = '{}'\n",
        folder.path("*.mmstats").display()
    );
    let settings = folder.write("settings.py", &settings);
    let mut mmash = command(&programs, "mmash");
    mmash
        .env("MMASH_SETTINGS", settings)
        .env("MMSTATS_PATH", folder.path(""));
    let _mmash = Part::start(mmash, &folder);
    let get = |path: &str| -> Option<Json> {
        let body = body(port, path)?;
        Some(serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}")))
    };
    let stats = until("mmash", || get("/stats/"));
    let mut labels: Vec<String> = read(published.path())
        .unwrap()
        .fields
        .into_iter()
        .map(|field| field.label)
        .collect();
    labels.sort();
    assert_eq!(stats["stats"], json!(labels));
    let done = get("/stats/app.jobs.done?exact=1&aggr=sum").unwrap();
    assert_eq!(done, json!({"app.jobs.done": 123_456_789_012u64}));
    assert_eq!(
        get("/stats/app.load?aggr=avg").unwrap(),
        json!({"app.load": 0.625})
    );
    assert_eq!(
        get("/stats/app.query.sum").unwrap(),
        json!({"app.query.sum": [0.107]})
    );
    assert_eq!(
        get("/files/").unwrap(),
        json!({"files": [published.path()]})
    );
}

/// What a GET gives, as soon as there is a server.
fn body(port: u16, path: &str) -> Option<String> {
    let mut connection = TcpStream::connect(("127.0.0.1", port)).ok()?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n");
    connection.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).ok()?;
    answer
        .split_once("\r\n\r\n")
        .map(|(_, body)| body.to_owned())
}

#[test]
fn pythons_reader_sees_no_counter_fall_or_torn_while_it_is_written() {
    let Some(programs) = programs("pythons_reader_sees_no_counter_fall_or_torn") else {
        return;
    };
    /// Its four parts of 16 bits are equal, whatever it is multiplied with.
    const STEP: u64 = 0x0001_0001_0001_0001;
    let folder = Folder::new("mmstats-torn");
    let registry = Registry::new();
    let counter = registry.counter("lanes").unwrap();
    registry
        .text("odd")
        .unwrap()
        .set("something that moves the next value");
    let published = publish(&folder, &registry, LONG * 60);
    let stop = AtomicBool::new(false);
    let moved: u64 = std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..u16::MAX {
                if stop.load(Relaxed) {
                    break;
                }
                counter.add(STEP);
                published.flush(LONG).unwrap();
            }
        });
        let mut python = command(&programs, "python");
        python
            .arg(beside_install("mmstats-read.py"))
            .arg(published.path());
        let moved = printed(python.args(["app.lanes", "10000"]));
        stop.store(true, Relaxed);
        moved.trim().parse().unwrap()
    });
    assert!(moved > 100, "it was seen to move {moved} times only");
}
