//! The server, asked over a real connection.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use super::super::own::PageStats;
use super::super::{ServeError, Server, serve_in_background};
use super::sample;
use axum::Router;
use axum::routing::get;

fn over_the_wire(addr: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

const REQUEST: &str = "GET /?format=json HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

#[test]
fn the_server_serves_until_it_is_stopped_and_not_until_it_is_dropped() {
    let server = serve_in_background("127.0.0.1:0", "x").unwrap();
    let addr = server.local_addr();
    assert_eq!(server.url(), format!("http://{addr}/"));
    assert!(over_the_wire(addr, REQUEST).starts_with("HTTP/1.1 200 OK"));
    // An idle connection keeps nobody waiting.
    let _idle = TcpStream::connect(addr).unwrap();
    let begun = Instant::now();
    server.stop();
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert!(TcpStream::connect(addr).is_err());

    let dropped = serve_in_background("127.0.0.1:0", "x")
        .unwrap()
        .local_addr();
    assert!(over_the_wire(dropped, REQUEST).starts_with("HTTP/1.1 200 OK"));
}

#[test]
fn it_is_said_at_once_why_an_address_cannot_be_served() {
    let server = serve_in_background("127.0.0.1:0", "x").unwrap();
    let taken = serve_in_background(server.local_addr(), "y").unwrap_err();
    assert!(matches!(taken, ServeError::Listen { addr, .. } if addr == server.local_addr()));
    assert!(
        taken.to_string().contains(&server.local_addr().to_string()),
        "{taken}"
    );
    let unknown = serve_in_background("no port", "y").unwrap_err();
    assert!(matches!(unknown, ServeError::Address(_)), "{unknown}");
    let none: &[SocketAddr] = &[];
    assert!(matches!(
        serve_in_background(none, "y").unwrap_err(),
        ServeError::Address(_)
    ));
    server.stop();
}

#[test]
fn a_client_that_never_ends_its_headers_keeps_nobody_else_from_being_answered() {
    let server = serve_in_background("127.0.0.1:0", "x").unwrap();
    let slow: Vec<TcpStream> = (0..200)
        .map(|_| {
            let mut stream = TcpStream::connect(server.local_addr()).unwrap();
            stream.write_all(b"GET / HTTP/1.1\r\nx: ").unwrap();
            stream
        })
        .collect();
    let begun = Instant::now();
    assert!(over_the_wire(server.local_addr(), REQUEST).starts_with("HTTP/1.1 200 OK"));
    assert!(begun.elapsed() < Duration::from_secs(5));
    drop(slow);
    server.stop();
}

#[test]
fn a_website_that_stands_for_this_machine_reads_nothing() {
    let registry = sample();
    let server = Server::builder("127.0.0.1:0")
        .registry(&registry)
        .allow_host("stats.example")
        .start()
        .unwrap();
    let ask = |host: &str| {
        let request = REQUEST.replace("localhost", host);
        over_the_wire(server.local_addr(), &request)
    };
    for own in [
        "localhost",
        "127.0.0.1:80",
        "[::1]",
        "stats.example",
        &server.local_addr().to_string(),
    ] {
        assert!(ask(own).starts_with("HTTP/1.1 200 OK"), "{own}");
    }
    let refused = ask("evil.example");
    assert!(
        refused.starts_with("HTTP/1.1 421 Misdirected Request"),
        "{refused}"
    );
    assert!(!refused.contains("12345"), "{refused}");
    let nameless = over_the_wire(
        server.local_addr(),
        "GET / HTTP/1.1\r\nconnection: close\r\n\r\n",
    );
    assert!(nameless.starts_with("HTTP/1.1 400"), "{nameless}");
    server.stop();
}

#[test]
fn who_finds_no_room_is_told_so_and_counted() {
    let registry = sample();
    let _kept = PageStats::open(&registry); // its counts, once the server is gone
    let server = Server::builder("127.0.0.1:0")
        .registry(&registry)
        .start()
        .unwrap();
    let stat = |name: &str| format!("/calipers/report/http/{name}");
    let idle: Vec<TcpStream> = (0..512)
        .map(|_| TcpStream::connect(server.local_addr()).unwrap())
        .collect();
    let began = Instant::now();
    let connections = || registry.snapshot().up_down_counter(&stat("connections"));
    while connections() != Some(512) {
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "{:?}",
            connections()
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    for _ in 0..20 {
        let answer = over_the_wire(server.local_addr(), REQUEST);
        assert!(
            answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n"),
            "{answer}"
        );
        assert!(answer.ends_with("\r\n\r\ntoo many connections are open; come again\n"));
    }
    assert_eq!(registry.snapshot().counter(&stat("errors/full")), Some(20));
    // Others for whom there is no room say nothing, and leave none to be told: those who speak are told all the same.
    let more: Vec<TcpStream> = (0..100)
        .map(|_| TcpStream::connect(server.local_addr()).unwrap())
        .collect();
    let answer = over_the_wire(server.local_addr(), REQUEST);
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    drop((idle, more));
    while !over_the_wire(server.local_addr(), REQUEST).starts_with("HTTP/1.1 200 OK") {
        assert!(began.elapsed() < Duration::from_secs(60));
    }
    server.stop();
    assert_eq!(connections(), Some(0));
}

#[test]
fn what_is_no_http_is_counted_too() {
    let registry = sample();
    let _kept = PageStats::open(&registry);
    let server = Server::builder("127.0.0.1:0").registry(&registry).start();
    let server = server.unwrap();
    let long = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "x".repeat(100_000));
    for (request, status) in [
        ("junk\r\n\r\n", "400"),
        ("GET /?query=a>3 HTTP/1.1\r\nhost: localhost\r\n\r\n", "400"),
        (&*long, "431"),
    ] {
        let mut stream = TcpStream::connect(server.local_addr()).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).unwrap();
        assert!(answer.ends_with(status.as_bytes()), "{answer:?}");
    }
    server.stop();
    let snapshot = registry.snapshot();
    let counter = |name: &str| snapshot.counter(&format!("/calipers/report/http/{name}"));
    assert_eq!(counter("requests"), Some(3));
    assert_eq!(counter("errors/badRequest"), Some(3));
}

