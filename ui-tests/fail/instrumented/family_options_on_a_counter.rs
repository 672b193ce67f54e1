use calipers::prelude::*;

#[derive(Instrumented)]
struct Handler {
    #[stat(label = "path")]
    requests: Counter,
    #[stat(cap = 10)]
    latency: Timer,
    #[stat(hide_zero)]
    size: Histogram,
}

fn main() {}
