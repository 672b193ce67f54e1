//! The tick: a thread that passes over every tree each five seconds.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::known;
use super::lookup::trees;
use super::pass::pass;
use super::rates::{TICK_SECONDS, tick_of};
use super::read::Read;
use super::settle;
use super::slow;
use crate::cells::realm::MAIN;
use crate::cells::{clock, fork, gate};

/// Ticks every tree once, as the background thread does, as if it were `later` than it is. Realms with a clock of their
/// own wait for their snapshots.
pub(crate) fn tick(later: Duration) {
    let trees = trees();
    let limits = slow::limits();
    settle::in_turn(|turn| {
        clock::refine();
        let now = clock::real_now() + later.as_nanos() as u64;
        for tree in &trees {
            known::hear_news(turn, tree);
            pass(turn, tree, MAIN, now);
        }
        for limit in &limits {
            limit.renew(&Read::new(turn, MAIN), tick_of(now));
        }
    });
}

/// Whether the background thread may run.
static ALLOWED: AtomicBool = AtomicBool::new(true);
/// Names the thread that ticks: another number, and it ends. 0 for none.
static TICKER: AtomicU64 = AtomicU64::new(0);
/// The fork generation it was started in: a child of `fork` has no threads of its parent.
static STARTED_IN: AtomicU32 = AtomicU32::new(0);
static STARTING: Mutex<u64> = Mutex::new(0);

/// Turns the background tick on or off. It is on from the start, and its thread begins with the first stat that
/// has rates; where it is off, ticks that are due are made up for by the next snapshot.
///
/// ```
/// calipers::background_tick(false); // this program takes snapshots often enough
/// ```
pub fn background_tick(on: bool) {
    ALLOWED.store(on, Relaxed);
    if !on {
        TICKER.store(0, Relaxed);
    }
}

fn is_running() -> bool {
    TICKER.load(Relaxed) != 0 && STARTED_IN.load(Relaxed) == fork::generation()
}

/// Makes sure that the tick runs, if it may. Called when a stat with rates is opened.
pub(crate) fn ensure() {
    if is_running() || !ALLOWED.load(Relaxed) {
        return;
    }
    let _pass = gate::enter();
    let mut names = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    if is_running() {
        return;
    }
    *names += 1;
    let name = *names;
    TICKER.store(name, Relaxed);
    STARTED_IN.store(fork::generation(), Relaxed);
    let thread = std::thread::Builder::new().name("calipers-tick".to_owned());
    let spawned = thread.spawn(move || {
        while TICKER.load(Relaxed) == name {
            std::thread::sleep(Duration::from_secs(TICK_SECONDS));
            tick(Duration::ZERO);
        }
    });
    if spawned.is_err() {
        TICKER.store(0, Relaxed); // snapshots make up for the ticks
    }
}
