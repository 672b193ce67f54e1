//! What the macros ask of a field's type, for when a compiler's message names one of these traits.
//!
//! Nothing here is to be called or implemented by hand.
//!
//! | the message names | what it means |
//! | --- | --- |
//! | [`Stat`](crate::Stat) | the type of a field that is neither skipped nor a child has to be one of the stats |
//! | [`Keyed`] | `label`, `cap` and `hide_zero` are for a field that is a [`Family`](crate::Family) |
//! | [`Mergeable`] | `merge` is for a field that is a [`Gauge`](crate::Gauge), or a [`Family`](crate::Family) of gauges |
//! | [`OpenWith`] | `with = …` fits a [`Gauge`](crate::Gauge) (a closure) or an [`Info`](crate::Info) (pairs) |
//! | [`NoParts`] | a child with skipped fields needs them: `#[stat(child = …)]` |
//! | [`PlaceField`] | a field of a type called `Node` has to be a [`Node`](crate::Node), or skipped |
//! | [`Parent`](crate::Parent) | what `init_child` goes below has to be instrumented |
//! | [`Variants`](crate::Variants), [`Fallible`] | `err` counts what a `Result` fails with, by variant |
//! | [`Metered`], [`MeteredTrait`] | both a metered trait and its `impl`s carry `#[metered]` |

pub use crate::metered::{Metered, MeteredTrait};
pub use crate::stats::{Keyed, Mergeable};
pub use crate::timed::Fallible;
pub use crate::tree::instrumented::{NoParts, OpenWith, PlaceField};
