//! The format is what its document says: a reader in another language, written by that alone, reads the same.

use std::process::Command;
use std::thread;

use calipers::mapped;
use calipers::prelude::*;
use calipers::{Merging, StateSet, States, Sum, Text, UpDownCounter};
use serde_json::json;

use crate::part::{self, Folder, Running};

#[derive(States, Clone, Copy)]
enum Phase {
    Idle,
    Busy,
}

#[derive(Instrumented)]
struct Pool {
    done: Sum<Counter>,
}

#[derive(Instrumented)]
#[instrumented(parent = Pool, label = "worker")]
struct Worker {
    done: Counter,
    open: UpDownCounter,
    #[stat(merge = "max")]
    load: Gauge,
    phase: StateSet<Phase>,
    note: Text,
    sizes: Histogram,
    by_key: Family<String, Counter>,
}

fn count() {
    let pool = Pool::init("/pool");
    for n in 0..300_u64 {
        let passing = Worker::init_child(&pool, "passing");
        passing.done.add(3);
        passing.sizes.record(n);
    }
    let lasting = Worker::init_child(&pool, "lasting");
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                lasting.done.add(5);
                lasting.open.add(2);
                lasting.open.dec();
                (0..1000_u64).for_each(|n| lasting.sizes.record(n * n));
            });
        }
    });
    lasting.load.set(-2.5);
    lasting.phase.set(Phase::Idle);
    lasting.phase.set(Phase::Busy);
    lasting.note.set("käse");
    lasting.by_key.get("a").add(4);
    part::tell("ready");
    part::pause();
}

#[test]
fn a_reader_that_knows_the_document_alone_reads_the_same() {
    if part::enabled().is_some() {
        return count();
    }
    let folder = Folder::new("python");
    let test = "python::a_reader_that_knows_the_document_alone_reads_the_same";
    let mut running = Running::start(&mut part::command(test, folder.path()));
    running.wait_for("ready");
    running.kill();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/page_files/read.py");
    let mut python = Command::new("python3");
    let read = python.arg(script).arg(folder.file()).output();
    let read = read.expect("python3 runs");
    assert!(
        read.status.success(),
        "{}",
        String::from_utf8_lossy(&read.stderr)
    );
    let theirs: serde_json::Value = serde_json::from_slice(&read.stdout).unwrap();
    let ours = mapped::read(folder.file()).unwrap();
    let lasting = |name: &str| &theirs[format!("/pool/lasting/{name}")];
    assert_eq!(lasting("done"), 15);
    assert_eq!(lasting("open"), 3);
    assert_eq!(lasting("load"), -2.5);
    assert_eq!(theirs["merged"], json!({ "/pool/lasting/load": 2 }));
    let load = ours.entry("/pool/lasting/load").unwrap();
    assert_eq!(load.merging(), Some(Merging::Max));
    assert_eq!(lasting("phase"), "busy");
    assert_eq!(lasting("note"), "käse");
    assert_eq!(lasting("by_key/a"), 4);
    assert_eq!(lasting("sizes")["count"], 3000);
    let sum = 3 * (0..1000_u64).map(|n| n * n).sum::<u64>();
    assert_eq!(lasting("sizes")["whole"], sum);
    assert_eq!(theirs["/pool/done"]["retired"], 900);
    assert_eq!(ours.counter("/pool/done"), Some(915));
    assert_eq!(
        ours.histogram("/pool/lasting/sizes")
            .unwrap()
            .lifetime()
            .sum(),
        sum as f64
    );
    assert!(theirs.get("/pool/passing/done").is_none());
}
