//! The other end: the pipes of a folder, read side by side and added up.
//!
//! Reads what [`Pipe`](super::Pipe) writes, and what the older statvent wrote. [`gather`] reads once; with the feature `http`,
//! [`serve`] answers `/stats` with it.
//!
//! How it fits: `reading` has the pipes, `one` a pipe, `line` what stands in it; `serving` shares a reading (`shared`) among
//! all who ask meanwhile.

mod gathered;
mod line;
mod one;
mod reading;
#[cfg(feature = "http")]
mod serving;
#[cfg(feature = "http")]
mod shared;

pub use gathered::{Gathered, Number, Pipes};
pub use reading::gather;
#[cfg(feature = "http")]
pub use serving::{Options, serve};
