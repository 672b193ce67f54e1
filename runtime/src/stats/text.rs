//! The last string set.

use std::sync::Arc;

use arc_swap::ArcSwapOption;

use super::{Stat, detached};
use crate::Kind;
use crate::snapshot::Value;
use crate::tree::entry::{Backing, Description, Held, Source};
use crate::tree::journal::{Outlet, Shown};
use crate::tree::place::Node;

/// A string that is set: the job at hand, the last error. Readers that show only numbers leave it out.
///
/// Setting allocates, and takes no lock: the last one wins. For one of a few known states,
/// [`StateSet`](super::StateSet) costs one store and can be counted.
///
/// ```
/// let task = calipers::registry().text("worker.task")?;
/// task.set("reindex");
/// assert_eq!(calipers::snapshot().text("/worker/task"), Some("reindex"));
/// # Ok::<(), calipers::NameError>(())
/// ```
#[derive(Clone)]
pub struct Text {
    held: Arc<HeldText>,
    node: Node,
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Text").field("node", &self.node).finish()
    }
}

#[derive(Default)]
struct HeldText {
    text: ArcSwapOption<Arc<str>>,
    shown: Shown,
}

impl HeldText {
    fn set(&self, text: Option<Arc<str>>) {
        self.text.store(text.map(Arc::new));
        self.shown.tell(self);
    }
}

impl Held for HeldText {
    fn read(&self) -> Value {
        Value::Text(self.text.load().as_deref().cloned())
    }

    fn show_in(&self, outlet: Arc<dyn Outlet>) -> bool {
        self.shown.start(self, outlet)
    }
}

impl Text {
    /// A text that no tree shows.
    pub fn detached() -> Text {
        detached()
    }

    /// Sets the string.
    pub fn set(&self, text: impl Into<Arc<str>>) {
        self.held.set(Some(text.into()));
    }

    /// Back to no string.
    pub fn clear(&self) {
        self.held.set(None);
    }
}

impl Stat for Text {
    const KIND: Kind = Kind::Text;

    fn make(_: &Description<'_>) -> Backing {
        Backing(Source::Held(Arc::new(HeldText::default())))
    }

    fn attach(backing: &Backing, node: &Node) -> Option<Text> {
        let Source::Held(held) = &backing.0 else {
            return None;
        };
        let held: Arc<dyn std::any::Any + Send + Sync> = held.clone();
        Some(Text {
            held: held.downcast().ok()?,
            node: node.clone(),
        })
    }

    fn place(&self) -> &Node {
        &self.node
    }
}
