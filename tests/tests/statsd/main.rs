//! StatsD, against the real server and against Netdata: totals are equal, to the last one, and no line is bad.

mod netdata;
mod server;

use std::fs;
use std::net::UdpSocket;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use calipers::report::{DeliveryError, StartError, StatsD, StatsDBuilder};
use calipers::{Counter, Family, Histogram, Registry};
use calipers_tests::parts::{Folder, LONG, free_udp_port, until};

use server::Server;

const NEVER: Duration = Duration::from_secs(24 * 3600);

fn builder(registry: &Registry, addr: String) -> StatsDBuilder {
    StatsD::builder(addr).every(NEVER).registry(registry)
}

fn own(registry: &Registry, stat: &str) -> u64 {
    let path = format!("/calipers/report/statsd/{stat}");
    registry.snapshot().counter(&path).unwrap_or(0)
}

#[test]
fn the_server_counts_what_was_counted() {
    let server = Server::start("counts");
    let registry = Registry::new();
    let requests = registry.counter("web.requests").unwrap();
    let errors = registry
        .get::<Family<String, Counter>>("web.errors")
        .unwrap();
    let meter = registry.meter("web.events").unwrap();
    let latency = registry.timer("web.latency").unwrap();
    let sizes: Histogram = registry.histogram("web.sizes").unwrap();
    registry.gauge("web.load").unwrap().set(0.375);
    let debt = registry.up_down_counter("web.debt").unwrap();
    requests.add(1000);
    let statsd = builder(&registry, server.addr())
        .prefix("shop.eu")
        .start()
        .unwrap();
    for push in 1..=5_u64 {
        requests.add(push);
        errors.get("not found").add(push);
        meter.add(10 * push);
        debt.sub(2);
        // More than are sent one by one, and an odd number.
        (0..777 * push).for_each(|n| latency.record(Duration::from_micros(1000 + n)));
        (0..push).for_each(|n| sizes.record(100 + n));
        statsd.flush(LONG).unwrap();
    }
    server.until_counted("shop.eu.web.requests", 1015);
    server.until_counted("shop.eu.web.errors.not_found", 15);
    server.until_counted("shop.eu.web.events", 150);
    server.until_counted("shop.eu.web.latency.ok", 777 * 15);
    until("all timings are there", || {
        (server.timer("shop.eu.web.latency", "count") == 777.0 * 15.0).then_some(())
    });
    until("all sizes are there", || {
        (server.timer("shop.eu.web.sizes", "count") == 15.0).then_some(())
    });
    until("the gauges", || {
        (server.gauge("shop.eu.web.debt")? == -10.0).then_some(())
    });
    assert_eq!(server.gauge("shop.eu.web.load"), Some(0.375));
    // What it makes of the samples is what was recorded.
    let last = server.flushes();
    let timers = last
        .iter()
        .map(|flush| &flush["timers"]["shop.eu.web.latency"]);
    let medians = timers.filter_map(|timer| timer["median"].as_f64());
    for median in medians.filter(|median| *median > 0.0) {
        assert!((1.0..=1.0 + 0.777 * 5.0).contains(&median), "{median} ms");
    }
    statsd.stop(LONG).unwrap();
    server.saw_no_bad_line();
    let counters = server.counters();
    assert_eq!(
        counters["shop.eu.web.requests"], 1015.0,
        "stopping sent nothing twice"
    );
    assert!(!counters.keys().any(|name| name.contains("calipers")));
}

