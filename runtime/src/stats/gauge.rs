//! The last number set.

use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::{Stat, detached};
use crate::Kind;
use crate::cells::ids::Width;
use crate::cells::local;
use crate::snapshot::Number;
use crate::tree::closures::Closure;
use crate::tree::entry::{Backing, Bits, Description, Source};
use crate::tree::instrumented::OpenWith;
use crate::tree::opener::{Opened, Opening};
use crate::tree::place::Node;

/// A number that is set, not counted: a temperature, a queue's depth, a share. `Gauge` is of `f64`; `Gauge<i64>`,
/// `Gauge<u64>` and `Gauge<bool>` keep their type.
///
/// It stands at zero until it is set. Setting is one store into memory that all threads share; the last one wins.
/// Levels that many threads move by steps are better an [`UpDownCounter`](super::UpDownCounter).
///
/// A gauge can instead be a closure that is called when somebody looks: `#[stat(with = || …)]` in a struct,
/// [`Registry::gauge_fn`](super::Registry::gauge_fn) without one. It is called on a thread of the library's,
/// waited for at most half a second, and one that panics or hangs harms nothing but its own value. A closure
/// that holds an `Arc` of the struct it is a field of would keep it alive for ever: give it a `Weak`.
///
/// Where the gauges of several processes become one, `#[stat(merge = "sum")]` says how: see [`Merging`](crate::Merging).
///
/// ```
/// use std::sync::{Arc, Weak};
/// use calipers::prelude::*;
///
/// struct Queue { jobs: std::sync::Mutex<Vec<u32>> }
///
/// #[derive(Instrumented)]
/// struct QueueStats {
///     #[stat(skip)]
///     queue: Weak<Queue>,
///     depth: Gauge<u64>,
/// }
///
/// let queue = Arc::new(Queue { jobs: vec![1, 2].into() });
/// let stats = QueueStats::init("/queue", QueueStatsParts { queue: Arc::downgrade(&queue) });
/// stats.depth.set(stats.queue.upgrade().map_or(0, |queue| queue.jobs.lock().unwrap().len() as u64));
/// assert_eq!(calipers::snapshot().gauge("/queue/depth"), Some(2.0));
/// ```
#[derive(Debug)]
pub struct Gauge<T = f64> {
    /// Nothing for a closure, and where memory has run out.
    cell: Option<&'static AtomicU64>,
    node: Node,
    number: PhantomData<T>,
}

impl<T> Clone for Gauge<T> {
    fn clone(&self) -> Gauge<T> {
        Gauge {
            cell: self.cell,
            node: self.node.clone(),
            number: PhantomData,
        }
    }
}

/// The number types a gauge may hold: `f64`, `i64`, `u64`, `bool`. Sealed.
pub trait GaugeNumber: sealed::Sealed + Copy + Send + Sync + 'static {
    #[doc(hidden)]
    fn to_bits(self) -> u64;
    #[doc(hidden)]
    fn to_number(self) -> Number;
}

/// What has numbers that `merge` can be said of: a [`Gauge`], or a [`Family`](super::Family) of gauges.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a gauge",
    label = "`merge` is for a `Gauge`, or a `Family` of gauges",
    note = "remove the option: counts add up, distributions merge, and of `Max` and `Min` the largest and the smallest is kept"
)]
pub trait Mergeable {
    #[doc(hidden)]
    const MERGEABLE: () = ();
}

#[diagnostic::do_not_recommend]
impl<T: GaugeNumber> Mergeable for Gauge<T> {}

mod sealed {
    use crate::tree::entry::Bits;

    pub trait Sealed {
        #[allow(private_interfaces)]
        const BITS: Bits;
    }
}

macro_rules! gauges {
    ($($number:ty, $bits:ident, |$value:ident| $to_bits:expr;)*) => {$(
        impl sealed::Sealed for $number {
            #[allow(private_interfaces)]
            const BITS: Bits = Bits::$bits;
        }

        impl GaugeNumber for $number {
            #[inline(always)]
            fn to_bits(self) -> u64 {
                let $value = self;
                $to_bits
            }

            fn to_number(self) -> Number {
                Number::$bits(self)
            }
        }
    )*};
}

gauges! {
    f64, F64, |value| f64::to_bits(value);
    i64, I64, |value| value as u64;
    u64, U64, |value| value;
    bool, Bool, |value| u64::from(value);
}

impl<T: GaugeNumber> Gauge<T> {
    /// A gauge that no tree shows.
    pub fn detached() -> Gauge<T> {
        detached()
    }

    /// Sets the number. One store; a gauge that is a closure ignores it.
    #[inline]
    pub fn set(&self, value: T) {
        if let Some(cell) = self.cell {
            cell.store(value.to_bits(), Relaxed);
        }
    }

    /// Opens a gauge that is a closure; the newest one of a place wins.
    pub(super) fn with_closure<'n>(
        at: &Opening<'_, 'n>,
        closure: impl Fn() -> T + Send + Sync + 'static,
    ) -> Opened<'n> {
        let function = Arc::new(move || closure().to_number());
        let made = function.clone();
        let opened = at.open(is_closure, move || {
            let made = made.clone();
            Source::Closure(Arc::new(Closure::new(move || made())))
        });
        if let (Source::Closure(present), true) = (&opened.source, opened.shared) {
            present.replace(move || function());
        }
        opened
    }
}

pub(super) fn is_closure(source: &Source) -> bool {
    matches!(source, Source::Closure(_))
}

impl<T: GaugeNumber> Stat for Gauge<T> {
    const KIND: Kind = Kind::Gauge;

    fn make(description: &Description<'_>) -> Backing {
        let cell = description.cells(Width::One);
        // The id may have been another's: a gauge stands at zero until it is set.
        if let Some(cell) = local::set_cell(cell) {
            cell.store(0, Relaxed);
        }
        Backing(Source::Gauge(cell, <T as sealed::Sealed>::BITS))
    }

    fn attach(backing: &Backing, node: &Node) -> Option<Gauge<T>> {
        let cell = match backing.0 {
            Source::Gauge(cell, bits) if bits == <T as sealed::Sealed>::BITS => {
                local::set_cell(cell)
            }
            Source::Closure(_) => None,
            _ => return None,
        };
        Some(Gauge {
            cell,
            node: node.clone(),
            number: PhantomData,
        })
    }

    fn place(&self) -> &Node {
        &self.node
    }
}

#[diagnostic::do_not_recommend]
impl<T: GaugeNumber, F: Fn() -> T + Send + Sync + 'static> OpenWith<F> for Gauge<T> {
    fn open_with(at: &Opening<'_, '_>, closure: F) -> Gauge<T> {
        Gauge {
            cell: None,
            node: Gauge::with_closure(at, closure).node.into_owned(),
            number: PhantomData,
        }
    }
}
