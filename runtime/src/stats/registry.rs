//! Registries: trees, and stats by name.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use foldhash::fast::RandomState;

use super::gauge::{GaugeNumber, is_closure};
use super::number::{Amount, Quantity, refused};
use super::{Counter, Gauge, Histogram, Meter, Stat, StateSet, Text, Timer, UpDownCounter};
use crate::Kind;
use crate::cells::realm::MAIN;
use crate::cells::{clock, gate};
use crate::snapshot::{Snapshot, Value};
use crate::tree::class::{Spec, SpecRef};
use crate::tree::declared::touch_declared;
use crate::tree::entry::{Backing, Held, OVERFLOW, Source};
use crate::tree::faults::{self, Fault};
use crate::tree::opener::{self, Opening};
use crate::tree::path::{self, PathError};
use crate::tree::place::Node;
use crate::tree::{Tree, collect};

/// How many names a registry keeps when nothing else is said.
const DEFAULT_CAP: usize = 100_000;

/// More shards than threads that look names up at once.
const SHARDS: usize = 16;

/// A tree of stats, and stats by name in it.
///
/// Most programs use the global one ([`registry`]), which is where `init` puts instances; another is isolated
/// from it. Clones are the same registry.
///
/// A getter gives the stat of a name, made when first asked for: `db.query` and `/db/query` are the same. The
/// registry keeps it until [`remove`](Self::remove), so a name that is not held elsewhere still shows. At most 100,000
/// names are kept, so that names from outside cannot use memory up; from then on new names share one overflow stat a
/// kind, below `/calipers/overflow`, and each such use is counted under `/calipers/faults`.
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
    cap: usize,
    hasher: RandomState,
    shards: [Mutex<HashMap<Box<str>, Pinned, RandomState>>; SHARDS],
    count: AtomicUsize,
}

/// A stat that the registry keeps.
#[derive(Clone)]
struct Pinned {
    /// The path that its name means: several names may.
    path: Arc<str>,
    kind: Kind,
    backing: Arc<Backing>,
    node: Node,
}

impl std::fmt::Debug for Pinned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Pinned")
            .field(&self.path)
            .field(&self.kind)
            .finish()
    }
}

