//! Clients that take their time on purpose: slowhttptest holds hundreds of connections open with headers that never end.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use calipers::Registry;
use calipers::report::http::Server;
use calipers_tests::parts::{Folder, Part, program, until};

const SLOW: u64 = 500;

#[test]
fn behind_500_clients_with_endless_headers_a_good_request_is_answered_within_a_second() {
    let folder = Folder::new("page-slow");
    let registry = Registry::new();
    registry.counter("web.requests").unwrap().add(12_345);
    let server = Server::builder("127.0.0.1:0").registry(&registry).start();
    let server = server.expect("a free port");
    let open = || {
        let snapshot = registry.snapshot();
        snapshot.up_down_counter("/calipers/report/http/connections")
    };

    let mut command = Command::new(program("slowhttptest"));
    command.args(["-H", "-c", &SLOW.to_string(), "-r", "500", "-i", "3"]);
    command.args(["-l", "30", "-p", "3", "-x", "20", "-u", &server.url()]);
    let slow = Part::start(command, &folder);

    until("all of them are there", || {
        (open() >= Some(SLOW as i64)).then_some(())
    });
    // For as long as they are: the first are given up ten seconds after they came.
    let (mut longest, mut answered) = (Duration::ZERO, 0);
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(8) && open() >= Some(SLOW as i64) {
        let asked = Instant::now();
        let answer = ask(&server);
        longest = longest.max(asked.elapsed());
        answered += 1;
        assert!(
            answer.starts_with("HTTP/1.1 200 OK") && answer.contains("12345"),
            "{answer}"
        );
    }
    assert!(
        answered >= 100,
        "{answered}: {:?}\n{}",
        open(),
        slow.output()
    );
    println!(
        "figure: {answered} requests behind {SLOW} slow connections, the longest took {longest:?}"
    );
    assert!(longest < Duration::from_secs(1), "{longest:?}");

    // Each is given up when its headers have not come in time.
    until("they are given up", || {
        let snapshot = registry.snapshot();
        let given_up = snapshot.counter("/calipers/report/http/errors/timedOut");
        (given_up >= Some(SLOW)).then_some(())
    });
    server.stop();
}

fn ask(server: &Server) -> String {
    let mut stream = TcpStream::connect(server.local_addr()).expect("a connection");
    let request = "GET /web/?format=json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).expect("it is read");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it is answered");
    answer
}
