//! All numbers of a value, one by one: for readers whose servers know nothing but named numbers.
//!
//! By the names that JSON and paths have for them, so that `latency.p99` is the same number everywhere.

use super::part::Part;
use super::{Number, Value};

impl Value {
    /// Calls `each` with every number within, and the parts that lead to it: none for a counter, `["p99"]`,
    /// `["recent", "p99"]`, `["/index", "count"]`. Keys are as they read. What is not there (an empty distribution's
    /// percentiles, an unset gauge) and what is no number is left out. Last comes whether the number adds up over
    /// several programs, as a count does and a percentile does not.
    pub(crate) fn numbers<'a>(&'a self, each: &mut Each<'_, 'a>) {
        walk(Part::Value(self), true, &mut Vec::new(), each);
    }
}

type Each<'e, 'a> = dyn FnMut(&[&'a str], Number, bool) + 'e;

fn walk<'a>(part: Part<'a>, adds: bool, path: &mut Vec<&'a str>, each: &mut Each<'_, 'a>) {
    let plain = part.plain();
    if let Part::Number(number) = plain {
        let is_level = matches!(part, Part::Value(Value::Gauge(_)));
        return each(path, number, adds && !is_level);
    }
    let mut below = |name: &'a str, part, adds| {
        path.push(name);
        walk(part, adds, path, each);
        path.pop();
    };
    match plain {
        Part::Value(Value::Family(family)) => {
            for (key, member) in family.iter() {
                below(key, Part::Value(member), adds);
            }
        }
        Part::Value(Value::CountBy(states)) => {
            for (state, count) in states.iter() {
                below(state, Part::Number(Number::U64(count)), adds);
            }
        }
        Part::Times(times) => {
            for (state, _) in times {
                if let Some(time) = part.get(state) {
                    below(state, time, adds);
                }
            }
        }
        _ => {}
    }
    for name in part.fixed_names().into_iter().flatten() {
        if let Some(inner) = part.get(name) {
            below(name, inner, adds && Part::adds(name));
        }
    }
}
