//! Readers: what shows snapshots to people and to other programs. Each stands behind a feature of its own.
//!
//! A reader takes a [`Snapshot`](crate::Snapshot) and knows nothing of cells, so none of them slows what it shows.

#[cfg(feature = "http")]
pub mod http;
