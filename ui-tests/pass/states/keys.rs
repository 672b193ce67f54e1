//! A set of states as the key of a family, alone and in a pair, and as what time is spent in.
#![deny(warnings)]
use calipers::prelude::*;
use calipers::{StateTime, States};

#[derive(States)]
#[states(rename_all = "SCREAMING_SNAKE_CASE")]
enum Method {
    Get,
    #[state(name = "other method")]
    r#Other,
}

#[derive(Instrumented)]
struct Server {
    #[stat(label = "method")]
    by_method: Family<Method, Counter>,
    by_method_and_status: Family<(Method, u16), Counter>,
    doing: StateTime<Method>,
}

fn main() {
    let server = Server::init("/server");
    server.by_method.get(Method::Get).inc();
    server.by_method.get(Method::Other).add(2_u8);
    server.by_method_and_status.get((Method::Get, 200)).inc();
    server.doing.set(Method::Get);
    let snapshot = calipers::snapshot();
    assert_eq!(snapshot.counter("/server/by_method/GET"), Some(1));
    assert_eq!(snapshot.counter("/server/by_method/other method"), Some(2));
    assert_eq!(snapshot.counter("/server/by_method_and_status/GET,200"), Some(1));
}
