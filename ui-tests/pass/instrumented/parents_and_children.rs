//! A parent whose aggregates are checked, children by name and by number, and below an `Arc`.
use std::sync::Arc;

use calipers::prelude::*;
use calipers::{CountBy, StateSet, States, Sum};

#[derive(States)]
enum Phase {
    WaitingForTask,
    PerformingTask,
}

#[derive(Instrumented)]
struct Processor {
    state: CountBy<StateSet<Phase>>,
    finished: Sum<Counter>,
    errors: Sum<Family<String, Counter>>,
    latency: Sum<Timer>,
}

#[derive(Instrumented)]
#[instrumented(parent = Processor, label = "thread", collapsed)]
struct Worker {
    state: StateSet<Phase>,
    finished: Counter,
    errors: Family<String, Counter>,
    latency: Timer,
    unrelated: Gauge<f64>,
}

#[derive(Instrumented)]
#[instrumented(init = at)]
struct Job {
    done: Counter,
}

fn main() {
    let processor = Arc::new(Processor::init("/processor"));
    let worker = Worker::init_child(&processor, "thread-0");
    let numbered = Worker::init_child_numbered(&processor, "thread");
    worker.finished.inc();
    numbered.finished.inc();
    let job = Job::at("/job");
    let _ = Job::at_child(&job, 7);
    let _ = Job::at_child_numbered(&processor, "job");
    let _ = (Phase::WaitingForTask, Phase::PerformingTask);
    let _ = (&processor.state, &processor.finished, &processor.errors, &processor.latency);
    let _ = (&worker.state, &worker.errors, &worker.latency, &worker.unrelated, &job.done);
}
