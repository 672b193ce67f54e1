//! What can be a parent, declared or not; and totals that nobody reads are not unused.
#![deny(warnings)]
use std::rc::Rc;
use std::sync::Arc;

use calipers::prelude::*;
use calipers::{Max, Min, Node, Sum};

#[derive(Instrumented)]
struct Server {
    requests: Sum<Counter>,
    longest: Max<Gauge<u64>>,
    shortest: Min<Gauge<u64>>,
    #[stat(with = || 1.5)]
    load: Gauge,
    node: Node,
}

#[derive(Instrumented)]
#[instrumented(parent = Server)]
struct Worker {
    requests: Counter,
    longest: Gauge<u64>,
    shortest: Gauge<u64>,
}

#[derive(Instrumented)]
#[instrumented(parent = Arc<Server>)]
struct Shared {
    requests: Counter,
}

#[derive(Instrumented)]
struct Anywhere {
    requests: Counter,
}

fn main() {
    let server = Arc::new(Server::init("/server"));
    let worker = Worker::init_child(&server, 1);
    worker.requests.inc();
    worker.longest.set(4_u64);
    worker.shortest.set(2_u64);
    let shared = Shared::init_child(&server, "shared");
    shared.requests.inc();
    let below = Anywhere::init_child(&*server, format_args!("{}-{}", "a", 1));
    let below_arc = Anywhere::init_child_numbered(&server, "any");
    let below_rc = Anywhere::init_child(&Rc::new(worker), "b");
    let below_node = Anywhere::init_child(&server.node, "c");
    for one in [below, below_arc, below_rc, below_node] {
        one.requests.inc();
    }
    assert_eq!(calipers::snapshot().counter("/server/requests"), Some(6));
}
