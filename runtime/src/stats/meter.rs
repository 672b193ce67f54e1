//! A count and how fast it grows.

use super::number::{self, Amount};
use super::{Stat, detached};
use crate::Kind;
use crate::cells::ids::Width;
use crate::cells::{CellId, local};
use crate::tree::entry::{Backing, Description, Source};
use crate::tree::place::Node;
use crate::tree::tick;

/// A count of events and their rates per second over about 1, 5 and 15 minutes.
///
/// Recording costs what a [`Counter`](super::Counter) costs: rates are computed by a tick every five seconds, as the
/// exponentially weighted averages of Unix load (`a = 1 - exp(-5 / (60 * minutes))`). The first tick sets all
/// three to what it saw, so that a young meter shows a rate at once; its 15 minutes then tell of that beginning for long.
///
/// ```
/// use calipers::Meter;
///
/// let events = Meter::detached();
/// events.inc();
/// events.add(10);
/// ```
#[derive(Clone, Debug)]
pub struct Meter {
    cell: CellId,
    node: Node,
}

impl Meter {
    /// A meter that no tree shows.
    pub fn detached() -> Meter {
        detached()
    }

    /// Counts one event.
    #[inline]
    pub fn inc(&self) {
        local::add(&self.cell, 0, 1);
    }

    /// Counts any number of events; a negative one is refused and counted under `/calipers/faults`.
    #[inline]
    pub fn add(&self, events: impl Amount) {
        number::add(&self.cell, events);
    }
}

impl Stat for Meter {
    const KIND: Kind = Kind::Meter;

    fn make(description: &Description<'_>) -> Backing {
        tick::ensure();
        Backing(Source::Counter(description.cells(Width::One)))
    }

    fn attach(backing: &Backing, node: &Node) -> Option<Meter> {
        match backing.0 {
            Source::Counter(cell) => Some(Meter {
                cell,
                node: node.clone(),
            }),
            _ => None,
        }
    }

    fn place(&self) -> &Node {
        &self.node
    }
}
