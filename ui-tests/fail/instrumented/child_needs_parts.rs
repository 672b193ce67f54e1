use calipers::prelude::*;

#[derive(Instrumented)]
struct Inner {
    seen: Counter,
    #[stat(skip)]
    size: u8,
}

#[derive(Instrumented)]
struct Handler {
    latency: Timer,
    #[stat(child)]
    inner: Inner,
}

fn main() {}
