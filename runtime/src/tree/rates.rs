//! Exponentially weighted rates: events per second over about 1, 5 and 15 minutes.
//!
//! The classic averages of Unix load and of most meters since: every tick of 5 s the events counted in it
//! give an instantaneous rate `i`, and each average moves towards it by `rate += a * (i - rate)` with
//! `a = 1 - exp(-5 / (60 * minutes))`; the first tick of a stat sets the averages to `i`.
//!
//! Nothing runs for a stat that counted nothing: `n` quiet ticks are `rate *= (1 - a)^n`, computed when
//! somebody looks. A stretch of `n` ticks that was missed, because the tick was off or the process
//! stopped, is taken as even: `i` is its events over its length, and
//! `rate = i + (rate - i) * (1 - a)^n`.

use super::recent::Recent;
use crate::snapshot::Rates;

/// The length of a tick, in seconds.
pub(crate) const TICK_SECONDS: u64 = 5;

/// Which tick a moment, in nanoseconds, is in.
pub(crate) fn tick_of(nanos: u64) -> u64 {
    nanos / (TICK_SECONDS * 1_000_000_000)
}

/// What the collector remembers of a stat that has rates.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ticked {
    /// The count up to which events are in the rates.
    pub(crate) counted: u64,
    /// The tick up to which the rates are brought.
    at: u64,
    /// Whether the first tick has set the rates.
    begun: bool,
    rates: Rates,
    /// Recent values, of a distribution that somebody looks at.
    pub(crate) recent: Option<Box<Recent>>,
}

/// The part of an average that `ticks` quiet ticks leave.
fn kept(minutes: f64, ticks: u64) -> f64 {
    (-(TICK_SECONDS as f64) * ticks as f64 / (60.0 * minutes)).exp()
}

fn each(rates: &mut Rates, change: impl Fn(f64, f64) -> f64) {
    rates.m1 = change(rates.m1, 1.0);
    rates.m5 = change(rates.m5, 5.0);
    rates.m15 = change(rates.m15, 15.0);
}

impl Ticked {
    /// A stat that has had no tick yet.
    pub(crate) fn fresh(at: u64) -> Ticked {
        Ticked {
            at,
            ..Ticked::default()
        }
    }

    /// Ticks came that found nothing counted.
    pub(crate) fn was_quiet(&mut self) {
        self.begun = true;
    }

    /// Brings the rates to the tick `now`; the events up to `count` fell after the tick `since`.
    pub(crate) fn tick(&mut self, count: u64, since: u64, now: u64) {
        self.rates = self.rates(since);
        self.at = self.at.max(since);
        let ticks = now.saturating_sub(self.at);
        if ticks == 0 {
            return;
        }
        let even = even(count.wrapping_sub(self.counted), self.at, now);
        let begun = std::mem::replace(&mut self.begun, true);
        each(&mut self.rates, |rate, minutes| {
            if begun {
                even + (rate - even) * kept(minutes, ticks)
            } else {
                even
            }
        });
        self.at = now;
        self.counted = count;
    }

    /// The rates as they stand at a tick.
    pub(crate) fn rates(&self, now: u64) -> Rates {
        let mut rates = self.rates;
        let quiet = now.saturating_sub(self.at);
        if quiet > 0 {
            each(&mut rates, |rate, minutes| rate * kept(minutes, quiet));
        }
        rates
    }
}

fn even(events: u64, since: u64, now: u64) -> f64 {
    events as f64 / (TICK_SECONDS * now.saturating_sub(since).max(1)) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The formula, tick by tick, as one would do it by hand.
    fn by_hand(events: &[u64]) -> [f64; 3] {
        let mut rates: Option<[f64; 3]> = None;
        for events in events {
            let instant = *events as f64 / 5.0;
            let before = rates.unwrap_or([instant; 3]);
            let mut next = before;
            for (rate, minutes) in next.iter_mut().zip([1.0_f64, 5.0, 15.0]) {
                let a = 1.0 - (-5.0 / 60.0 / minutes).exp();
                *rate += a * (instant - *rate);
            }
            rates = Some(next);
        }
        rates.unwrap_or_default()
    }

    fn close(found: Rates, expected: [f64; 3]) {
        for (found, expected) in [found.m1, found.m5, found.m15].into_iter().zip(expected) {
            assert!(
                (found - expected).abs() <= 1e-9 * expected.max(1.0),
                "{found} {expected}"
            );
        }
    }

    fn first(count: u64) -> Ticked {
        let mut ticked = Ticked::fresh(0);
        ticked.tick(count, 0, 1);
        ticked
    }

    #[test]
    fn rates_equal_the_averages_computed_by_hand() {
        let events = [15, 0, 0, 40, 7, 7, 7, 0, 0, 0, 0, 0, 0, 1000];
        let mut count = events[0];
        let mut ticked = first(count);
        for (tick, more) in (1..).zip(&events[1..]) {
            count += more;
            ticked.tick(count, tick, tick + 1);
        }
        close(ticked.rates(events.len() as u64), by_hand(&events));
    }

    #[test]
    fn published_values_of_the_classic_meter_are_met() {
        // Three events in the first tick, then silence: 0.6/s, and a minute later 0.6/e.
        let ticked = first(3);
        close(ticked.rates(1), [0.6, 0.6, 0.6]);
        let minute = ticked.rates(13);
        assert!((minute.m1 - 0.220_727_66).abs() < 1e-8);
        assert!((minute.m5 - 0.491_238_45).abs() < 1e-8);
        assert!((minute.m15 - 0.561_304_19).abs() < 1e-8);
    }

    #[test]
    fn a_quiet_stretch_decays_the_same_in_one_step_or_many() {
        let mut many = first(100);
        for tick in 1..500 {
            many.tick(100, tick, tick + 1);
        }
        let mut one = first(100);
        one.tick(100, 1, 500);
        let lazy = first(100).rates(500);
        close(
            one.rates(500),
            [many.rates.m1, many.rates.m5, many.rates.m15],
        );
        close(lazy, [many.rates.m1, many.rates.m5, many.rates.m15]);
    }

    #[test]
    fn a_missed_stretch_counts_as_even() {
        let mut ticked = first(50);
        let mut evenly = first(50);
        ticked.tick(50 + 80, 1, 9);
        for tick in 1..9 {
            evenly.tick(50 + 10 * tick, tick, tick + 1);
        }
        let expected = evenly.rates(9);
        close(ticked.rates(9), [expected.m1, expected.m5, expected.m15]);
    }
}
