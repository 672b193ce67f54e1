use calipers::prelude::*;

#[derive(Instrumented)]
#[instrumented(crate = "not a path")]
struct Handler {
    latency: Timer,
}

fn main() {}
