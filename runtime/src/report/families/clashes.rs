//! Which stats have no place, since another has their name: for whoever looks for a series that is missing.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use super::slot::Slot;
use crate::log_line;

/// A stat that is left out.
#[derive(Debug)]
pub(in crate::report) struct Clash {
    /// Its path; of stats that differ only in labels, that of the first.
    pub(in crate::report) stat: String,
    /// The name it would have had.
    pub(in crate::report) name: String,
    /// The path of the stat that has it.
    pub(in crate::report) owner: String,
}

/// Those of one layout, as far as somebody would read them.
#[derive(Debug, Default)]
pub(in crate::report) struct Clashes(Vec<Clash>);

/// Where there are more, something is wrong with all of them.
const MOST: usize = 1000;

impl Clashes {
    pub(super) fn add(&mut self, clash: Clash) {
        if self.0.len() < MOST {
            self.0.push(clash);
        }
    }

    pub(in crate::report) fn iter(&self) -> impl Iterator<Item = &Clash> {
        self.0.iter()
    }
}

pub(super) fn path(slot: &Slot<'_>) -> String {
    format!("{}/{}", slot.place, slot.stat.name)
}

/// Which stats were told of in the log: each once, and some at a time.
#[derive(Debug)]
pub(in crate::report) struct Told(Mutex<BTreeSet<String>>);

/// How many lines one layout may add to the log; the next tells of others.
const AT_ONCE: usize = 10;

impl Told {
    pub(in crate::report) const fn new() -> Told {
        Told(Mutex::new(BTreeSet::new()))
    }

    /// Logs those that were not told of; `of` says where they are missing, `counted` where that is counted.
    pub(in crate::report) fn tell(&self, clashes: &Clashes, of: &str, counted: &str) {
        let mut told = 0;
        for Clash { stat, name, owner } in clashes.iter() {
            if told == AT_ONCE || !self.is_new(stat) {
                continue;
            }
            told += 1;
            log_line::warn(
                log_line::TARGET,
                format_args!(
                    "`{stat}` is left out of {of}: its name there, `{name}`, is that of `{owner}`; rename one \
                     (counted in {counted}; told once)"
                ),
            );
        }
    }

    /// Not held while something is logged: a logger is user code.
    fn is_new(&self, stat: &str) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.len() < MOST && told.insert(stat.to_owned())
    }
}
