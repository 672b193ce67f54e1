//! What `#[metered]` stands on: one slot of stats for each type that implements a metered trait.
//!
//! The trait knows which stats there are, its `impl`s know which types there are, and neither macro sees the
//! other. They meet here: an `impl` supplies, through [`Metered`], a static in which its type's stats are kept
//! without their type being known, and the trait's generated methods look there for the struct of theirs.

use std::any::Any;
use std::sync::OnceLock;

use crate::private::{Class, Instrumented, init};
use crate::tree::by_type::ByType;
use crate::tree::declared::{Declaration, DeclaredStat, Site, plain};
use crate::tree::once::get_or_open;

/// A type that implements a metered trait, under `#[metered]`.
///
/// The number is made of the trait's name: it tells the traits apart without naming them, which as a
/// supertrait would be a cycle.
#[diagnostic::on_unimplemented(
    message = "this `impl` of a metered trait is not metered itself",
    label = "its stats have no place",
    note = "write `#[metered]` above the `impl`"
)]
pub trait Metered<const TRAIT: u64> {
    /// Where the stats of this value's type are.
    #[doc(hidden)]
    fn slot(&self) -> Slot;

    /// The same, without a value at hand.
    #[doc(hidden)]
    fn slot_of_type() -> Slot
    where
        Self: Sized;
}

/// A trait under `#[metered]`, as its `impl`s see it.
#[diagnostic::on_unimplemented(
    message = "this trait is not metered, but its `impl` is",
    label = "not a metered trait",
    note = "write `#[metered(\"….{{type}}\")]` above the trait, or remove `#[metered]` here"
)]
pub trait MeteredTrait {
    #[doc(hidden)]
    fn told(self) -> Told;
}

#[diagnostic::do_not_recommend]
impl MeteredTrait for Told {
    fn told(self) -> Told {
        self
    }
}

/// What an `impl` hears from a trait that is not metered.
pub struct Unmetered;

/// The struct of a metered trait's stats.
pub trait TraitStats: Instrumented<Parts = ()> + Send + Sync + 'static {
    /// Where they stand, `{type}` and `{module}` left open.
    const TEMPLATE: &'static str;
}

/// One `impl` of a metered trait, and the stats of the types it covers: one, or the instantiations of a generic one.
pub struct Implementor {
    /// `Endpoint for Users`.
    name: &'static str,
    at: Site,
    types: ByType<OneType>,
    /// Tells of the trait, and opens the stats when asked to; of one type only.
    declare: Option<fn(bool) -> Told>,
}

struct OneType {
    stats: OnceLock<Box<dyn Any + Send + Sync>>,
    told: OnceLock<Told>,
}

/// What a trait tells about the stats of a type.
pub struct Told {
    class: &'static Class,
    path: String,
}

/// Where the stats of one type are.
pub struct Slot {
    implementor: &'static Implementor,
    type_name: &'static str,
}

impl Implementor {
    /// The `impl` in this line, for one type.
    pub const fn new(
        name: &'static str,
        file: &'static str,
        line: u32,
        declare: fn(bool) -> Told,
    ) -> Implementor {
        let mut one = Implementor::generic(name, file, line);
        one.declare = Some(declare);
        one
    }

    /// The `impl` in this line, for types that come later.
    pub const fn generic(name: &'static str, file: &'static str, line: u32) -> Implementor {
        Implementor {
            name,
            at: Site { file, line },
            types: ByType::new(),
            declare: None,
        }
    }

    /// The slot of a type, by its name to the compiler.
    #[inline]
    pub fn slot(&'static self, type_name: &'static str) -> Slot {
        Slot {
            implementor: self,
            type_name,
        }
    }
}

impl Slot {
    /// The stats, opened at their first use at the place that the template means.
    pub fn stats<S: TraitStats>(self) -> &'static S {
        let of = self.implementor.types.get(self.type_name, || OneType {
            stats: OnceLock::new(),
            told: OnceLock::new(),
        });
        let open = || -> S {
            let told = get_or_open(&of.told, || self.told::<S>());
            init(&told.path, ())
        };
        let stats = get_or_open(&of.stats, || Box::new(open()));
        // A slot is asked by one trait only, so it always holds that trait's struct.
        stats
            .downcast_ref()
            .unwrap_or_else(|| Box::leak(Box::new(open())))
    }

    /// What and where the stats are; they are opened when `open` is true.
    pub fn declare<S: TraitStats>(self, open: bool) -> Told {
        let told = self.told::<S>();
        if open {
            self.stats::<S>();
        }
        told
    }

    fn told<S: TraitStats>(&self) -> Told {
        let class = S::CLASS;
        let module = class.module.replace("::", "/");
        let path = S::TEMPLATE
            .replace("{module}", &module)
            .replace("{type}", &plain(self.type_name));
        Told { class, path }
    }
}

impl Declaration for Implementor {
    fn list(&'static self, tell: &mut dyn FnMut(DeclaredStat)) {
        let mut list = |told: &Told| {
            told.class
                .list_at(Some(&told.path), self.name, Some(self.at), tell);
        };
        match self.declare {
            Some(declare) => list(&declare(false)),
            None => self
                .types
                .iter()
                .filter_map(|(_, of)| of.told.get())
                .for_each(list),
        }
    }

    fn touch(&'static self) {
        if let Some(declare) = self.declare {
            declare(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::metered;
    use crate::prelude::*;
    use crate::test::isolated;

    #[metered("test.metered.{type}")]
    trait Endpoint {
        #[stat]
        fn requests(&self) -> &Counter;
        #[stat(name = "took")]
        fn latency(&self) -> &Timer;

        fn get(&self) {
            self.latency().time(|| self.requests().inc());
        }
    }

    struct Users;

    #[metered]
    impl Endpoint for Users {}

    struct NeverUsed;

    #[metered]
    impl Endpoint for NeverUsed {}

    struct Page<T>(T);

    #[metered]
    impl Endpoint for Page<u8> {}

    #[metered]
    impl Endpoint for Page<&'static [u16]> {}

    struct Cached<T>(T);

    #[metered]
    impl<T> Endpoint for Cached<T> {}

    #[test]
    fn each_implementor_has_stats_of_its_own() {
        let scope = isolated();
        let all: [&dyn Endpoint; 3] = [&Users, &Cached(1_u8), &Cached(String::new())];
        for endpoint in all {
            endpoint.get();
        }
        Users.get();
        let snapshot = scope.snapshot();
        let requests = |name| snapshot.counter(&format!("/test/metered/{name}/requests"));
        assert_eq!(requests("Users"), Some(2));
        assert_eq!(requests("Cached<u8>"), Some(1));
        assert_eq!(requests("Cached<String>"), Some(1));
        Page(1_u8).get();
        Page(&[1_u16][..]).get();
        let snapshot = scope.snapshot();
        let requests = |name| snapshot.counter(&format!("/test/metered/{name}/requests"));
        assert_eq!(requests("Page<u8>"), Some(1));
        assert_eq!(requests("Page<&[u16]>"), Some(1));
        assert_eq!(
            requests("NeverUsed"),
            Some(0),
            "visible before its first use"
        );
        assert_eq!(requests("Endpoint"), None);
        let took = snapshot.timer("/test/metered/Users/took");
        assert_eq!(took.map(|took| took.lifetime().count()), Some(2));
    }
}
