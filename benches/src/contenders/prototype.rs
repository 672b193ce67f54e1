//! The prototype that timed sections are held against: two readings of the time-stamp counter and one record into
//! exponential buckets of this thread, with count and exact sum; nothing is shared, named or read by anybody.

use std::cell::Cell;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use super::floors;
use crate::suite::{Suite, barrier};
use crate::workload::Workload;

/// 32 buckets a power of two, over all of `u64`.
const PLACES: usize = 64 * 32 + 2;

struct Buckets {
    count: AtomicU64,
    sum: AtomicU64,
    places: [AtomicU64; PLACES],
}

thread_local! {
    static OWN: Cell<*const Buckets> = const { Cell::new(ptr::null()) };
}

/// For each 64th of an octave: the one bucket boundary within it, and the place below that.
static CELLS: [(u64, u64); 64] = cells();

const fn cells() -> [(u64, u64); 64] {
    const ROOT: f64 = 1.021_897_148_654_116_6; // 2^(1/32)
    let mut cells = [(u64::MAX, 0); 64];
    let mut at = 0;
    while at < 64 {
        let begin = 1.0 + at as f64 / 64.0;
        let mut boundary = 1.0;
        let mut place = 0;
        while boundary < begin {
            boundary *= ROOT;
            place += 1;
        }
        // The fraction of the octave, as the 64 bits behind the leading one.
        let threshold = (boundary - 1.0) * 18_446_744_073_709_551_616.0;
        cells[at] = (threshold as u64, place);
        at += 1;
    }
    cells
}

/// The bucket of a number: 0 for zero, else upper-inclusive 32nds of octaves. Within a rounding of the right one, which is
/// enough to measure with.
#[inline(always)]
pub(crate) fn place(n: u64) -> usize {
    let zeros = (n | 1).leading_zeros();
    let fraction = (n << zeros) << 1;
    let (threshold, below) = CELLS[(fraction >> 58) as usize];
    let octave = u64::from(63 - zeros);
    (octave * 32 + below + u64::from(fraction > threshold) + u64::from(n != 0)) as usize % PLACES
}

#[inline(always)]
fn bump(number: &AtomicU64, by: u64) {
    number.store(number.load(Relaxed).wrapping_add(by), Relaxed);
}

#[inline(always)]
fn record(n: u64) {
    // SAFETY: null, or a box that was leaked.
    match unsafe { OWN.get().as_ref() } {
        Some(own) => {
            bump(&own.places[place(n)], 1);
            bump(&own.sum, n);
            bump(&own.count, 1);
        }
        None => begin(),
    }
}

#[cold]
#[inline(never)]
fn begin() {
    OWN.set(Box::leak(Box::new(Buckets {
        count: AtomicU64::new(0),
        sum: AtomicU64::new(0),
        places: [const { AtomicU64::new(0) }; PLACES],
    })));
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) fn ticks() -> u64 {
    // SAFETY: every x86-64 processor has the instruction.
    unsafe { std::arch::x86_64::_rdtsc() }
}

#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn ticks() -> u64 {
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    ORIGIN.get_or_init(Instant::now).elapsed().as_nanos() as u64
}

/// Nanoseconds a tick, with 32 bits of fraction.
pub(crate) fn factor() -> u64 {
    static FACTOR: OnceLock<u64> = OnceLock::new();
    *FACTOR.get_or_init(|| {
        let (begin, from) = (Instant::now(), ticks());
        while begin.elapsed().as_millis() < 20 {}
        ((begin.elapsed().as_nanos() << 32) / u128::from(ticks() - from)) as u64
    })
}

#[inline(always)]
fn nanos(ticks: u64, factor: u64) -> u64 {
    ((u128::from(ticks) * u128::from(factor)) >> 32) as u64
}

pub(crate) fn register(suite: &mut Suite) {
    const NAME: &str = "floor: prototype, two clock reads and a record";
    const NOTE: &str = "no outcome, nothing in flight, no min, no max";
    let timed = [Workload::Timed, Workload::TimedAsync];
    for workload in timed {
        let row = suite.operation(
            workload,
            NAME,
            &[1, 2],
            || (),
            |_| factor(),
            |factor, _| {
                let begin = ticks();
                barrier();
                record(nanos(ticks().wrapping_sub(begin), *factor));
            },
        );
        row.does_less(NOTE).leads();
    }
    let row = suite.operation(
        Workload::TimedFn,
        NAME,
        &[1, 2],
        || (),
        |_| factor(),
        |factor, _| {
            let begin = ticks();
            floors::empty();
            record(nanos(ticks().wrapping_sub(begin), *factor));
        },
    );
    row.does_less(NOTE).leads();
    suite
        .operation(
            Workload::Clock,
            "floor: rdtsc twice",
            &[1],
            || (),
            |_| 0_u64,
            |sum, _| {
                let begin = ticks();
                barrier();
                *sum = sum.wrapping_add(ticks().wrapping_sub(begin));
            },
        )
        .note("ticks, not nanoseconds")
        .leads();
    suite.operation(
        Workload::Clock,
        "std::time::Instant twice",
        &[1],
        || (),
        |_| 0_u64,
        |sum, _| {
            let begin = Instant::now();
            barrier();
            *sum = sum.wrapping_add(begin.elapsed().as_nanos() as u64);
        },
    );
}
