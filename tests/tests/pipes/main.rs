//! Pipes: what `cat` and the original service read is what was recorded, and nobody who reads slowly, or not at all, costs a
//! recording thread anything.

mod original;
mod pipe;
mod service;
mod statvent;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use calipers::prelude::*;
use calipers::report::{Handle, Pipe};
use calipers::{Family, Registry};

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

/// The number of a process that has ended.
fn ended_process() -> u32 {
    let mut child = Command::new("true").spawn().unwrap();
    child.wait().unwrap();
    child.id()
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
