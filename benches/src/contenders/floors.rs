//! The floors: what the hardware and the standard library cost, without any metrics library.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::prototype;
use crate::inputs::{self, Latencies, ORDER, Random, SERIES, VALUES};
use crate::suite::{Suite, barrier, phase};
use crate::workload::Workload;

/// A number on cache lines of its own.
#[derive(Default)]
#[repr(align(128))]
struct Alone(AtomicU64);

/// One load, one add, one store, none of which the compiler may drop or merge.
#[inline(always)]
fn bump(number: &AtomicU64, by: u64) {
    number.store(number.load(Relaxed).wrapping_add(by), Relaxed);
}

thread_local! {
    static OWN: Cell<u64> = const { Cell::new(0) };
}

/// What attributes are put around.
#[inline(never)]
pub(crate) fn empty() {
    barrier();
}

pub(crate) fn register(suite: &mut Suite) {
    counters(suite);
    families(suite);
    distributions(suite);
    exposition(suite);
    memory(suite);
}

fn counters(suite: &mut Suite) {
    suite
        .operation(
            Workload::Counter,
            "floor: u64 += 1, owned",
            &[1, 2],
            || (),
            |_| Box::new(Alone::default()),
            |number, _| bump(&number.0, 1),
        )
        .leads();
    suite
        .operation(
            Workload::Counter,
            "floor: AtomicU64::fetch_add, shared",
            &[1, 2],
            Alone::default,
            |number| number.clone(),
            |number, _| {
                number.0.fetch_add(1, Relaxed);
            },
        )
        .note("with 2 threads: contended");
    suite.operation(
        Workload::Counter,
        "floor: thread_local Cell<u64> += 1",
        &[1, 2],
        || (),
        |_| (),
        |(), _| OWN.set(OWN.get() + 1),
    );
    suite
        .operation(
            Workload::Counters1024,
            "floor: [u64; 1024] += 1, owned",
            &[1, 2],
            || (),
            |_| -> Box<[AtomicU64; 1024]> { Box::new([const { AtomicU64::new(0) }; 1024]) },
            |numbers, i| bump(&numbers[i % 1024], 1),
        )
        .leads();
    suite.many(
        "floor: AtomicU64::fetch_add, shared",
        |i| {
            static ALL: [AtomicU64; 1024] = [const { AtomicU64::new(0) }; 1024];
            &ALL[i]
        },
        |number| {
            number.fetch_add(1, Relaxed);
        },
    );
}

fn families(suite: &mut Suite) {
    type Owned = HashMap<String, u64, FixedState>;
    suite.family(
        "floor: owned HashMap (foldhash) += 1",
        |row| {
            row.does_less("one map a thread; nobody else can read")
                .leads();
        },
        |_| (),
        |_| Owned::default(),
        |map, key| match map.get_mut(key) {
            Some(count) => *count += 1,
            None => {
                map.insert(key.to_owned(), 1);
            }
        },
    );
    suite.family(
        "floor: fixed HashMap (foldhash), fetch_add",
        |row| {
            row.does_less("no lock, so no key can be added");
        },
        |keys| {
            let numbers = keys.iter().map(|key| (*key, AtomicU64::new(0)));
            numbers.collect::<HashMap<&str, AtomicU64, FixedState>>()
        },
        |map| map.clone(),
        |map, key| {
            map[key].fetch_add(1, Relaxed);
        },
    );
    suite
        .operation(
            Workload::FamilyEnum,
            "floor: [u64; 4] += 1 by index, owned",
            &[1, 2],
            || (),
            |_| {
                let numbers = Box::new([const { AtomicU64::new(0) }; 4]);
                (numbers, variants())
            },
            |(numbers, order), i| bump(&numbers[usize::from(order[i % ORDER]) % 4], 1),
        )
        .leads();
}

/// A pseudo-random order of four variants.
pub(crate) fn variants() -> Box<[u8; ORDER]> {
    let mut random = Random::new(4);
    let mut order = Box::new(std::array::from_fn(|_| random.below(4) as u8));
    order.rotate_left(phase() % ORDER);
    order
}

fn distributions(suite: &mut Suite) {
    struct Known {
        values: [(u64, u64); VALUES],
        buckets: [AtomicU64; 2048],
        sum: Alone,
    }
    suite
        .operation(
            Workload::Histogram,
            "floor: bucket[known] += 1, sum += v",
            &[1, 2],
            || (),
            |_| {
                let nanos = Latencies::from(phase()).nanos;
                Box::new(Known {
                    values: nanos.map(|nanos| (nanos, prototype::place(nanos) as u64)),
                    buckets: [const { AtomicU64::new(0) }; 2048],
                    sum: Alone::default(),
                })
            },
            |known, i| {
                let (nanos, place) = known.values[i % VALUES];
                bump(&known.buckets[place as usize % 2048], 1);
                bump(&known.sum.0, nanos);
            },
        )
        .does_less("the bucket is known beforehand; no min, no max")
        .leads();
    suite.operation(
        Workload::TimedFn,
        "floor: the bare call",
        &[1, 2],
        || (),
        |_| (),
        |(), _| empty(),
    );
}

fn exposition(suite: &mut Suite) {
    suite
        .operation(
            Workload::Exposition,
            "floor: copy of ready lines, numbers from two slabs",
            &[1],
            || (),
            |_| {
                let slabs = [0, 1].map(|_| -> Vec<AtomicU64> {
                    (0..SERIES).map(|i| AtomicU64::new(i as u64 / 2)).collect()
                });
                let mut names = Vec::new();
                let ends: Vec<usize> = (0..SERIES)
                    .map(|i| {
                        let line = format!("http_requests_total{{path=\"{}\"}} ", inputs::key(i));
                        names.extend_from_slice(line.as_bytes());
                        names.len()
                    })
                    .collect();
                (slabs, names, ends, Vec::<u8>::new())
            },
            |(slabs, names, ends, out), _| {
                out.clear();
                out.extend_from_slice(b"# HELP http_requests_total requests\n");
                out.extend_from_slice(b"# TYPE http_requests_total counter\n");
                let mut number = itoa::Buffer::new();
                let mut begin = 0;
                for (i, &end) in ends.iter().enumerate() {
                    out.extend_from_slice(&names[begin..end]);
                    begin = end;
                    let sum = slabs.iter().map(|slab| slab[i].load(Relaxed)).sum::<u64>();
                    out.extend_from_slice(number.format(sum).as_bytes());
                    out.push(b'\n');
                }
            },
        )
        .leads();
}

fn memory(suite: &mut Suite) {
    suite
        .memory(
            Workload::MemoryCounter,
            "floor: u64 and key in one arena",
            100_000,
            |n| {
                let mut arena = String::new();
                let mut counts: Vec<(u64, u32)> = Vec::new();
                for i in 0..n {
                    arena.push_str(&inputs::key(i));
                    counts.push((1, arena.len() as u32));
                }
                Box::new((arena, counts))
            },
        )
        .leads();
}
