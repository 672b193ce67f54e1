use calipers::Sum;
use calipers::prelude::*;

#[derive(Instrumented)]
struct Processor {
    size: Sum<Counter>,
}

#[derive(Instrumented)]
struct Cache {
    size: Gauge,
}

#[derive(Instrumented)]
#[instrumented(parent = Processor)]
struct Worker {
    finished: Counter,
    #[stat(child)]
    cache: Cache,
}

#[derive(Instrumented)]
struct Owner {
    size: Sum<Counter>,
    #[stat(child)]
    cache: Cache,
}

fn main() {}
