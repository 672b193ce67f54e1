use calipers::prelude::*;

#[derive(Instrumented)]
struct Handler {
    #[stat(with = || 1_u64)]
    requests: Counter,
}

fn main() {}
