use calipers::prelude::*;

#[derive(Instrumented)]
struct Handler {
    requests: Counter,
    buf: Vec<u8>,
}

fn main() {}
