use calipers::prelude::*;

struct Config;

#[derive(Instrumented)]
#[instrumented(parent = Config)]
struct Worker {
    finished: Counter,
    latency: Timer,
}

fn main() {}
