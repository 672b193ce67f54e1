use calipers::prelude::*;

#[derive(Instrumented)]
struct Handler {
    #[stat(with = || 1_u64, cap = 3)]
    size: Gauge<u64>,
}

fn main() {}
