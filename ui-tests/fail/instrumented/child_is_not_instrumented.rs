use calipers::prelude::*;

struct Inner;

#[derive(Instrumented)]
struct Handler {
    latency: Timer,
    #[stat(child)]
    inner: Inner,
}

fn main() {}
