use calipers::prelude::*;

use calipers::StateSet;

enum Phase {
    Idle,
}

#[derive(Instrumented)]
struct Handler {
    phase: StateSet<Phase>,
}

fn main() {}
