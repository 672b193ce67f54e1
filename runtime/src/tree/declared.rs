//! What a program declares at link time: the classes, and the statics that are visible before their first use.
//!
//! The macros submit each to `inventory`. The collector opens the statics before its first snapshot, the catalog
//! lists what there is, and at the first snapshot the declarations are compared with one another: two that
//! mean one path, in different kinds or from different places in the source, are logged and counted. Nothing fails: the first
//! one to be opened has the place, as everywhere.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use super::by_type::ByType;
use super::class::{Class, Spec};
use super::faults::{self, Fault};
use super::path;

/// Something that the program declares at link time.
pub trait Declaration: Sync {
    /// Tells each of its stats.
    fn list(&'static self, tell: &mut dyn FnMut(DeclaredStat));

    /// Opens what can be opened before its first use, so that it is visible at zero.
    fn touch(&'static self) {}
}

/// A declaration, as `inventory` collects it.
pub struct Declared(pub &'static dyn Declaration);

inventory::collect!(Declared);

/// One stat that the program can emit.
pub struct DeclaredStat {
    /// Its whole path, where that is known before the program runs. It may hold `{type}`.
    pub(crate) path: Option<String>,
    /// The struct, the function, or the `impl` that has it.
    pub(crate) owner: String,
    pub(crate) module: &'static str,
    /// Below its owner's path.
    pub(crate) name: String,
    pub(crate) spec: Spec,
    /// The label that the last segment of its owner's path becomes.
    pub(crate) instance_label: Option<&'static str>,
    pub(crate) at: Site,
    /// What puts it at its path; the same as `at`, but for the stats of a trait's implementors.
    pub(crate) by: Site,
}

/// A place in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Site {
    pub(crate) file: &'static str,
    pub(crate) line: u32,
}

impl std::fmt::Display for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

impl Class {
    /// Tells each of its stats, as they stand below `base` when that is known.
    pub(crate) fn list_at(
        &'static self,
        base: Option<&str>,
        owner: &str,
        by: Option<Site>,
        tell: &mut dyn FnMut(DeclaredStat),
    ) {
        for stat in self.stats {
            let at = Site {
                file: self.file,
                line: stat.line,
            };
            tell(DeclaredStat {
                path: base.map(|base| format!("{}/{}", base.trim_end_matches('/'), stat.name)),
                owner: owner.to_owned(),
                module: self.module,
                name: stat.name.to_owned(),
                spec: stat.spec,
                instance_label: self.label,
                at,
                by: by.unwrap_or(at),
            });
        }
    }
}

/// A struct whose instances come later.
impl Declaration for Class {
    fn list(&'static self, tell: &mut dyn FnMut(DeclaredStat)) {
        self.list_at(None, self.name, None, tell);
    }
}

/// A struct with parameters: nobody knows for which types there will be instances.
pub struct GenericClass(ByType<&'static Class>);

impl GenericClass {
    /// No instance yet.
    #[expect(
        clippy::new_without_default,
        reason = "a static of this is all there is"
    )]
    pub const fn new() -> GenericClass {
        GenericClass(ByType::new())
    }

    /// There is an instance for these parameters.
    pub fn used(&self, class: &'static Class, type_name: &'static str) {
        self.0.get(type_name, || class);
    }
}

impl Declaration for GenericClass {
    fn list(&'static self, tell: &mut dyn FnMut(DeclaredStat)) {
        for (type_name, class) in self.0.iter() {
            class.list_at(None, &plain(type_name), None, tell);
        }
    }
}

/// A type's name without the modules and the lifetimes in it, as one segment of a path: `Wrapper<String>`.
pub(crate) fn plain(type_name: &str) -> String {
    let type_name = ["'_, ", "<'_>"]
        .iter()
        .fold(Cow::Borrowed(type_name), |name, lifetime| {
            Cow::Owned(name.replace(lifetime, ""))
        });
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

/// Every stat that is declared, in no order.
pub(crate) fn declared() -> Vec<DeclaredStat> {
    let mut stats = Vec::new();
    for declared in inventory::iter::<Declared> {
        declared.0.list(&mut |stat| stats.push(stat));
    }
    stats
}

/// Opens every static that the program declares, so that it is visible at zero before its first use. The first time, it
/// also looks for declarations that clash.
pub(crate) fn touch_declared() {
    for declared in inventory::iter::<Declared> {
        declared.0.touch();
    }
    static CHECKED: AtomicBool = AtomicBool::new(false);
    if !CHECKED.swap(true, Relaxed) {
        for (path, clash) in clashes(declared()) {
            faults::report_about(Fault::DeclarationClash, &path, || clash);
        }
    }
}

/// The paths that two declarations mean, with what is to be said about them.
fn clashes(stats: Vec<DeclaredStat>) -> Vec<(String, String)> {
    let mut by_path: BTreeMap<String, Vec<DeclaredStat>> = BTreeMap::new();
    for stat in stats {
        // Which type it will be is known at the first call.
        let known = stat.path.as_deref().filter(|path| !path.contains("{type}"));
        let Some(path) = known.and_then(|path| path::canonical(path).ok()) else {
            continue;
        };
        by_path.entry(path).or_default().push(stat);
    }
    let mut found = Vec::new();
    for (path, mut stats) in by_path {
        stats.sort_by_key(|stat| stat.by);
        let Some((first, others)) = stats.split_first() else {
            continue;
        };
        for other in others {
            let (one, two) = (first.spec.kind, other.spec.kind);
            if !one.same(two) {
                let what = format!(
                    "`{path}` is declared as a {one} at {} and as a {two} at {}; whichever is used first has the path",
                    first.by, other.by
                );
                found.push((path.clone(), what));
            } else if first.by != other.by {
                let what = format!(
                    "`{path}` is declared at {} and at {}; both record into one {one}",
                    first.by, other.by
                );
                found.push((path.clone(), what));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;

    fn stat(path: Option<&str>, kind: Kind, line: u32) -> DeclaredStat {
        let at = Site { file: "a.rs", line };
        DeclaredStat {
            path: path.map(str::to_owned),
            owner: "Owner".to_owned(),
            module: "m",
            name: "name".to_owned(),
            spec: Spec::of(kind),
            instance_label: None,
            at,
            by: at,
        }
    }

    #[test]
    fn declarations_clash_when_they_mean_one_path_in_two_kinds_or_places() {
        let found = clashes(vec![
            stat(Some("/kinds"), Kind::Counter, 1),
            stat(Some("kinds"), Kind::Timer, 1),
            stat(Some("/places"), Kind::Timer, 3),
            stat(Some("/places"), Kind::Timer, 2),
            stat(Some("/once"), Kind::Timer, 4),
            stat(Some("/same"), Kind::Timer, 5),
            stat(Some("/same"), Kind::Timer, 5),
            stat(Some("/of/{type}"), Kind::Timer, 6),
            stat(Some("/of/{type}"), Kind::Counter, 7),
            stat(None, Kind::Timer, 8),
            stat(None, Kind::Counter, 9),
        ]);
        let texts: Vec<_> = found.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "`/kinds` is declared as a counter at a.rs:1 and as a timer at a.rs:1; whichever is used first has the path",
                "`/places` is declared at a.rs:2 and at a.rs:3; both record into one timer",
            ]
        );
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
