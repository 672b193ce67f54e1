//! A publisher whose address somebody else had.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use calipers::Registry;
use calipers::distributed::{Aggregator, Publisher};
use calipers_tests::parts::until;

/// How a 0MQ server greets that lets in only who has a password.
fn greeting() -> [u8; 64] {
    let mut greeting = [0; 64];
    greeting[0] = 0xFF;
    greeting[9] = 0x7F;
    greeting[10] = 3;
    greeting[12..17].copy_from_slice(b"PLAIN");
    greeting[32] = 1;
    greeting
}

#[test]
fn a_publisher_is_heard_though_another_0mq_server_had_the_address_before() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("tcp://{}", other.local_addr().unwrap());
    let registry = Registry::new();
    registry.counter("n").unwrap().add(5);
    let _publisher = Publisher::connect(&*endpoint)
        .identity("a")
        .registry(&registry)
        .every(Duration::from_millis(50))
        .linger(Duration::from_millis(100))
        .start()
        .unwrap();
    let (mut connection, _) = other.accept().unwrap();
    connection.write_all(&greeting()).unwrap();
    // It leaves, and libzmq does not come again.
    let _ = connection.read_to_end(&mut Vec::new());
    drop((connection, other));
    let aggregator = Aggregator::bind(&*endpoint)
        .registry(&Registry::new())
        .start()
        .unwrap();
    until("the publisher is heard", || {
        (aggregator.snapshot().counter("/n") == Some(5)).then_some(())
    });
}
