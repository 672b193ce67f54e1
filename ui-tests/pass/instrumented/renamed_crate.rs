//! `calipers` under another name, as a crate that re-exports it would have it.
mod stats {
    pub mod inner {
        pub use calipers::*;
    }
}

use stats::inner::{Counter, Node, Timer, timed};

#[derive(stats::inner::Instrumented)]
#[instrumented(crate = "crate::stats::inner")]
struct Handler {
    requests: Counter,
    latency: Timer,
}

#[derive(stats::inner::Instrumented)]
#[instrumented(crate = "stats::inner")]
struct Holder {
    node: Node,
}

#[derive(stats::inner::States)]
#[states(crate = "crate::stats::inner", rename_all = "UPPERCASE")]
enum Phase {
    On,
}

stats::inner::collection! {
    #[instrumented(crate = "crate::stats::inner")]
    static WEB: Web = "/web" { errors: Counter }
}

#[timed(crate = "crate::stats::inner")]
fn work() {}

#[timed("/tasks", crate = "crate::stats::inner")]
fn more_work() {}

fn main() {
    let handler = Handler::init("/handler");
    handler.requests.inc();
    let holder = Holder::init("/holder");
    let _ = (&handler.latency, &holder.node, Phase::On);
    assert_eq!(<Phase as calipers::States>::NAMES, ["ON"]);
    WEB.errors.inc();
    work();
    more_work();
}
