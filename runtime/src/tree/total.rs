//! Totals: what was retired into an aggregate, and goes on fading and ageing there.
//!
//! A retired total is a stat like any other: it has a count, rates that decay and recent values that are forgotten.
//! What a dropped instance still had of them is added to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::class::Spec;
use super::entry::{DEFAULT_CAP, OVERFLOW};
use super::fold;
use super::rates::{Ticked, tick_of};
use super::recent::Recent;
use super::remembered::Taken;
use crate::Kind;
use crate::snapshot::{Distribution, FamilyValue, Rates, Value};

/// What was retired into an aggregate.
#[derive(Default)]
pub(crate) struct Total {
    pub(super) all: Retired,
    /// Of an aggregate of families: by key, and so also the keys it has admitted.
    pub(super) keys: BTreeMap<Arc<str>, Retired>,
}

#[derive(Default)]
pub(super) struct Retired {
    value: Option<Value>,
    pub(super) ticked: Option<Box<Ticked>>,
}

impl Total {
    /// Adds what a retired stat counted.
    pub(crate) fn absorb(&mut self, aggregate: &Spec, value: Value, ticked: Taken) {
        let Value::Family(family) = value else {
            let kind = aggregate.kind;
            return self.all.absorb(kind, value, ticked.own);
        };
        let mut by_key = ticked.by_key;
        for (key, value) in Arc::unwrap_or_clone(family).members {
            let kind = fold::member_kind(aggregate.kind);
            let ticked = by_key.remove(&*key);
            self.key(aggregate, &key).absorb(kind, value, ticked);
        }
    }

    /// What was retired under a key; under the overflow's when there are too many. Keys are never given
    /// up, so that no key's total ever moves.
    fn key(&mut self, aggregate: &Spec, key: &Arc<str>) -> &mut Retired {
        let key = self.admit(aggregate, key);
        self.keys.entry(key).or_default()
    }

    /// The key under which the aggregate counts `key`.
    pub(crate) fn admit(&mut self, aggregate: &Spec, key: &Arc<str>) -> Arc<str> {
        let cap = match aggregate.cap {
            0 => DEFAULT_CAP,
            cap => cap,
        };
        if !self.keys.contains_key(key) {
            let used = self.keys.len() - usize::from(self.keys.contains_key(OVERFLOW));
            if used >= cap && &**key != OVERFLOW {
                return Arc::from(OVERFLOW);
            }
            self.keys.insert(key.clone(), Retired::default());
        }
        key.clone()
    }

    pub(super) fn value(&self, kind: Kind, now: u64) -> Value {
        if matches!(kind.folded(), Kind::Family(_)) {
            let members = self
                .keys
                .iter()
                .filter_map(|(key, retired)| Some((key.clone(), retired.value(now)?)))
                .collect();
            return Value::Family(Arc::new(FamilyValue { members }));
        }
        self.all.value(now).unwrap_or_else(|| fold::nothing(kind))
    }

    pub(super) fn each(&mut self) -> impl Iterator<Item = &mut Retired> {
        std::iter::once(&mut self.all).chain(self.keys.values_mut())
    }
}

impl Retired {
    fn absorb(&mut self, kind: Kind, value: Value, ticked: Option<Box<Ticked>>) {
        let Some(kept) = fold::kept_when_retired(value) else {
            return; // a level: it is subtracted by no longer being added
        };
        if let Some(mut ticked) = ticked {
            let gained = ticked.recent.take();
            match &mut self.ticked {
                Some(own) => own.absorb(*ticked),
                None => self.ticked = Some(ticked),
            }
            if let (Some(gained), Some(own)) = (gained, &mut self.ticked) {
                // What was retired before, while nobody looked, is of unknown age.
                let before = self.value.as_ref().and_then(fold::lifetime);
                let recent =
                    own.recent.get_or_insert_with(|| {
                        Box::new(before.map_or_else(Recent::default, |before| {
                            Recent::begin(before, 0, u64::MAX)
                        }))
                    });
                recent.absorb(*gained);
            }
        } else if let Some(own) = &mut self.ticked
            && let (Some(recent), Some(lifetime)) = (&mut own.recent, fold::lifetime(&kept))
        {
            recent.absorb(Recent::begin(lifetime, 0, u64::MAX));
        }
        match &mut self.value {
            Some(own) => {
                own.fold(kind, &kept);
            }
            None => self.value = Some(kept),
        }
    }

    fn value(&self, now: u64) -> Option<Value> {
        let mut value = self.value.clone()?;
        let rated = Rated::of(self.ticked.as_deref(), now);
        fold::set_rates(&mut value, rated.rates);
        if let Some(recent) = fold::lifetime(&value).map(|lifetime| rated.recent_of_total(lifetime))
        {
            fold::set_recent(&mut value, recent);
        }
        Some(value)
    }

    pub(super) fn tick(&mut self, since: u64, now: u64) {
        let Some(value) = &self.value else { return };
        let Some(count) = fold::count(value) else {
            return;
        };
        let ticked = self
            .ticked
            .get_or_insert_with(|| Box::new(Ticked::quiet(since)));
        if count != ticked.counted {
            ticked.tick(count, since, now);
        }
        if let (Some(recent), Some(lifetime)) = (&mut ticked.recent, fold::lifetime(value)) {
            recent.tick(lifetime.clone(), since, now);
        }
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

    /// The recent values of a stat born at `born`, in nanoseconds.
    pub(crate) fn recent(&self, lifetime: &Distribution, born: u64) -> Distribution {
        match &self.look {
            None => Distribution::default(),
            Some(Look {
                recent: Some(recent),
                now,
            }) => recent.values(lifetime, *now),
            Some(Look { recent: None, now }) => {
                Recent::begin(lifetime, tick_of(born), *now).values(lifetime, *now)
            }
        }
    }

    fn recent_of_total(&self, lifetime: &Distribution) -> Distribution {
        match &self.look {
            Some(Look {
                recent: Some(recent),
                now,
            }) => recent.values(lifetime, *now),
            _ => Distribution::default(),
        }
    }
}