/// The global registry.
pub fn registry() -> &'static Registry {
    static GLOBAL: OnceLock<Registry> = OnceLock::new();
    GLOBAL.get_or_init(|| {
        let registry = Registry::new();
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
        let hasher = RandomState::default();
        Registry(Arc::new(Names {
            root: Tree::plant(),
            cap: names,
            shards: std::array::from_fn(|_| Mutex::new(HashMap::with_hasher(hasher.clone()))),
            hasher,
            count: AtomicUsize::new(0),
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
        self.pinned(name, super::try_open::<S>, S::KIND)
            .and_then(|pinned| {
                S::attach(&pinned.backing, &pinned.node).ok_or(NameError::Kind {
                    path: pinned.path.to_string(),
                    held: pinned.kind,
                    asked: S::KIND,
                })
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
        let path = format!("{place}/{stat}");
        if let Some(pinned) = self.find(name)
            && !is_closure(&pinned.backing.0)
        {
            return Err(NameError::Kind {
                path,
                held: pinned.kind,
                asked: Kind::Gauge,
            });
        }
        let node = self.tree().node(&place);
        let opened = opener::stat(&node, &stat, SpecRef::of(Kind::Gauge), |at| {
            Gauge::with_closure(at, closure)
        });
        self.keep(
            name,
            &path,
            Pinned {
                path: Arc::from(&*path),
                kind: Kind::Gauge,
                backing: Arc::new(Backing(opened.source)),
                node: opened.node,
            },
        );
        Ok(())
    }

    /// Lets go of a name. Its stat goes when nobody else holds it; what it counted stays in its ancestors' sums. True if
    /// the name was there.
    pub fn remove(&self, name: &str) -> bool {
        let Ok((place, stat)) = path::place_and_name(name) else {
            return false;
        };
        let path = format!("{place}/{stat}");
        let mut removed = Vec::new();
        {
            let _pass = gate::enter();
            for shard in &self.0.shards {
                let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
                removed.extend(shard.extract_if(|_, pinned| *pinned.path == *path));
            }
        }
        let held: std::collections::HashSet<&Arc<str>> =
            removed.iter().map(|(_, p)| &p.path).collect();
        self.0.count.fetch_sub(held.len(), Relaxed);
        !removed.is_empty()
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

    fn shard(&self, name: &str) -> MutexGuard<'_, HashMap<Box<str>, Pinned, RandomState>> {
        let hash = self.0.hasher.hash_one(name) as usize;
        // The low bits choose within a map, so the shard is chosen by others.
        self.0.shards[(hash >> 20) % SHARDS]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, name: &str) -> Option<Pinned> {
        let _pass = gate::enter();
        self.shard(name).get(name).cloned()
    }

    fn pinned(
        &self,
        name: &str,
        open: impl FnOnce(&Opening<'_>) -> Result<opener::Opened, Kind>,
        kind: Kind,
    ) -> Result<Pinned, NameError> {
        if let Some(present) = self.find(name) {
            return Ok(present);
        }
        let (mut place, mut stat) = path::place_and_name(name)?;
        let path = format!("{place}/{stat}");
        // The canonical name may be kept although this spelling of it is not.
        if self.is_full() && self.find(&path).is_none() {
            faults::report(Fault::NameOverflow, || {
                format!("the registry has reached its cap of {} names", self.0.cap)
            });
            place = format!("/calipers/overflow/{kind}");
            stat = OVERFLOW.to_owned();
        }
        let node = self.tree().node(&place);
        let opened = opener::stat(&node, &stat, SpecRef::of(kind), open).map_err(|held| {
            NameError::Kind {
                path: path.clone(),
                held,
                asked: kind,
            }
        })?;
        let pinned = Pinned {
            path: Arc::from(format!("{place}/{stat}")),
            kind,
            backing: Arc::new(Backing(opened.source)),
            node: opened.node,
        };
        if *pinned.path == *path {
            self.keep(name, &path, pinned.clone());
        } else {
            // The overflow is kept too, beyond the cap, and not by the names that share it.
            let _pass = gate::enter();
            let before = self
                .shard(&pinned.path)
                .insert(Box::from(&*pinned.path), pinned.clone());
            drop(before);
        }
        Ok(pinned)
    }

    fn is_full(&self) -> bool {
        self.0.count.load(Relaxed) >= self.0.cap
    }

    /// Keeps a stat under its path, and under the name it was asked by, if that is another spelling.
    fn keep(&self, name: &str, path: &str, pinned: Pinned) {
        let _pass = gate::enter();
        let before = self.shard(path).insert(Box::from(path), pinned.clone());
        if before.is_none() {
            self.0.count.fetch_add(1, Relaxed);
        }
        drop(before);
        if name != path {
            let before = self.shard(name).insert(Box::from(name), pinned);
            drop(before);
        }
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
                let aside: S = opener::stat(&node, stat, SpecRef::of(S::KIND), S::open);
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
        let path = format!("/calipers/faults/{name}");
        let node = registry.tree().node("/calipers/faults");
        let spec = Spec {
            help,
            ..Spec::of(Kind::Counter)
        };
        let source = || Source::Held(Arc::new(Faults(fault)));
        let opened = opener::stat(&node, name, SpecRef::Made(Arc::new(spec)), |at| {
            at.open(|_| false, source)
        });
        registry.keep(
            &path,
            &path,
            Pinned {
                path: Arc::from(&*path),
                kind: Kind::Counter,
                backing: Arc::new(Backing(opened.source)),
                node: opened.node,
            },
        );
    }
}
