use calipers::prelude::*;

#[derive(Instrumented)]
struct Handler {
    latency: Timer,
    #[stat(skip, name = "pool", unit = "By")]
    pool: Vec<u8>,
    #[stat(label = "x", cap = 3, hide_zero, skip = Vec::new())]
    scratch: Vec<u8>,
}

fn main() {}
