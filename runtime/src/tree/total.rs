//! Totals: what an aggregate remembers. What was retired into it, and the rates of the whole.
//!
//! The rates of a sum are those of its events, whoever counted them: an average that each child begins anew would be
//! too high in sum wherever instances come and go. So a pass tells an aggregate how many events its descendants
//! counted ([`Part::gain`]), and it averages them as a stat of its own would.
//!
//! Recent values are kept for what was retired, and go on ageing there; those of live descendants are added when
//! somebody looks.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::class::Spec;
use super::fold;
use super::members::{DEFAULT_CAP, OVERFLOW};
use super::rates::{Ticked, tick_of};
use super::recent::Recent;
use super::remembered::Taken;
use crate::Kind;
use crate::snapshot::{Distribution, FamilyValue, Rates, Value};

/// What an aggregate remembers.
#[derive(Default)]
pub(crate) struct Total {
    all: Part,
    /// Of an aggregate of families: by key, and so also the keys it has admitted.
    keys: BTreeMap<Arc<str>, Part>,
}

/// The whole of an aggregate, or what it holds under one key.
#[derive(Default)]
struct Part {
    /// What was retired.
    value: Option<Value>,
    /// The recent values of what was retired.
    recent: Option<Box<Recent>>,
    /// The rates of everything, live and retired.
    ticked: Option<Box<Ticked>>,
    /// Events that are not yet in the rates.
    gained: u64,
}

/// Events that were counted since the last pass, and under which key.
pub(super) type Gain = (Option<Arc<str>>, u64);

impl Total {
    /// Adds what a retired stat counted.
    pub(super) fn absorb(&mut self, aggregate: &Spec, value: Value, taken: Taken) {
        let Value::Family(family) = value else {
            let kind = aggregate.kind;
            return self.all.absorb(kind, value, taken.own, taken.born);
        };
        let mut by_key = taken.by_key;
        let (keys, values) = Arc::unwrap_or_clone(family).into_parts();
        for (key, value) in keys.iter().zip(values) {
            let kind = fold::member_kind(aggregate.kind);
            let ticked = by_key.remove(key);
            self.part(aggregate, Some(key))
                .absorb(kind, value, ticked, taken.born);
        }
    }

    /// Adds events that a descendant counted.
    pub(super) fn gain(&mut self, aggregate: &Spec, (key, events): &Gain) {
        self.part(aggregate, key.as_deref()).gained += events;
    }

    /// The whole, or what is under a key; under the overflow's when there are too many. Keys are never given up, so that
    /// no key's total ever moves.
    fn part(&mut self, aggregate: &Spec, key: Option<&str>) -> &mut Part {
        match key {
            None => &mut self.all,
            Some(key) => {
                let key = self.admit(aggregate, key);
                self.keys.entry(key).or_default()
            }
        }
    }

    /// The key under which the aggregate counts `key`.
    pub(crate) fn admit(&mut self, aggregate: &Spec, key: &str) -> Arc<str> {
        if let Some((key, _)) = self.keys.get_key_value(key) {
            return key.clone();
        }
        let cap = match aggregate.cap {
            0 => DEFAULT_CAP,
            cap => cap,
        };
        let used = self.keys.len() - usize::from(self.keys.contains_key(OVERFLOW));
        if used >= cap && key != OVERFLOW {
            return Arc::from(OVERFLOW);
        }
        let key: Arc<str> = Arc::from(key);
        self.keys.insert(key.clone(), Part::default());
        key
    }

    /// What was retired.
    pub(super) fn value(&self, kind: Kind, now: u64) -> Value {
        if matches!(kind.folded(), Kind::Family(_)) {
            let parts = self.keys.iter();
            let members: FamilyValue = parts
                .filter_map(|(key, part)| Some((key, part.retired(now)?)))
                .collect();
            return Value::Family(Arc::new(members));
        }
        self.all.retired(now).unwrap_or_else(|| fold::nothing(kind))
    }

