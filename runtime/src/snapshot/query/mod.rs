//! Choosing stats by name and by what they hold: the query language of scales, with fields.
//!
//! `parse` reads the text, this file decides what matches, `error` says what was wrong. A query names stats
//! rather than paths, because its use is to compare one stat over all instances: which workers wait, which
//! handlers are slow.

mod error;
mod parse;

pub use error::QueryError;

use self::parse::{Comparison, Query};
use super::part::Part;
use super::select::Kept;
use super::{Entry, Place, Snapshot, Value};

impl Snapshot {
    /// The stats of a name, or those of them that hold what is asked for, with the places that lead to them.
    ///
    /// | query | keeps |
    /// | --- | --- |
    /// | `finished` | every stat named `finished`, and every place named so with all below it |
    /// | `finished > 3` | every stat `finished` above 3; also `>=`, `<`, `<=`, `=`, `!=` |
    /// | `state = waiting_for_task` | text and states, with `=` and `!=` |
    /// | `latency.p99 > 0.5` | a field, by its name in JSON; times are in seconds, or written `500ms` |
    /// | `latency.recent.p99 > 2s` | a field of a field |
    /// | `byPath./index > 100` | a family's member; `state.waiting_for_task > 2` counts by state alike |
    /// | `handler/latency.err > 0` | only where the path ends in `handler/latency`; from the root with a `/` first |
    /// | `"a b"."x.y" = "3 > 2"` | quotes, single or double, where a name or a text has blanks or signs (`=<>!`, in names also `()&\|*`) |
    ///
    /// A meter without a field means its count. What holds nothing (a gauge never set, a percentile of no values)
    /// satisfies no comparison. A stat is kept whole; places without any stat left go, except those on the way
    /// to one. A name that nothing has gives an empty snapshot, because instances come and go.
    ///
    /// # Errors
    ///
    /// Says what was expected and at which column, when the text is not a query (one that goes on with `and` is none), when `>` and its like stand
    /// before something that is no number, and when the stats of that name have no such field.
    ///
    /// ```
    /// let registry = calipers::Registry::new();
    /// registry.counter("alice.finished")?.add(5);
    /// registry.counter("bob.finished")?.add(2);
    /// let busy = registry.snapshot().query("finished > 3")?;
    /// assert_eq!(busy.counter("/alice/finished"), Some(5));
    /// assert_eq!(busy.counter("/bob/finished"), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn query(&self, query: &str) -> Result<Snapshot, QueryError> {
        let query = Query::parse(query)?;
        let matcher = Matcher::new(&query);
        let mut compared = false;
        let mut problem = None;
        let found = self.select(|place| {
            if matcher.names_place(place) {
                return Kept::Subtree;
            }
            let mut keep = |entry: Entry<'_>| match matcher.verdict(entry) {
                Verdict::NotNamed => false,
                Verdict::Holds(holds) => {
                    compared = true;
                    holds
                }
                Verdict::NoField(error) => {
                    problem.get_or_insert(error);
                    false
                }
            };
            Kept::Stats(self.entries_of(place).map(&mut keep).collect())
        });
        match problem {
            // One stat of several kinds under a name is enough to make sense of the query.
            Some(problem) if !compared && found.is_empty() => Err(problem),
            _ => Ok(found),
        }
    }
}

/// A query made ready to be compared with many stats.
struct Matcher<'q> {
    query: &'q Query,
    /// The ways to read the key as a name and fields of it, longest name first: a dot may be part of a name.
    readings: Vec<(Name, &'q [String])>,
}

/// Whether a stat is meant, and satisfies.
enum Verdict {
    NotNamed,
    Holds(bool),
    NoField(QueryError),
}

impl<'q> Matcher<'q> {
    fn new(query: &'q Query) -> Self {
        let lengths = (1..=query.key.len()).rev();
        let reading = |length| {
            let (name, fields) = query.key.split_at(length);
            (Name::new(name.join(".")), fields)
        };
        Matcher {
            query,
            readings: lengths.map(reading).collect(),
        }
    }

    fn names_place(&self, place: &Place) -> bool {
        let Some((name, _)) = self.readings.first() else {
            return false;
        };
        self.query.comparison.is_none() && name.means(&place.shape.path, None)
    }

