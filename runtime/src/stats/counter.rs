//! A number that only goes up.

use super::number::{self, Amount};
use super::{Stat, detached};
use crate::Kind;
use crate::cells::ids::Width;
use crate::cells::{CellId, local};
use crate::tree::entry::{Backing, Description, Source};
use crate::tree::place::Node;

/// A number that only goes up: requests served, bytes sent, errors.
///
/// Adding costs about as much as adding to a local variable: one load and one store into memory that the thread
/// owns. Totals are exact, over all threads, ended ones included, and never fall. They hold 64 bits: at a billion a second
/// they begin anew after 584 years.
///
/// Clones are the same stat. In Prometheus it is a counter, in OpenTelemetry a monotonic sum.
///
/// ```
/// use calipers::Counter;
///
/// let sent = calipers::registry().counter("mail.sent")?;
/// sent.inc();
/// sent.add(3_usize);
/// assert_eq!(calipers::snapshot().counter("/mail/sent"), Some(4));
/// # Ok::<(), calipers::NameError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Counter {
    cell: CellId,
    node: Node,
}

impl Counter {
    /// A counter that no tree shows.
    pub fn detached() -> Counter {
        detached()
    }

    /// Adds one. Takes no lock and allocates nothing after the thread's first touch.
    #[inline]
    pub fn inc(&self) {
        local::add(&self.cell, 0, 1);
    }

    /// Adds any integer; a negative one is refused and counted under `/calipers/faults`. Costs what
    /// [`inc`](Self::inc) costs.
    #[inline]
    pub fn add(&self, amount: impl Amount) {
        number::add(&self.cell, amount);
    }
}

impl Stat for Counter {
    const KIND: Kind = Kind::Counter;

    fn make(description: &Description<'_>) -> Backing {
        Backing(Source::Counter(description.cells(Width::One)))
    }

    fn attach(backing: &Backing, node: &Node) -> Option<Counter> {
        match backing.0 {
            Source::Counter(cell) => Some(Counter {
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
