//! What a stat is called: a name that was declared, or one that was given at run time, as keys are.

use std::collections::HashMap;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// A stat's name, or a member's key.
#[derive(Clone, Debug)]
pub(crate) enum StatName {
    Declared(&'static str),
    /// Shared with the snapshots that show it.
    Given(Arc<str>),
    /// A member's, which snapshots write beside those of all others: how long it is, and its bytes. A longer one is shared.
    Short(u8, [u8; SHORT]),
}

/// As much as a shared text and its tag leave free. Most keys are not longer.
const SHORT: usize = 22;

const _: () = assert!(size_of::<StatName>() <= 24);

impl StatName {
    pub(crate) fn given(name: &str) -> StatName {
        StatName::Given(Arc::from(name))
    }

    /// That of a member.
    pub(crate) fn key(key: &str) -> StatName {
        let mut bytes = [0; SHORT];
        match bytes.get_mut(..key.len()) {
            Some(short) => {
                short.copy_from_slice(key.as_bytes());
                StatName::Short(key.len() as u8, bytes)
            }
            None => StatName::given(key),
        }
    }

    /// For whoever only compares.
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            StatName::Declared(name) => name.as_bytes(),
            StatName::Given(name) => name.as_bytes(),
            StatName::Short(length, bytes) => bytes.get(..usize::from(*length)).unwrap_or_default(),
        }
    }
}

impl Deref for StatName {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            StatName::Declared(name) => name,
            StatName::Given(name) => name,
            // It was a text, so it is one.
            StatName::Short(..) => std::str::from_utf8(self.bytes()).unwrap_or_default(),
        }
    }
}

impl PartialEq<str> for StatName {
    fn eq(&self, other: &str) -> bool {
        *self.bytes() == *other.as_bytes()
    }
}

impl fmt::Display for StatName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

/// Names as snapshots have them. A declared one is made once: readers that compare the names of siblings then compare
/// pointers, and a hundred thousand instances share one allocation a stat.
#[derive(Default)]
pub(super) struct Shared(HashMap<&'static str, Arc<str>>);

impl Shared {
    pub(super) fn get(&mut self, name: &StatName) -> Arc<str> {
        match name {
            StatName::Declared(name) => {
                let shared = self.0.entry(name);
                shared.or_insert_with(|| Arc::from(*name)).clone()
            }
            StatName::Given(name) => name.clone(),
            StatName::Short(..) => Arc::from(&**name),
        }
    }
}