    fn verdict(&self, entry: Entry<'_>) -> Verdict {
        let mut named = self
            .readings
            .iter()
            .filter(|(name, _)| name.means(entry.place(), Some(entry.name())));
        let Some((_, fields)) = named.next() else {
            return Verdict::NotNamed;
        };
        match field(entry.value(), fields) {
            Field::Is(part) => match &self.query.comparison {
                None => Verdict::Holds(part != Part::Nothing || fields.is_empty()),
                Some(comparison) => match comparable(part) {
                    Some(part) => Verdict::Holds(comparison.holds(part)),
                    None => Verdict::NoField(self.no_field(entry, fields, part, "")),
                },
            },
            Field::AbsentKey => Verdict::Holds(false),
            Field::NoSuch {
                known,
                within,
                name,
            } => Verdict::NoField(self.no_field(entry, known, within, name)),
        }
    }

    fn no_field(
        &self,
        entry: Entry<'_>,
        known: &[String],
        within: Part<'_>,
        field: &str,
    ) -> QueryError {
        let dotted = known.iter().map(|field| format!(".{field}"));
        QueryError::NoSuchField {
            column: self.query.column,
            stat: format!("{}{}", entry.name(), dotted.collect::<String>()),
            kind: entry.kind(),
            field: field.to_owned(),
            fields: within
                .fixed_names()
                .map(|names| names.collect())
                .unwrap_or_default(),
        }
    }
}

/// A name as it was asked for.
struct Name {
    /// With a leading slash, so that it only ever matches whole segments.
    path: String,
    rooted: bool,
}

impl Name {
    fn new(text: String) -> Self {
        let rooted = text.starts_with('/');
        Name {
            path: if rooted { text } else { format!("/{text}") },
            rooted,
        }
    }

    /// Whether the path of this place, or of this stat of it, ends in the name, or is it.
    fn means(&self, place: &str, stat: Option<&str>) -> bool {
        // Compared from the end, so that the path need not be put together for every stat there is.
        let slash = stat.map(|_| b'/');
        let mut path = stat
            .unwrap_or_default()
            .bytes()
            .rev()
            .chain(slash)
            .chain(place.bytes().rev());
        self.path
            .bytes()
            .rev()
            .all(|byte| path.next() == Some(byte))
            && (!self.rooted || path.next().is_none())
    }
}

/// What the fields of a key lead to.
enum Field<'a, 'q> {
    Is(Part<'a>),
    /// A key, state or name that is not there (yet).
    AbsentKey,
    /// A field that no value of the kind has: the fields that led to where it was looked for, and its name.
    NoSuch {
        known: &'q [String],
        within: Part<'a>,
        name: &'q str,
    },
}

fn field<'a, 'q>(value: &'a Value, fields: &'q [String]) -> Field<'a, 'q> {
    let mut part = Part::Value(value);
    let mut rest = fields;
    while let Some(first) = rest.first() {
        let keyed = matches!(
            part,
            Part::Value(Value::Family(_) | Value::CountBy(_) | Value::Info(_)) | Part::Times(_)
        );
        // A key may hold dots: the longest that exists is meant.
        let longest = if keyed { rest.len() } else { 1 };
        let next = (1..=longest).rev().find_map(|length| {
            let (name, after) = rest.split_at(length);
            Some((part.get(&name.join("."))?, after))
        });
        match next {
            Some(next) => (part, rest) = next,
            None if keyed => return Field::AbsentKey,
            None => {
                let known = fields.len() - rest.len();
                return Field::NoSuch {
                    known: &fields[..known],
                    within: part,
                    name: first,
                };
            }
        }
    }
    Field::Is(part)
}

/// What a part is compared as, if it can be.
fn comparable(part: Part<'_>) -> Option<Part<'_>> {
    match part.plain() {
        Part::Value(Value::Meter(_)) => part.get("count"),
        Part::Value(_) | Part::Distribution { .. } | Part::Times(_) => None,
        plain => Some(plain),
    }
}

impl Comparison {
    fn holds(&self, part: Part<'_>) -> bool {
        let (with, negated) = (&self.with, self.operator == "!=");
        match part {
            Part::Number(number) => {
                let order = with.number.and_then(|with| number.compare(with));
                match self.operator {
                    "=" => order.is_some_and(|order| order.is_eq()),
                    ">" => order.is_some_and(|order| order.is_gt()),
                    ">=" => order.is_some_and(|order| order.is_ge()),
                    "<" => order.is_some_and(|order| order.is_lt()),
                    "<=" => order.is_some_and(|order| order.is_le()),
                    _ => !order.is_some_and(|order| order.is_eq()),
                }
            }
            Part::Text(text) => (negated || self.operator == "=") && (text == with.text) != negated,
            _ => false,
        }
    }
}
