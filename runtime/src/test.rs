//! For tests: what one scope recorded, and a clock that is set by hand.
//!
//! Stats are global, so tests that run side by side in one process would count into one another. Inside
//! [`isolated`], a thread records into memory that only this scope's [`snapshot`](Isolated::snapshot) reads: statics and
//! `#[timed]` functions too, since handles and ids stay what they are. Values that are set rather than counted
//! (gauges, texts, states) have one place for all and are shared between scopes.
//!
//! ```
//! let t = calipers::test::isolated();
//! calipers::incr("orders", 2);
//! assert_eq!(t.snapshot().counter("/orders"), Some(2));
//! ```

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::cells::clock::{self, Manual};
use crate::cells::local;
use crate::cells::realm::Realm;
use crate::cells::stays::Stay;
use crate::snapshot::Snapshot;
use crate::tree::declared::touch_declared;
use crate::tree::lookup::trees;
use crate::tree::{self, collect, remembered};
use crate::{Registry, registry};

/// A scope that sees only what was recorded in it, by this thread and those that joined.
#[derive(Debug)]
pub struct Isolated {
    _entered: Entered,
    scope: Arc<Scope>,
}

/// Begins a scope on this thread; it ends when the result is dropped. Scopes may be nested; the innermost counts.
pub fn isolated() -> Isolated {
    Isolated::begin(None)
}

/// As [`isolated`], with a clock that stands still until it is [advanced](Isolated::advance): for durations, rates and
/// recent values.
///
/// ```
/// use std::time::Duration;
///
/// let t = calipers::test::isolated_with_clock();
/// let timer = calipers::registry().timer("cook.egg")?;
/// timer.time(|| t.advance(Duration::from_secs(240)));
/// assert_eq!(t.snapshot().timer("/cook/egg").unwrap().lifetime().sum(), Duration::from_secs(240));
/// # Ok::<(), calipers::NameError>(())
/// ```
pub fn isolated_with_clock() -> Isolated {
    Isolated::begin(Some(Arc::new(Manual::new())))
}

impl Isolated {
    fn begin(clock: Option<Arc<Manual>>) -> Isolated {
        let now = now(&clock);
        let realm = tree::in_turn(|turn| turn.open_realm(now));
        let scope = Arc::new(Scope { realm, clock });
        Isolated {
            _entered: Entered::new(&scope),
            scope,
        }
    }

    /// The global registry as this scope sees it.
    pub fn snapshot(&self) -> Snapshot {
        touch_declared();
        self.snapshot_of(registry())
    }

    /// Another registry as this scope sees it.
    pub fn snapshot_of(&self, registry: &Registry) -> Snapshot {
        collect::snapshot(registry.tree(), self.scope.realm, self.scope.now())
    }

    /// Moves the scope's clock on. Does nothing where the scope has the real one.
    pub fn advance(&self, by: Duration) {
        if let Some(clock) = &self.scope.clock {
            clock.advance(by);
        }
    }

    /// What another thread or task joins the scope with.
    pub fn handle(&self) -> Handle {
        Handle(self.scope.clone())
    }
}

/// Joins a thread or a task to a scope.
#[derive(Clone, Debug)]
pub struct Handle(Arc<Scope>);

impl Handle {
    /// Joins this thread until the result is dropped.
    pub fn enter(&self) -> Entered {
        Entered::new(&self.0)
    }

    /// Joins a task: the thread that polls it is in the scope while it does.
    pub fn wrap<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        Joined {
            handle: self.clone(),
            future: Some(Box::pin(future)),
        }
    }
}

#[derive(Debug)]
struct Scope {
    realm: Realm,
    clock: Option<Arc<Manual>>,
}

impl Scope {
    fn now(&self) -> u64 {
        now(&self.clock)
    }
}

fn now(clock: &Option<Arc<Manual>>) -> u64 {
    clock
        .as_ref()
        .map_or_else(clock::real_now, |clock| clock.nanos())
}

impl Drop for Scope {
    fn drop(&mut self) {
        let trees = trees();
        tree::in_turn(|turn| {
            for tree in &trees {
                remembered::forget_realm(turn, tree, self.realm);
            }
            turn.close_realm(self.realm);
        });
    }
}

/// This thread's stay in a scope.
#[derive(Debug)]
pub struct Entered {
    stay: Option<Stay>,
    clock: Option<Stay>,
    scope: Arc<Scope>,
    /// It must end on the thread it began on.
    _here: PhantomData<*const ()>,
}

impl Entered {
    fn new(scope: &Arc<Scope>) -> Entered {
        Entered {
            stay: local::enter(scope.realm),
            clock: clock::read_from(scope.clock.clone()),
            scope: scope.clone(),
            _here: PhantomData,
        }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        if let Some(stay) = self.clock.take() {
            clock::read_no_more(stay);
        }
        if let Some(stay) = self.stay.take() {
            local::leave(stay);
        }
        let _ = &self.scope; // left before it may end
    }
}

struct Joined<F> {
    handle: Handle,
    future: Option<Pin<Box<F>>>,
}

impl<F: Future> Future for Joined<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let _entered = self.handle.enter();
        match &mut self.future {
            Some(future) => future.as_mut().poll(context),
            None => Poll::Pending,
        }
    }
}

impl<F> Drop for Joined<F> {
    fn drop(&mut self) {
        // What the future does when it is dropped belongs to the scope too.
        let _entered = self.handle.enter();
        self.future = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;
    use crate::{Histogram, Sum};

    #[derive(Instrumented)]
    struct Old {
        took: Sum<Timer>,
        sizes: Histogram,
    }

    #[derive(Instrumented)]
    struct Older {
        took: Timer,
    }

    #[test]
    fn what_a_scope_records_is_recent_in_it_however_old_the_stats_are() {
        let registry = Registry::new();
        let old = Old::init_in(&registry, "/old");
        let older = Older::init_child(&old, "older");
        let gone = Older::init_child(&old, "gone");
        let _ = &old.took;
        // A scope that begins ten minutes later.
        let clock = Arc::new(Manual::new());
        clock.advance(Duration::from_secs(600));
        let t = Isolated::begin(Some(clock));
        let second = Duration::from_secs(1);
        old.sizes.record(1);
        older.took.record(second);
        gone.took.record(second);
        drop(gone); // before anybody looked
        let recent = || {
            let snapshot = t.snapshot_of(&registry);
            let took = |path| snapshot.timer(path).unwrap().recent().count();
            let sizes = snapshot.histogram("/old/sizes").unwrap().recent().count();
            (sizes, took("/old/older/took"), took("/old/took"))
        };
        assert_eq!(recent(), (1, 1, 2));
        t.advance(Duration::from_secs(40));
        old.sizes.record(2);
        assert_eq!(recent(), (2, 1, 2));
        t.advance(Duration::from_secs(40));
        assert_eq!(recent(), (1, 0, 0));
    }
}
