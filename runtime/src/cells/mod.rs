//! Where numbers live: memory that one thread writes and anybody may read.
//!
//! A *cell* is eight bytes, found by its id. Every thread owns a *slab*: a directory of
//! fixed *pages* of cells, each allocated when the thread first touches it. Recording is one
//! relaxed load and one relaxed store into the thread's own page; the value of a cell is the
//! sum over all slabs, which only a reader pays for.
//!
//! So recording scales with the processors: a thread's pages and blocks are whole cache lines that no other
//! thread writes (`apart` holds them to it), a reader only loads them, and what all threads read on the path (the
//! clock's mode and factor, the table of a family) changes with a start, a tick or a new key. What does not scale is what
//! is *set*: a gauge has one cell, and the last value wins.
//!
//! How it fits: this is the lowest floor and, with the page files, the only one with `unsafe`.
//! It knows ids and nothing of names. Everything above reaches it through
//!
//! - [`CellId`] and [`ids`]: which cells exist, handed out and taken back;
//! - [`local`]: recording, on the thread's own slab or, when it has none, on the shared one;
//! - [`turn`]: the collector's role. Whoever reads sums, folds or frees has the one [`Turn`](turn::Turn),
//!   so that no two of them ever meet, and no writer waits for any of them;
//! - [`list`], [`rooms`], [`index`] and [`closed`]: append-only shapes that are read without a lock;
//! - [`clock`]: the time-stamp counter, and a clock that tests set by hand.

#![allow(unsafe_code)] // the one floor that may: each block says who upholds what

#[cfg(test)]
mod apart;
mod block;
pub(crate) mod clock;
pub(crate) mod closed;
#[cfg(test)]
mod effort;
pub(crate) mod fork;
mod garbage;
pub(crate) mod gate;
pub(crate) mod ids;
pub(crate) mod index;
pub(crate) mod list;
pub(crate) mod local;
pub(crate) mod page;
pub(crate) mod realm;
pub(crate) mod rooms;
mod sample;
pub(crate) mod scale;
mod slab;
pub(crate) mod stays;
pub(crate) mod tally;
pub(crate) mod turn;

pub(crate) use ids::CellId;
