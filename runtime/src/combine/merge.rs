//! Distributions as one, as far as their statistics tell: exactly, or between which bounds.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::state::Sum;

/// A datum of many servers: a number, or whatever is an object of such.
#[derive(Debug, Default)]
pub(super) struct Merged {
    number: Option<Sum>,
    members: BTreeMap<String, Member>,
    /// What a standard deviation is made of: counts, sums, and sums of squares.
    moments: Option<Moments>,
}

#[derive(Debug)]
enum Member {
    /// Adds up, or is an object of its own.
    Merged(Merged),
    Smallest(f64),
    Largest(f64),
    /// Between which values it lies.
    Range(f64, f64),
    /// Follows from other members.
    Derived,
}

#[derive(Clone, Copy, Debug, Default)]
struct Moments {
    count: f64,
    sum: f64,
    squares: f64,
}

impl Merged {
    /// Whether anything was an object: then a number beside it is none of its parts.
    pub(super) fn is_object(&self) -> bool {
        !self.members.is_empty()
    }

    /// Nothing for what is neither a number nor an object of such; texts within an object are passed over.
    pub(super) fn add(&mut self, datum: &Value) -> Option<()> {
        match datum {
            Value::Number(number) => {
                self.number.get_or_insert_default().add(number);
                Some(())
            }
            Value::Object(members) => {
                self.add_members(members);
                Some(())
            }
            _ => None,
        }
    }

    fn add_members(&mut self, members: &Map<String, Value>) {
        // A family may have keys that are called like statistics; what has a count and a sum is a distribution.
        let number = |name: &str| members.get(name).and_then(Value::as_f64);
        let moments = number("count").zip(number("sum"));
        if let Some((count, sum)) = moments {
            let moments = self.moments.get_or_insert_default();
            moments.count += count;
            moments.sum += sum;
            if let Some((deviation, mean)) = number("stddev").zip(number("mean")) {
                moments.squares += count * (deviation * deviation + mean * mean);
            }
        }
        for (name, value) in members {
            // Mostly another server had it before, and then nothing is allocated.
            if let Some(known) = self.members.get_mut(name) {
                known.meet(value);
                continue;
            }
            let make = moments.and(sort(name));
            let member = match (make, value.as_f64()) {
                (Some(make), Some(number)) => make(number),
                (None, _) if value.is_number() || value.is_object() => {
                    let mut merged = Merged::default();
                    merged.add(value);
                    Member::Merged(merged)
                }
                _ => continue,
            };
            self.members.insert(name.clone(), member);
        }
    }

    pub(super) fn result(self) -> Value {
        if let (Some(number), false) = (self.number, self.is_object()) {
            return number.value();
        }
        let moments = self.moments.unwrap_or_default();
        let member = |(name, member): (String, Member)| {
            let value = match member {
                Member::Merged(merged) => merged.result(),
                Member::Smallest(number) | Member::Largest(number) => json!(number),
                Member::Range(from, to) => json!([from, to]),
                Member::Derived if name == "mean" => json!(moments.mean()),
                Member::Derived => json!(moments.deviation()),
            };
            (name, value)
        };
        Value::Object(self.members.into_iter().map(member).collect())
    }
}

/// What a statistic of a distribution is; nothing for what adds up.
fn sort(name: &str) -> Option<fn(f64) -> Member> {
    match name {
        "min" => Some(Member::Smallest),
        "max" => Some(Member::Largest),
        "mean" | "stddev" => Some(|_| Member::Derived),
        "p50" | "p75" | "p90" | "p95" | "p99" | "p999" => {
            Some(|number| Member::Range(number, number))
        }
        _ => None,
    }
}

impl Member {
    /// Adds another server's; what is not of its sort, such as null, is passed over.
    fn meet(&mut self, value: &Value) {
        match (self, value.as_f64()) {
            (Member::Merged(merged), _) => drop(merged.add(value)),
            (Member::Smallest(known), Some(number)) => *known = known.min(number),
            (Member::Largest(known), Some(number)) => *known = known.max(number),
            (Member::Range(from, to), Some(number)) => {
                *from = from.min(number);
                *to = to.max(number);
            }
            _ => {}
        }
    }
}

impl Moments {
    fn mean(self) -> f64 {
        self.sum / self.count
    }

    fn deviation(self) -> f64 {
        let mean = self.mean();
        // Rounding may take it a hair below zero.
        (self.squares / self.count - mean * mean).max(0.0).sqrt()
    }
}
