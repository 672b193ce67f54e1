use calipers::prelude::*;

#[derive(Instrumented)]
struct Handler {
    #[stat(unti = "s")]
    latency: Timer,
}

fn main() {}