#[test]
fn no_name_makes_a_bad_line() {
    let server = Server::start("hostile");
    let registry = Registry::new();
    let family = registry
        .get::<Family<String, Counter>>("k|#:@/x y")
        .unwrap();
    let long = "long|".repeat(13_000);
    let hostile = [
        "a b",
        "a\nevil:1|c\nb",
        "p|i#p:e@t",
        "..",
        "nul\0",
        "",
        ".",
        "\u{2028}",
        "a:1|c",
        "|@0.1",
        &long,
    ];
    for (n, key) in hostile.iter().enumerate() {
        family.get(*key).add(1 << n);
    }
    for tagged in [false, true] {
        let before = own(&registry, "errors/nameTaken");
        let mut statsd = builder(&registry, server.addr()).prefix(format!("p|{tagged}"));
        if tagged {
            statsd = statsd.tag("a,b", "c|d");
        }
        let statsd = statsd.start().unwrap();
        statsd.flush(LONG).unwrap();
        let sent = own(&registry, "sent");
        let taken = own(&registry, "errors/nameTaken") - before;
        assert_eq!(sent + taken, hostile.len() as u64);
        assert_eq!(own(&registry, "errors/tooLong"), 0);
        statsd.stop(LONG).unwrap();
    }
    until("all names", || {
        let counters = server.counters();
        // The plain server takes the tags for the end of the line.
        let names = counters.keys().filter(|name| name.starts_with("p_"));
        (names.count() >= 8).then_some(())
    });
    assert!(
        !server
            .counters()
            .keys()
            .any(|name| name.contains("evil") && !name.contains('_'))
    );
    server.saw_no_bad_line();
}

#[test]
fn sizes_that_nothing_fits_in_are_refused_and_what_does_not_fit_is_no_success() {
    let registry = Registry::new();
    let addr = || "127.0.0.1:9".to_owned();
    for bytes in [0, 1, 10, 511] {
        let refused = builder(&registry, addr()).datagram(bytes).start();
        let refused = refused.map(drop).unwrap_err();
        assert!(matches!(refused, StartError::Size { least: 512, .. }));
        assert!(
            refused
                .to_string()
                .starts_with(&format!("`datagram({bytes})` leaves no room"))
        );
    }
    let refused = builder(&registry, addr()).buffer(1431).start();
    assert!(matches!(refused, Err(StartError::Size { least: 1432, .. })));
    // A name of so many components that no datagram holds it.
    let server = UdpSocket::bind("127.0.0.1:0").unwrap();
    registry.counter("short").unwrap().inc();
    registry.counter(&["deep"; 120].join(".")).unwrap().inc();
    let addr = server.local_addr().unwrap().to_string();
    let statsd = builder(&registry, addr).datagram(512).start().unwrap();
    assert_eq!(statsd.flush(LONG), Err(DeliveryError::Dropped { lost: 1 }));
    assert_eq!(own(&registry, "errors/tooLong"), 1);
    assert_eq!((own(&registry, "sent"), own(&registry, "dropped")), (1, 1));
    assert_eq!(own(&registry, "lastSuccess"), 0);
}

#[test]
fn a_large_push_overruns_nobody() {
    let server = Server::start("large");
    let registry = Registry::new();
    let counters: Vec<Counter> = (0..5000)
        .map(|n| registry.counter(&format!("many/counter-{n}")).unwrap())
        .collect();
    counters.iter().for_each(|counter| counter.add(3));
    let statsd = builder(&registry, server.addr()).start().unwrap();
    statsd.flush(LONG).unwrap();
    assert_eq!(own(&registry, "sent"), 5000);
    until("all of them", || {
        let counters = server.counters();
        let many = counters
            .iter()
            .filter(|(name, _)| name.starts_with("many."));
        (many.map(|(_, count)| count).sum::<f64>() == 15_000.0).then_some(())
    });
    server.saw_no_bad_line();
}

#[test]
fn datagrams_are_packed_and_no_metric_is_split() {
    let registry = Registry::new();
    for n in 0..500 {
        registry.counter(&format!("packed/{n}")).unwrap().inc();
    }
    registry.gauge("packed/negative").unwrap().set(-1.5);
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let addr = socket.local_addr().unwrap().to_string();
    let statsd = builder(&registry, addr).start().unwrap();
    let mut lines = 0;
    let mut datagrams = Vec::new();
    let mut buffer = [0; 65_536];
    socket.set_read_timeout(Some(LONG)).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| statsd.flush(LONG).unwrap());
        while lines < 502 {
            let size = socket.recv(&mut buffer).unwrap();
            let text = std::str::from_utf8(&buffer[..size]).unwrap();
            lines += text.lines().count();
            datagrams.push(text.to_owned());
        }
    });
    for datagram in &datagrams {
        assert!(datagram.len() <= 1432);
        for line in datagram.lines() {
            assert!(
                line.starts_with("packed.") && (line.ends_with(":1|c") || line.ends_with("|g")),
                "{line}"
            );
        }
    }
    assert!(
        datagrams
            .iter()
            .any(|text| text.contains("packed.negative:0|g\npacked.negative:-1.5|g"))
    );
    let full = datagrams
        .iter()
        .filter(|text| text.len() > 1432 - 20)
        .count();
    assert!(
        full + 1 >= datagrams.len(),
        "{full} of {} are full",
        datagrams.len()
    );
}

