//! What `#[metered]` stands on: one slot of stats for each type that implements a metered trait.
//!
//! The trait knows which stats there are, its `impl`s know which types there are, and neither macro sees the
//! other. They meet here: an `impl` supplies, through [`Metered`], a static in which its type's stats are kept
//! without their type being known, and the trait's generated methods look there for the struct of theirs.

use std::any::Any;
use std::sync::OnceLock;

use crate::private::{Instrumented, init};

/// What `#[metered]` implements for a type, once for each of its metered traits.
///
/// `TRAIT` is a number made of the trait's name: it tells the traits apart without naming them, which as a
/// supertrait would be a cycle.
#[diagnostic::on_unimplemented(
    message = "this `impl` of a metered trait is not metered itself",
    label = "its stats have no place",
    note = "write `#[metered]` above the `impl`"
)]
pub trait Metered<const TRAIT: u64> {
    /// Where the stats of this value's type are.
    fn slot(&self) -> Slot;

    /// The same, without a value at hand.
    fn slot_of_type() -> Slot
    where
        Self: Sized;
}

/// The stats of the types that one `impl` covers: one, or the instantiations of a generic one.
///
/// The list only grows, by one entry a type, so reading it takes no lock.
pub struct MeteredTypes(OnceLock<OneType>);

struct OneType {
    type_name: &'static str,
    stats: OnceLock<Box<dyn Any + Send + Sync>>,
    next: OnceLock<Box<OneType>>,
}

/// Where the stats of one type are.
pub struct Slot {
    label: Option<&'static str>,
    of: &'static OneType,
}

impl MeteredTypes {
    /// No type yet.
    #[expect(
        clippy::new_without_default,
        reason = "a static of this is all there is"
    )]
    pub const fn new() -> MeteredTypes {
        MeteredTypes(OnceLock::new())
    }

    /// The slot of a type: what the path calls it, where that is known, and its name to the compiler.
    pub fn slot(&'static self, label: Option<&'static str>, type_name: &'static str) -> Slot {
        let new = || OneType {
            type_name,
            stats: OnceLock::new(),
            next: OnceLock::new(),
        };
        let mut of = self.0.get_or_init(new);
        while of.type_name != type_name {
            of = of.next.get_or_init(|| Box::new(new()));
        }
        Slot { label, of }
    }
}

impl Slot {
    /// The stats, opened at their first use at the place that the template means.
    pub fn stats<S>(self, module: &str, template: &str) -> &'static S
    where
        S: Instrumented<Parts = ()> + Send + Sync + 'static,
    {
        let open = || -> S {
            let name = match self.label {
                Some(label) => label.to_owned(),
                None => plain(self.of.type_name),
            };
            let module = module.replace("::", "/");
            let path = template
                .replace("{module}", &module)
                .replace("{type}", &name);
            init(&path, ())
        };
        let stats = self.of.stats.get_or_init(|| Box::new(open()));
        // A slot is asked by one trait only, so it always holds that trait's struct.
        stats
            .downcast_ref()
            .unwrap_or_else(|| Box::leak(Box::new(open())))
    }
}

/// A type's name without the modules in it, as one segment of a path: `Wrapper<String>`.
fn plain(type_name: &str) -> String {
    let mut plain = String::new();
    let mut word = String::new();
    for letter in type_name.chars() {
        match letter {
            ':' => word.clear(),
            letter if letter.is_alphanumeric() || letter == '_' => word.push(letter),
            other => {
                plain.push_str(&word);
                word.clear();
                // Types may hold slashes only as text in a const parameter, but a path may not.
                plain.push(if other == '/' { '_' } else { other });
            }
        }
    }
    plain + &word
}

#[cfg(test)]
mod tests {
    use super::*;
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
        assert_eq!(
            requests("NeverUsed"),
            Some(0),
            "visible before its first use"
        );
        assert_eq!(requests("Endpoint"), None);
        let took = snapshot.timer("/test/metered/Users/took");
        assert_eq!(took.map(|took| took.lifetime().count()), Some(2));
    }

    #[test]
    fn a_type_is_called_what_it_is_without_its_modules() {
        assert_eq!(plain("a::b::Store"), "Store");
        assert_eq!(
            plain("a::Wrapper<alloc::string::String>"),
            "Wrapper<String>"
        );
        assert_eq!(plain("(a::B, [u8; 4])"), "(B, [u8; 4])");
        assert_eq!(plain("&dyn a::B"), "&dyn B");
    }
}
