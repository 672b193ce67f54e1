//! Strings fixed at init.

use std::sync::Arc;

use super::Stat;
use crate::Kind;
use crate::snapshot::Value;
use crate::tree::entry::{Backing, Description, Held, Source};
use crate::tree::instrumented::OpenWith;
use crate::tree::journal::Outlet;
use crate::tree::opener::Opening;
use crate::tree::place::Node;

/// Strings that are fixed at init: a version, a build, an address. OpenMetrics' *info*.
///
/// ```
/// use calipers::prelude::*;
/// use calipers::Info;
///
/// #[derive(Instrumented)]
/// struct App {
///     #[stat(with = [("version", env!("CARGO_PKG_VERSION"))])]
///     build: Info,
/// }
///
/// let _app = App::init("/app");
/// assert_eq!(calipers::snapshot().text("/app/build/version"), Some(env!("CARGO_PKG_VERSION")));
/// ```
#[derive(Clone, Debug)]
pub struct Info {
    node: Node,
}

struct HeldInfo(Arc<[(Box<str>, Box<str>)]>);

impl Held for HeldInfo {
    fn read(&self) -> Value {
        Value::Info(self.0.clone())
    }

    fn show_in(&self, outlet: Arc<dyn Outlet>) -> bool {
        outlet.changed(&|| self.read()); // once and for all
        true
    }
}

impl Info {
    fn with(at: &Opening<'_, '_>, pairs: Arc<[(Box<str>, Box<str>)]>) -> Info {
        let opened = at.open(
            |source| matches!(source, Source::Held(_)),
            || Source::Held(Arc::new(HeldInfo(pairs.clone()))),
        );
        Info {
            node: opened.node.into_owned(),
        }
    }
}

impl Stat for Info {
    const KIND: Kind = Kind::Info;

    fn make(_: &Description<'_>) -> Backing {
        Backing(Source::Held(Arc::new(HeldInfo(Arc::from([])))))
    }

    fn attach(backing: &Backing, node: &Node) -> Option<Info> {
        matches!(backing.0, Source::Held(_)).then(|| Info { node: node.clone() })
    }

    fn place(&self) -> &Node {
        &self.node
    }
}

#[diagnostic::do_not_recommend]
impl<K: Into<Box<str>>, V: Into<Box<str>>, const N: usize> OpenWith<[(K, V); N]> for Info {
    fn open_with(at: &Opening<'_, '_>, pairs: [(K, V); N]) -> Info {
        let pairs = pairs
            .into_iter()
            .map(|(name, text)| (name.into(), text.into()));
        Info::with(at, pairs.collect())
    }
}

#[diagnostic::do_not_recommend]
impl<K: Into<Box<str>>, V: Into<Box<str>>> OpenWith<Vec<(K, V)>> for Info {
    fn open_with(at: &Opening<'_, '_>, pairs: Vec<(K, V)>) -> Info {
        let pairs = pairs
            .into_iter()
            .map(|(name, text)| (name.into(), text.into()));
        Info::with(at, pairs.collect())
    }
}
