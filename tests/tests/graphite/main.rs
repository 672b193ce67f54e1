//! Graphite, against the real carbon: what it stores is what was sent, whatever happens to it meanwhile.

mod carbon;

use std::io::{BufRead, BufReader};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use calipers::report::{DeliveryError, Graphite, Handle};
use calipers::{Counter, Family, Registry};

use calipers_tests::parts::{LONG, until};

use carbon::Carbon;

const NEVER: Duration = Duration::from_secs(24 * 3600);

/// What the reader says of itself.
fn own(registry: &Registry, stat: &str) -> u64 {
    let path = format!("/calipers/report/graphite/{stat}");
    let snapshot = registry.snapshot();
    let gauge = || snapshot.gauge(&path).map(|x| x as u64);
    snapshot.counter(&path).or_else(gauge).unwrap_or(0)
}

/// Offered, sent, dropped and queued.
fn account(registry: &Registry) -> [u64; 4] {
    ["offered", "sent", "dropped", "queued"].map(|stat| own(registry, stat))
}

fn start(registry: &Registry, carbon: &Carbon) -> Handle {
    Graphite::builder(carbon.addr())
        .prefix("test.host one")
        .allow("**")
        .forbid("/calipers/**")
        .every(NEVER)
        .registry(registry)
        .start()
        .unwrap()
}

#[test]
fn carbon_stores_what_was_sent() {
    let mut carbon = Carbon::new("stores");
    carbon.start();
    let registry = Registry::new();
    registry
        .counter("web.requests")
        .unwrap()
        .add(9_007_199_254_740_993_u64);
    registry.gauge("web.load").unwrap().set(-0.125);
    registry.gauge("web.tiny").unwrap().set(1e-300);
    registry.gauge("web.broken").unwrap().set(f64::NAN);
    registry.gauge("web.hot").unwrap().set(f64::INFINITY);
    let latency = registry.timer("web.latency").unwrap();
    (1..=1000).for_each(|ms| latency.record(Duration::from_millis(ms)));
    let errors = registry.get::<Family<String, Counter>>("errors").unwrap();
    errors.get("not found").add(3);
    let graphite = start(&registry, &carbon);
    graphite.flush(LONG).unwrap();
    let snapshot = registry.snapshot();
    let of = |part: &str| snapshot.gauge(&format!("/web/latency/{part}")).unwrap();
    for (name, value) in [
        ("web.requests", 9_007_199_254_740_992.0), // what a float holds of it
        ("web.load", -0.125),
        ("web.tiny", 0.0), // as it is printed
        ("web.latency.count", 1000.0),
        ("web.latency.sum", 500.5),
        ("web.latency.max", 1.0),
        ("web.latency.p99", of("p99")),
        ("web.latency.stddev", of("stddev")),
        ("web.latency.ok", 1000.0),
        ("errors.not_found", 3.0),
    ] {
        carbon.until_stored(&format!("test.host_one.{name}"), value);
    }
    // All that was offered is there, and nothing else.
    let [offered, sent, dropped, queued] = account(&registry);
    assert_eq!((offered, dropped, queued), (sent, 0, 0));
    until("all files", || {
        (carbon.names().len() as u64 == sent).then_some(())
    });
    assert!(
        !carbon
            .names()
            .iter()
            .any(|name| name.contains("hot") || name.contains("broken"))
    );
    errors.get("not found").add(1);
    graphite.stop(LONG).unwrap();
    carbon.until_stored("test.host_one.errors.not_found", 4.0);
}

#[test]
fn no_name_leaves_the_prefix_or_becomes_two_lines() {
    let mut carbon = Carbon::new("hostile");
    carbon.start();
    let registry = Registry::new();
    let family = registry.get::<Family<String, Counter>>("keys/..x").unwrap();
    let long = "long ".repeat(13_000);
    let hostile = [
        "a b",
        "a\nevil 1 1\nb",
        "semi;tag=x",
        "..",
        "../../../evil",
        "/etc/evil",
        "nul\0",
        "",
        ".",
        "\u{2028}",
        "tab\tx",
        "{x}",
        "~x",
        &long,
    ];
    for key in hostile {
        family.get(key).inc();
    }
    registry.counter("a b/..c/;d=e").unwrap().inc();
    registry
        .counter(&format!("{}/x", "y".repeat(900)))
        .unwrap()
        .inc();
    let graphite = start(&registry, &carbon);
    graphite.flush(LONG).unwrap();
    let [offered, sent, ..] = account(&registry);
    assert_eq!(offered, sent);
    // Several read alike; they are counted, and no two lines have one name.
    assert_eq!(
        sent + own(&registry, "errors/nameTaken"),
        hostile.len() as u64 + 2
    );
    until("all files", || {
        (carbon.names().len() as u64 >= sent).then_some(())
    });
    let names = carbon.names();
    assert_eq!(names.len() as u64, sent, "{names:?}");
    for name in &names {
        assert!(name.starts_with("test/host_one/"), "{name}");
    }
    assert!(
        !names
            .iter()
            .any(|name| name.contains("evil") && !name.contains('_'))
    );
    let said = carbon.part().output();
    assert!(!said.contains("invalid"), "{said}");
}

