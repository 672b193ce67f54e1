//! Time for timers: the time-stamp counter where it can be trusted, the standard clock elsewhere.
//!
//! Two reads of an invariant time-stamp counter cost well under half of two `Instant`s, and a timed
//! section is little more than two reads. A section therefore keeps raw *ticks*; they become nanoseconds
//! when it ends, with one multiplication. The factor is measured against the standard clock: for a
//! millisecond when the first timer is opened, and over the whole time since then at every collection
//! ([`refine`]), so that its error falls below a millionth within the first minute.
//!
//! Why not a crate. `quanta` and `fastant` read the same counter, and cost the same two readings (`benches`, workload
//! `clock`: 22 ns, `std` 56). But `quanta` calibrates for up to 200 ms in whoever asks for the time first, and never again: the
//! error of that first factor stays. `fastant` and `minstant` calibrate before `main`, in every program that merely links them.
//! Here nobody waits before the first timer is opened, then for a millisecond, and the factor goes on being measured, so what
//! drifts is corrected. A test's clock must be a thread's own, at no cost to the others: `quanta` has one, and looks for it
//! at each reading; the rest have none.
//!
//! A test sets the clock of its own threads by hand ([`Manual`]); nobody else's time is changed.

use std::cell::RefCell;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::gate;
use super::stays::{Stay, Stays};

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

/// A moment in both clocks.
#[derive(Clone, Copy)]
struct Moment {
    /// Nanoseconds since the origin.
    nanos: u64,
    ticks: u64,
}

/// The moment from which nanoseconds are counted.
fn origin() -> Instant {
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    *gate::get_or_init(&ORIGIN, Instant::now)
}

/// The present in both clocks. The standard clock is read between two readings of the counter, and the tightest of
/// some tries is taken: a thread that is interrupted in between would measure a wrong factor.
fn moment() -> Moment {
    let mut best = (u64::MAX, Moment { nanos: 0, ticks: 0 });
    for _ in 0..16 {
        let before = counter();
        let nanos = standard_nanos();
        let width = counter().saturating_sub(before);
        if width < best.0 {
            let ticks = before + width / 2;
            best = (width, Moment { nanos, ticks });
        }
    }
    best.1
}

/// The moment from which the factor is measured, in parts: set once, and again when the clocks disagree.
static ANCHOR: Mutex<Option<Moment>> = Mutex::new(None);

/// The present, in ticks.
#[inline(always)]
pub(crate) fn ticks() -> u64 {
    // Acquire pairs with the Release in `start`: the factor is there.
    if MODE.load(Acquire) == FAST {
        counter()
    } else {
        ticks_cold()
    }
}

/// Nanoseconds since `start`, which [`ticks`] gave; 0 when the clock went backwards.
#[inline(always)]
pub(crate) fn nanos_since(start: u64) -> u64 {
    let passed = ticks().saturating_sub(start);
    // Acquire pairs with the Release in `start`: the factor is there.
    if MODE.load(Acquire) == FAST {
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
    origin().elapsed().as_nanos() as u64
}

/// Nanoseconds since the library first looked at a clock, for rates and windows; a thread with a manual
/// clock reads that.
pub(crate) fn now() -> u64 {
    manual().map_or_else(standard_nanos, |manual| manual.nanos())
}

/// As [`now`], whatever clock this thread has.
pub(crate) fn real_now() -> u64 {
    standard_nanos()
}

/// Decides how ticks are read, once. Takes a millisecond where there is a counter to measure.
pub(crate) fn start() {
    if MODE.load(Acquire) % MANUAL != UNKNOWN {
        return;
    }
    let _pass = gate::enter();
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        let mode = if is_invariant() && calibrate() {
            FAST
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

/// Measures the factor for the first time, over a millisecond.
fn calibrate() -> bool {
    let from = moment();
    while standard_nanos() < from.nanos + 1_000_000 {
        std::hint::spin_loop();
    }
    let factor = factor(from, moment());
    if let Some(factor) = factor {
        FACTOR.store(factor, Relaxed);
        *anchor() = Some(from);
    }
    factor.is_some()
}

/// Measures the factor anew, over all the time since the anchor. Called at every collection.
pub(crate) fn refine() {
    if MODE.load(Acquire) % MANUAL != FAST {
        return;
    }
    let _pass = gate::enter();
    let now = moment();
    let mut anchor = anchor();
    let Some(from) = *anchor else { return };
    match factor(from, now) {
        // One of the clocks stood still, as when a machine sleeps: the factor is as good as it was.
        Some(factor) if factor.abs_diff(FACTOR.load(Relaxed)) > factor / 100 => *anchor = Some(now),
        Some(factor) => FACTOR.store(factor, Relaxed),
        None => *anchor = Some(now),
    }
}

fn anchor() -> MutexGuard<'static, Option<Moment>> {
    ANCHOR.lock().unwrap_or_else(PoisonError::into_inner)
}

fn factor(from: Moment, to: Moment) -> Option<u64> {
    let ticks = to
        .ticks
        .checked_sub(from.ticks)
        .filter(|ticks| *ticks > 0)?;
    let nanos = to.nanos.checked_sub(from.nanos)?;
    u64::try_from((u128::from(nanos) << 32) / u128::from(ticks))
        .ok()
        .filter(|factor| *factor > 0)
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
    static OWN: Own = const { Own(RefCell::new(Stays::new())) };
}

/// The clocks that a thread was told to read, nothing for the real one. Each manual one counts in [`MODE`].
struct Own(RefCell<Stays<Option<Arc<Manual>>>>);

impl Drop for Own {
    fn drop(&mut self) {
        let clocks = self.0.get_mut().leave_all();
        clocks.flatten().for_each(|_| count_out());
    }
}

fn count_out() {
    MODE.fetch_sub(MANUAL, AcqRel);
}

fn manual() -> Option<Arc<Manual>> {
    if MODE.load(Relaxed) < MANUAL {
        return None;
    }
    // Where it is being written, an allocator asks.
    OWN.try_with(|own| own.0.try_borrow().ok()?.innermost().cloned().flatten())
        .ok()
        .flatten()
}

/// A clock that stands until it is advanced.
#[derive(Debug)]
pub(crate) struct Manual {
    nanos: AtomicU64,
}

impl Manual {
    /// It stands at the present, so that what was born before is not in its future.
    pub(crate) fn new() -> Manual {
        Manual {
            nanos: AtomicU64::new(standard_nanos()),
        }
    }

    pub(crate) fn nanos(&self) -> u64 {
        self.nanos.load(Acquire)
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.nanos.fetch_add(by.as_nanos() as u64, AcqRel);
    }
}

/// From here on this thread reads `clock`, or, with nothing, the real one. Nothing when the thread is ending.
pub(crate) fn read_from(clock: Option<Arc<Manual>>) -> Option<Stay> {
    OWN.try_with(|own| {
        if clock.is_some() {
            MODE.fetch_add(MANUAL, AcqRel);
        }
        own.0.borrow_mut().enter(clock)
    })
    .ok()
}

/// Ends what [`read_from`] began, on the same thread. The innermost that has not ended is the one read.
pub(crate) fn read_no_more(stay: Stay) {
    // Once the thread's destructors have run, none is left.
    let left = OWN.try_with(|own| own.0.borrow_mut().leave(stay));
    if let Ok(Some(Some(_))) = left {
        count_out();
    }
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
        let clock = Arc::new(Manual::new());
        let stay = read_from(Some(clock.clone())).unwrap();
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
        read_no_more(stay);
        assert!(manual().is_none());
    }
}
