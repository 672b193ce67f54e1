//! Children as fields, with parts of their own; expressions use the parts by name.
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use calipers::prelude::*;

#[derive(Instrumented)]
struct Queue {
    pushed: Counter,
    #[stat(with = { let length = Arc::clone(length); move || length.load(Ordering::Relaxed) })]
    depth: Gauge<u64>,
    #[stat(skip)]
    length: Arc<AtomicU64>,
    #[stat(skip = Arc::strong_count(length))]
    owners: usize,
}

#[derive(Instrumented)]
#[instrumented(prefix = "jobs", rename_all = "camelCase")]
struct Service {
    jobs_done: Counter,
    #[stat(child)]
    inner: Inner,
    #[stat(child = QueueParts { length: Arc::clone(length) }, name = "queues/main")]
    queue: Queue,
    #[stat(skip)]
    length: Arc<AtomicU64>,
}

#[derive(Instrumented)]
struct Inner {
    seen: Counter,
}

fn main() {
    let service = Service::init("/service", ServiceParts { length: Arc::new(AtomicU64::new(3)) });
    service.jobs_done.inc();
    service.inner.seen.inc();
    service.queue.pushed.inc();
    assert!(service.queue.owners >= 2);
    assert_eq!(service.queue.length.load(Ordering::Relaxed), 3);
    let _ = (&service.queue.depth, &service.length);
    use calipers::Instrumented as _;
    assert_eq!(Service::CLASS.stats[0].name, "jobs/jobsDone");
}