#[test]
fn a_buffer_that_no_line_fits_in_is_refused() {
    for bytes in [0, 1, 80, 4095] {
        let refused = Graphite::builder("127.0.0.1:9").buffer(bytes).start();
        assert_eq!(
            refused.map(drop).unwrap_err().to_string(),
            format!("`buffer({bytes})` leaves no room for what is sent; give 4096 bytes or more")
        );
    }
}

#[test]
fn a_flush_of_which_something_was_dropped_says_so_and_the_cause_is_named() {
    let registry = Registry::new();
    let counters: Vec<Counter> = (0..500)
        .map(|n| registry.counter(&format!("some/{n}")).unwrap())
        .collect();
    // Nobody listens there.
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = server.local_addr().unwrap().to_string();
    drop(server);
    let graphite = Graphite::builder(addr).allow("/some/**").buffer(4096);
    let graphite = graphite.every(NEVER).registry(&registry).start().unwrap();
    assert!(graphite.flush(Duration::from_millis(300)).is_err());
    let [offered, sent, dropped, queued] = account(&registry);
    assert_eq!((offered, sent, dropped + queued), (500, 0, 500));
    assert!(dropped > 300, "{dropped}");
    assert_eq!(own(&registry, "errors/bufferFull"), dropped);
    assert_eq!(own(&registry, "lastSuccess"), 0);
    drop(counters);
}

#[test]
fn names_begin_with_that_of_the_host_unless_told_otherwise() {
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let registry = Registry::new();
    registry.counter("some/one").unwrap().inc();
    let addr = server.local_addr().unwrap().to_string();
    let graphite = Graphite::builder(addr).allow("/some/**").every(NEVER);
    let graphite = graphite.registry(&registry).start().unwrap();
    graphite.flush(LONG).unwrap();
    graphite.stop(LONG).unwrap();
    let mut line = String::new();
    let mut reader = BufReader::new(server.accept().unwrap().0);
    reader.read_line(&mut line).unwrap();
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let host = host.trim().replace(|c| !plain(c), "_");
    assert!(line.starts_with(&format!("{host}.some.one 1 ")), "{line}");
}

#[test]
fn nothing_is_sent_until_it_is_allowed() {
    let mut carbon = Carbon::new("rules");
    carbon.start();
    let registry = Registry::new();
    registry.counter("a.one").unwrap().inc();
    registry.counter("a.two").unwrap().inc();
    registry.counter("b.one").unwrap().inc();
    let builder = || {
        Graphite::builder(carbon.addr())
            .prefix("p")
            .every(NEVER)
            .registry(&registry)
    };
    let silent = builder().start().unwrap();
    silent.flush(LONG).unwrap();
    assert_eq!(account(&registry), [0; 4]);
    silent.stop(LONG).unwrap();
    let some = builder()
        .allow(|path: &str| path.ends_with("/one"))
        .allow("/a/**")
        .forbid("/a/two")
        .prune("/b");
    let some = some.start().unwrap();
    some.flush(LONG).unwrap();
    until("one file", || (!carbon.names().is_empty()).then_some(()));
    assert_eq!(carbon.names(), ["p/a/one.wsp"]);
}

#[test]
fn carbon_absent_restarted_and_absent_again() {
    let mut carbon = Carbon::new("restart");
    let registry = Registry::new();
    let count = registry.counter("count").unwrap();
    count.add(1);
    let graphite = start(&registry, &carbon);
    // Absent: nothing is lost, and nobody waits longer than told.
    let began = Instant::now();
    let absent = graphite.flush(Duration::from_millis(700));
    assert!(
        matches!(
            absent,
            Err(DeliveryError::Queued { left: 1 } | DeliveryError::Late)
        ),
        "{absent:?}"
    );
    assert!(began.elapsed() < LONG / 2);
    assert!(own(&registry, "errors/refused") >= 1);
    assert_eq!(account(&registry), [1, 0, 0, 1]);
    // There: what was queued comes by itself.
    carbon.start();
    until("it is sent", || {
        (account(&registry) == [1, 1, 0, 0]).then_some(())
    });
    carbon.until_stored("test.host_one.count", 1.0);
    // Restarted: the next push finds the new one.
    carbon.stop();
    carbon.start();
    count.add(1);
    graphite.flush(LONG).unwrap();
    carbon.until_stored("test.host_one.count", 2.0);
    assert!(own(&registry, "errors/closed") + own(&registry, "errors/connectionLost") >= 1);
    // Gone for good: stopping takes no longer than told, and says what is left.
    carbon.stop();
    count.add(1);
    let stopped = graphite.stop(Duration::from_millis(300));
    assert!(
        matches!(
            stopped,
            Err(DeliveryError::Queued { .. } | DeliveryError::Late)
        ),
        "{stopped:?}"
    );
    until("it has ended", || graphite.has_ended().then_some(()));
}

