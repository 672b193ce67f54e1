use calipers::prelude::*;

#[derive(Instrumented)]
struct Handler {
    #[stat(name = )]
    latency: Timer,
    #[stat(unit)]
    size: Histogram,
    #[stat("requests")]
    requests: Counter,
    #[stat(name = "errors" unit = "1")]
    errors: Counter,
}

fn make() -> Handler {
    let handler = Handler::init("/handler");
    handler.latency.start();
    handler
}

fn main() {}
