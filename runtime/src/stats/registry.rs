//! Registries: trees, and stats by name.

use std::sync::{Arc, OnceLock};

use super::gauge::{GaugeNumber, is_closure};
use super::number::{Amount, Quantity, refused};
use super::pins::{Pinned, Pins, overflow_place};
use super::{Counter, Gauge, Histogram, Meter, Stat, StateSet, Text, Timer, UpDownCounter};
use crate::Kind;
use crate::cells::realm::MAIN;
use crate::cells::{clock, gate};
use crate::snapshot::{Snapshot, Value};
use crate::tree::class::{Spec, SpecRef};
use crate::tree::closures::Closure;
use crate::tree::declared::touch_declared;
use crate::tree::entry::{Held, Source};
use crate::tree::faults::{self, Fault};
use crate::tree::journal;
use crate::tree::members::OVERFLOW;
use crate::tree::opener::{self, Opened, Opening};
use crate::tree::path::{self, PathError};
use crate::tree::place::Node;
use crate::tree::{Tree, collect};

/// How many names a registry keeps when nothing else is said.
const DEFAULT_CAP: usize = 100_000;

/// A tree of stats, and stats by name in it.
///
/// Most programs use the global one ([`registry`]), which is where `init` puts instances; another is isolated
/// from it. Clones are the same registry.
///
/// A getter gives the stat of a name, made when first asked for: `db.query` and `/db/query` are the same. The
/// registry keeps it until [`remove`](Self::remove), so a name that is not held elsewhere still shows. At most 100,000
/// names are kept, the few of the library's own under `/calipers` among them, so that names from outside cannot use memory
/// up; from then on new names share one overflow stat a kind, below `/calipers/overflow`, and each such use is counted
/// under `/calipers/faults`.
///
/// Looking a name up takes a short lock and a hash; hold the stat where it matters.
///
/// ```
/// let registry = calipers::Registry::new();
/// registry.counter("jobs.done")?.inc();
/// assert_eq!(registry.snapshot().counter("/jobs/done"), Some(1));
/// assert!(registry.timer("jobs.done").is_err());
/// # Ok::<(), calipers::NameError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Registry(Arc<Names>);

/// Why a name gave no stat.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// The name is no path.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The name is taken by another kind of stat.
    #[error("`{path}` is a {held}{}; use another name", not_what_was_asked(*held, *asked))]
    Kind {
        /// The path that the name means.
        path: String,
        /// What is there.
        held: Kind,
        /// What was asked for.
        asked: Kind,
    },
}

fn not_what_was_asked(held: Kind, asked: Kind) -> String {
    if held.same(asked) {
        " of another type".to_owned()
    } else {
        format!(", not a {asked}")
    }
}

#[derive(Debug)]
struct Names {
    root: Node,
    pins: Pins,
}

/// The global registry.
pub fn registry() -> &'static Registry {
    static GLOBAL: OnceLock<Registry> = OnceLock::new();
    if let Some(registry) = GLOBAL.get() {
        return registry;
    }
    journal::before_a_stat(); // it may log, which is for no lock and no gate
    gate::get_or_init(&GLOBAL, || {
        let registry = Registry::of(Tree::plant_global(), DEFAULT_CAP);
        show_faults(&registry);
        registry
    })
}

/// A snapshot of the global registry.
///
/// Recording, init and drop go on beside it; another snapshot waits.
pub fn snapshot() -> Snapshot {
    registry().snapshot()
}

/// Adds to the counter of a name in the global registry: for programs that want nothing but this and [`set`].
///
/// A name that is no path is mended, one that another kind of stat has is set aside; both are counted under
/// `/calipers/faults` and logged. A negative amount is refused. Costs a look-up, with a short lock; see [`Registry`].
///
/// ```
/// calipers::incr("mails.sent", 1);
/// assert_eq!(calipers::snapshot().counter("/mails/sent"), Some(1));
/// ```
pub fn incr(name: &str, amount: impl Amount) {
    registry().surely::<Counter>(name).add(amount);
}

/// Sets the gauge of a name in the global registry; see [`incr`]. NaN and infinities are refused.
///
/// ```
/// calipers::set("queue.depth", 17);
/// assert_eq!(calipers::snapshot().gauge("/queue/depth"), Some(17.0));
/// ```
pub fn set(name: &str, value: impl Quantity) {
    let value = value.as_f64();
    if value.is_finite() {
        registry().surely::<Gauge>(name).set(value);
    } else {
        refused("NaN or an infinity", "set");
    }
}

