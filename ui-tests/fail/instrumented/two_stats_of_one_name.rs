use calipers::prelude::*;

#[derive(Instrumented)]
struct Server {
    latency: Timer,
    #[stat(name = "latency")]
    other: Timer,
    #[stat(name = "/latency")]
    third: Timer,
}

fn main() {}
