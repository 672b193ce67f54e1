//! Words that live as long as the program: help texts, units, label names, as snapshots have them.
//!
//! In a program they are constants. Out of a file, or from another process, they are kept once each, for ever, however often they
//! come; since a hostile one may have any number of them, there is a limit, beyond which a word is left out.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use foldhash::fast::RandomState;

/// Bytes that may be kept in all.
const MOST: usize = 4 << 20;

struct Words {
    known: HashSet<&'static str, RandomState>,
    bytes: usize,
}

static WORDS: Mutex<Option<Words>> = Mutex::new(None);

/// The word, for ever; nothing instead when too many are kept.
pub(crate) fn kept(word: &str) -> &'static str {
    if word.is_empty() {
        return "";
    }
    let mut words = WORDS.lock().unwrap_or_else(PoisonError::into_inner);
    let words = words.get_or_insert_with(|| Words {
        known: HashSet::default(),
        bytes: 0,
    });
    if let Some(known) = words.known.get(word) {
        return known;
    }
    if words.bytes + word.len() > MOST {
        return "";
    }
    words.bytes += word.len() + size_of::<&str>();
    let kept: &'static str = Box::leak(Box::from(word));
    words.known.insert(kept);
    kept
}