macro_rules! getters {
    ($($(#[$doc:meta])* $getter:ident -> $stat:ty;)*) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        /// The name is no path, or another kind of stat has it.
        pub fn $getter(&self, name: &str) -> Result<$stat, NameError> {
            self.get(name)
        }
    )*};
}

impl Registry {
    /// A registry with a tree of its own, isolated from the global one.
    pub fn new() -> Registry {
        Registry::with_cap(DEFAULT_CAP)
    }

    /// As [`new`](Self::new), keeping at most `names` names.
    pub fn with_cap(names: usize) -> Registry {
        Registry::of(Tree::plant(), names)
    }

    fn of(root: Node, names: usize) -> Registry {
        Registry(Arc::new(Names {
            root,
            pins: Pins::new(names),
        }))
    }

    getters! {
        /// The counter of this name.
        counter -> Counter;
        /// The up-down counter of this name.
        up_down_counter -> UpDownCounter;
        /// The gauge of this name.
        gauge -> Gauge;
        /// The text of this name.
        text -> Text;
        /// The open set of states of this name.
        state_set -> StateSet<String>;
        /// The histogram of this name.
        histogram -> Histogram;
        /// The timer of this name.
        timer -> Timer;
        /// The meter of this name.
        meter -> Meter;
    }

    /// The stat of this name, of any type that needs nothing but a name: `registry.get::<Family<String, Counter>>("x")`.
    ///
    /// # Errors
    /// The name is no path, or another kind of stat has it.
    pub fn get<S: Stat>(&self, name: &str) -> Result<S, NameError> {
        let pinned = match self.0.pins.find(name) {
            Some(present) => present,
            None => self.pin::<S>(name)?,
        };
        pinned.attach().ok_or_else(|| NameError::Kind {
            path: pinned.path(),
            held: pinned.kind().unwrap_or(S::KIND),
            asked: S::KIND,
        })
    }

    /// A gauge whose number is computed when somebody looks; see [`Gauge`]. The newest closure of a name wins.
    ///
    /// # Errors
    /// The name is no path, or another kind of stat has it.
    ///
    /// ```
    /// calipers::registry().gauge_fn("process.threads", || 4_u64)?;
    /// assert_eq!(calipers::snapshot().gauge("/process/threads"), Some(4.0));
    /// # Ok::<(), calipers::NameError>(())
    /// ```
    pub fn gauge_fn<T: GaugeNumber>(
        &self,
        name: &str,
        closure: impl Fn() -> T + Send + Sync + 'static,
    ) -> Result<(), NameError> {
        let (place, stat) = path::place_and_name(name)?;
        let function = Arc::new(move || closure().to_number());
        let made = function.clone();
        let make = || Source::Closure(Arc::new(Closure::new(move || made())));
        let opened = self.open(&place, &stat, super::plain::<Gauge>(), |at| {
            at.try_open(is_closure, make).map(Opened::kept)
        })?;
        if let (Source::Closure(present), true) = (&opened.source, opened.shared) {
            present.replace(move || function());
        }
        self.keep(&stat, super::plain::<Gauge>(), opened);
        Ok(())
    }

    /// Lets go of a name. Its stat goes when nobody else holds it; what it counted stays in its ancestors' sums. True if
    /// the name was there.
    pub fn remove(&self, name: &str) -> bool {
        self.0.pins.remove(name)
    }

    /// A snapshot of this registry's tree.
    pub fn snapshot(&self) -> Snapshot {
        if Arc::ptr_eq(&self.0, &registry().0) {
            touch_declared();
        }
        collect::snapshot(self.tree(), MAIN, clock::real_now())
    }

    pub(crate) fn tree(&self) -> &Arc<Tree> {
        self.0.root.tree()
    }

    /// Opens and keeps a stat whose name is not kept yet; the overflow's when there are too many.
    fn pin<S: Stat>(&self, name: &str) -> Result<Pinned, NameError> {
        let (mut place, mut stat) = path::place_and_name(name)?;
        if self.0.pins.is_full() {
            faults::report(Fault::NameOverflow, || {
                let cap = self.0.pins.cap();
                format!("the registry has reached its cap of {cap} names")
            });
            place = overflow_place(S::KIND);
            stat = OVERFLOW.to_owned();
        }
        let opened = self.open(&place, &stat, super::plain::<S>(), super::try_open::<S>)?;
        Ok(self.keep(&stat, super::plain::<S>(), opened))
    }

    /// Opens a stat that lives until nobody holds it.
    fn open(
        &self,
        place: &str,
        stat: &str,
        spec: SpecRef,
        open: impl FnOnce(&Opening<'_, '_>) -> Result<Opened<'static>, Kind>,
    ) -> Result<Opened<'static>, NameError> {
        let asked = spec.kind;
        let node = self.tree().node(place);
        opener::lone_stat(&node, stat, spec, open).map_err(|held| NameError::Kind {
            path: format!("{place}/{stat}"),
            held,
            asked,
        })
    }

    fn keep(&self, stat: &str, spec: SpecRef, opened: Opened<'_>) -> Pinned {
        let pinned = Pinned::new(stat, spec, opened);
        self.0.pins.keep(pinned.clone());
        pinned
    }

    /// The stat of a name, for callers that take no error.
    fn surely<S: Stat>(&self, name: &str) -> S {
        match self.get(name) {
            Ok(stat) => stat,
            Err(NameError::Path(error)) => {
                let mended = opener::mended(&path::with_slashes(name), &error);
                self.get(&mended).unwrap_or_else(|_| super::detached())
            }
            Err(NameError::Kind { path, .. }) => {
                // Opened as an instance's stat would be: set aside, counted and logged, and then kept there.
                let (place, stat) = path.rsplit_once('/').unwrap_or(("", &path));
                let node = self.tree().node(place);
                let aside: S = opener::lone_stat(&node, stat, super::plain::<S>(), S::open);
                let kept = aside.place().path().to_owned();
                self.get(&format!("{kept}/{stat}")).unwrap_or(aside)
            }
        }
    }
}

impl Default for Registry {
    fn default() -> Registry {
        Registry::new()
    }
}

/// Shows what went wrong and was survived, as counters.
fn show_faults(registry: &Registry) {
    struct Faults(usize);

    impl Held for Faults {
        fn read(&self) -> Value {
            Value::Counter(faults::counted(self.0))
        }
    }

    for (fault, name, help) in faults::kinds() {
        let plain = super::plain::<Counter>();
        let spec = Box::leak(Box::new(Spec { help, ..*plain })); // once a process
        let source = || Source::Held(Arc::new(Faults(fault)));
        let node = registry.tree().node("/calipers/faults");
        let opened = opener::lone_stat(&node, name, spec, |at| at.open(|_| false, source).kept());
        registry.keep(name, spec, opened);
    }
}
