use calipers::prelude::*;

struct Timer;

#[derive(Instrumented)]
struct Handler {
    requests: Counter,
    latency: Timer,
}

fn main() {}