    /// What was retired under these keys, and under the overflow's, where they may have ended; under all when none is given.
    pub(super) fn parts(&self, keys: &[Arc<str>]) -> impl Iterator<Item = (Arc<str>, Value)> {
        let all = self.keys.iter().filter(|_| keys.is_empty());
        let some = keys.iter().map(|key| &**key).chain([OVERFLOW]);
        let some = some
            .filter(|_| !keys.is_empty())
            .filter_map(|key| self.keys.get_key_value(key));
        all.chain(some)
            .filter_map(|(key, part)| Some((key.clone(), part.value.clone()?)))
    }

    /// Gives a folded value the rates of the whole.
    pub(super) fn set_rates(&self, value: &mut Value, now: u64) {
        match value {
            Value::Family(family) => {
                for (key, value) in Arc::make_mut(family).iter_mut() {
                    if let Some(part) = self.keys.get(key) {
                        part.set_rates(value, now);
                    }
                }
            }
            value => self.all.set_rates(value, now),
        }
    }

    /// Brings it to a pass; gives the events that came in since the last one, for the aggregate above. `quiet`: it was
    /// there at the last one.
    pub(super) fn tick(&mut self, since: u64, now: u64, quiet: bool) -> Vec<Gain> {
        let all = std::iter::once((None, &mut self.all));
        let keys = self.keys.iter_mut().map(|(key, part)| (Some(key), part));
        all.chain(keys)
            .map(|(key, part)| (key.cloned(), part.tick(since, now, quiet)))
            .filter(|(_, gained)| *gained > 0)
            .collect()
    }

    /// Takes out what is remembered, when the aggregate itself retires. Its events have been passed on, but for those
    /// that came in since the last pass.
    pub(super) fn take(&mut self) -> Taken {
        Taken {
            born: 0,
            own: Some(self.all.take()),
            by_key: self
                .keys
                .iter_mut()
                .map(|(key, part)| (key.to_string(), part.take()))
                .collect(),
        }
    }
}

impl Part {
    /// Adds a value that retired with this memory, if it had one; else its stat was born in the tick `born` and seen by
    /// no pass.
    fn absorb(&mut self, kind: Kind, value: Value, ticked: Option<Box<Ticked>>, born: u64) {
        let Some(kept) = fold::kept_when_retired(value) else {
            return; // a level: it is subtracted by no longer being added
        };
        let counted = ticked.as_ref().map_or(0, |ticked| ticked.counted);
        if let Some(count) = fold::count(&kept) {
            self.gained += count.wrapping_sub(counted);
        }
        if let Some(lifetime) = fold::lifetime(&kept) {
            let gained = match ticked {
                None => Some(Recent::begin(lifetime, born, born)),
                Some(ticked) => ticked.recent.map(|recent| *recent),
            };
            self.absorb_recent(lifetime, gained);
        }
        match &mut self.value {
            Some(own) => {
                own.fold(kind, &kept);
            }
            None => self.value = Some(kept),
        }
    }

    fn absorb_recent(&mut self, lifetime: &Distribution, gained: Option<Recent>) {
        let of_unknown_age = |values: &Distribution| Recent::begin(values, 0, u64::MAX);
        match (&mut self.recent, gained) {
            (Some(own), Some(gained)) => own.absorb(gained),
            (Some(own), None) => own.absorb(of_unknown_age(lifetime)),
            (None, Some(gained)) => {
                let before = self.value.as_ref().and_then(fold::lifetime);
                let mut recent = before.map_or_else(Recent::default, of_unknown_age);
                recent.absorb(gained);
                self.recent = Some(Box::new(recent));
            }
            (None, None) => {}
        }
    }

    fn retired(&self, now: u64) -> Option<Value> {
        let mut value = self.value.clone()?;
        if let (Some(recent), Some(lifetime)) = (&self.recent, fold::lifetime(&value)) {
            let recent = recent.values(lifetime, tick_of(now));
            fold::set_recent(&mut value, recent);
        }
        Some(value)
    }

