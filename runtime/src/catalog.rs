//! Everything a program can emit, known before it has emitted any of it.
//!
//! The macros tell `inventory` of each class, collection, timed function and metered `impl` when the program is linked,
//! so the list needs neither a running service nor a request that happens to reach a rare stat.

use std::fmt;

use serde::Serialize;

use crate::tree::declared::{DeclaredStat, declared};
use crate::tree::faults;
use crate::{Kind, Merging};

/// Every stat that this program declares: its classes, collections, timed functions and metered `impl`s, in whichever of its
/// crates they stand.
///
/// The list is sorted, and the same for every run of one binary. Not in it: stats by dynamic names
/// ([`Registry`](crate::Registry), [`incr`](crate::incr), [`set`](crate::set)), of which nobody knows before they are used. A struct,
/// or a metered `impl`, with type or const parameters is in it from its first instance on, once for each of their values.
/// It opens nothing, and costs an allocation or two per stat.
///
/// # Holding it in CI
///
/// A dashboard or an alert names stats, so a renamed one should be seen in review. Keep the catalog in the repository
/// and compare it in a test; without line numbers, which change with every edit above them:
///
/// ```no_run
/// let now = serde_json::to_string_pretty(&calipers::catalog().without_lines())?;
/// let kept = std::fs::read_to_string("catalog.json")?;
/// assert_eq!(kept, now, "the stats changed: keep the new catalog, and tell who watches them");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The JSON is an object with one list, `stats`, whose members have the fields of [`CatalogStat`]:
///
/// ```
/// use calipers::prelude::*;
///
/// collection! {
///     pub static WEB: Web = "/web" {
///         /// Answers that failed.
///         #[stat(unit = "{answer}", label = "status")]
///         errors: Family<u16, Counter>,
///     }
/// }
///
/// # fn main() {
/// let catalog = serde_json::to_value(calipers::catalog().without_lines()).unwrap();
/// let stats = catalog["stats"].as_array().unwrap();
/// let errors = stats.iter().find(|stat| stat["path"] == "/web/errors").unwrap();
/// assert_eq!((&errors["owner"], &errors["kind"]), (&"Web".into(), &"family of counter".into()));
/// assert_eq!((&errors["help"], &errors["unit"]), (&"Answers that failed.".into(), &"{answer}".into()));
/// assert_eq!((&errors["key_label"], &errors["instance_label"]), (&"status".into(), &().into()));
/// # }
/// ```
pub fn catalog() -> Catalog {
    let mut stats: Vec<CatalogStat> = declared().into_iter().map(CatalogStat::of).collect();
    stats.extend(faults::kinds().map(|(_, name, help)| CatalogStat::of_fault(name, help)));
    stats.sort();
    stats.dedup();
    Catalog { stats }
}

/// What [`catalog`] gives.
///
/// `Display` shows it as a table, a line a stat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Catalog {
    stats: Vec<CatalogStat>,
}

impl Catalog {
    /// The stats: those with a path of their own first, by path; then those of classes, by module, class and name.
    pub fn stats(&self) -> &[CatalogStat] {
        &self.stats
    }

    /// The same without line numbers, so that it changes only when a stat does.
    #[must_use]
    pub fn without_lines(mut self) -> Catalog {
        for stat in &mut self.stats {
            stat.line = None;
        }
        self.stats.sort();
        self.stats.dedup();
        self
    }
}

/// One stat that the program can emit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CatalogStat {
    /// Where it stands, if that is known before the program runs. `{type}` in it stands for the type that a timed method
    /// is called on. The stats of a class stand wherever `init` puts its instances, and have none.
    pub path: Option<String>,
    /// What has it: a struct, a function, or the `impl` of a metered trait, as `Endpoint for Users`.
    pub owner: String,
    /// The module that declares it.
    pub module: String,
    /// Its name below its owner's path.
    pub name: String,
    /// What sort of stat it is; in JSON its text, as `"family of counter"`.
    pub kind: Kind,
    /// The unit in UCUM; empty when none is given.
    pub unit: &'static str,
    /// The first paragraph of its documentation.
    pub help: &'static str,
    /// The label that the last segment of its owner's path becomes, where a format has labels.
    pub instance_label: Option<&'static str>,
    /// The label that a family's key becomes.
    pub key_label: Option<&'static str>,
    /// How a gauge is merged with those of other processes, if it declares it; in JSON its text, as `"sum"`.
    pub merging: Option<Merging>,
    /// The source file, below its package where that is not this workspace's; nothing for the library's own stats.
    pub file: Option<String>,
    /// The line in it.
    pub line: Option<u32>,
}

