//! Values with a part per key or per state: families, counts by state, time by state.

use std::sync::Arc;
use std::time::Duration;

use super::Value;

/// What a `Family` held: one value per key.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FamilyValue {
    /// Sorted by key text (unescaped).
    pub(crate) members: Vec<(Arc<str>, Value)>,
}

impl FamilyValue {
    /// The member of this key, as the key reads (`/index`, not `%2Findex`).
    pub fn get(&self, key: &str) -> Option<&Value> {
        let place = self
            .members
            .binary_search_by(|(own, _)| (**own).cmp(key))
            .ok()?;
        self.members.get(place).map(|(_, value)| value)
    }

    /// All members as `(key, value)`, sorted by key.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.members.iter().map(|(key, value)| (&**key, value))
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether no key was used yet.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
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
