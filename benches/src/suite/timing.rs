//! What is timed: a loop around one step, with nothing between the steps that costs anything.

use std::arch::asm;
use std::cell::Cell;
use std::time::Instant;

/// Runs so many operations and says how many nanoseconds they took.
pub(crate) type Runner = Box<dyn FnMut(usize) -> u64>;

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

/// The loop that is timed. Never inlined: it is compiled alike wherever it is called from.
#[inline(never)]
pub(super) fn measured_loop<T, F: Fn(&mut T, usize)>(held: &mut T, n: usize, step: F) -> u64 {
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
