//! What went wrong at run time and was survived: counted under `/calipers/faults`, logged once a kind.
//!
//! The counts are plain statics rather than stats, because a fault may be met where opening a stat is not
//! allowed; the global tree shows them as counters.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use crate::cells::gate;
use crate::log_line;

/// The kinds of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A path that is none.
    InvalidPath,
    /// A stat at a place that a stat of another kind holds.
    PathConflict,
    /// A value that a stat does not take: negative, NaN, infinite.
    RefusedValue,
    /// A key beyond a family's cap.
    KeyOverflow,
    /// A dynamic name beyond the registry's cap.
    NameOverflow,
    /// A gauge's closure that panicked.
    ClosurePanicked,
    /// A gauge's closure that did not answer in time.
    ClosureStalled,
    /// An aggregate that cannot fold a descendant's stat of its name.
    CannotFold,
    /// Two declarations of the program's that mean one path.
    DeclarationClash,
    /// Numbers that found no room in the page file.
    #[cfg_attr(not(feature = "mapped"), allow(dead_code, reason = "nobody has one"))]
    FileFull,
}

struct Tally {
    name: &'static str,
    help: &'static str,
    count: AtomicU64,
    logged: AtomicBool,
}

const fn tally(name: &'static str, help: &'static str) -> Tally {
    Tally {
        name,
        help,
        count: AtomicU64::new(0),
        logged: AtomicBool::new(false),
    }
}

static TALLIES: [Tally; 10] = [
    tally("invalidPaths", "Paths that were none and were mended."),
    tally(
        "pathConflicts",
        "Stats set aside because another kind holds their place.",
    ),
    tally(
        "refusedValues",
        "Values refused: negative, NaN or infinite.",
    ),
    tally("keyOverflows", "Uses of a family's overflow member."),
    tally("nameOverflows", "Uses of the registry's overflow stats."),
    tally("closuresPanicked", "Gauge closures that panicked."),
    tally(
        "closuresStalled",
        "Gauge closures that did not answer in time.",
    ),
    tally(
        "cannotFold",
        "Stats that the aggregate of their name cannot fold.",
    ),
    tally(
        "declarationClashes",
        "Declarations that mean one path, in two kinds or from two places in the source.",
    ),
    tally(
        "fileFull",
        "Pages, blocks and records that found no room in the page file and stayed in memory.",
    ),
];

/// Counts a fault; logs it if it is the first of its kind. Never called with a lock held, since a logger
/// is user code.
pub(crate) fn report(fault: Fault, what: impl FnOnce() -> String) {
    if count(fault) {
        log_line::warn(
            log_line::TARGET,
            format_args!(
                "{} (counted in /calipers/faults/{}; further ones are not logged)",
                what(),
                TALLIES[fault as usize].name
            ),
        );
    }
}

/// Counts a fault, and logs it if it is the first about `name`. For faults that name a place of the program's.
pub(crate) fn report_about(fault: Fault, name: &str, what: impl FnOnce() -> String) {
    TALLIES[fault as usize].count.fetch_add(1, Relaxed);
    let first = {
        let _pass = gate::enter();
        let mut named = NAMED.lock().unwrap_or_else(PoisonError::into_inner);
        named.len() < MOST_NAMED && named.insert((fault as usize, name.to_owned()))
    };
    if first {
        log_line::warn(log_line::TARGET, format_args!("{}", what()));
    }
}

/// What was logged by name; at most [`MOST_NAMED`], since names may come from outside.
static NAMED: Mutex<BTreeSet<(usize, String)>> = Mutex::new(BTreeSet::new());
const MOST_NAMED: usize = 1000;

/// Counts a fault; true when nothing of its kind was logged yet and the caller should.
pub(crate) fn count(fault: Fault) -> bool {
    let tally = &TALLIES[fault as usize];
    tally.count.fetch_add(1, Relaxed);
    !tally.logged.load(Relaxed) && !tally.logged.swap(true, Relaxed)
}

/// How often a fault was met.
pub(crate) fn counted(fault: usize) -> u64 {
    TALLIES[fault].count.load(Relaxed)
}

/// The name and help of every kind of fault.
pub(crate) fn kinds() -> impl Iterator<Item = (usize, &'static str, &'static str)> {
    TALLIES
        .iter()
        .enumerate()
        .map(|(at, tally)| (at, tally.name, tally.help))
}
