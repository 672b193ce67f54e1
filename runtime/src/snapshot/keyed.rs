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

impl FamilyValue {
    /// Of as many values as there are keys.
    pub(crate) fn of(keys: Arc<Keys>, values: Vec<Value>) -> FamilyValue {
        FamilyValue { keys, values }
    }

    /// The member of this key, as the key reads (`/index`, not `%2Findex`).
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.values.get(self.keys.find(key).ok()?)
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

    /// The member of a key; `Err` gives where it is to be inserted.
    pub(super) fn find_mut(&mut self, key: &str) -> Result<&mut Value, usize> {
        let at = self.keys.find(key)?;
        self.values.get_mut(at).ok_or(at)
    }

    /// Puts a value in the place of a key's, or beside the others.
    #[cfg(feature = "distributed")]
    pub(crate) fn put(&mut self, key: &str, value: Value) {
        match self.find_mut(key) {
            Ok(own) => *own = value,
            Err(at) => self.insert(at, key, value),
        }
    }

    pub(super) fn insert(&mut self, at: usize, key: &str, value: Value) {
        Arc::make_mut(&mut self.keys).insert(at, key);
        self.values.insert(at.min(self.values.len()), value);
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
