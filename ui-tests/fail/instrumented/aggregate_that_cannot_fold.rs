use calipers::prelude::*;

use calipers::{CountBy, StateSet, States, Sum};

#[derive(States)]
enum Phase {
    On,
}

#[derive(Instrumented)]
struct Processor {
    finished: Sum<Counter>,
    state: CountBy<StateSet<Phase>>,
    latency: Sum<Timer>,
}

#[derive(Instrumented)]
#[instrumented(parent = Processor)]
struct Worker {
    finished: Histogram,
    state: StateSet<Phase>,
    latency: Counter,
}

#[derive(Instrumented)]
#[instrumented(parent = Processor)]
struct GenericWorker<T> {
    state: Counter,
    #[stat(skip)]
    task: T,
}

fn main() {}
