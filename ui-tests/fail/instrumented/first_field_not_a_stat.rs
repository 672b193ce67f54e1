use calipers::prelude::*;

#[derive(Instrumented)]
struct Handler {
    buf: Vec<u8>,
}

fn main() {}
