//! The suite: what contenders register.
//!
//! A contender is one module of [`crate::contenders`]. It registers a row for each workload that its library can do: how
//! the library is set up, what each thread holds, and the one step that is timed. A row's note says where it does less
//! than the others. Adding a contender is writing one such module and naming it in the list.

use std::any::Any;
use std::arch::asm;
use std::cell::Cell;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Instant;

use crate::inputs::{self, Latencies, Latency, ORDER};
use crate::workload::Workload;

/// Runs `n` operations and says how many nanoseconds they took.
pub(crate) type Runner = Box<dyn FnMut(usize) -> u64>;

/// Whom a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// The row that ratios are taken against: what the machine itself costs.
    Floor,
    /// The row that stands for calipers.
    Ours,
    Other,
}

/// One contender in one workload.
pub(crate) struct Row {
    pub(crate) workload: Workload,
    pub(crate) name: String,
    /// Where it does less than the others, or more.
    pub(crate) note: &'static str,
    /// With how many threads it is run.
    pub(crate) threads: &'static [usize],
    pub(crate) side: Side,
    /// Run in a child process, because it changes what is global: the key of a [`Suite::alone`].
    pub(crate) alone: Option<&'static str>,
    make: Box<dyn Fn() -> Runner + Send + Sync>,
}

impl Row {
    pub(crate) fn runner(&self) -> Runner {
        (self.make)()
    }

    pub(crate) fn note(&mut self, note: &'static str) -> &mut Row {
        self.note = note;
        self
    }

    pub(crate) fn floor(&mut self) -> &mut Row {
        self.side = Side::Floor;
        self
    }

    pub(crate) fn ours(&mut self) -> &mut Row {
        self.side = Side::Ours;
        self
    }

    #[cfg(feature = "peers")]
    pub(crate) fn alone(&mut self, key: &'static str) -> &mut Row {
        self.alone = Some(key);
        self
    }
}

/// What memory is measured of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Thing {
    Counter,
    /// With 64 log-normal samples.
    Histogram,
    /// Never recorded into.
    IdleHistogram,
    /// With 4,096 log-normal samples over the whole range.
    FullHistogram,
}

/// Memory of `n` things of one kind; measured in a process of its own.
pub(crate) struct Memory {
    pub(crate) thing: Thing,
    pub(crate) name: String,
    pub(crate) n: usize,
    pub(crate) side: Side,
    pub(crate) make: Box<dyn Fn(usize) -> Box<dyn Any> + Send + Sync>,
}

impl Memory {
    pub(crate) fn floor(&mut self) {
        self.side = Side::Floor;
    }

    pub(crate) fn ours(&mut self) {
        self.side = Side::Ours;
    }
}

/// Everything that can be run.
#[derive(Default)]
pub(crate) struct Suite {
    pub(crate) rows: Vec<Row>,
    pub(crate) memory: Vec<Memory>,
    /// What sets a child process up, by the key of the rows that run there.
    pub(crate) alone: Vec<(&'static str, fn())>,
}

thread_local! {
    static WORKER: Cell<usize> = const { Cell::new(0) };
}

/// Says which worker this thread is.
pub(crate) fn become_worker(number: usize) {
    WORKER.set(number);
}

/// Where in its inputs this thread begins, so that two do not visit the same keys in lockstep.
pub(crate) fn phase() -> usize {
    WORKER.get() * 5003
}

/// Keeps the compiler from carrying anything in registers from one operation to the next. Costs no instruction.
#[inline(always)]
pub(crate) fn barrier() {
    // SAFETY: no instruction at all; it only claims to have touched memory.
    unsafe { asm!("", options(nostack, preserves_flags)) }
}

/// The loop that is timed, and whose instructions are counted: by its name, so it is never inlined.
#[inline(never)]
fn measured_loop<T, F: Fn(&mut T, usize)>(held: &mut T, n: usize, step: F) -> u64 {
    let begin = Instant::now();
    for i in 0..n {
        step(held, i);
        barrier();
    }
    begin.elapsed().as_nanos() as u64
}

/// A [`Runner`] over what one thread holds.
pub(crate) fn runner<T: 'static>(
    mut held: T,
    step: impl Fn(&mut T, usize) + Copy + 'static,
) -> Runner {
    Box::new(move |n| measured_loop(&mut held, n, step))
}

impl Suite {
    /// A row with a runner of its own making.
    pub(crate) fn custom(
        &mut self,
        workload: Workload,
        name: &str,
        threads: &'static [usize],
        make: impl Fn() -> Runner + Send + Sync + 'static,
    ) -> &mut Row {
        self.rows.push(Row {
            workload,
            name: name.to_owned(),
            note: "",
            threads,
            side: Side::Other,
            alone: None,
            make: Box::new(make),
        });
        let last = self.rows.len() - 1;
        &mut self.rows[last]
    }

