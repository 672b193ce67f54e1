//! What a leaf has seen so far, of each server.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Number, Value, json};

use super::combined::Given;
use super::leaf::{How, Leaf};
use super::merge::Merged;
use super::order::human;

#[derive(Debug)]
pub(super) struct State {
    leaf: Arc<Leaf>,
    seen: Seen,
}

#[derive(Debug)]
enum Seen {
    Average {
        count: f64,
        total: f64,
    },
    /// Nothing until something fits.
    Sum(Option<Sum>),
    ByValue(BTreeMap<String, Vec<Arc<str>>>),
    Numbers(Vec<(Arc<str>, Number)>),
    Highlight(Option<(Arc<str>, Number)>),
    /// With those whose datum was a number, which fits no object.
    Merge(Merged, Vec<Arc<str>>),
}

/// Whole as long as all of it is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    whole: i128,
    rest: f64,
    is_float: bool,
}

impl Sum {
    pub(super) fn add(&mut self, number: &Number) {
        match number.as_i128() {
            Some(whole) => self.whole = self.whole.saturating_add(whole),
            None => {
                self.is_float = true;
                self.rest += number.as_f64().unwrap_or_default();
            }
        }
    }

    pub(super) fn as_f64(self) -> f64 {
        self.whole as f64 + self.rest
    }

    pub(super) fn value(self) -> Value {
        let whole = Number::from_i128(self.whole).filter(|_| !self.is_float);
        whole.map_or_else(|| json!(self.as_f64()), Value::Number)
    }
}

/// The value does not fit what is to be done with it.
#[derive(Debug)]
pub(super) struct Unfit;

impl State {
    pub(super) fn new(leaf: Arc<Leaf>) -> State {
        let seen = match leaf.how {
            How::Average => Seen::Average {
                count: 0.0,
                total: 0.0,
            },
            How::Sum => Seen::Sum(None),
            How::InverseMap => Seen::ByValue(BTreeMap::new()),
            How::Sorted { .. } => Seen::Numbers(Vec::new()),
            How::Highlight { .. } => Seen::Highlight(None),
            How::Merge => Seen::Merge(Merged::default(), Vec::new()),
        };
        State { leaf, seen }
    }

    pub(super) fn name(&self) -> &str {
        &self.leaf.name
    }

    pub(super) fn add(&mut self, server: &Arc<str>, datum: &Value) -> Result<(), Unfit> {
        let leaf = &*self.leaf;
        let chosen = match &leaf.of {
            Some(part) => part_of(datum, part).ok_or(Unfit)?,
            None => datum,
        };
        // An empty distribution has no percentiles: nothing is wrong, and nothing is there.
        if chosen.is_null() {
            return Ok(());
        }
        let number = || match chosen {
            Value::Number(number) => Ok(number),
            _ => Err(Unfit),
        };
        match &mut self.seen {
            Seen::Average { count, total } => {
                let Some((value, weight)) = weighed(leaf, datum, chosen)? else {
                    return Ok(());
                };
                *count += weight;
                *total += value * weight;
            }
            Seen::Sum(sum) => {
                let number = number()?;
                sum.get_or_insert_default().add(number);
            }
            Seen::ByValue(by_value) => {
                let text = match chosen {
                    Value::String(text) => text.clone(),
                    Value::Array(_) | Value::Object(_) => return Err(Unfit),
                    plain => plain.to_string(),
                };
                by_value.entry(text).or_default().push(server.clone());
            }
            Seen::Numbers(all) => all.push((server.clone(), number()?.clone())),
            Seen::Highlight(best) => {
                let (number, largest) = (number()?, leaf.how == How::Highlight { largest: true });
                let better = best.as_ref().is_none_or(|(holder, known)| {
                    let order = compare(number, known);
                    let order = if largest { order } else { order.reverse() };
                    // Of equals the first by name, so that the result does not depend on who answered first.
                    order.then_with(|| human(holder, server)).is_gt()
                });
                if better {
                    *best = Some((server.clone(), number.clone()));
                }
            }
            Seen::Merge(merged, numbers) => {
                merged.add(chosen).ok_or(Unfit)?;
                if chosen.is_number() {
                    numbers.push(server.clone());
                }
            }
        }
        Ok(())
    }

    /// Servers whose value turned out not to fit, whoever came first.
    pub(super) fn misfits(&self) -> &[Arc<str>] {
        match &self.seen {
            Seen::Merge(merged, numbers) if merged.is_object() => numbers,
            _ => &[],
        }
    }

    /// Nothing for a sum of nothing: 0 would be a number that nobody has.
    pub(super) fn result(self) -> Option<Given> {
        let named = |server: Arc<str>| server.to_string();
        Some(Given::Value(match self.seen {
            Seen::Average { count, total } => json!({
                "average": if count > 0.0 { json!(total / count) } else { Value::Null },
                "count": whole(count),
                "total": total,
            }),
            Seen::Sum(sum) => sum?.value(),
            Seen::ByValue(by_value) => {
                let sorted = by_value.into_iter().map(|(value, mut servers)| {
                    servers.sort_by(|a, b| human(a, b));
                    (value, servers.into_iter().map(named).collect())
                });
                let mut all: Vec<_> = sorted.collect();
                all.sort_by(|(a, _), (b, _)| human(a, b));
                return Some(Given::Servers(all));
            }
            Seen::Numbers(mut all) => {
                let descending = self.leaf.how == How::Sorted { descending: true };
                all.sort_by(|(a, x), (b, y)| {
                    let order = compare(x, y);
                    let order = if descending { order.reverse() } else { order };
                    order.then_with(|| human(a, b))
                });
                let all = all.into_iter();
                let all = all.map(|(server, number)| (named(server), number));
                return Some(Given::Numbers(all.collect()));
            }
            Seen::Highlight(best) => match best {
                Some((server, value)) => json!({ "server": named(server), "value": value }),
                None => Value::Null,
            },
            Seen::Merge(merged, _) => merged.result(),
        }))
    }
}

/// A number and how often it counts; nothing for a distribution without values.
fn weighed(leaf: &Leaf, datum: &Value, chosen: &Value) -> Result<Option<(f64, f64)>, Unfit> {
    let number = |value: &Value| value.as_f64().ok_or(Unfit);
    let weight = |part: &str| part_of(datum, part).ok_or(Unfit).and_then(number);
    if let Value::Number(value) = chosen {
        let weight = leaf.weight.as_deref().map_or(Ok(1.0), weight)?;
        return Ok(Some((value.as_f64().ok_or(Unfit)?, weight)));
    }
    let mean = chosen.get("mean").ok_or(Unfit)?;
    if mean.is_null() {
        return Ok(None);
    }
    let count = match &leaf.weight {
        Some(part) => weight(part)?,
        None => number(chosen.get("count").ok_or(Unfit)?)?,
    };
    Ok(Some((number(mean)?, count)))
}

fn part_of<'a>(datum: &'a Value, part: &str) -> Option<&'a Value> {
    part.split('/')
        .try_fold(datum, |within, key| within.get(key))
}

/// Exact between whole numbers.
fn compare(a: &Number, b: &Number) -> std::cmp::Ordering {
    match (a.as_i128(), b.as_i128()) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => {
            let float = |number: &Number| number.as_f64().unwrap_or_default();
            float(a).total_cmp(&float(b))
        }
    }
}

fn whole(count: f64) -> Value {
    if count.fract() == 0.0 && count < 9e15 {
        json!(count as u64)
    } else {
        json!(count)
    }
}
