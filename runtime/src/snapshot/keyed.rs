//! Values with a part per key or per state: families, counts by state, time by state.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::Value;
use super::keys::Keys;

/// What a `Family` held: one value per key.
#[derive(Clone, Default, PartialEq)]
pub struct FamilyValue {
    /// As they read (unescaped).
    keys: Arc<Keys>,
    /// A key's value stands where the key does.
    values: Vec<Value>,
}

/// Up to how many new keys are put between the others one by one.
const FEW: usize = 8;

impl FamilyValue {
    /// Of as many values as there are keys.
    pub(crate) fn of(keys: Arc<Keys>, values: Vec<Value>) -> FamilyValue {
        FamilyValue { keys, values }
    }

    /// The member of this key, as the key reads (`/index`, not `%2Findex`).
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.values.get(self.keys.find(key).ok()?)
    }

    /// As which of its members this key stands there.
    #[cfg(feature = "distributed")]
    pub(crate) fn position(&self, key: &str) -> Option<usize> {
        self.keys.find(key).ok()
    }

    /// All members as `(key, value)`, sorted by key.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.keys.iter().zip(&self.values)
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether no key was used yet.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Whether no key has anything that formats escape.
    #[cfg(any(feature = "prometheus", feature = "otlp"))]
    pub(crate) fn has_plain_keys(&self) -> bool {
        self.keys.are_plain()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut Value)> {
        self.keys.iter().zip(&mut self.values)
    }

    /// The same keys with other values.
    pub(crate) fn map(&self, value: impl FnMut((&str, &Value)) -> Value) -> FamilyValue {
        FamilyValue {
            keys: Arc::clone(&self.keys),
            values: self.iter().map(value).collect(),
        }
    }

    /// The keys, and their values in the same order.
    pub(crate) fn into_parts(self) -> (Arc<Keys>, Vec<Value>) {
        (self.keys, self.values)
    }

    /// Takes members in: `join` says what becomes of one whose key is here already. Quick where they come in the order of their
    /// keys; the order is kept whatever theirs is.
    pub(crate) fn take_in<'v, K: AsRef<str>>(
        &mut self,
        members: impl IntoIterator<Item = (K, &'v Value)>,
        mut join: impl FnMut(&mut Value, &Value),
    ) {
        let mut new: Vec<(K, &Value)> = Vec::new();
        let mut next = 0; // most have the same keys as those that are here
        for (key, value) in members {
            match self.keys.find_from(next, key.as_ref()) {
                Ok(at) => {
                    next = at + 1;
                    if let Some(own) = self.values.get_mut(at) {
                        join(own, value);
                    }
                }
                Err(_) => new.push((key, value)),
            }
        }
        if new.len() > FEW {
            return self.take_in_many(new, join);
        }
        for (key, value) in new {
            let at = self.keys.find(key.as_ref());
            match at.map(|at| self.values.get_mut(at)) {
                Ok(own) => own.into_iter().for_each(|own| join(own, value)),
                Err(at) => {
                    Arc::make_mut(&mut self.keys).insert(at, key.as_ref());
                    let at = at.min(self.values.len());
                    self.values.insert(at, value.clone());
                }
            }
        }
    }

    /// As [`take_in`](Self::take_in), of keys that are not here: all that is here moves once, not once a key.
    fn take_in_many<K: AsRef<str>>(
        &mut self,
        mut new: Vec<(K, &Value)>,
        mut join: impl FnMut(&mut Value, &Value),
    ) {
        new.sort_by(|(a, _), (b, _)| a.as_ref().cmp(b.as_ref()));
        let mut new = new.into_iter().peekable();
        let mut keys = Keys::default();
        let mut values = Vec::with_capacity(self.len() + new.len());
        let before = std::mem::take(self);
        let mut own = before.keys.iter().zip(before.values).peekable();
        loop {
            let own_is_next = match (own.peek(), new.peek()) {
                (None, None) => break,
                (Some((own, _)), Some((new, _))) => *own < new.as_ref(),
                (own, _) => own.is_some(),
            };
            if own_is_next {
                if let Some((key, value)) = own.next() {
                    keys.push(key);
                    values.push(value);
                }
            } else if let Some((key, value)) = new.next() {
                match values.last_mut() {
                    Some(last) if keys.last() == Some(key.as_ref()) => join(last, value),
                    _ => {
                        keys.push(key.as_ref());
                        values.push(value.clone());
                    }
                }
            }
        }
        *self = FamilyValue::of(Arc::new(keys), values);
    }
}

impl fmt::Debug for FamilyValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// Of members that are sorted by key, each there once.
impl<K: AsRef<str>> FromIterator<(K, Value)> for FamilyValue {
    fn from_iter<T: IntoIterator<Item = (K, Value)>>(sorted: T) -> FamilyValue {
        let mut keys = Keys::default();
        let members = sorted.into_iter();
        let values = members.map(|(key, value)| {
            keys.push(key.as_ref());
            value
        });
        let values = values.collect();
        FamilyValue::of(Arc::new(keys), values)
    }
}

/// What a `CountBy` held: how many instances are in each state.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StatesValue {
    /// In declaration order, closed sets include zeros.
    pub(crate) counts: Vec<(Arc<str>, u64)>,
}

impl StatesValue {
    /// How many instances are in this state; `None` for a state that was never declared or seen.
    pub fn get(&self, state: &str) -> Option<u64> {
        self.counts
            .iter()
            .find(|(name, _)| &**name == state)
            .map(|&(_, count)| count)
    }

    /// All states as `(name, instances)`: declared ones in their order, zeros included, others as first seen.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, u64)> {
        self.counts.iter().map(|(name, count)| (&**name, *count))
    }

    /// How many instances are in any state.
    pub fn total(&self) -> u64 {
        self.counts
            .iter()
            .fold(0, |sum, &(_, count)| sum.saturating_add(count))
    }
}

/// What a `StateTime` held: how long each state held in all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StateTimeValue {
    pub(crate) current: Option<Arc<str>>,
    /// In declaration order (closed sets) or first-seen order.
    pub(crate) nanos: Vec<(Arc<str>, u64)>,
}

impl StateTimeValue {
    /// The state that holds now; `None` before the first.
    pub fn current(&self) -> Option<&str> {
        self.current.as_deref()
    }

    /// The time in this state, the open interval included; `None` for a state that was never declared or seen.
    pub fn get(&self, state: &str) -> Option<Duration> {
        self.iter()
            .find(|&(name, _)| name == state)
            .map(|(_, time)| time)
    }

    /// All states as `(name, time in it)`, in the order declared or first seen.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, Duration)> {
        self.nanos
            .iter()
            .map(|(name, nanos)| (&**name, Duration::from_nanos(*nanos)))
    }
}
