//! News: a place that the collector knows gets further stats.
//!
//! Race: a place is put on the list of news once, however many threads add stats to it; a flag says that it is there. The
//! collector takes the list, clears the flag, and reads the stats. Whoever adds a stat while the flag is still set relies on
//! the collector to read it; the collector may have read already.
//!
//! Cure: a stat is added before the flag is set, and the flag is cleared before the stats are read. Both are swaps with `AcqRel`:
//! of the two, whichever comes second sees what the other did before. A store would clear the flag without seeing who had
//! set it.
//!
//! Shown: when all are quiet, the collector has read every stat. The ordering of both swaps is needed, and so is that clearing
//! comes first and is a swap.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, AtomicU64};
use loom::thread;

use crate::parts::*;

#[derive(Clone, Copy)]
struct Orders {
    announce: Ordering,
    hear: Ordering,
    hear_then_read: bool,
    hear_by_swap: bool,
}

const RIGHT: Orders = Orders {
    announce: AcqRel,
    hear: AcqRel,
    hear_then_read: true,
    hear_by_swap: true,
};

struct Place {
    announced: AtomicBool,
    news: Stack,
    /// One for each thread that adds a stat, and one for the place's first.
    stats: [AtomicU64; 3],
}

impl Place {
    fn add(&self, stat: usize, orders: Orders) {
        self.stats[stat].store(1, Relaxed);
        if !self.announced.swap(true, orders.announce) {
            self.news.push(stat + 1, Release);
        }
    }

    fn hear(&self, orders: Orders) {
        if orders.hear_by_swap {
            self.announced.swap(false, orders.hear);
        } else {
            self.announced.store(false, Release);
        }
    }

    fn turn(&self, known: &mut u64, orders: Orders) {
        for _news in self.news.take(Acquire) {
            if orders.hear_then_read {
                self.hear(orders);
            }
            *known = self.stats.iter().map(|stat| stat.load(Relaxed)).sum();
            if !orders.hear_then_read {
                self.hear(orders);
            }
        }
    }
}

fn model(orders: Orders) -> impl Fn() + Send + Sync + 'static {
    move || {
        let place = Arc::new(Place {
            announced: AtomicBool::new(false),
            news: Stack::new(3),
            stats: [cell(), cell(), cell()],
        });
        place.add(0, orders);
        let threads = [1, 2].map(|stat| {
            let place = place.clone();
            thread::spawn(move || place.add(stat, orders))
        });
        let mut known = 0;
        place.turn(&mut known, orders);
        for thread in threads {
            thread.join().unwrap();
        }
        place.turn(&mut known, orders);
        assert_eq!(known, 3, "{MISSED}");
    }
}

const MISSED: &str = "the collector does not know a stat";

#[test]
fn every_stat_becomes_known() {
    holds(model(RIGHT));
}

#[test]
fn announcing_relaxed_is_caught() {
    caught(
        MISSED,
        model(Orders {
            announce: Relaxed,
            ..RIGHT
        }),
    );
}

#[test]
fn hearing_relaxed_is_caught() {
    caught(
        MISSED,
        model(Orders {
            hear: Relaxed,
            ..RIGHT
        }),
    );
}

#[test]
fn hearing_by_a_store_is_caught() {
    caught(
        MISSED,
        model(Orders {
            hear_by_swap: false,
            ..RIGHT
        }),
    );
}

#[test]
fn hearing_after_reading_is_caught() {
    caught(
        MISSED,
        model(Orders {
            hear_then_read: false,
            ..RIGHT
        }),
    );
}