    fn set_rates(&self, value: &mut Value, now: u64) {
        let ticked = self.ticked.as_ref();
        let rates = ticked.map_or(Rates::default(), |ticked| ticked.rates(tick_of(now)));
        fold::set_rates(value, rates);
    }

    fn tick(&mut self, since: u64, now: u64, quiet: bool) -> u64 {
        if let (Some(recent), Some(lifetime)) = (
            &mut self.recent,
            self.value.as_ref().and_then(fold::lifetime),
        ) {
            recent.tick(lifetime.clone(), since, now);
        }
        let gained = std::mem::take(&mut self.gained);
        if gained > 0 {
            let fresh = || Box::new(Ticked::fresh(since));
            let ticked = self.ticked.get_or_insert_with(fresh);
            if quiet {
                ticked.was_quiet();
            }
            ticked.tick(ticked.counted.wrapping_add(gained), since, now);
        }
        gained
    }

    fn take(&mut self) -> Box<Ticked> {
        let count = self.value.as_ref().and_then(fold::count).unwrap_or(0);
        let mut taken = Ticked::fresh(0);
        taken.counted = count.wrapping_sub(std::mem::take(&mut self.gained));
        taken.recent = self.recent.take();
        Box::new(taken)
    }
}

/// Rates and a look at recent values, at one moment.
#[derive(Default)]
pub(crate) struct Rated<'t> {
    pub(crate) rates: Rates,
    look: Option<Look<'t>>,
}

struct Look<'t> {
    recent: Option<&'t Recent>,
    now: u64,
}

impl<'t> Rated<'t> {
    pub(super) fn of(ticked: Option<&'t Ticked>, now: u64) -> Rated<'t> {
        let now = tick_of(now);
        Rated {
            rates: ticked.map_or(Rates::default(), |ticked| ticked.rates(now)),
            look: Some(Look {
                recent: ticked.and_then(|ticked| ticked.recent.as_deref()),
                now,
            }),
        }
    }

    /// The recent values of a stat born in the tick `born`.
    pub(crate) fn recent(
        &self,
        lifetime: &Distribution,
        born: impl FnOnce() -> u64,
    ) -> Distribution {
        match &self.look {
            None => Distribution::default(),
            Some(Look {
                recent: Some(recent),
                now,
            }) => recent.values(lifetime, *now),
            Some(Look { recent: None, now }) => {
                Recent::begin(lifetime, born(), *now).values(lifetime, *now)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::prelude::*;
    use crate::{Meter, Sum, test};

    #[derive(Instrumented)]
    struct Pool {
        jobs: Sum<Meter>,
        by_kind: Sum<Family<String, Meter>>,
    }

    #[derive(Instrumented)]
    #[instrumented(parent = Pool)]
    struct Worker {
        jobs: Meter,
        by_kind: Family<String, Meter>,
    }

    #[test]
    fn the_rate_of_a_sum_is_that_of_its_events_however_often_workers_come_and_go() {
        let t = test::isolated_with_clock();
        let pool = Pool::init("/total/pool");
        let _ = (&pool.jobs, &pool.by_kind);
        let steady = Worker::init_child(&pool, "steady");
        for tick in 0..60 {
            let passing = Worker::init_child(&pool, "passing");
            for worker in [&steady, &passing] {
                worker.jobs.add(25);
                worker.by_kind.get("copy").add(25);
            }
            if tick % 2 == 0 {
                t.advance(Duration::from_secs(5));
                t.snapshot();
                drop(passing);
            } else {
                drop(passing); // seen by no pass
                t.advance(Duration::from_secs(5));
            }
            let snapshot = t.snapshot();
            for path in ["/total/pool/jobs", "/total/pool/by_kind/copy"] {
                let rates = snapshot.meter(path).unwrap().rates;
                for rate in [rates.m1, rates.m5, rates.m15] {
                    assert!(
                        (rate - 10.0).abs() < 1e-9,
                        "{path} after tick {tick}: {rate}"
                    );
                }
            }
        }
    }
}
