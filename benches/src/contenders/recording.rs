//! Calipers, recording.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use calipers::{Counter, Family, Histogram, Instrumented, Registry, States, Timer, timed};

use super::floors;
use crate::inputs::{ORDER, key};
use crate::suite::{Suite, barrier};
use crate::workload::Workload;

/// A registry that lives as long as the process, so that names stay when handles go.
fn registry() -> &'static Registry {
    calipers::registry()
}

pub(crate) fn register(suite: &mut Suite) {
    counters(suite);
    families(suite);
    distributions(suite);
    timers(suite);
}

fn counter(name: &str) -> Counter {
    registry().counter(name).expect("the name is a path")
}

fn counters(suite: &mut Suite) {
    suite
        .operation(
            Workload::Counter,
            "calipers Counter",
            &[1, 2],
            || counter("bench.counter"),
            |counter| Counter::clone(counter),
            |counter, _| counter.inc(),
        )
        .leads();
    suite
        .many(
            "calipers Counter",
            |i| counter(&format!("bench.many.n{i}")),
            Counter::inc,
        )
        .leads();
}

#[derive(Clone, Copy, States)]
enum Method {
    Get,
    Put,
    Post,
    Delete,
}

const METHODS: [Method; 4] = [Method::Get, Method::Put, Method::Post, Method::Delete];

fn families(suite: &mut Suite) {
    suite.family(
        "calipers Family<String, Counter>",
        |row| {
            row.hashes().leads();
        },
        |keys| family_in(registry(), keys.len()),
        |family| Family::clone(family),
        |family, key| family.get(key).inc(),
    );
    suite
        .operation(
            Workload::FamilyEnum,
            "calipers Family<enum, Counter>",
            &[1, 2],
            Family::<Method, Counter>::detached,
            |family| (Family::clone(family), floors::variants()),
            |(family, order), i| {
                let method = METHODS[usize::from(order[i % ORDER]) % 4];
                family.get(method).inc();
            },
        )
        .leads();
}

/// A family in this registry, that admits so many keys.
pub(crate) fn family_in(registry: &Registry, cap: usize) -> Family<String, Counter> {
    #[derive(Instrumented)]
    struct Small {
        #[stat(label = "path")]
        requests: Family<String, Counter>,
    }
    #[derive(Instrumented)]
    struct Large {
        #[stat(label = "path", cap = 100_000)]
        requests: Family<String, Counter>,
    }
    if cap <= 1000 {
        Small::init_in(registry, "/bench/small").requests
    } else {
        Large::init_in(registry, "/bench/large").requests
    }
}

fn distributions(suite: &mut Suite) {
    let histogram = || {
        registry()
            .histogram("bench.histogram")
            .expect("the name is a path")
    };
    suite
        .histogram(
            "calipers Histogram",
            histogram,
            |h| Histogram::clone(h),
            |h, latency, _| {
                h.record(latency.nanos);
            },
        )
        .note("exact sum, min and max; error at most 1.1 %")
        .leads();
    suite
        .histogram(
            "calipers Histogram, f64",
            || {
                registry()
                    .histogram("bench.seconds")
                    .expect("the name is a path")
            },
            |h| Histogram::clone(h),
            |h, latency, _| h.record(latency.seconds),
        )
        .note("sum, min and max; error at most 1.1 %");
}

#[timed("/bench/timed/fn")]
#[inline(never)]
fn timed_fn() {
    barrier();
}

#[timed("/bench/timed/result")]
#[inline(never)]
fn timed_result() -> Result<u32, String> {
    barrier();
    Ok(1)
}

#[timed("/bench/timed/slow", slow = "1000s")]
#[inline(never)]
fn timed_slow() {
    barrier();
}

#[timed("/bench/timed/async")]
async fn timed_async() {
    barrier();
}

/// Polls a future that is ready at once.
#[inline(always)]
fn poll_once(future: impl Future<Output = ()>) {
    let ready = pin!(future).poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(ready, Poll::Ready(())), "it awaits nothing");
}

fn timers(suite: &mut Suite) {
    let timer = || registry().timer("bench.timer").expect("the name is a path");
    suite
        .operation(
            Workload::Timed,
            "calipers Timer::start, drop",
            &[1, 2],
            timer,
            |timer| Timer::clone(timer),
            |timer, _| {
                let _timing = timer.start();
                barrier();
            },
        )
        .note("outcome, in flight, sum, min, max")
        .leads();
    suite
        .operation(
            Workload::Timed,
            "calipers Timer::time(closure)",
            &[1, 2],
            || {
                registry()
                    .timer("bench.closure")
                    .expect("the name is a path")
            },
            |timer| Timer::clone(timer),
            |timer, _| timer.time(barrier),
        )
        .note("outcome, in flight, sum, min, max");
    const NOTE: &str = "outcome, in flight, sum, min, max";
    suite
        .operation(
            Workload::TimedFn,
            "calipers #[timed]",
            &[1, 2],
            || (),
            |_| (),
            |(), _| timed_fn(),
        )
        .note(NOTE)
        .leads();
    suite
        .operation(
            Workload::TimedFn,
            "calipers #[timed], fn -> Result",
            &[1],
            || (),
            |_| (),
            |(), _| drop(timed_result()),
        )
        .note(NOTE);
    suite
        .operation(
            Workload::TimedFn,
            "calipers #[timed(slow = …)]",
            &[1],
            || (),
            |_| (),
            |(), _| timed_slow(),
        )
        .note("and logs what is slow");
    suite
        .operation(
            Workload::TimedAsync,
            "calipers #[timed] async fn",
            &[1, 2],
            || (),
            |_| (),
            |(), _| poll_once(timed_async()),
        )
        .note("outcome, in flight, sum, min, max")
        .leads();
}

/// Named counters, as many as asked for.
pub(crate) fn named(registry: &Registry, n: usize) -> Vec<Counter> {
    (0..n)
        .map(|i| registry.counter(&key(i)).expect("the name is a path"))
        .collect()
}