#[test]
fn twenty_megabytes_for_a_carbon_that_is_stopped() {
    const STATS: u64 = 1000;
    const BUFFER: u64 = 4 * 1024 * 1024;
    let period = Duration::from_secs(10);
    let mut carbon = Carbon::new("stopped");
    carbon.start();
    let registry = Registry::new();
    // Long names, so that it takes few lines.
    let name = |n: u64| {
        let segment = "x".repeat(190);
        format!("load/{segment}/{segment}/{segment}/{n:05}")
    };
    let counters: Vec<Counter> = (0..STATS)
        .map(name)
        .map(|name| registry.counter(&name).unwrap())
        .collect();
    let graphite = Graphite::builder(carbon.addr())
        .prefix("host")
        .allow("/load/**")
        .buffer(BUFFER as usize)
        .stall(NEVER)
        .every(period)
        .registry(&registry)
        .start()
        .unwrap();
    graphite.flush(LONG).unwrap();
    let (lines, bytes) = (own(&registry, "sent"), own(&registry, "bytes"));
    assert_eq!(lines, STATS);
    let line = bytes / lines; // the shortest it will be, since counts grow

    // A thread records all the while, and measures how long it takes.
    let rounds = Mutex::new(Vec::new());
    let done = AtomicBool::new(false);
    let median = || {
        let mut rounds = std::mem::take(&mut *rounds.lock().unwrap());
        rounds.sort();
        rounds[rounds.len() / 2]
    };
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Relaxed) {
                let began = Instant::now();
                counters.iter().for_each(Counter::inc);
                rounds.lock().unwrap().push(began.elapsed());
                thread::sleep(Duration::from_millis(1));
            }
        });
        let _end = AtEnd(&done);
        until("200 rounds", || {
            (rounds.lock().unwrap().len() >= 200).then_some(())
        });
        let before = median();

        carbon.part().signal("-STOP");
        let began = Instant::now();
        while (own(&registry, "offered") - lines) * line < 20_000_000 {
            // It fails, since nothing is taken; what matters is that it is pushed.
            let _ = graphite.flush(Duration::from_millis(100));
            let queued = own(&registry, "queued") * line;
            assert!(queued <= BUFFER, "{queued} bytes are queued");
            assert!(
                began.elapsed() < 2 * LONG,
                "{:?} so far",
                account(&registry)
            );
        }
        let meanwhile = median();
        let took = began.elapsed();
        // The last flush may still be at work. Once another is answered, nothing moves.
        let _ = graphite.flush(Duration::from_secs(1));
        let [offered, sent, dropped, queued] = account(&registry);
        println!(
            "figure: {offered} lines of {line} B offered in {took:.1?}: {sent} went into the system's buffers, \
             {dropped} dropped, {queued} queued ({} KB of {} KB)",
            queued * line / 1024,
            BUFFER / 1024,
        );
        println!(
            "figure: adding to {STATS} counters took {before:?} before and {meanwhile:?} meanwhile"
        );
        assert_eq!(offered, sent + dropped + queued);
        assert!(dropped > 0 && queued > 0 && queued * line <= BUFFER);
        assert!(meanwhile < 3 * before, "{meanwhile:?} after {before:?}");

        carbon.part().signal("-CONT");
        let resumed = Instant::now();
        until("the queue is empty", || {
            (own(&registry, "queued") == 0).then_some(())
        });
        println!(
            "figure: all out {:.1?} after it was resumed",
            resumed.elapsed()
        );
        assert!(resumed.elapsed() < 2 * period);
    });
    // It took no harm: what stands now is stored, to the last line.
    graphite.flush(LONG).unwrap();
    let [offered, sent, dropped, queued] = account(&registry);
    assert_eq!((offered, queued), (sent + dropped, 0));
    let snapshot = registry.snapshot();
    for n in [0, 1, STATS / 2, STATS - 1] {
        let value = snapshot.counter(&name(n)).unwrap() as f64;
        carbon.until_stored(&format!("host/{}", name(n)), value);
    }
    until("all files", || {
        (carbon.names().len() as u64 == STATS).then_some(())
    });
}

struct AtEnd<'a>(&'a AtomicBool);

impl Drop for AtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

#[test]
fn a_push_that_is_larger_than_the_buffer_is_sent_whole_to_a_server_that_takes_it() {
    let mut carbon = Carbon::new("small-buffer");
    carbon.start();
    let registry = Registry::new();
    let counters: Vec<Counter> = (0..3000)
        .map(|n| registry.counter(&format!("some/{n}")).unwrap())
        .collect();
    counters.iter().for_each(|counter| counter.add(2));
    let graphite = Graphite::builder(carbon.addr())
        .prefix("p")
        .allow("/some/**")
        .buffer(4096)
        .every(NEVER)
        .registry(&registry);
    let graphite = graphite.start().unwrap();
    graphite.flush(LONG).unwrap();
    assert_eq!(account(&registry), [3000, 3000, 0, 0]);
    carbon.until_stored("p.some.0", 2.0);
    carbon.until_stored("p.some.2999", 2.0);
}
