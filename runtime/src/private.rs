//! What the macros' output calls. Not for use by hand; it changes without notice.

use std::fmt::Display;

pub use std::borrow::Cow;

pub use calipers_macros::Collected;
pub use inventory;

pub use crate::Instrumented;
pub use crate::Merging;
pub use crate::metered::*;
pub use crate::stats::{Keyed, Mergeable, state_text};
pub use crate::timed::*;
pub use crate::tree::class::{Class, StatSpec, check_child, check_feed};
pub use crate::tree::declared::{Declared, GenericClass};
pub use crate::tree::instrumented::{NoParts, OpenWith, PlaceField};
pub use crate::tree::opener::{Opener, Opening};

use crate::tree::opener;
use crate::{Parent, Registry, Stat, registry};

/// An instance in the global registry.
pub fn init<T: Instrumented>(path: &str, parts: T::Parts) -> T {
    opener::init(registry().tree(), path, parts)
}

/// An instance in a registry.
pub fn init_in<T: Instrumented>(registry: &Registry, path: &str, parts: T::Parts) -> T {
    opener::init(registry.tree(), path, parts)
}

/// An instance below a parent.
pub fn init_child<T: Instrumented, P: Parent + ?Sized>(
    parent: &P,
    name: &dyn Display,
    parts: T::Parts,
) -> T {
    opener::init_child(parent.node(), name, parts)
}

/// An instance below a parent, under the lowest free number.
pub fn init_child_numbered<T: Instrumented, P: Parent + ?Sized>(
    parent: &P,
    name: &str,
    parts: T::Parts,
) -> T {
    opener::init_child_numbered(parent.node(), name, parts)
}

/// One stat by its whole path in the global registry.
pub fn open_at<S: Stat>(path: &str, spec: &'static StatSpec) -> S {
    let path = opener::usable(path);
    let (place, name) = path.rsplit_once('/').unwrap_or(("", &path));
    let node = registry().tree().node(place);
    opener::stat(&node, name, &spec.spec, S::open)
}

/// Ticks every tree once, as if it were `later` than it is: for benchmarks of the tick.
pub fn tick(later: std::time::Duration) {
    crate::tree::tick::tick(later);
}
