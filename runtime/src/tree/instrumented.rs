//! What the derive implements, and what its fields may be: the bounds that a user meets in error messages.

use std::rc::Rc;
use std::sync::Arc;

use super::class::Class;
use super::opener::{Opener, Opening};
use super::place::Node;

/// A struct of stats, as the derive implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not instrumented",
    label = "does not derive `Instrumented`",
    note = "derive `Instrumented` for it"
)]
pub trait Instrumented: Sized {
    /// What its `init` takes beside a path: the fields marked `#[stat(skip)]`, or nothing.
    type Parts;

    /// What the derive knows about it.
    const CLASS: &'static Class;

    /// The place of this instance.
    fn node(&self) -> &Node;

    #[doc(hidden)]
    fn build(place: &Opener<'_>, parts: Self::Parts) -> Self;
}

/// What may have children: an instrumented struct, a [`Node`], or either behind an `Arc` or `Rc`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not instrumented, so it cannot be a parent",
    label = "not instrumented",
    note = "derive `Instrumented` for it, or call `init`"
)]
pub trait Parent {
    #[doc(hidden)]
    const CLASS: &'static Class;

    /// The place that children stand below.
    fn node(&self) -> &Node;
}

#[diagnostic::do_not_recommend]
impl<T: Instrumented> Parent for T {
    const CLASS: &'static Class = <T as Instrumented>::CLASS;

    fn node(&self) -> &Node {
        Instrumented::node(self)
    }
}

#[diagnostic::do_not_recommend]
impl Parent for Node {
    const CLASS: &'static Class = &Class {
        name: "Node",
        module: module_path!(),
        file: file!(),
        line: line!(),
        label: None,
        collapsed: false,
        stats: &[],
    };

    fn node(&self) -> &Node {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<T: Parent> Parent for Arc<T> {
    const CLASS: &'static Class = T::CLASS;

    fn node(&self) -> &Node {
        (**self).node()
    }
}

#[diagnostic::do_not_recommend]
impl<T: Parent> Parent for Rc<T> {
    const CLASS: &'static Class = T::CLASS;

    fn node(&self) -> &Node {
        (**self).node()
    }
}

/// The type of a field that is its struct's place.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a stat",
    label = "not `calipers::Node`",
    note = "mark it `#[stat(skip)]`, or import `calipers::Node`"
)]
pub trait PlaceField: Sized {
    #[doc(hidden)]
    fn place(opener: &Opener<'_>) -> Self;
    #[doc(hidden)]
    fn node(&self) -> &Node;
}

#[diagnostic::do_not_recommend]
impl PlaceField for Node {
    fn place(opener: &Opener<'_>) -> Node {
        opener.node.clone()
    }

    fn node(&self) -> &Node {
        self
    }
}

/// The parts of a struct that needs none.
#[diagnostic::on_unimplemented(
    message = "this child needs its `{Self}`",
    label = "needs parts",
    note = "write `#[stat(child = …)]`"
)]
pub trait NoParts: Sized {
    #[doc(hidden)]
    fn none() -> Self;
}

#[diagnostic::do_not_recommend]
impl NoParts for () {
    fn none() {}
}

/// A stat that is made from a value rather than from nothing.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be made with this value",
    label = "`with` does not fit this stat",
    note = "a `Gauge` takes a closure that gives its number, an `Info` an array of (name, value) pairs"
)]
pub trait OpenWith<W>: Sized {
    #[doc(hidden)]
    fn open_with(at: &Opening<'_, '_>, value: W) -> Self;
}
