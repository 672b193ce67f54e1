//! One stat per key.

use std::any::Any;
use std::hash::{BuildHasher, Hasher};
use std::marker::PhantomData;
use std::sync::{Arc, OnceLock, PoisonError, Weak};

use foldhash::fast::RandomState;

use super::key::{Key, Lookup};
use super::{Gauge, GaugeNumber, Mergeable, Stat, detached};
use crate::Kind;
use crate::cells::closed::{Closed, Places};
use crate::cells::gate;
use crate::cells::index::Index;
use crate::tree::class::Spec;
use crate::tree::entry::{Backing, Description, Source};
use crate::tree::faults::{self, Fault};
use crate::tree::held_key::HeldKey;
use crate::tree::members::{Members, OVERFLOW};
use crate::tree::once::get_or_open;
use crate::tree::place::{Node, nowhere};

/// One stat per key: requests by route, errors by kind, latency by table.
///
/// [`get`](Self::get) gives the member of a key, made when the key is first used. A hit takes no lock and allocates
/// nothing; with an enum that derives [`States`](super::States) as key it is an array access. Members stay until the
/// family's place goes. A counter by a key of up to 22 bytes takes about 170 bytes, its index included, and once it was shown some
/// fifty more.
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
        let hash = shared.hash(&key);
        match shared.find(hash, &key) {
            Some(member) => member,
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

    #[inline(always)]
    fn hash(&self, key: &impl Lookup<K>) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        key.hash_key(&mut hasher);
        hasher.finish()
    }

    #[inline(always)]
    fn find(&self, hash: u64, key: &impl Lookup<K>) -> Option<&S> {
        let (_, member) = self.index.find(hash, |(held, _)| key.is(held.bytes()))?;
        Some(member)
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
            // Another thread may have admitted this very key since it was looked for.
            return match self.find(hash, &key) {
                Some(member) => member,
                None => self.overflowing(),
            };
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
        let description = Description {
            spec: self.members.spec,
            reserved: None,
        };
        let make = || S::make(&description).0;
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
        get_or_open(&self.overflow, || self.member(OVERFLOW))
    }
}

impl<K: Key, S: Stat + Send + Sync + 'static> Stat for Family<K, S> {
    const KIND: Kind = Kind::Family(&S::KIND);

    fn make(description: &Description<'_>) -> Backing {
        let family = description.spec;
        let cap = match family.cap {
            0 => 0,
            cap => cap.max(K::VARIANTS.len()),
        };
        Backing(Source::Family(Arc::new(Members::new(
            Spec::of_members(family, S::KIND),
            cap,
        ))))
    }

    fn attach(backing: &Backing, node: &Node) -> Option<Family<K, S>> {
        let Source::Family(members) = &backing.0 else {
            return None;
        };
        let fresh = || Arc::new(Shared::<K, S>::new(members.clone(), node.clone()));
        let keeps_place = |shared: &Arc<Shared<K, S>>| Arc::ptr_eq(&shared.node.0, &node.0);
        let shared = if Arc::ptr_eq(&node.0, &nowhere().0) {
            // Whoever only looks whether this would do keeps nothing alive, and neither would the members that others get of it.
            fresh()
        } else {
            let _pass = gate::enter();
            let mut typed = members.typed.lock().unwrap_or_else(PoisonError::into_inner);
            let present = typed.upgrade().and_then(|shared| shared.downcast().ok());
            present.filter(keeps_place).unwrap_or_else(|| {
                let fresh = fresh();
                let weak: Weak<dyn Any + Send + Sync> = Arc::downgrade(&fresh) as _;
                *typed = weak;
                fresh
            })
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

#[diagnostic::do_not_recommend]
impl<K: Key, T: GaugeNumber> Mergeable for Family<K, Gauge<T>> {}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::*;
    use crate::Registry;
    use crate::prelude::*;
    use crate::test::isolated;

    #[derive(Instrumented)]
    struct Capped {
        #[stat(cap = 1)]
        by_key: Family<String, Counter>,
    }

    #[test]
    fn who_looked_before_the_last_key_was_admitted_counts_under_it_all_the_same() {
        let scope = isolated();
        let registry = Registry::new();
        let capped = Capped::init_in(&registry, "/capped");
        capped.by_key.get("last").inc();
        // As a thread goes on that had looked for it until then.
        let shared = &*capped.by_key.shared;
        shared.admit(shared.hash(&"last"), "last").inc();
        shared.admit(shared.hash(&"more"), "more").inc();
        let snapshot = scope.snapshot_of(&registry);
        assert_eq!(snapshot.counter("/capped/by_key/last"), Some(2));
        assert_eq!(snapshot.counter("/capped/by_key/(other)"), Some(1));
    }

    #[test]
    fn a_member_keeps_its_place_though_somebody_looks_whether_the_family_would_do() {
        let registry = Registry::new();
        let capped = Capped::init_in(&registry, "/capped");
        let node = capped.by_key.node.clone();
        let backing = Backing(Source::Family(capped.by_key.shared.members.clone()));
        drop(capped);
        let attach = |node| Family::<String, Counter>::attach(&backing, node).unwrap();
        let looked = attach(nowhere());
        let opened = attach(&node);
        let again = attach(&node);
        assert_eq!(opened.get("key").place().path(), "/capped");
        assert!(ptr::eq(opened.get("key"), again.get("key")));
        assert!(!ptr::eq(opened.get("key"), looked.get("key")));
    }

    #[test]
    fn keys_of_every_length_that_differ_anywhere_have_a_member_each() {
        let by_key = Family::<String, Counter>::detached();
        let by_pair = Family::<(String, u8), Counter>::detached();
        let mut keys = Vec::new();
        for length in [0, 1, 3, 4, 7, 8, 15, 16, 17, 22, 23, 31, 32, 33, 64] {
            keys.push("a".repeat(length));
            for other in [0, length / 2, length.saturating_sub(1)] {
                let mut key = "a".repeat(length).into_bytes();
                key.get_mut(other).into_iter().for_each(|byte| *byte = b'b');
                keys.push(String::from_utf8(key).unwrap());
            }
        }
        keys.sort();
        keys.dedup();
        let at = ptr::from_ref::<Counter>;
        let mut members = Vec::new();
        for key in &keys {
            let plain = at(by_key.get(&**key));
            assert!(ptr::eq(plain, by_key.get(key.clone())) && ptr::eq(plain, by_key.get(key)));
            let paired = at(by_pair.get((key, 7)));
            assert!(ptr::eq(paired, by_pair.get((&**key, 7))));
            assert!(ptr::eq(paired, by_pair.get((key.clone(), &7))));
            members.extend([plain, paired, by_pair.get((key, 0))]);
        }
        members.sort();
        members.dedup();
        assert_eq!(members.len(), 3 * keys.len());
    }
}
