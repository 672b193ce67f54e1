use calipers::prelude::*;

#[derive(Instrumented)]
#[instrumented(rename_all = "camelcase")]
struct Handler {
    latency: Timer,
}

fn main() {}
