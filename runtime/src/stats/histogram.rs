//! A distribution of any quantity.

use super::number::{Quantity, Sample, refused};
use super::{Stat, detached};
use crate::Kind;
use crate::cells::ids::Width;
use crate::cells::{CellId, local};
use crate::tree::entry::{Backing, Description, Source};
use crate::tree::place::Node;
use crate::tree::read::line;
use crate::tree::tick;

/// A distribution: of body sizes, batch lengths, ratios; of anything that is a number from zero up.
///
/// Values are counted in buckets whose edges grow by 2.2 %, so any quantile is within 1.1 % of a value recorded, and
/// distributions of many threads, instances or hosts add up without loss. Count, sum, smallest and largest are
/// exact. For durations, [`Timer`](super::Timer) has outcomes and a guard besides.
///
/// Recording takes no lock and allocates nothing, but when a value lies outside the range seen so far on this thread:
/// then the thread copies its buckets into a larger block. The buckets in use take about 3 KB a thread for six
/// decades.
///
/// ```
/// use calipers::Histogram;
///
/// let sizes = calipers::registry().histogram("body.size")?;
/// for size in 1..=100 {
///     sizes.record(size);
/// }
/// let snapshot = calipers::snapshot();
/// let sizes = snapshot.histogram("/body/size").unwrap().lifetime();
/// assert_eq!(sizes.count(), 100);
/// assert_eq!(sizes.sum(), 5050.0);
/// assert!((sizes.p90().unwrap() - 90.0).abs() <= 90.0 * 0.011);
/// # Ok::<(), calipers::NameError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Histogram {
    run: CellId,
    node: Node,
}

impl Histogram {
    /// A histogram that no tree shows.
    pub fn detached() -> Histogram {
        detached()
    }

    /// Records any number from zero up. NaN, infinities and negatives are refused and counted, beside the
    /// distribution and under `/calipers/faults`.
    #[inline]
    pub fn record(&self, quantity: impl Quantity) {
        match quantity.quantity() {
            Some(Sample::Whole(whole)) => local::record(&self.run, whole, line::STARTED, 0),
            Some(Sample::Real(real)) => local::record(&self.run, real, line::STARTED, 0),
            None => self.refuse(),
        }
    }

    #[cold]
    fn refuse(&self) {
        local::add(&self.run, line::REFUSED, 1);
        refused("a negative number, NaN or infinity", "recorded");
    }
}

impl Stat for Histogram {
    const KIND: Kind = Kind::Histogram;

    fn make(description: &Description<'_>) -> Backing {
        tick::ensure();
        Backing(Source::Wide(description.cells(Width::Line)))
    }

    fn attach(backing: &Backing, node: &Node) -> Option<Histogram> {
        match backing.0 {
            Source::Wide(run) => Some(Histogram {
                run,
                node: node.clone(),
            }),
            _ => None,
        }
    }

    fn place(&self) -> &Node {
        &self.node
    }
}
