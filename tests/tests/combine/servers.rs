//! Servers, by folder and by address, as well or as badly as they answer.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use calipers::Registry;
use calipers::combine::{Leaf, Report, Rules, Servers};
use calipers::report::http::Server;
use calipers_tests::parts::{Folder, LONG, free_port};
use serde_json::{Value, json};

#[test]
fn a_server_that_is_missing_broken_or_late_stops_nothing() {
    let folder = Folder::new("combine-broken");
    folder.write("web5.json", r#"{ "jobs": 5 }"#);
    folder.write("web20.json", r#"{ "jobs": 20 }"#);
    folder.write("torn.json", r#"{ "jobs": "#);
    folder.write("empty.json", "");
    folder.write("list.json", "[1]");
    folder.write("readme.txt", "no stats");
    fs::create_dir(folder.path("folder.json")).unwrap();
    let rules = Rules::new().at("/jobs", [Leaf::sum()]).unwrap();
    let result = Servers::folder(folder.path("")).unwrap().combine(&rules);
    assert_eq!(json!(result)["combined"]["jobs"]["sum"], 25);
    assert!(!result.is_complete());
    let failed = |report: &Report| matches!(report, Report::Failed { .. });
    let failed: Vec<&str> = result
        .servers
        .iter()
        .filter(|(_, report)| failed(report))
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(failed, ["empty", "folder", "list", "torn"]);
    assert!(
        result.to_string().contains("torn: it is no JSON"),
        "{result}"
    );
    let old = Servers::folder(folder.path(""))
        .unwrap()
        .younger_than(Duration::ZERO);
    assert_eq!(old.combine(&rules).servers.len(), 0);
    assert!(Servers::folder("/no/such/folder").is_err());
}

#[test]
fn pages_are_asked_side_by_side_each_with_a_deadline() {
    let rules = Rules::new().at("/shop/jobs", [Leaf::sum()]).unwrap();
    let servers: Vec<Server> = (1..=3_u32)
        .map(|number| {
            let registry = Registry::new();
            registry.counter("shop.jobs").unwrap().add(number);
            let server = Server::builder("127.0.0.1:0").registry(&registry);
            server.start().unwrap()
        })
        .collect();
    // They take connections and say nothing, or nonsense.
    let silent: Vec<TcpListener> = (0..20)
        .map(|_| TcpListener::bind("127.0.0.1:0").unwrap())
        .collect();
    let address = |listener: &TcpListener| listener.local_addr().unwrap().to_string();
    let nonsense = TcpListener::bind("127.0.0.1:0").unwrap();
    let nonsense_address = address(&nonsense);
    let talking = std::thread::spawn(move || {
        let (mut stream, _) = nonsense.accept().unwrap();
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<p>\n");
        stream // stays open
    });
    let mut addresses: Vec<String> = silent.iter().map(address).collect();
    addresses.push(nonsense_address.clone());
    addresses.push(format!("127.0.0.1:{}", free_port()));
    addresses.push(servers[0].url());
    addresses.extend(
        servers[1..]
            .iter()
            .map(|server| server.local_addr().to_string()),
    );
    let began = Instant::now();
    let result = Servers::pages(addresses)
        .patience(Duration::from_secs(2))
        .combine(&rules);
    // One after the other, the silent ones alone would take 40 s.
    assert!(
        began.elapsed() < Duration::from_secs(20),
        "{:?}",
        began.elapsed()
    );
    drop(talking.join());
    assert_eq!(
        json!(result)["combined"]["shop"]["jobs"]["sum"],
        6,
        "{result}"
    );
    let read = result
        .servers
        .iter()
        .filter(|(_, report)| *report == Report::Read);
    assert_eq!((read.count(), result.servers.len()), (3, 25));
    let report = result
        .servers
        .iter()
        .find(|(name, _)| *name == nonsense_address);
    assert!(matches!(&report.unwrap().1, Report::Failed { error } if error.contains("no JSON")));
    servers.into_iter().for_each(Server::stop);
}

#[test]
fn what_is_no_file_is_told_and_nobody_waits_for_it() {
    let folder = Folder::new("combine-no-file");
    folder.write("web5.json", r#"{ "jobs": 5 }"#);
    let fifo = folder.path("fifo.json");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .unwrap()
            .success()
    );
    std::os::unix::fs::symlink("/dev/zero", folder.path("zero.json")).unwrap();
    let rules = Rules::new().at("/jobs", [Leaf::sum()]).unwrap();
    let (done, is_done) = std::sync::mpsc::channel();
    let servers = Servers::folder(folder.path("")).unwrap();
    std::thread::spawn(move || done.send(servers.combine(&rules)));
    let result = is_done
        .recv_timeout(LONG)
        .expect("it does not wait for a writer");
    assert_eq!(json!(result)["combined"]["jobs"]["sum"], 5);
    for name in ["fifo", "zero"] {
        let report = &json!(result)["servers"][name];
        assert_eq!(report, &json!({ "is": "failed", "error": "it is no file" }));
    }
}

#[test]
fn a_server_that_is_given_twice_counts_once_and_is_told() {
    let registry = Registry::new();
    registry.counter("jobs").unwrap().add(7_u32);
    let server = Server::builder("127.0.0.1:0").registry(&registry);
    let server = server.start().unwrap();
    let address = server.local_addr().to_string();
    let rules = Rules::new().at("/jobs", [Leaf::sum()]).unwrap();
    let other_spelling = format!("http://{address}/");
    let given = [address.clone(), address.clone(), other_spelling.clone()];
    let result = Servers::pages(given).combine(&rules);
    assert_eq!(json!(result)["combined"]["jobs"]["sum"], 7);
    assert_eq!(result.repeated, [address.clone(), other_spelling]);
    assert!(result.is_complete() && result.to_string().contains("given twice"));
    server.stop();

    let mut combining = rules.combining();
    combining.add("web5", &json!({ "jobs": 1 }));
    combining.add("web5", &json!({ "jobs": 1 }));
    let result = combining.finish();
    assert_eq!(json!(result)["combined"]["jobs"]["sum"], 1);
    assert_eq!(result.repeated, ["web5"]);
}

#[test]
fn what_a_page_answers_is_told_in_words() {
    let page = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = page.local_addr().unwrap().to_string();
    let redirecting = std::thread::spawn(move || {
        let (mut stream, _) = page.accept().unwrap();
        let answer = "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n";
        let _ = stream.write_all(answer.as_bytes());
        stream
    });
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let late = silent.local_addr().unwrap().to_string();
    let rules = Rules::new().at("/jobs", [Leaf::sum()]).unwrap();
    let impossible = "127.0.0.1:99999";
    let result = Servers::pages([&*address, &*late, impossible, ""])
        .patience(Duration::from_secs(2))
        .combine(&rules);
    drop(redirecting.join());
    for (name, told) in [
        (&*address, "it answered 302"),
        (&*late, "in time"),
        (impossible, "no address"),
        ("", "no address"),
    ] {
        let error = json!(result)["servers"][name]["error"].clone();
        assert!(error.as_str().unwrap().contains(told), "{name}: {error}");
    }
}

#[test]
fn two_hundred_servers_of_five_thousand_stats() {
    let folder = Folder::new("combine-many");
    for server in 0..200_u64 {
        let counters = (0..4_500).map(|stat| (format!("counter{stat}"), json!(stat + server)));
        let timers = (0..500).map(|stat| {
            let timer = json!({
                "count": 10 + server, "sum": 1.5, "mean": 0.1, "min": 0.01, "max": 0.5 + server as f64,
                "stddev": 0.1, "p50": 0.1, "p75": 0.2, "p90": 0.3, "p95": 0.4, "p99": 0.45, "p999": 0.5,
                "rate1": 1.0, "rate5": 1.0, "rate15": 1.0, "ok": 10, "err": 0, "panicked": 0, "cancelled": 0,
                "inFlight": 0, "recent": { "count": 0, "sum": 0.0, "mean": null, "p99": null },
            });
            (format!("timer{stat}"), timer)
        });
        let stats: serde_json::Map<String, Value> = counters.chain(timers).collect();
        folder.write(
            &format!("web{server}.json"),
            &json!({ "shop": stats }).to_string(),
        );
    }
    let rules = Rules::new()
        .pattern("counters", "counter[0-9]+")
        .and_then(|rules| rules.pattern("timers", "timer[0-9]+"))
        .and_then(|rules| rules.at("/shop/{counters}", [Leaf::sum()]))
        .and_then(|rules| rules.at("/shop/{timers}", [Leaf::merge()]))
        .and_then(|rules| rules.at("/shop/*", [Leaf::average()]))
        .and_then(|rules| rules.at("/shop/timer7", [Leaf::largest().of("max")]))
        .unwrap();
    let began = Instant::now();
    let result = Servers::folder(folder.path("")).unwrap().combine(&rules);
    println!("200 servers of 5,000 stats each took {:?}", began.elapsed());
    assert!(result.is_complete() && result.servers.len() == 200);
    let result = &json!(result)["combined"]["shop"];
    let sum = (0..200_u64)
        .map(|server| (0..4_500).map(|stat| stat + server).sum::<u64>())
        .sum::<u64>();
    assert_eq!(result["counters"]["sum"], sum);
    assert_eq!(
        result["timers"]["merge"]["count"],
        500 * (0..200_u64).map(|server| 10 + server).sum::<u64>()
    );
    assert_eq!(result["counter3"]["average"]["count"], 200);
    assert_eq!(
        result["timer7"]["largest"],
        json!({ "server": "web199", "value": 199.5 })
    );
}
