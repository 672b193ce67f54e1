//! Recent values: what a distribution gained in about the last minute.
//!
//! Six slots of ten seconds hold what was gained in each, sparsely; a slot is forgotten whole when its time is
//! over, so the window is between 50 and 60 s long, plus the slot that is running. Recording knows
//! nothing of it: the gain of a slot is the difference of two reads of the lifetime buckets.
//!
//! It costs memory, so it is kept only while somebody looks. From then on it is complete after a minute; of a
//! stat that is younger than the window, everything is recent.

use std::collections::VecDeque;

use crate::snapshot::Distribution;

/// Ticks in a slot.
const SLOT: u64 = 2;
/// Slots in the window.
const SLOTS: u64 = 6;

/// The window, in ticks.
pub(crate) const WINDOW: u64 = SLOT * SLOTS;

/// The recent values of one distribution.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recent {
    /// The lifetime values that are in the slots, or were.
    seen: Distribution,
    /// Gains by slot number, oldest first.
    slots: VecDeque<(u64, Distribution)>,
}

impl Recent {
    /// Begins to look at a stat that was born in the tick `born`: its values so far are recent if it is
    /// younger than the window, and of unknown age otherwise.
    pub(crate) fn begin(lifetime: &Distribution, born: u64, now: u64) -> Recent {
        let born = born.min(now); // a test's clock may have been ahead
        let mut recent = Recent {
            seen: lifetime.clone(),
            slots: VecDeque::new(),
        };
        if now.saturating_sub(born) < WINDOW && !lifetime.is_empty() {
            recent.slots.push_back((born / SLOT, lifetime.clone()));
        }
        recent
    }

    /// Files what was gained since the tick `since` under the slot of `now`. After a missed stretch longer
    /// than the window nobody knows how old the gain is, and it is not called recent.
    pub(crate) fn tick(&mut self, lifetime: Distribution, since: u64, now: u64) {
        if now.saturating_sub(since) < WINDOW {
            let gain = lifetime.since(&self.seen);
            // The gain fell before `now` began.
            self.file(now.saturating_sub(1) / SLOT, gain);
        }
        self.seen = lifetime;
        self.forget(now);
    }

    /// All values of the window that ends in the tick `now`.
    pub(crate) fn values(&self, lifetime: &Distribution, now: u64) -> Distribution {
        let mut values = lifetime.since(&self.seen);
        for (slot, gain) in &self.slots {
            if slot + SLOTS > now / SLOT {
                values.merge(gain);
            }
        }
        values
    }

    /// Takes over the recent values of a retired stat.
    pub(crate) fn absorb(&mut self, retired: Recent) {
        self.seen.merge(&retired.seen);
        for (slot, gain) in retired.slots {
            self.file(slot, gain);
        }
    }

    fn file(&mut self, slot: u64, gain: Distribution) {
        if gain.is_empty() {
            return;
        }
        match self.slots.iter().position(|(at, _)| *at >= slot) {
            Some(place) if self.slots[place].0 == slot => self.slots[place].1.merge(&gain),
            Some(place) => self.slots.insert(place, (slot, gain)),
            None => self.slots.push_back((slot, gain)),
        }
    }

    fn forget(&mut self, now: u64) {
        while self
            .slots
            .front()
            .is_some_and(|(slot, _)| slot + SLOTS <= now / SLOT)
        {
            self.slots.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(count: u64) -> Distribution {
        Distribution {
            buckets: vec![(10, count)],
            whole: u128::from(count),
            ..Distribution::default()
        }
    }

    #[test]
    fn values_are_recent_for_a_minute_and_then_forgotten() {
        let mut recent = Recent::begin(&of(0), 0, 0);
        recent.tick(of(5), 0, 1);
        recent.tick(of(8), 4, 5);
        assert_eq!(
            recent.values(&of(9), 5).count(),
            9,
            "the gain that is not filed counts too"
        );
        assert_eq!(recent.values(&of(8), 11).count(), 8);
        assert_eq!(recent.values(&of(8), 12).count(), 3);
        assert_eq!(recent.values(&of(8), 16).count(), 0);
    }

    #[test]
    fn of_a_young_stat_everything_is_recent_and_of_an_old_one_nothing() {
        let young = Recent::begin(&of(7), 95, 100);
        assert_eq!(young.values(&of(7), 100).count(), 7);
        let old = Recent::begin(&of(7), 0, 100);
        assert_eq!(old.values(&of(7), 100).count(), 0);
        assert_eq!(old.values(&of(9), 100).count(), 2);
    }

    #[test]
    fn a_gain_of_unknown_age_is_not_called_recent() {
        let mut recent = Recent::begin(&of(0), 0, 0);
        recent.tick(of(100), 0, 40);
        assert_eq!(recent.values(&of(100), 40).count(), 0);
        recent.tick(of(101), 40, 41);
        assert_eq!(recent.values(&of(101), 41).count(), 1);
    }

    #[test]
    fn a_retired_stats_values_stay_recent_in_the_total() {
        let mut total = Recent::begin(&of(0), 0, 0);
        total.tick(of(4), 4, 5);
        let mut retired = Recent::begin(&of(0), 0, 0);
        retired.tick(of(3), 0, 1);
        retired.tick(of(4), 4, 5);
        total.absorb(retired);
        assert_eq!(total.values(&of(8), 5).count(), 8);
        assert_eq!(total.values(&of(8), 13).count(), 5);
    }
}