    /// One operation. `shared` is made once for all threads of a row and `held` once a thread, both before any
    /// measurement; only `step` is timed.
    pub(crate) fn operation<S, T, F>(
        &mut self,
        workload: Workload,
        name: &str,
        threads: &'static [usize],
        shared: impl Fn() -> S + Send + Sync + 'static,
        held: impl Fn(&Arc<S>) -> T + Send + Sync + 'static,
        step: F,
    ) -> &mut Row
    where
        S: Send + Sync + 'static,
        T: 'static,
        F: Fn(&mut T, usize) + Copy + Send + Sync + 'static,
    {
        let present: Mutex<Weak<S>> = Mutex::new(Weak::new());
        self.custom(workload, name, threads, move || {
            let shared = {
                let mut present = present.lock().unwrap_or_else(PoisonError::into_inner);
                present.upgrade().unwrap_or_else(|| {
                    let made = Arc::new(shared());
                    *present = Arc::downgrade(&made);
                    made
                })
            };
            let mut held = held(&shared);
            // What is shared lives as long as the runner: until the workload is over.
            Box::new(move |n| {
                let _kept = &shared;
                measured_loop(&mut held, n, step)
            })
        })
    }

    /// 1,024 held handles, incremented in turn.
    pub(crate) fn many<H, F>(
        &mut self,
        name: &str,
        make: impl Fn(usize) -> H + Copy + Send + Sync + 'static,
        step: F,
    ) -> &mut Row
    where
        H: Clone + Send + Sync + 'static,
        F: Fn(&H) + Copy + Send + Sync + 'static,
    {
        self.operation(
            Workload::Counters1024,
            name,
            &[1, 2],
            move || (0..1024).map(make).collect::<Vec<H>>(),
            |all| -> Box<[H; 1024]> {
                let mut all = (**all).clone();
                all.rotate_left(phase() % 1024);
                match all.try_into() {
                    Ok(all) => all,
                    Err(_) => unreachable!("1,024 were made"),
                }
            },
            move |all, i| step(&all[i % 1024]),
        )
    }

    /// Histogram records. `step` gets what the thread holds, the value and the iteration.
    pub(crate) fn histogram<S, T, F>(
        &mut self,
        name: &str,
        shared: impl Fn() -> S + Send + Sync + 'static,
        held: impl Fn(&Arc<S>) -> T + Send + Sync + 'static,
        step: F,
    ) -> &mut Row
    where
        S: Send + Sync + 'static,
        T: 'static,
        F: Fn(&mut T, Latency, usize) + Copy + Send + Sync + 'static,
    {
        self.operation(
            Workload::Histogram,
            name,
            &[1, 2],
            shared,
            move |shared| (held(shared), Latencies::from(phase())),
            move |(held, latencies), i| step(held, latencies.at(i), i),
        )
    }

    /// Both workloads that look a string up. `step` gets what the thread holds and the key.
    pub(crate) fn family<S, T, F>(
        &mut self,
        name: &str,
        note: &'static str,
        shared: impl Fn(&'static [&'static str]) -> S + Copy + Send + Sync + 'static,
        held: impl Fn(&Arc<S>) -> T + Copy + Send + Sync + 'static,
        step: F,
    ) -> [usize; 2]
    where
        S: Send + Sync + 'static,
        T: 'static,
        F: Fn(&mut T, &'static str) + Copy + Send + Sync + 'static,
    {
        [(Workload::Family100, 100), (Workload::Family10k, 10_000)].map(|(workload, n)| {
            self.operation(
                workload,
                name,
                &[1, 2],
                move || {
                    let keys = inputs::keys(n);
                    (Arc::new(shared(keys)), inputs::key_order(keys))
                },
                move |both| {
                    let (shared, order) = &**both;
                    let mut order = order.clone();
                    order.rotate_left(phase() % ORDER);
                    (held(shared), order)
                },
                move |(held, order), i| step(held, order[i % ORDER]),
            )
            .note(note);
            self.rows.len() - 1
        })
    }

    /// Memory of `n` things; `make` builds them and returns what keeps them alive.
    pub(crate) fn memory(
        &mut self,
        thing: Thing,
        name: &str,
        n: usize,
        make: impl Fn(usize) -> Box<dyn Any> + Send + Sync + 'static,
    ) -> &mut Memory {
        self.memory.push(Memory {
            thing,
            name: name.to_owned(),
            n,
            side: Side::Other,
            make: Box::new(make),
        });
        let last = self.memory.len() - 1;
        &mut self.memory[last]
    }
}
