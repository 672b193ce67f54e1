use calipers::prelude::*;

#[derive(Instrumented)]
#[instrumented = "handler"]
struct Handler {
    #[stat]
    latency: Timer,
    #[stat()]
    requests: Counter,
}

fn main() {}