#[test]
fn headers_that_never_end_are_given_up() {
    let registry = sample();
    let _kept = PageStats::open(&registry); // its counts, once the server is gone
    let server = Server::builder("127.0.0.1:0")
        .registry(&registry)
        .start()
        .unwrap();
    // Over this one nothing comes at all, as over those that browsers open ahead of need: that is no error.
    let _silent = TcpStream::connect(server.local_addr()).unwrap();
    let mut slow = TcpStream::connect(server.local_addr()).unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nx: ").unwrap();
    slow.set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    let began = Instant::now();
    let mut answer = Vec::new();
    // Either way it is over: closed, or told that it took too long.
    let _ = slow.read_to_end(&mut answer);
    assert!(began.elapsed() < Duration::from_secs(30), "{answer:?}");
    server.stop();
    let timed_out = registry.snapshot();
    let timed_out = timed_out.counter("/calipers/report/http/errors/timedOut");
    assert_eq!(timed_out, Some(1));
}

#[test]
fn who_takes_nothing_of_an_answer_is_given_up_and_who_reads_gets_it_whole() {
    const LARGE: usize = 32 << 20; // more than the system holds for a connection
    let registry = sample();
    let _kept = PageStats::open(&registry);
    let server = Server::builder("127.0.0.1:0")
        .registry(&registry)
        .beside(Router::new().route("/large", get(|| async { vec![b'x'; LARGE] })))
        .stall(Duration::from_secs(2))
        .start()
        .unwrap();
    let request = REQUEST.replace("/?format=json", "/large");
    let silent: Vec<TcpStream> = (0..3)
        .map(|_| {
            let mut stream = TcpStream::connect(server.local_addr()).unwrap();
            stream.write_all(request.as_bytes()).unwrap();
            stream
        })
        .collect();
    let whole = over_the_wire(server.local_addr(), &request);
    assert!(whole.starts_with("HTTP/1.1 200 OK") && whole.len() > LARGE);
    let stat = |name: &str| format!("/calipers/report/http/{name}");
    let began = Instant::now();
    loop {
        let snapshot = registry.snapshot();
        if snapshot.up_down_counter(&stat("connections")) == Some(0) {
            assert_eq!(snapshot.counter(&stat("errors/notTaken")), Some(3));
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "they are held");
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(silent);
    server.stop();
}

#[test]
fn who_shuts_down_its_sending_side_after_the_request_is_answered() {
    let server = serve_in_background("127.0.0.1:0", "x").unwrap();
    for request in [REQUEST, &REQUEST.replace("connection: close\r\n", "")] {
        let mut stream = TcpStream::connect(server.local_addr()).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    }
    server.stop();
}
