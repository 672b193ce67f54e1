//! Workloads whose rows are all set up alike: what is given to each contender, and in which order.

use std::array;
use std::sync::Arc;

use super::{Row, Suite, phase};
use crate::inputs::{self, Latencies, Latency, ORDER};
use crate::workload::Workload;

impl Suite {
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
                Box::new(array::from_fn(|i| all[(i + phase()) % 1024].clone()))
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

    /// Both workloads that look a string up. `step` gets what the thread holds and the key; `describe` says of each row
    /// what is to be said.
    pub(crate) fn family<S, T, F>(
        &mut self,
        name: &str,
        describe: fn(&mut Row),
        shared: impl Fn(&'static [&'static str]) -> S + Copy + Send + Sync + 'static,
        held: impl Fn(&Arc<S>) -> T + Copy + Send + Sync + 'static,
        step: F,
    ) where
        S: Send + Sync + 'static,
        T: 'static,
        F: Fn(&mut T, &'static str) + Copy + Send + Sync + 'static,
    {
        for (workload, n) in [(Workload::Family100, 100), (Workload::Family10k, 10_000)] {
            describe(self.operation(
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
            ));
        }
    }

    /// Text of [`inputs::SERIES`] counters. `build` makes them once; `write` appends them to what it gets, and is timed.
    #[cfg(feature = "peers")]
    pub(crate) fn exposition<T: 'static>(
        &mut self,
        name: &str,
        build: impl Fn(usize) -> T + Send + Sync + 'static,
        write: impl Fn(&mut T, &mut String) + Copy + Send + Sync + 'static,
    ) -> &mut Row {
        self.custom(Workload::Exposition, name, move || {
            super::runner(
                (build(inputs::SERIES), String::new()),
                move |(built, out), _| {
                    out.clear();
                    write(built, out);
                },
            )
        })
    }

    /// Memory of 10,000 histograms, each recorded into 64 times. `record` gets the number of the histogram.
    #[cfg(feature = "peers")]
    pub(crate) fn histogram_memory<T: 'static>(
        &mut self,
        name: &str,
        build: impl Fn(usize) -> T + Send + Sync + 'static,
        record: impl Fn(&mut T, usize, &mut dyn Iterator<Item = Latency>) + Send + Sync + 'static,
    ) -> &mut Row {
        self.memory(Workload::MemoryHistogram, name, 10_000, move |n| {
            let latencies = Latencies::shared();
            let mut built = build(n);
            for i in 0..n {
                record(&mut built, i, &mut latencies.samples(i));
            }
            Box::new(built)
        })
    }
}
