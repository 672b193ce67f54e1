//! The result: as JSON, and as a table for a terminal.

use std::fmt;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use crate::snapshot::humane::printable;

/// What many servers have together, and what became of each of them.
///
/// As JSON, `{"combined": {…}, "servers": {…}}`, with `repeated` and `unmet` where there are such; as a table through `Display`.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct Combined {
    /// In the shape of the rules.
    #[serde(rename = "combined")]
    pub outcome: Outcome,
    /// All servers, as people sort them.
    #[serde(serialize_with = "in_order")]
    pub servers: Vec<(String, Report)>,
    /// Servers that were given more than once; each counts once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub repeated: Vec<String>,
    /// Paths of rules that no server has anything at: mistyped, perhaps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unmet: Vec<String>,
}

/// What became of a server.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase", tag = "is")]
#[non_exhaustive]
pub enum Report {
    /// All of it is in the result.
    Read,
    /// Some values do not fit their rules, and are not in the result.
    Unfit {
        /// How many.
        values: u64,
        /// Where the first of them is.
        first: String,
    },
    /// Nothing of it is in the result.
    Failed {
        /// Why.
        error: String,
    },
}

impl Report {
    /// One more value does not fit, at this path.
    pub(super) fn unfit(&mut self, path: &[&str]) {
        match self {
            Report::Unfit { values, .. } => *values += 1,
            Report::Read | Report::Failed { .. } => {
                *self = Report::Unfit {
                    values: 1,
                    first: format!("/{}", path.join("/")),
                };
            }
        }
    }
}

/// The result at one place, and below.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Outcome {
    /// What is below, by key or by pattern, as people sort.
    pub below: Vec<(String, Outcome)>,
    /// What the leaves gave, by name.
    pub leaves: Vec<(String, Given)>,
}

/// What a leaf gave.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Given {
    /// A number, or an object of such.
    Value(Value),
    /// Servers by value, as people sort them.
    Servers(Vec<(String, Vec<String>)>),
    /// Servers with their numbers, in the order of the numbers.
    Numbers(Vec<(String, serde_json::Number)>),
}

impl Combined {
    /// Whether every server was read.
    pub fn is_complete(&self) -> bool {
        let failed = |report: &Report| matches!(report, Report::Failed { .. });
        !self.servers.iter().any(|(_, report)| failed(report))
    }
}

fn in_order<S: Serializer>(all: &[(String, Report)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(all.iter().map(|(name, report)| (name, report)))
}

impl Serialize for Given {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Given::Value(value) => value.serialize(serializer),
            Given::Servers(by_value) => {
                serializer.collect_map(by_value.iter().map(|(value, servers)| (value, servers)))
            }
            Given::Numbers(numbers) => numbers.serialize(serializer),
        }
    }
}

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.leaves.len() + self.below.len()))?;
        for (name, value) in &self.leaves {
            map.serialize_entry(name, value)?;
        }
        for (name, below) in &self.below {
            // A place that is called like a leaf has a slash behind it, as in a snapshot's JSON.
            if self.leaves.iter().any(|(leaf, _)| leaf == name) {
                map.serialize_entry(&format_args!("{name}/"), below)?;
            } else {
                map.serialize_entry(name, below)?;
            }
        }
        map.end()
    }
}

impl fmt::Display for Combined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_place(f, "", &self.outcome)?;
        let told = |report: &Report| !matches!(report, Report::Read);
        let (all, troubled) = (
            self.servers.len(),
            self.servers.iter().filter(|(_, report)| told(report)),
        );
        writeln!(f, "{all} servers")?;
        for (name, report) in troubled {
            let name = printable(name);
            match report {
                Report::Read => {}
                Report::Unfit { values, first } => {
                    let first = printable(first);
                    let values = match values {
                        1 => "a value does not fit".to_owned(),
                        more => format!("{more} values do not fit, the first"),
                    };
                    writeln!(f, "  {name}: {values} at {first}")?;
                }
                Report::Failed { error } => writeln!(f, "  {name}: {}", printable(error))?,
            }
        }
        for name in &self.repeated {
            writeln!(f, "  {}: given twice, counts once", printable(name))?;
        }
        for path in &self.unmet {
            writeln!(f, "no server has anything at {}", printable(path))?;
        }
        Ok(())
    }
}

fn write_place(f: &mut fmt::Formatter<'_>, path: &str, outcome: &Outcome) -> fmt::Result {
    if !outcome.leaves.is_empty() {
        writeln!(f, "{path}")?;
        let width = outcome.leaves.iter().map(|(name, _)| name.len()).max();
        for (name, value) in &outcome.leaves {
            write_leaf(f, &printable(name), value, width.unwrap_or(0))?;
        }
    }
    for (name, below) in &outcome.below {
        write_place(f, &format!("{path}/{}", printable(name)), below)?;
    }
    Ok(())
}

fn write_leaf(f: &mut fmt::Formatter<'_>, name: &str, given: &Given, width: usize) -> fmt::Result {
    let rows: Vec<(String, String)> = match given {
        Given::Value(Value::Object(members)) => {
            let members = members.iter();
            members
                .map(|(key, value)| (printable(key), plain(value)))
                .collect()
        }
        Given::Value(single) => return writeln!(f, "  {name:width$}  {}", plain(single)),
        Given::Servers(by_value) => {
            let lists = by_value.iter();
            lists
                .map(|(value, servers)| (printable(value), printable(&servers.join(", "))))
                .collect()
        }
        Given::Numbers(numbers) => {
            let numbers = numbers.iter();
            numbers
                .map(|(server, number)| (printable(server), number.to_string()))
                .collect()
        }
    };
    writeln!(f, "  {name}")?;
    let width = rows
        .iter()
        .map(|(key, _)| key.chars().count())
        .max()
        .unwrap_or(0);
    for (key, value) in rows {
        writeln!(f, "    {key:width$}  {value}")?;
    }
    Ok(())
}

/// On one line; a range as `from, to`.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => printable(text),
        Value::Array(all) => all.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Object(_) => printable(&value.to_string()),
        other => other.to_string(),
    }
}