#[test]
fn over_a_unix_socket_nothing_is_lost_while_the_server_is_away() {
    let folder = Folder::new("unix");
    let path = folder.path("statsd.sock");
    let registry = Registry::new();
    let count = registry.counter("count").unwrap();
    let statsd = builder(&registry, path.display().to_string())
        .start()
        .unwrap();
    let receive = |socket: &UnixDatagram| {
        let mut buffer = [0; 2000];
        socket.set_read_timeout(Some(LONG)).unwrap();
        let size = socket.recv(&mut buffer).unwrap();
        let text = std::str::from_utf8(&buffer[..size]).unwrap();
        let count = text
            .strip_prefix("count:")
            .and_then(|text| text.strip_suffix("|c"));
        count
            .unwrap_or_else(|| panic!("{text}"))
            .parse::<u64>()
            .unwrap()
    };
    // Away: what was made waits, and what comes after it is left to the next push.
    count.add(5);
    let away = statsd.flush(Duration::from_millis(300));
    assert!(
        matches!(
            away,
            Err(DeliveryError::Queued { .. } | DeliveryError::Late)
        ),
        "{away:?}"
    );
    count.add(7);
    let away = statsd.flush(Duration::from_millis(300));
    assert!(away.is_err());
    assert!(own(&registry, "errors/notFound") >= 1);
    let socket = UnixDatagram::bind(&path).unwrap();
    statsd.flush(LONG).unwrap();
    assert_eq!(receive(&socket) + receive(&socket), 12);
    // Restarted.
    drop(socket);
    fs::remove_file(&path).unwrap();
    let socket = UnixDatagram::bind(&path).unwrap();
    count.add(30);
    statsd.flush(LONG).unwrap();
    assert_eq!(receive(&socket), 30);
    // It takes nothing: the reader waits, and a stop does not.
    let mut sent = 0;
    let stalled = loop {
        count.add(1);
        sent += 1;
        if let Err(stalled) = statsd.flush(Duration::from_millis(200)) {
            break stalled;
        }
        assert!(sent < 100_000);
    };
    assert!(
        matches!(stalled, DeliveryError::Queued { .. } | DeliveryError::Late),
        "{stalled:?}"
    );
    count.add(100);
    assert!(statsd.stop(Duration::from_millis(200)).is_err());
    until("it has ended", || statsd.has_ended().then_some(()));
}

#[test]
fn a_udp_server_that_comes_later_is_found() {
    let port = free_udp_port();
    let registry = Registry::new();
    let count = registry.counter("count").unwrap();
    let statsd = builder(&registry, format!("127.0.0.1:{port}"))
        .start()
        .unwrap();
    until("the system says that nobody listens", || {
        count.inc();
        let _ = statsd.flush(Duration::from_millis(50));
        (own(&registry, "errors/refused") > 0).then_some(())
    });
    let socket = UdpSocket::bind(("127.0.0.1", port)).unwrap();
    socket.set_read_timeout(Some(LONG)).unwrap();
    count.add(1_000_000);
    statsd.flush(LONG).unwrap();
    let mut buffer = [0; 2000];
    until("the rest comes", || {
        let size = socket.recv(&mut buffer).unwrap();
        let text = String::from_utf8_lossy(&buffer[..size]).into_owned();
        let text = text.strip_prefix("count:")?.strip_suffix("|c")?;
        (text.parse::<u64>().unwrap() >= 1_000_000).then_some(())
    });
}
