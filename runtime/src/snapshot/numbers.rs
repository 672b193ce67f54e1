//! All numbers of a value, one by one: for readers whose servers know nothing but named numbers.
//!
//! By the names that JSON and paths have for them, so that `latency.p99` is the same number everywhere.

use super::part::Part;
use super::{Number, Value};

impl Value {
    /// Calls `each` with every number within, and the parts that lead to it: none for a counter, `["p99"]`,
    /// `["recent", "p99"]`, `["/index", "count"]`. Keys are as they read. What is not there (an empty distribution's
    /// percentiles, an unset gauge) and what is no number is left out.
    pub(crate) fn numbers<'a>(&'a self, each: &mut dyn FnMut(&[&'a str], Number)) {
        walk(Part::Value(self), &mut Vec::new(), each);
    }
}

fn walk<'a>(part: Part<'a>, path: &mut Vec<&'a str>, each: &mut dyn FnMut(&[&'a str], Number)) {
    let below =
        |name: &'a str, part, path: &mut Vec<&'a str>, each: &mut dyn FnMut(&[&'a str], Number)| {
            path.push(name);
            walk(part, path, each);
            path.pop();
        };
    match part.plain() {
        Part::Number(number) => return each(path, number),
        Part::Value(Value::Family(family)) => {
            for (key, member) in family.iter() {
                below(key, Part::Value(member), path, each);
            }
        }
        Part::Value(Value::CountBy(states)) => {
            for (state, count) in states.iter() {
                below(state, Part::Number(Number::U64(count)), path, each);
            }
        }
        Part::Times(times) => {
            for (state, _) in times {
                if let Some(time) = part.get(state) {
                    below(state, time, path, each);
                }
            }
        }
        _ => {}
    }
    for name in part.fixed_names().into_iter().flatten() {
        if let Some(inner) = part.get(name) {
            below(name, inner, path, each);
        }
    }
}
