//! The server, asked over a real connection.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use super::super::{ServeError, serve_in_background};

fn over_the_wire(addr: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

const REQUEST: &str = "GET /?format=json HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

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
