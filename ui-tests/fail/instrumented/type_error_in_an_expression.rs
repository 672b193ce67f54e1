use calipers::prelude::*;

#[derive(Instrumented)]
struct Handler {
    latency: Timer,
    #[stat(skip = "x")]
    size: u16,
    #[stat(with = || "text")]
    depth: Gauge<u64>,
}

fn main() {}
