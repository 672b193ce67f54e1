//! What a stat is called: a name that was declared, or one that was given at run time.

use std::collections::HashMap;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// A stat's name.
#[derive(Clone, Debug)]
pub(crate) enum StatName {
    /// Where it is declared: a reference to that takes half as much as one to the text, and every stat pays for the room.
    Declared(&'static &'static str),
    /// Shared with the snapshots that show it.
    Given(Arc<str>),
}

impl StatName {
    pub(crate) fn given(name: &str) -> StatName {
        StatName::Given(Arc::from(name))
    }
}

impl Deref for StatName {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            StatName::Declared(name) => name,
            StatName::Given(name) => name,
        }
    }
}

impl PartialEq<str> for StatName {
    fn eq(&self, other: &str) -> bool {
        **self == *other
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
                shared.or_insert_with(|| Arc::from(**name)).clone()
            }
            StatName::Given(name) => name.clone(),
        }
    }
}
