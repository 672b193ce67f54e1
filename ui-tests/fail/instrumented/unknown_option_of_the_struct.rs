use calipers::prelude::*;

#[derive(Instrumented)]
#[instrumented(colapsed, path = "/handler")]
struct Handler {
    latency: Timer,
}

fn main() {}
