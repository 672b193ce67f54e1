//! A hundred thousand stats, asked for over the wire: how long it takes, and how much is held at once.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use calipers::Registry;
use calipers::prelude::*;
use calipers::report::http::Server;
use calipers_tests::own_process::alone;
use calipers_tests::parts::until;
use calipers_tests::peak::{Measured, during, in_use};

#[global_allocator]
static ALLOCATOR: Measured = Measured;

const STATS: usize = 100_000;

#[derive(Instrumented)]
struct Shop {
    open: Gauge<bool>,
}

/// Half of them are counters, and one in ten is a timer.
#[derive(Instrumented)]
#[instrumented(parent = Shop, label = "item")]
struct Item {
    requests: Counter,
    errors: Counter,
    hits: Counter,
    size: Gauge<u64>,
    load: Gauge,
    seen: Counter,
    kept: Counter,
    queued: Gauge<u64>,
    ratio: Gauge,
    latency: Timer,
}

#[test]
fn a_hundred_thousand_stats_are_written_without_a_second_tree() {
    alone(|| {
        let registry = Registry::new();
        let shop = Shop::init_in(&registry, "/shop");
        shop.open.set(true);
        let items: Vec<Item> = (0..STATS / 10)
            .map(|n| Item::init_child(&shop, format!("{n:05}")))
            .collect();
        for (n, item) in items.iter().enumerate() {
            let n = n as u64;
            item.requests.add(n);
            item.errors.inc();
            item.hits.add(n * n);
            item.seen.add(3);
            item.kept.add(1_000_000 + n);
            item.size.set(n);
            item.queued.set(n % 7);
            item.load.set(n as f64 / 7.0);
            item.ratio.set(0.5);
            for times in 1..20 {
                item.latency.record(Duration::from_micros(100 * times));
            }
        }
        let server = Server::builder("127.0.0.1:0").registry(&registry).start();
        let server = server.expect("a free port");
        // Who looks has the recent values kept: the first look costs that once.
        drop(registry.snapshot());
        for _ in 0..2 {
            ask(&server, "/", "");
        }
        let (snapshot, _) = during(|| registry.snapshot());
        for (what, path, coding) in [
            ("JSON", "/?format=json", ""),
            ("pretty JSON", "/?format=prettyjson", ""),
            ("JSON in gzip", "/?format=json", "gzip"),
            ("Prometheus' text", "/metrics", ""),
            ("the page", "/", ""),
        ] {
            let (began, before) = (Instant::now(), in_use());
            let (held, length) = during(|| ask(&server, path, coding));
            let took = began.elapsed();
            println!(
                "figure: {what} of {STATS} stats takes {:.1} ms, {} ns a stat; {length} bytes, \
                 and at most {held} held beside the program's own, of them {snapshot} the snapshot",
                took.as_secs_f64() * 1e3,
                took.as_nanos() as usize / STATS,
            );
            // The snapshot, and the body, whose buffer doubles as it grows; what is left is for the rest of the server.
            // A second tree, or a tree of JSON, would be far above that.
            let most = snapshot + 2 * length + 1024 * 1024;
            // Beside what a tick, if there was one meanwhile, has added to the recent values of 10,000 timers.
            let kept = until("what was written is let go", || {
                let kept = in_use().saturating_sub(before);
                (kept < 4 * 1024 * 1024).then_some(kept)
            });
            let held = held - kept;
            assert!(held < most, "{what}: {held} bytes held, {most} expected");
            // Far above what it takes when nothing is optimised and everything else runs beside it.
            assert!(took < Duration::from_secs(20), "{what}: {took:?}");
        }
        server.stop();
    });
}

/// Asks, reads the answer without keeping it, and tells how long its body was.
fn ask(server: &Server, path: &str, coding: &str) -> usize {
    let mut stream = TcpStream::connect(server.local_addr()).expect("a connection");
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: {coding}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).expect("it is read");
    let mut buffer = [0; 64 * 1024];
    let mut length = stream.read(&mut buffer).expect("it is answered");
    let head = String::from_utf8_lossy(&buffer[..length]).into_owned();
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    length -= head.find("\r\n\r\n").expect("a head") + 4;
    loop {
        match stream.read(&mut buffer).expect("it is answered whole") {
            0 => return length,
            more => length += more,
        }
    }
}
