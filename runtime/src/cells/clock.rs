//! Time for timers: the time-stamp counter where it can be trusted, the standard clock elsewhere.
//!
//! Two reads of an invariant time-stamp counter cost well under half of two `Instant`s, and a timed
//! section is little more than two reads. A section therefore keeps raw *ticks*; they become nanoseconds
//! when it ends, with one multiplication. The factor is measured against the standard clock: for a
//! millisecond when the first timer is opened, and over the whole time since then at every collection
//! ([`refine`]), so that its error falls below a millionth within the first minute. The library keeps
//! its own few lines here, rather than a crate, because calibration in the ones at hand blocks start-up for
//! longer, and because a test's clock must be a thread's own, at no cost to the others.
//!
//! A test sets the clock of its own threads by hand ([`Manual`]); nobody else's time is changed.

use std::cell::RefCell;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// How ticks are read: [`FAST`], or anything else for the cold path.
static MODE: AtomicUsize = AtomicUsize::new(UNKNOWN);

const FAST: usize = 0;
/// Not decided yet.
const UNKNOWN: usize = 1;
/// The standard clock; ticks are nanoseconds.
const STANDARD: usize = 2;
/// Added for every manual clock that some thread uses.
const MANUAL: usize = 4;

/// Nanoseconds per tick, as a fixed-point number with 32 fraction bits.
static FACTOR: AtomicU64 = AtomicU64::new(1 << 32);

/// A moment in both clocks, from which the factor is measured and nanoseconds are counted.
struct Anchor {
    instant: Instant,
    ticks: u64,
    invariant: bool,
}

fn anchor() -> &'static Anchor {
    static ANCHOR: OnceLock<Anchor> = OnceLock::new();
    ANCHOR.get_or_init(|| Anchor {
        instant: Instant::now(),
        ticks: counter(),
        invariant: is_invariant(),
    })
}

/// The present, in ticks.
#[inline(always)]
pub(crate) fn ticks() -> u64 {
    if MODE.load(Relaxed) == FAST {
        counter()
    } else {
        ticks_cold()
    }
}

/// Nanoseconds since `start`, which [`ticks`] gave; 0 when the clock went backwards.
#[inline(always)]
pub(crate) fn nanos_since(start: u64) -> u64 {
    let passed = ticks().saturating_sub(start);
    if MODE.load(Relaxed) == FAST {
        to_nanos(passed)
    } else {
        nanos_cold(passed)
    }
}

#[inline(always)]
fn to_nanos(ticks: u64) -> u64 {
    ((u128::from(ticks) * u128::from(FACTOR.load(Relaxed))) >> 32) as u64
}

#[cold]
#[inline(never)]
fn ticks_cold() -> u64 {
    if let Some(manual) = manual() {
        return manual.nanos();
    }
    start();
    if is_standard() {
        standard_nanos()
    } else {
        counter()
    }
}

#[cold]
#[inline(never)]
fn nanos_cold(passed: u64) -> u64 {
    if manual().is_some() || is_standard() {
        passed
    } else {
        to_nanos(passed)
    }
}

fn is_standard() -> bool {
    MODE.load(Relaxed) % MANUAL == STANDARD
}

fn standard_nanos() -> u64 {
    anchor().instant.elapsed().as_nanos() as u64
}

/// Nanoseconds since the library first looked at a clock, for rates and windows; a thread with a manual
/// clock reads that.
pub(crate) fn now() -> u64 {
    manual().map_or_else(standard_nanos, |manual| manual.nanos())
}

/// Decides how ticks are read, once. Takes a millisecond where there is a counter to measure.
pub(crate) fn start() {
    if MODE.load(Acquire) % MANUAL != UNKNOWN {
        return;
    }
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        let mode = if anchor().invariant {
            while anchor().instant.elapsed() < Duration::from_millis(1) {
                std::hint::spin_loop();
            }
            if measure() { FAST } else { STANDARD }
        } else {
            STANDARD
        };
        // Release: the factor is stored before anybody multiplies by it.
        if mode == STANDARD {
            MODE.fetch_add(STANDARD - UNKNOWN, Release);
        } else {
            MODE.fetch_sub(UNKNOWN, Release);
        }
    });
}

