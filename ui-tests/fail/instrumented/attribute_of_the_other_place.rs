use calipers::prelude::*;

#[derive(Instrumented)]
#[stat(name = "handler")]
struct Handler {
    #[instrumented(label = "x")]
    latency: Timer,
}

fn main() {}
