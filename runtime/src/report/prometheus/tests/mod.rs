//! Expositions of trees that were recorded into, whole, and what must hold of them.

mod collisions;
mod depth;
mod golden;
mod hostile;
mod protobuf;

use std::time::Duration;

use super::*;
use crate::prelude::*;
use crate::private::init_in;
use crate::{CountBy, Registry, StateSet, States, Sum};

/// The work of a server, as the README has it.
#[derive(Instrumented)]
struct Processor {
    /// What the workers are doing.
    state: CountBy<StateSet<Phase>>,
    /// Tasks done.
    finished: Sum<Counter>,
    /// Tasks failed, by reason.
    #[stat(label = "reason")]
    errors: Sum<Family<String, Counter>>,
    /// Time to do a task.
    latency: Sum<Timer>,
}

#[derive(Instrumented)]
#[instrumented(parent = Processor, label = "thread")]
struct Worker {
    /// What this worker is doing.
    state: StateSet<Phase>,
    /// Tasks done by this worker.
    finished: Counter,
    /// Tasks failed, by reason.
    #[stat(label = "reason")]
    errors: Family<String, Counter>,
    /// Time to do a task.
    latency: Timer,
}

#[derive(States)]
enum Phase {
    WaitingForTask,
    PerformingTask,
}

/// A processor of two workers that have done something.
fn processor(registry: &Registry) -> (Processor, [Worker; 2]) {
    let processor: Processor = init_in(registry, "/processor", ());
    let workers = ["a", "b"].map(|name| Worker::init_child(&processor, name));
    for (worker, tasks) in workers.iter().zip([2_u32, 1]) {
        worker.state.set(Phase::WaitingForTask);
        worker.finished.add(tasks);
        for _ in 0..tasks {
            worker.latency.record(Duration::from_millis(3));
        }
    }
    workers[1].state.set(Phase::PerformingTask);
    workers[1].errors.get("disk").inc();
    (processor, workers)
}

/// In OpenMetrics, without timestamps.
fn open_metrics(exposition: Exposition, registry: &Registry) -> String {
    let mut out = Vec::new();
    let snapshot = registry.snapshot();
    exposition
        .created(false)
        .write(&snapshot, Format::OpenMetrics, &mut out);
    String::from_utf8(out).unwrap()
}

/// The lines that are samples.
fn samples(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.starts_with('#')).collect()
}
