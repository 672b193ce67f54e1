use calipers::prelude::*;

#[derive(Instrumented)]
union Handler {
    requests: u64,
}

fn main() {}