impl CatalogStat {
    fn of(stat: DeclaredStat) -> CatalogStat {
        let key_label = has_keys(stat.spec.kind).then_some(match stat.spec.label {
            "" => "key",
            label => label,
        });
        let is_users = stat.module.split("::").next() != Some("calipers");
        let path = stat.path.map(|path| match path.starts_with('/') {
            true => path,
            false => format!("/{path}"),
        });
        CatalogStat {
            path,
            owner: stat.owner,
            module: stat.module.to_owned(),
            name: stat.name,
            kind: stat.spec.kind,
            unit: stat.spec.unit,
            help: stat.spec.help,
            instance_label: stat.instance_label,
            key_label,
            merging: stat.spec.merging,
            file: is_users.then(|| below_its_package(stat.at.file)),
            line: is_users.then_some(stat.at.line),
        }
    }

    fn of_fault(name: &str, help: &'static str) -> CatalogStat {
        CatalogStat {
            path: Some(format!("/calipers/faults/{name}")),
            owner: "faults".to_owned(),
            module: "calipers".to_owned(),
            name: name.to_owned(),
            kind: Kind::Counter,
            unit: "",
            help,
            instance_label: None,
            key_label: None,
            merging: None,
            file: None,
            line: None,
        }
    }

    /// What it is sorted by: everything that two stats can differ in.
    fn order(&self) -> impl Ord + '_ {
        (
            (self.path.is_none(), &self.path, &self.module, &self.owner),
            (&self.name, self.kind.to_string(), self.unit, self.help),
            (self.instance_label, self.key_label, self.merging),
            (&self.file, self.line),
        )
    }
}

impl PartialOrd for CatalogStat {
    fn partial_cmp(&self, other: &CatalogStat) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for CatalogStat {
    fn cmp(&self, other: &CatalogStat) -> std::cmp::Ordering {
        self.order().cmp(&other.order())
    }
}

fn has_keys(kind: Kind) -> bool {
    matches!(kind.folded(), Kind::Family(_))
}

/// A source file without the folder in which this machine keeps the sources of dependencies.
fn below_its_package(file: &str) -> String {
    let file = file.replace('\\', "/");
    for (kept, folders) in [("/registry/src/", 1), ("/git/checkouts/", 2)] {
        if let Some((_, below)) = file.split_once(kept) {
            return below
                .splitn(folders + 1, '/')
                .last()
                .unwrap_or(below)
                .to_owned();
        }
    }
    file
}

impl fmt::Display for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heads = ["stat", "kind", "unit", "labels", "declared", "help"];
        let rows: Vec<[String; 6]> = self.stats.iter().map(row).collect();
        let widths: [usize; 5] = std::array::from_fn(|column| {
            let cells = rows.iter().map(|row| row[column].chars().count());
            cells.max().unwrap_or(0).max(heads[column].len())
        });
        let mut line = |cells: [&str; 6]| {
            let mut text = String::new();
            for (cell, width) in cells.iter().zip(widths) {
                text.push_str(&format!("{cell:width$}  "));
            }
            text.push_str(cells[5]);
            writeln!(f, "{}", text.trim_end())
        };
        line(heads)?;
        rows.iter()
            .try_for_each(|row| line(row.each_ref().map(String::as_str)))
    }
}

fn row(stat: &CatalogStat) -> [String; 6] {
    let name = match &stat.path {
        Some(path) => path.clone(),
        None => format!("{} › {}", stat.owner, stat.name),
    };
    let labels: Vec<&str> = [stat.instance_label, stat.key_label]
        .into_iter()
        .flatten()
        .collect();
    let declared = match (&stat.file, stat.line) {
        (Some(file), Some(line)) => format!("{file}:{line}"),
        (Some(file), None) => file.clone(),
        (None, _) => String::new(),
    };
    [
        name,
        stat.kind.to_string(),
        stat.unit.to_owned(),
        labels.join(", "),
        declared,
        stat.help.to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_s_file_is_named_alike_on_every_machine() {
        for (file, below) in [
            ("src/web.rs", "src/web.rs"),
            (
                "/opt/a/.cargo/registry/src/index.example-1949cf8c/db-1.2.3/src/pool.rs",
                "db-1.2.3/src/pool.rs",
            ),
            (
                "C:\\cargo\\git\\checkouts\\db-5f3a\\90ab\\src\\pool.rs",
                "src/pool.rs",
            ),
        ] {
            assert_eq!(below_its_package(file), below);
        }
    }
}
