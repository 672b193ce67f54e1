//! StatsD, against the real server and against Netdata: totals are equal, to the last one, and no line is bad.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, which is what it is for"
)]

mod parts;

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::Duration;

use calipers::report::{DeliveryError, StatsD, StatsDBuilder};
use calipers::{Counter, Family, Histogram, Registry};
use serde_json::Value;

use parts::{
    Folder, LONG, Part, beside_install, free_port, free_udp_port, installed, program, until,
};

const NEVER: Duration = Duration::from_secs(24 * 3600);

/// The real server, which tells each second what it got.
struct Server {
    part: Part, // ends before its folder does
    _folder: Folder,
    port: u16,
}

impl Server {
    fn start(name: &str) -> Server {
        let folder = Folder::new(name);
        let port = free_udp_port();
        let config = format!(
            "{{ port: {port}, address: '127.0.0.1', mgmt_port: {}, mgmt_address: '127.0.0.1',\n\
             flushInterval: 300, backends: ['{}'] }}\n",
            free_port(),
            beside_install("statsd-json.js").display()
        );
        let config = folder.write("config.js", &config);
        let mut command = Command::new(program("node"));
        command
            .arg(installed("node_modules/statsd/stats.js"))
            .arg(config);
        let part = Part::start(command, &folder);
        until("statsd tells of itself", || {
            part.output()
                .contains("statsd.bad_lines_seen")
                .then_some(())
        });
        Server {
            part,
            _folder: folder,
            port,
        }
    }

    fn addr(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn flushes(&self) -> Vec<Value> {
        let output = self.part.output();
        // The last line may be half there.
        let lines = output.lines().filter(|line| line.starts_with('{'));
        lines
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    /// Counters, added up over all flushes: the server begins anew at each.
    fn counters(&self) -> BTreeMap<String, f64> {
        let mut sums = BTreeMap::new();
        for flush in self.flushes() {
            for (name, count) in flush["counters"].as_object().into_iter().flatten() {
                *sums.entry(name.clone()).or_insert(0.0) += count.as_f64().unwrap();
            }
        }
        sums
    }

    /// What a number of a timer's adds up to over all flushes.
    fn timer(&self, name: &str, number: &str) -> f64 {
        let flushes = self.flushes();
        let of = |flush: &Value| flush["timers"][name][number].as_f64().unwrap_or(0.0);
        flushes.iter().map(of).sum()
    }

    fn gauge(&self, name: &str) -> Option<f64> {
        self.flushes().last()?["gauges"][name].as_f64()
    }

    fn until_counted(&self, name: &str, count: u64) {
        until(&format!("{name} is {count}"), || {
            (self.counters().get(name) == Some(&(count as f64))).then_some(())
        });
    }

    /// It understood everything.
    fn saw_no_bad_line(&self) {
        assert_eq!(self.counters()["statsd.bad_lines_seen"], 0.0);
        let output = self.part.output();
        assert!(!output.contains("Bad line"), "{output}");
    }
}

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
fn netdata_understands_tags() {
    let folder = Folder::new("netdata");
    let (udp, web) = (free_udp_port(), free_port());
    let home = folder.path("");
    let home = home.display();
    for name in ["etc", "cache", "lib", "log"] {
        fs::create_dir(folder.path(name)).unwrap();
    }
    let plugins = [
        "proc",
        "diskspace",
        "cgroups",
        "tc",
        "idlejitter",
        "netdata monitoring",
        "timex",
        "checks",
        "profile",
        "apps",
        "python.d",
        "charts.d",
        "go.d",
        "ebpf",
        "perf",
        "slabinfo",
        "ioping",
        "fping",
        "nfacct",
        "freeipmi",
        "enable running new plugins",
    ];
    let plugins: String = plugins
        .iter()
        .map(|plugin| format!("    {plugin} = no\n"))
        .collect();
    let user = std::env::var("USER").unwrap_or_else(|_| "root".to_owned());
    let config = format!(
        "[global]\n    run as user = {user}\n    update every = 1\n\
         [directories]\n    config = {home}/etc\n    stock config = {home}/etc\n    cache = {home}/cache\n\
         \x20   lib = {home}/lib\n    log = {home}/log\n    home = {home}\n\
         [db]\n    mode = ram\n[web]\n    bind to = 127.0.0.1:{web}\n[plugins]\n{plugins}\
         [health]\n    enabled = no\n[ml]\n    enabled = no\n[registry]\n    enabled = no\n\
         [statsd]\n    enabled = yes\n    bind to = udp:127.0.0.1:{udp}\n    update every (flushInterval) = 1\n"
    );
    let config = folder.write("netdata.conf", &config);
    let mut command = Command::new(program("netdata"));
    command.arg("-D").arg("-c").arg(config);
    let netdata = Part::start(command, &folder);
    let metrics = || get(web, "/api/v1/allmetrics?format=prometheus&source=raw");
    until("netdata answers", || {
        metrics()?.contains("netdata_info").then_some(())
    });
    // Its page is up before it listens for datagrams, and what comes too early is lost.
    until("netdata listens", || {
        let sockets = fs::read_to_string("/proc/net/udp").unwrap();
        sockets
            .contains(&format!(" 0100007F:{udp:04X} "))
            .then_some(())
    });

    let registry = Registry::new();
    let hits = registry.get::<Family<String, Counter>>("web.hits").unwrap();
    let latency = registry.timer("web.latency").unwrap();
    registry.up_down_counter("web.debt").unwrap().sub(4);
    let statsd = builder(&registry, format!("127.0.0.1:{udp}"));
    let statsd = statsd.prefix("shop").tag("env", "test").start().unwrap();
    for _ in 0..3 {
        hits.get("/index").add(5);
        hits.get("/about,|#").add(2);
        (0..300).for_each(|_| latency.record(Duration::from_millis(8)));
        statsd.flush(LONG).unwrap();
    }
    let value = |name: &str| -> Option<f64> {
        let metrics = metrics()?;
        let line = metrics.lines().find(|line| line.starts_with(name))?;
        line.split(' ').nth(1)?.parse().ok()
    };
    // It adds up what has one name, whatever the tags.
    until("all hits", || {
        (value("netdata_statsd_shop_web_hits_counter_total")? == 21.0).then_some(())
    });
    until("all timings", || {
        (value("netdata_statsd_shop_web_latency_ok_counter_total")? == 900.0).then_some(())
    });
    until("the gauge", || {
        (value("netdata_statsd_shop_web_debt_gauge")? == -4000.0).then_some(())
    });
    until("the timer", || {
        metrics()?
            .contains("statsd_shop.web.latency_timer")
            .then_some(())
    });
    statsd.stop(LONG).unwrap();
    let log =
        fs::read_to_string(folder.path("log/error.log")).unwrap_or_default() + &netdata.output();
    assert!(!log.contains("STATSD: metric"), "{log}");
}

/// The body of an answer.
fn get(port: u16, path: &str) -> Option<String> {
    let mut connection = TcpStream::connect(("127.0.0.1", port)).ok()?;
    connection.set_read_timeout(Some(LONG)).ok()?;
    write!(connection, "GET {path} HTTP/1.0\r\n\r\n").ok()?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).ok()?;
    Some(answer)
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
