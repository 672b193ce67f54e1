//! A number that goes both ways, counted.

use super::number::{Amount, refused};
use super::{Stat, detached};
use crate::Kind;
use crate::cells::ids::Width;
use crate::cells::{CellId, local};
use crate::tree::entry::{Backing, Description, Source};
use crate::tree::place::Node;

/// A number that goes up and down: open connections, queued jobs.
///
/// It counts on whichever thread it is used, at the cost of a [`Counter`](super::Counter), so ups and downs of one
/// thing may happen on different threads; a level that never is below zero is never seen below zero. Where the
/// level is known as a whole, a [`Gauge`](super::Gauge) that is set is simpler.
///
/// When its instance is dropped, what it stood at no longer counts in its parent's `Sum`.
///
/// ```
/// use calipers::UpDownCounter;
///
/// let open = UpDownCounter::detached();
/// open.inc();
/// std::thread::spawn({ let open = open.clone(); move || open.dec() }).join().unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct UpDownCounter {
    /// Ups; downs are the next cell.
    up: CellId,
    node: Node,
}

impl UpDownCounter {
    /// One that no tree shows.
    pub fn detached() -> UpDownCounter {
        detached()
    }

    /// One up.
    #[inline]
    pub fn inc(&self) {
        local::add(&self.up, 0, 1);
    }

    /// One down.
    #[inline]
    pub fn dec(&self) {
        local::add_last(&self.up, 1, 1);
    }

    /// Up by any integer; a negative one is refused and counted: use [`sub`](Self::sub).
    #[inline]
    pub fn add(&self, amount: impl Amount) {
        match amount.amount() {
            Some(amount) => local::add(&self.up, 0, amount),
            None => refused("a negative amount", "added"),
        }
    }

    /// Down by any integer; a negative one is refused and counted.
    #[inline]
    pub fn sub(&self, amount: impl Amount) {
        match amount.amount() {
            Some(amount) => local::add_last(&self.up, 1, amount),
            None => refused("a negative amount", "subtracted"),
        }
    }
}

impl Stat for UpDownCounter {
    const KIND: Kind = Kind::UpDownCounter;

    fn make(description: &Description<'_>) -> Backing {
        Backing(Source::Level(description.cells(Width::Two)))
    }

    fn attach(backing: &Backing, node: &Node) -> Option<UpDownCounter> {
        match backing.0 {
            Source::Level(up) => Some(UpDownCounter {
                up,
                node: node.clone(),
            }),
            _ => None,
        }
    }

    fn place(&self) -> &Node {
        &self.node
    }
}
