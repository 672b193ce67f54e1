//! The stats: what users put in their structs. One file a stat.
//!
//! A handle is ids and a share in a place's life; it holds no number. `Counter`, `UpDownCounter`, `Meter`,
//! `Histogram`, `Timer`, a numeric `Gauge`, a closed `StateSet` and the hit of a `Family` record without lock, without
//! an atomic read-modify-write and without allocation. `Text`, open sets of states, `StateTime` and the miss
//! of a `Family` may take a short lock of their own.
//!
//! How it fits: above the tree, which they open their entries in and which reads them; recording goes straight to
//! the cells.

mod aggregate;
mod collection;
mod counter;
mod family;
mod gauge;
mod histogram;
mod info;
mod key;
mod meter;
mod number;
mod pins;
mod registry;
mod slow_log;
mod spelling;
mod state_set;
mod state_time;
mod text;
mod timer;
mod up_down_counter;
mod variant;

pub use aggregate::{Comparable, CountBy, Countable, Max, Min, Sum, Summable};
pub use collection::Collection;
pub use counter::Counter;
pub use family::{Family, Keyed};
pub use gauge::{Gauge, GaugeNumber, Mergeable};
pub use histogram::Histogram;
pub use info::Info;
pub use key::{Key, Lookup, state_text};
pub use meter::Meter;
pub use number::{Amount, Quantity};
pub use registry::{NameError, Registry, incr, registry, set, snapshot};
pub use slow_log::{Slow, SlowGuard, SlowLog};
pub use state_set::{State, StateSet, States};
pub use state_time::{StateGuard, StateTime};
pub use text::Text;
pub use timer::{Outcome, Timer, TimerGuard};
pub use up_down_counter::UpDownCounter;
pub use variant::{Variant, Variants};

use crate::Kind;
use crate::tree::class::{Spec, SpecRef};
use crate::tree::entry::{Backing, Description};
use crate::tree::opener::{self, Opened, Opening};
use crate::tree::place::{Node, nowhere};

/// What may be a field of an instrumented struct.
///
/// Sealed: the stats of this crate and their aggregates implement it, and nothing else can.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a stat",
    label = "not a stat",
    note = "use `Counter`, `Gauge`, `Timer`, … or mark it `#[stat(skip)]`",
    note = "if this looks like a stat, is another type of the same name imported?"
)]
pub trait Stat: Sized {
    /// What sort of stat it is.
    const KIND: Kind;

    /// A new source of values for a stat so described.
    #[doc(hidden)]
    fn make(description: &Description<'_>) -> Backing;

    /// A handle of the stat that is read from this source; nothing when it is not of this type.
    #[doc(hidden)]
    fn attach(backing: &Backing, node: &Node) -> Option<Self>;

    /// The place that keeps it.
    #[doc(hidden)]
    fn place(&self) -> &Node;

    /// The place of the instance it belongs to.
    #[doc(hidden)]
    fn node(&self) -> &Node {
        self.place().home()
    }

    /// Opens it at a place.
    #[doc(hidden)]
    fn open(at: &Opening<'_, '_>) -> Self {
        let opened = at.open(
            |source| Self::attach(&Backing(source.clone()), nowhere()).is_some(),
            || Self::make(&at.description()).0,
        );
        Self::attached(&Backing(opened.source), &opened.node)
    }

    /// As [`Stat::attach`], of a source that is known to fit.
    #[doc(hidden)]
    fn attached(backing: &Backing, node: &Node) -> Self {
        // A source that fits attaches. Should it ever not, a stat of its own is better than a panic.
        Self::attach(backing, node).unwrap_or_else(|| detached())
    }
}

/// The description of a stat of which nothing but the type is known.
fn plain<S: Stat>() -> SpecRef {
    const { &Spec::of(S::KIND) }
}

/// A stat that no tree shows.
fn detached<S: Stat>() -> S {
    let root = nowhere();
    let node = root.tree().numbered(root);
    opener::stat(&node, "detached", plain::<S>(), S::open)
}

/// Opens a stat at a place, or says which kind of stat is there.
fn try_open<S: Stat>(at: &Opening<'_, '_>) -> Result<Opened<'static>, Kind> {
    let opened = at.try_open(
        |source| S::attach(&Backing(source.clone()), nowhere()).is_some(),
        || S::make(&at.description()).0,
    )?;
    Ok(opened.kept())
}
