//! Folds of descendants' stats.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::family::{Family, Keyed};
use super::gauge::{Gauge, GaugeNumber};
use super::key::Key;
use super::state_set::{State, StateSet, names};
use super::{Counter, Histogram, Meter, Stat, Timer, UpDownCounter};
use crate::Kind;
use crate::tree::entry::{Backing, Description, Source};
use crate::tree::place::Node;

/// What a [`Sum`] adds up: counters, up-down counters, meters, histograms, timers, and families of these.
#[diagnostic::on_unimplemented(
    message = "`Sum` cannot add up `{Self}`",
    label = "not a stat that adds up",
    note = "use `Counter`, `UpDownCounter`, `Meter`, `Histogram`, `Timer`, or a `Family` of one of them"
)]
pub trait Summable: Stat {}

impl Summable for Counter {}
impl Summable for UpDownCounter {}
impl Summable for Meter {}
impl Summable for Histogram {}
impl Summable for Timer {}
impl<K: Key, S: Summable + Send + Sync + 'static> Summable for Family<K, S> {}
#[diagnostic::do_not_recommend]
impl<K: Key, S: Summable + Send + Sync + 'static> Keyed for Sum<Family<K, S>> {}

/// What a [`CountBy`] counts: sets of states.
#[diagnostic::on_unimplemented(
    message = "`CountBy` cannot count `{Self}`",
    label = "not a set of states",
    note = "use `StateSet<P>`, with an enum that derives `States`, or `StateSet<String>`"
)]
pub trait Countable: Stat {
    #[doc(hidden)]
    fn states() -> Arc<[Arc<str>]>;
}

impl<P: State> Countable for StateSet<P> {
    fn states() -> Arc<[Arc<str>]> {
        names::<P>()
    }
}

/// What a [`Max`] and a [`Min`] compare: gauges.
#[diagnostic::on_unimplemented(
    message = "`Max` and `Min` cannot compare `{Self}`",
    label = "not a gauge",
    note = "use `Gauge`, `Gauge<u64>`, …; for what only goes up there is `Sum`"
)]
pub trait Comparable: Stat {}

impl<T: GaugeNumber> Comparable for Gauge<T> {}

macro_rules! aggregates {
    ($(
        $(#[$doc:meta])*
        $name:ident<$of:ident: $bound:path> => $kind:expr, $states:expr;
    )*) => {$(
        $(#[$doc])*
        pub struct $name<$of> {
            node: Node,
            of: PhantomData<fn($of)>,
        }

        impl<$of> Clone for $name<$of> {
            fn clone(&self) -> $name<$of> {
                $name {
                    node: self.node.clone(),
                    of: PhantomData,
                }
            }
        }

        impl<$of> fmt::Debug for $name<$of> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).field("node", &self.node).finish()
            }
        }

        impl<$of: $bound> Stat for $name<$of> {
            const KIND: Kind = $kind;

            fn make(_: &Description<'_>) -> Backing {
                Backing(Source::Aggregate($states))
            }

            fn attach(backing: &Backing, node: &Node) -> Option<Self> {
                matches!(backing.0, Source::Aggregate(_)).then(|| $name {
                    node: node.clone(),
                    of: PhantomData,
                })
            }

            fn place(&self) -> &Node {
                &self.node
            }
        }
    )*};
}

aggregates! {
    /// The sum of descendants' stats of the same name.
    ///
    /// A descendant's stat feeds the nearest ancestor whose aggregate has its name, and that aggregate feeds the next.
    /// It costs nothing when a descendant records: it is folded when somebody looks. What an instance counted stays
    /// in the sum when the instance is dropped, so a sum of counters never falls; levels are subtracted.
    /// Distributions are merged bucket by bucket, so their percentiles stay right; families add up key by key.
    ///
    /// ```
    /// use calipers::prelude::*;
    /// use calipers::Sum;
    ///
    /// #[derive(Instrumented)]
    /// struct Processor { finished: Sum<Counter> }
    ///
    /// #[derive(Instrumented)]
    /// #[instrumented(parent = Processor)]
    /// struct Worker { finished: Counter }
    ///
    /// let processor = Processor::init("/processor");
    /// let worker = Worker::init_child(&processor, "thread-0");
    /// worker.finished.inc();
    /// drop(worker);
    /// assert_eq!(calipers::snapshot().counter("/processor/finished"), Some(1));
    /// ```
    Sum<S: Summable> => Kind::Sum(&S::KIND), Arc::from([]);

    /// How many descendants are in each state: of `StateSet`s of the same name.
    ///
    /// States of a closed set are shown from the start, at zero.
    CountBy<S: Countable> => Kind::CountBy, S::states();

    /// The largest of descendants' gauges of the same name; nothing when there is none.
    Max<S: Comparable> => Kind::Max, Arc::from([]);

    /// The smallest of descendants' gauges of the same name; nothing when there is none.
    Min<S: Comparable> => Kind::Min, Arc::from([]);
}
