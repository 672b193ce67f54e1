//! Tags, as Netdata understands them.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use calipers::{Counter, Family, Registry};
use calipers_tests::parts::{Folder, LONG, Part, free_port, free_udp_port, program, until};

use crate::builder;

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

/// The body of an answer; nothing when none comes, as netdata now and then leaves a connection without one for ever.
fn get(port: u16, path: &str) -> Option<String> {
    let mut connection = TcpStream::connect(("127.0.0.1", port)).ok()?;
    connection.set_read_timeout(Some(LONG / 20)).ok()?;
    write!(connection, "GET {path} HTTP/1.0\r\n\r\n").ok()?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).ok()?;
    Some(answer)
}
