use calipers::prelude::*;

#[derive(Instrumented)]
struct Handler {
    #[stat(skip)]
    size: u8,
}

fn main() {}
