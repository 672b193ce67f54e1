//! Loom models of the protocols that `calipers` keeps its numbers with, one file a protocol.
//!
//! Loom runs a small program under every schedule, and under every value that the memory model lets a load return. Each file
//! here states a race, then the cure, then what its model shows; and each is a function of the orderings that the runtime
//! uses, so that there are two kinds of test in it: one shows that the right orderings hold under every schedule, the others
//! weaken a single one and show that loom *catches* it. An ordering that no test catches when it is weakened would be one
//! nobody needs.
//!
//! The models stand apart from the runtime and describe it; they do not include its source. Loom's atomics are built anew for
//! every schedule and cannot stand in a `const` thread-local or in a page of zeroed memory, which is exactly what the runtime
//! is made of. So a change of a protocol in `runtime/src/cells` or of an ordering in it is a change of its model too.
//!
//! Limits, which are loom's:
//!
//! - What a thread does is never moved before what it did earlier, so `Relaxed` is a little stronger here than in the standard.
//! - Of `SeqCst` only fences are exact, so these models use nothing else of it.
//! - A blind spot: to decide which schedules to try, loom (0.7) remembers only the latest access to a word. Where a thread loads
//!   a word and then stores to it, its own load hides the loads of other threads from that store, and the schedules in which
//!   the store comes before them may never be tried. So in these models nobody loads what it is about to store: see
//!   `parts::bump` and `parts::Stack::push`. The tests that weaken something are what shows that the search is not blind.
//!
//! Plain `cargo test -p calipers-models --release` runs them; no `cfg` and no other tool is needed.
#![cfg(test)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a model that panics is one that failed, and that is its verdict"
)]

mod adoption;
mod appended;
mod births;
mod closed;
mod counter;
mod family;
mod growth;
mod late;
mod levels;
mod news;
mod pages;
mod parts;
mod pins;
mod realms;
mod retirement;
mod reuse;
mod rooms;
