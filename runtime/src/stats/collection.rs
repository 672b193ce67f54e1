//! A group of stats that is a static.

use std::ops::Deref;
use std::sync::OnceLock;

use crate::tree::declared::{Declaration, DeclaredStat};
use crate::tree::instrumented::Instrumented;
use crate::tree::once::get_or_open;
use crate::tree::opener;

use super::registry;

/// A struct of stats in a static, opened when it is first used. Made by `collection!`.
///
/// Using it costs one load more than a handle that is held. It is visible at zero before its first use.
///
/// ```
/// use calipers::prelude::*;
///
/// calipers::collection! {
///     /// The web front end.
///     pub static WEB: Web = "/web" { errors: Counter, success: Counter }
/// }
///
/// WEB.success.inc();
/// assert_eq!(calipers::snapshot().counter("/web/success"), Some(1));
/// assert_eq!(calipers::snapshot().counter("/web/errors"), Some(0));
/// ```
#[derive(Debug)]
pub struct Collection<T> {
    path: &'static str,
    opened: OnceLock<T>,
}

impl<T> Collection<T> {
    /// A collection at this path.
    pub const fn new(path: &'static str) -> Collection<T> {
        Collection {
            path,
            opened: OnceLock::new(),
        }
    }
}

impl<T: Instrumented<Parts = ()> + Send + Sync> Declaration for Collection<T> {
    fn list(&'static self, tell: &mut dyn FnMut(DeclaredStat)) {
        T::CLASS.list_at(Some(self.path), T::CLASS.name, None, tell);
    }

    fn touch(&'static self) {
        let _: &T = self;
    }
}

impl<T: Instrumented<Parts = ()>> Deref for Collection<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        get_or_open(&self.opened, || {
            opener::init(registry().tree(), self.path, ())
        })
    }
}

#[diagnostic::do_not_recommend]
impl<T: Instrumented<Parts = ()>> crate::tree::instrumented::Parent for Collection<T> {
    const CLASS: &'static crate::tree::class::Class = T::CLASS;

    fn node(&self) -> &crate::tree::place::Node {
        Instrumented::node(&**self)
    }
}