/// Measures the factor anew, over all the time since the anchor. Called at every collection.
pub(crate) fn refine() {
    if MODE.load(Acquire) % MANUAL == FAST {
        measure();
    }
}

fn measure() -> bool {
    let (ticks, elapsed) = (counter(), anchor().instant.elapsed());
    let passed = ticks.saturating_sub(anchor().ticks);
    if passed == 0 {
        return false;
    }
    let factor = (elapsed.as_nanos() << 32) / u128::from(passed);
    FACTOR.store(factor as u64, Relaxed);
    factor != 0
}

#[cfg(all(target_arch = "x86_64", not(miri)))]
#[inline(always)]
fn counter() -> u64 {
    // SAFETY: every x86-64 processor has the instruction.
    unsafe { std::arch::x86_64::_rdtsc() }
}

#[cfg(all(target_arch = "x86_64", not(miri)))]
fn is_invariant() -> bool {
    use std::arch::x86_64::__cpuid;
    const POWER: u32 = 0x8000_0007;
    // The extended leaf that says so must exist; bit 8 of EDX is "invariant TSC".
    __cpuid(0x8000_0000).eax >= POWER && __cpuid(POWER).edx & (1 << 8) != 0
}

#[cfg(not(all(target_arch = "x86_64", not(miri))))]
fn counter() -> u64 {
    0
}

#[cfg(not(all(target_arch = "x86_64", not(miri))))]
fn is_invariant() -> bool {
    false
}

thread_local! {
    static OWN: RefCell<Option<Arc<Manual>>> = const { RefCell::new(None) };
}

fn manual() -> Option<Arc<Manual>> {
    if MODE.load(Relaxed) < MANUAL {
        return None;
    }
    OWN.try_with(|own| own.borrow().clone()).ok().flatten()
}

/// A clock that stands until it is advanced.
#[derive(Debug, Default)]
pub(crate) struct Manual {
    nanos: AtomicU64,
}

impl Manual {
    pub(crate) fn nanos(&self) -> u64 {
        self.nanos.load(Acquire)
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.nanos.fetch_add(by.as_nanos() as u64, AcqRel);
    }
}

/// From here on this thread reads `clock`, or, with nothing, the real one. Gives what it read before.
pub(crate) fn read_from(clock: Option<Arc<Manual>>) -> Option<Arc<Manual>> {
    OWN.try_with(|own| {
        if clock.is_some() {
            MODE.fetch_add(MANUAL, AcqRel);
        }
        let before = own.replace(clock);
        if before.is_some() {
            MODE.fetch_sub(MANUAL, AcqRel);
        }
        before
    })
    .ok()
    .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_become_nanoseconds_that_agree_with_the_standard_clock() {
        start();
        let (before, from) = (Instant::now(), ticks());
        while before.elapsed() < Duration::from_millis(20) {
            std::hint::spin_loop();
        }
        let inner = nanos_since(from) as f64;
        let outer = before.elapsed().as_nanos() as f64;
        assert!(
            inner <= outer * 1.01 && inner >= 20e6 * 0.99,
            "{inner} {outer}"
        );
    }

    #[test]
    fn a_manual_clock_is_its_threads_own() {
        let clock = Arc::new(Manual::default());
        assert!(read_from(Some(clock.clone())).is_none());
        let from = ticks();
        assert_eq!(nanos_since(from), 0);
        clock.advance(Duration::from_nanos(1234));
        assert_eq!(nanos_since(from), 1234);
        let other = std::thread::spawn(|| {
            let from = ticks();
            std::thread::yield_now();
            nanos_since(from)
        });
        assert_ne!(other.join().unwrap(), 1234);
        assert!(read_from(None).is_some());
    }
}
