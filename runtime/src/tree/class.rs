//! Classes: what the derive knows of a struct of stats, and of each of its stats.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use crate::cells::gate;
use crate::{Kind, Merging};

/// What the derive knows about a struct of stats: one constant a type.
#[derive(Clone, Copy, Debug)]
pub struct Class {
    /// The struct's name.
    pub name: &'static str,
    /// The module it stands in.
    pub module: &'static str,
    /// The source file it stands in.
    pub file: &'static str,
    /// The line of its declaration.
    pub line: u32,
    /// The label that an instance's last path segment becomes, where a format has labels.
    pub label: Option<&'static str>,
    /// Whether readers show an instance as one line unless asked to open it.
    pub collapsed: bool,
    /// Its stats, in the order of its fields.
    pub stats: &'static [StatSpec],
}

/// What is fixed about a stat: its name and how readers describe it.
#[derive(Clone, Copy, Debug)]
pub struct StatSpec {
    /// The last part of its path.
    pub name: &'static str,
    /// The line it is declared in; 0 when it was made at run time.
    pub line: u32,
    pub(crate) spec: Spec,
}

/// [`StatSpec`] without the name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spec {
    pub(crate) kind: Kind,
    pub(crate) help: &'static str,
    pub(crate) unit: &'static str,
    /// What a family's key is called.
    pub(crate) label: &'static str,
    /// How many keys a family admits; 0 for the default.
    pub(crate) cap: usize,
    /// Whether a family hides members that stand at zero.
    pub(crate) hide_zero: bool,
    /// How a gauge is merged with those of other processes.
    pub(crate) merging: Option<Merging>,
}

impl Spec {
    pub(crate) const fn of(kind: Kind) -> Spec {
        Spec {
            kind,
            help: "",
            unit: "",
            label: "",
            cap: 0,
            hide_zero: false,
            merging: None,
        }
    }

    /// How the members of a family are described that is described so. Made once for each, and kept: a program has as many as
    /// it declares families.
    pub(crate) fn of_members(family: SpecRef, kind: Kind) -> SpecRef {
        static MADE: LazyLock<Mutex<HashMap<(usize, Kind), SpecRef>>> =
            LazyLock::new(Mutex::default);
        let _pass = gate::enter();
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        let declared = std::ptr::from_ref(family).addr();
        made.entry((declared, kind)).or_insert_with(|| {
            Box::leak(Box::new(Spec {
                kind,
                cap: 0,
                hide_zero: false,
                label: "",
                ..*family
            }))
        })
    }
}

/// A description that is shared: by all instances of a class, or by all members of a family. All are declared, so none goes.
pub(crate) type SpecRef = &'static Spec;

impl StatSpec {
    /// A stat of this name, kind and help text, declared in this line.
    pub const fn new(name: &'static str, kind: Kind, help: &'static str, line: u32) -> StatSpec {
        StatSpec {
            name,
            line,
            spec: Spec {
                help,
                ..Spec::of(kind)
            },
        }
    }

    /// The unit, in UCUM: `s`, `By`, `1`.
    #[must_use]
    pub const fn unit(mut self, unit: &'static str) -> StatSpec {
        self.spec.unit = unit;
        self
    }

    /// What a family's key is called where a format has labels.
    #[must_use]
    pub const fn label(mut self, label: &'static str) -> StatSpec {
        self.spec.label = label;
        self
    }

    /// How many keys a family admits before the rest share its overflow member.
    #[must_use]
    pub const fn cap(mut self, cap: usize) -> StatSpec {
        self.spec.cap = cap;
        self
    }

    /// A family shows no member that stands at zero.
    #[must_use]
    pub const fn hide_zero(mut self) -> StatSpec {
        self.spec.hide_zero = true;
        self
    }

    /// A gauge is merged so with those of other processes.
    #[must_use]
    pub const fn merge(mut self, merging: Merging) -> StatSpec {
        self.spec.merging = Some(merging);
        self
    }

    /// What sort of stat it is.
    pub const fn kind(&self) -> Kind {
        self.spec.kind
    }

    /// What it counts, in its author's words.
    pub const fn help(&self) -> &'static str {
        self.spec.help
    }
}

