//! The tree: places by path, how long they live, and how the collector walks and folds them.
//!
//! A *place* is a path with stats; a *node* is a share in its life, or in that of one stat that was opened by name.
//! Stats know their node, the tree knows stats only as [`entry::Entry`]: ids, a kind, a description. Three lists
//! connect the two sides without a lock between them: a place's stats, the tree's news, and the retired.
//!
//! ```text
//!   init ──► lookup ──► place ──► entry            drop of the last handle
//!                         │ news                       │ retire list
//!                         ▼                            ▼
//!                       known ◄──────────────────── settle
//!                         │                            │ folds into totals (tick)
//!                         ▼                            ▼
//!                      collect ──► read, fold, rates, recent, closures ──► Snapshot
//! ```
//!
//! How it fits: above the cells and the plain values of [`crate::snapshot`], below the stats. No unsafe code.

mod by_key;
pub(crate) mod by_type;
pub(crate) mod class;
pub(crate) mod closures;
pub(crate) mod collect;
pub(crate) mod declared;
pub(crate) mod entry;
pub(crate) mod faults;
pub(crate) mod fold;
pub(crate) mod held_key;
pub(crate) mod instrumented;
pub(crate) mod journal;
pub(crate) mod known;
mod life;
pub(crate) mod lookup;
pub(crate) mod members;
pub(crate) mod once;
pub(crate) mod opener;
mod pass;
pub(crate) mod path;
pub(crate) mod place;
mod rates;
pub(crate) mod read;
mod recent;
mod register;
pub(crate) mod remembered;
mod settle;
pub(crate) mod slow;
mod standing;
pub(crate) mod stat_name;
pub(crate) mod tick;
pub(crate) mod total;

pub use instrumented::{Instrumented, Parent};
pub(crate) use lookup::Tree;
pub use path::PathError;
pub use place::Node;
pub use tick::background_tick;

/// Runs `work` as the collector, after everything that can be settled is.
pub(crate) fn in_turn<R>(work: impl FnOnce(&mut crate::cells::turn::Turn) -> R) -> R {
    settle::in_turn(work)
}
