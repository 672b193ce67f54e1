//! The worker pool: workers with states, that come when there is much to do and go when there is not.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use calipers::prelude::*;
use calipers::{CountBy, StateSet, StateTime, States, Sum, UpDownCounter};
use calipers_examples::dice::Dice;

/// The pool. Its aggregates add up what its workers record under the same names; a worker that goes leaves what it
/// counted behind, so these never fall.
#[derive(Instrumented)]
pub(crate) struct Processor {
    /// How many workers are doing what.
    state: CountBy<StateSet<Phase>>,
    /// Orders that were carried out.
    finished: Sum<Counter>,
    /// Orders that were not, by reason.
    errors: Sum<Family<Failure, Counter>>,
    /// Time to carry an order out; distributions merge, so the percentiles are those of all workers.
    latency: Sum<Timer>,
    /// Orders that wait for a worker.
    #[stat(with = { let queue = Arc::clone(queue); move || queue.lock().len() as u64 })]
    queued: Gauge<u64>,
    /// Workers there are.
    workers: UpDownCounter,
    // Two fields that are no stats. The first is handed to `init`, so that the closure above can use it.
    #[stat(skip)]
    queue: Arc<Queue>,
    #[stat(skip = AtomicUsize::new(0))]
    hired: AtomicUsize,
}

/// One worker. That its stats fit the processor's is checked when this is compiled.
#[derive(Instrumented)]
#[instrumented(parent = Processor, label = "thread")]
struct Worker {
    state: StateSet<Phase>,
    /// Where its time goes.
    time: StateTime<Phase>,
    finished: Counter,
    errors: Family<Failure, Counter>,
    latency: Timer,
}

/// What a worker is doing. A closed set: entering a state is one store.
#[derive(Clone, Copy, States)]
enum Phase {
    WaitingForTask,
    PerformingTask,
}

/// Why an order failed. As the key of a family it is an index into an array, and nothing is hashed.
#[derive(Clone, Copy, States)]
enum Failure {
    CardDeclined,
    OutOfStock,
    CarrierDown,
}

/// What a customer wants.
pub(crate) struct Order {
    pub(crate) item: String,
    pub(crate) count: u16,
}

/// Too many orders are waiting.
pub(crate) struct Busy;

const MOST_WORKERS: usize = 12;
const LONGEST_QUEUE: usize = 100;

impl Processor {
    /// Opens the pool at `/processor`.
    pub(crate) fn open() -> Arc<Processor> {
        let queue = Arc::default();
        Arc::new(Processor::init("/processor", ProcessorParts { queue }))
    }

    /// Takes an order in, and a worker on if the others cannot keep up.
    pub(crate) fn submit(self: &Arc<Self>, order: Order) -> Result<(), Busy> {
        let waiting = self.queue.push(order)?;
        let workers = self.hired.load(Ordering::Relaxed);
        if workers == 0 || (waiting > 2 * workers && workers < MOST_WORKERS) {
            self.hire();
        }
        Ok(())
    }

    fn hire(self: &Arc<Self>) {
        // It shows up as /processor/thread/1, or whichever is the lowest number free.
        let worker = Worker::init_child_numbered(self, "thread");
        let processor = Arc::clone(self);
        self.hired.fetch_add(1, Ordering::Relaxed);
        self.workers.inc();
        thread::spawn(move || {
            worker.work(&processor.queue);
            processor.workers.dec();
            processor.hired.fetch_sub(1, Ordering::Relaxed);
            // Here the worker is dropped: its own stats go, what they counted stays in the processor's.
        });
    }
}

impl Worker {
    /// Carries orders out until there has been none for a while.
    fn work(&self, queue: &Queue) {
        let mut dice = Dice::default();
        loop {
            self.enter(Phase::WaitingForTask);
            let Some(order) = queue.pop() else { return };
            self.enter(Phase::PerformingTask);
            match self.perform(&order, &mut dice) {
                Ok(()) => self.finished.inc(),
                Err(failure) => self.errors.get(failure).inc(),
            }
        }
    }

    fn enter(&self, phase: Phase) {
        self.state.set(phase);
        self.time.set(phase);
    }

    /// Timed whichever way it ends; an `Err` is counted as one.
    #[timed(self.latency)]
    fn perform(&self, order: &Order, dice: &mut Dice) -> Result<(), Failure> {
        charge(dice)?;
        thread::sleep(dice.around(Duration::from_millis(6)) * u32::from(order.count.min(3)));
        match order.item.as_str() {
            "unobtainium" => Err(Failure::OutOfStock),
            _ if dice.once_in(200) => Err(Failure::CarrierDown),
            _ => Ok(()),
        }
    }
}

/// Somebody else's service, the usual suspect. A timer of its own, at a path of its own.
#[timed("/payments/charge")]
fn charge(dice: &mut Dice) -> Result<(), Failure> {
    thread::sleep(dice.around(Duration::from_millis(2)));
    if dice.once_in(40) {
        Err(Failure::CardDeclined)
    } else {
        Ok(())
    }
}

/// The orders that wait. Nothing of calipers from here on.
#[derive(Default)]
struct Queue {
    orders: Mutex<VecDeque<Order>>,
    arrived: Condvar,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, VecDeque<Order>> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts an order at the end, and tells how many are waiting.
    fn push(&self, order: Order) -> Result<usize, Busy> {
        let mut orders = self.lock();
        if orders.len() >= LONGEST_QUEUE {
            return Err(Busy);
        }
        orders.push_back(order);
        self.arrived.notify_one();
        Ok(orders.len())
    }

    /// The next order; nothing when none came for a while.
    fn pop(&self) -> Option<Order> {
        let patience = Duration::from_millis(200);
        let (mut orders, _) = self
            .arrived
            .wait_timeout_while(self.lock(), patience, |orders| orders.is_empty())
            .unwrap_or_else(PoisonError::into_inner);
        orders.pop_front()
    }
}