/// Fails to compile when `parent` has an aggregate named `name` that cannot fold a stat of kind `kind`.
///
/// # Panics
/// At compile time only: the macros evaluate it in a constant.
#[track_caller]
#[allow(clippy::panic)] // how a constant refuses to be evaluated
pub const fn check_feed(parent: &Class, name: &str, kind: Kind) {
    let mut at = 0;
    while at < parent.stats.len() {
        let stat = &parent.stats[at];
        if stat.spec.kind.is_aggregate() && same(stat.name, name) && !stat.spec.kind.folds(kind) {
            let message = Message::EMPTY
                .then("`")
                .then(name)
                .then("` of `")
                .then(parent.name)
                .then("` is a ")
                .then_kind(stat.spec.kind)
                .then(", which cannot fold a ")
                .then_kind(kind)
                .then("; rename one of the two");
            panic!("{}", message.text());
        }
        at += 1;
    }
}

/// Whether whoever totals the stats of a class nested in `owner`, by name, can fold them: the owner itself, else its
/// parent.
///
/// # Panics
/// At compile time only: the macros evaluate it in a constant.
#[track_caller]
pub const fn check_child(owner: &Class, parent: Option<&Class>, child: &Class) {
    let mut at = 0;
    while at < child.stats.len() {
        let stat = &child.stats[at];
        match parent {
            Some(parent) if !totals(owner, stat.name) => {
                check_feed(parent, stat.name, stat.spec.kind);
            }
            _ => check_feed(owner, stat.name, stat.spec.kind),
        }
        at += 1;
    }
}

const fn totals(class: &Class, name: &str) -> bool {
    let mut at = 0;
    while at < class.stats.len() {
        let stat = &class.stats[at];
        if stat.spec.kind.is_aggregate() && same(stat.name, name) {
            return true;
        }
        at += 1;
    }
    false
}

/// A text put together by a constant, where nothing is formatted and nothing allocated.
#[derive(Clone, Copy)]
struct Message {
    bytes: [u8; 256],
    len: usize,
}

impl Message {
    const EMPTY: Message = Message {
        bytes: [0; 256],
        len: 0,
    };

    /// What does not fit is left out.
    const fn then(mut self, text: &str) -> Message {
        let text = text.as_bytes();
        let mut at = 0;
        while at < text.len() && self.len < self.bytes.len() {
            self.bytes[self.len] = text[at];
            self.len += 1;
            at += 1;
        }
        self
    }

    const fn then_kind(self, kind: Kind) -> Message {
        match kind {
            Kind::Family(of) => self.then("family of ").then_kind(*of),
            Kind::Sum(of) => self.then("sum of ").then_kind(*of),
            Kind::Counter => self.then("counter"),
            Kind::UpDownCounter => self.then("up_down_counter"),
            Kind::Gauge => self.then("gauge"),
            Kind::Text => self.then("text"),
            Kind::Info => self.then("info"),
            Kind::StateSet => self.then("state_set"),
            Kind::StateTime => self.then("state_time"),
            Kind::Histogram => self.then("histogram"),
            Kind::Timer => self.then("timer"),
            Kind::Meter => self.then("meter"),
            Kind::CountBy => self.then("count_by of state_set"),
            Kind::Max => self.then("max of gauge"),
            Kind::Min => self.then("min of gauge"),
        }
    }

    const fn text(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            // Cut in the middle of a letter, which takes names of more than 200 bytes.
            Err(_) => "the parent's aggregate of this name cannot fold a stat of this kind",
        }
    }
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: Class = Class {
        name: "Processor",
        module: "",
        file: "",
        line: 0,
        label: None,
        collapsed: false,
        stats: &[StatSpec::new("finished", Kind::Sum(&Kind::Counter), "", 0)],
    };

    #[test]
    fn a_feed_is_checked_by_name_and_kind() {
        const _: () = check_feed(&PARENT, "finished", Kind::Counter);
        const _: () = check_feed(&PARENT, "unknown", Kind::Timer);
        let refused = std::panic::catch_unwind(|| check_feed(&PARENT, "finished", Kind::Timer));
        let message = refused.unwrap_err();
        assert_eq!(
            message.downcast_ref::<String>().map(String::as_str),
            Some(
                "`finished` of `Processor` is a sum of counter, which cannot fold a timer; rename one of the two"
            )
        );
    }
}
