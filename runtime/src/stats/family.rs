//! One stat per key.

use std::any::Any;
use std::hash::{BuildHasher, Hasher};
use std::marker::PhantomData;
use std::sync::{Arc, OnceLock, PoisonError, Weak};

use foldhash::fast::RandomState;

use super::held_key::HeldKey;
use super::key::{Key, Lookup};
use super::{Stat, detached};
use crate::Kind;
use crate::cells::closed::{Closed, Places};
use crate::cells::gate;
use crate::cells::index::Index;
use crate::tree::class::{Spec, SpecRef};
use crate::tree::entry::{Backing, Description, Source};
use crate::tree::faults::{self, Fault};
use crate::tree::members::{Members, OVERFLOW};
use crate::tree::place::Node;

/// One stat per key: requests by route, errors by kind, latency by table.
///
/// [`get`](Self::get) gives the member of a key, made when the key is first used. A hit takes no lock and allocates
/// nothing; with an enum that derives [`States`](super::States) as key it is an array access. Members stay until the
/// family's place goes.
///
/// At most 1,000 keys are admitted (`#[stat(cap = …)]` sets another limit); from then on, unknown keys share
/// one overflow member, shown as `(other)`, and each such use is counted under `/calipers/faults`. So a key that
/// comes from outside, such as a path, cannot use memory up.
///
/// With `#[stat(hide_zero)]`, members that stand at zero are not shown.
///
/// ```
/// use calipers::prelude::*;
///
/// #[derive(Instrumented)]
/// struct Server {
///     #[stat(label = "route")]
///     requests: Family<String, Counter>,
/// }
///
/// let server = Server::init("/server");
/// server.requests.get("/index").inc();
/// let snapshot = calipers::snapshot();
/// assert_eq!(snapshot.counter("/server/requests/%2Findex"), Some(1));
/// ```
pub struct Family<K, S> {
    shared: Arc<Shared<K, S>>,
    node: Node,
}

impl<K, S> Clone for Family<K, S> {
    fn clone(&self) -> Family<K, S> {
        Family {
            shared: self.shared.clone(),
            node: self.node.clone(),
        }
    }
}

impl<K, S> std::fmt::Debug for Family<K, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Family").field("node", &self.node).finish()
    }
}

/// The places of a closed set of keys.
struct Variants<K>(PhantomData<K>);

impl<K: Key> Places for Variants<K> {
    const COUNT: usize = K::VARIANTS.len();
}

/// What all handles of one family share.
struct Shared<K, S> {
    members: Arc<Members>,
    node: Node,
    hasher: RandomState,
    /// Of an open set of keys.
    index: Index<(HeldKey, S)>,
    /// Of a closed one.
    closed: Closed<Variants<K>, S>,
    overflow: OnceLock<S>,
}

impl<K: Key, S: Stat + Send + Sync + 'static> Family<K, S> {
    /// A family that no tree shows.
    pub fn detached() -> Family<K, S> {
        detached()
    }

    /// The member of a key; that of the overflow when the key is new and the cap is reached.
    ///
    /// It takes the key or what can stand for it ([`Lookup`]). A hit costs a hash and a comparison.
    #[inline]
    pub fn get(&self, key: impl Lookup<K>) -> &S {
        let shared = &*self.shared;
        if !K::VARIANTS.is_empty() {
            return match shared.closed.get(key.place()) {
                Some(member) => member,
                None => shared.open_variant(key.place(), &key.key_text()),
            };
        }
        let mut hasher = shared.hasher.build_hasher();
        key.hash_key(&mut hasher);
        let hash = hasher.finish();
        match shared.index.find(hash, |(held, _)| key.is(held.bytes())) {
            Some((_, member)) => member,
            None => shared.admit(hash, key),
        }
    }
}

impl<K: Key, S: Stat + Send + Sync + 'static> Shared<K, S> {
    fn new(members: Arc<Members>, node: Node) -> Shared<K, S> {
        Shared {
            members,
            node,
            hasher: RandomState::default(),
            index: Index::new(),
            closed: Closed::new(),
            overflow: OnceLock::new(),
        }
    }

    #[cold]
    #[inline(never)]
    fn open_variant(&self, place: usize, text: &str) -> &S {
        let member = self.closed.fill(place, || self.member(text));
        member.unwrap_or_else(|| self.overflowing())
    }

    #[cold]
    #[inline(never)]
    fn admit(&self, hash: u64, key: impl Lookup<K>) -> &S {
        if self.members.is_full() && self.index.len() >= self.members.cap() {
            return self.overflowing();
        }
        // A user's conversion runs here, before any lock is taken.
        let text = key.key_text();
        let Some(source) = self.admit_source(&text) else {
            return self.overflowing();
        };
        let mut held = Vec::new();
        key.hold(&mut held);
        let member = S::attached(&Backing(source), &self.node);
        let (found, unused) =
            self.index
                .insert(hash, (HeldKey::of(&held), member), |(a, _), (b, _)| a == b);
        drop(unused);
        &found.1
    }

    fn admit_source(&self, text: &str) -> Option<Source> {
        let make = || S::make(&Description(self.members.spec.clone())).0;
        self.members.admit(text, make)
    }

    /// A member that is admitted whatever the cap says: a closed set's, or the overflow.
    fn member(&self, text: &str) -> S {
        match self.admit_source(text) {
            Some(source) => S::attached(&Backing(source), &self.node),
            None => detached(),
        }
    }

    #[cold]
    fn overflowing(&self) -> &S {
        faults::report(Fault::KeyOverflow, || {
            format!(
                "a family of `{}` has reached its cap of {} keys; further ones share `{OVERFLOW}`",
                self.node.path(),
                self.members.cap()
            )
        });
        self.overflow.get_or_init(|| self.member(OVERFLOW))
    }
}

impl<K: Key, S: Stat + Send + Sync + 'static> Stat for Family<K, S> {
    const KIND: Kind = Kind::Family(&S::KIND);

    fn make(description: &Description) -> Backing {
        let family = &*description.0;
        let spec = Spec {
            kind: S::KIND,
            cap: 0,
            hide_zero: false,
            label: "",
            ..*family
        };
        let cap = match family.cap {
            0 => 0,
            cap => cap.max(K::VARIANTS.len()),
        };
        Backing(Source::Family(Arc::new(Members::new(
            SpecRef::Made(Arc::new(spec)),
            cap,
        ))))
    }

    fn attach(backing: &Backing, node: &Node) -> Option<Family<K, S>> {
        let Source::Family(members) = &backing.0 else {
            return None;
        };
        let _pass = gate::enter();
        let mut typed = members.typed.lock().unwrap_or_else(PoisonError::into_inner);
        let present = typed.upgrade().and_then(|shared| shared.downcast().ok());
        let shared = match present {
            Some(shared) => shared,
            None => {
                let fresh = Arc::new(Shared::<K, S>::new(members.clone(), node.clone()));
                let weak: Weak<dyn Any + Send + Sync> = Arc::downgrade(&fresh) as _;
                *typed = weak;
                fresh
            }
        };
        Some(Family {
            shared,
            node: node.clone(),
        })
    }

    fn place(&self) -> &Node {
        &self.node
    }
}

/// What has keys: a [`Family`], or the `Sum` of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no keys",
    label = "`label`, `cap` and `hide_zero` are for a `Family`",
    note = "remove the option, or make it a `Family`"
)]
pub trait Keyed {
    #[doc(hidden)]
    const KEYED: () = ();
}

#[diagnostic::do_not_recommend]
impl<K: Key, S: Stat + Send + Sync + 'static> Keyed for Family<K, S> {}
