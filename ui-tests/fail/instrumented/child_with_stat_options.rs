use calipers::prelude::*;

#[derive(Instrumented)]
struct Inner {
    seen: Counter,
}

#[derive(Instrumented)]
struct Handler {
    latency: Timer,
    #[stat(child, unit = "s", with = 1)]
    inner: Inner,
}

fn main() {}
