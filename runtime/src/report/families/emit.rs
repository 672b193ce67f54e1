//! Writing families: from the layout and the snapshot's values to samples, whatever the format.
//!
//! What a stat is to a protocol of named metrics is said here, once; a [`Writer`] knows how numbers, labels and histograms
//! look in its format and nothing of stats. So the series are the same in each format.

use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Layout;
use super::dialect::{Dialect, unique_label};
use super::family::Type;
use super::scale::Scale;
use super::slot::{Facet, OUTCOME, STATE, Slot};
use crate::snapshot::{Distribution, FamilyValue, Number, Outcomes, StatShape, Value};

/// A format.
pub(in crate::report) trait Writer {
    fn begin(&mut self, family: &Header<'_>);

    /// Ends the family; one without samples leaves no trace.
    fn end(&mut self);

    /// Adds a label to those of a series.
    fn label(&self, labels: &mut Vec<u8>, name: &str, value: &str);

    /// A series that is a number.
    fn number(&mut self, labels: &[u8], number: Number, stat: &StatShape);

    /// Series that differ only in one more label, given as its values with their numbers. Here is where the time goes
    /// when there are many series, so a format does whatever is common to them once.
    fn numbers<'n>(
        &mut self,
        labels: &[u8],
        label: Added<'_>,
        numbers: impl Iterator<Item = (&'n str, Number)>,
        stat: &StatShape,
    ) {
        let mut all = labels.to_vec();
        for (value, number) in numbers {
            all.truncate(labels.len());
            self.label(&mut all, label.name, value);
            self.number(&all, number, stat);
        }
    }

    /// A series that is a distribution.
    fn histogram(&mut self, labels: &[u8], of: &Distribution, scale: &Scale, stat: &StatShape);
}

/// A label that many series have beside those that are the same for all.
#[derive(Clone, Copy)]
pub(in crate::report) struct Added<'a> {
    pub(in crate::report) name: &'a str,
    /// Whether no value has anything that a format cuts or escapes.
    #[cfg_attr(
        not(feature = "prometheus"),
        allow(dead_code, reason = "only Prometheus has formats that are text")
    )]
    pub(in crate::report) plain: bool,
}

impl<'a> Added<'a> {
    fn any(name: &'a str) -> Added<'a> {
        Added { name, plain: false }
    }

    fn plain(name: &'a str) -> Added<'a> {
        Added { name, plain: true }
    }
}

/// What is said about a family before its samples.
pub(in crate::report) struct Header<'a> {
    pub(in crate::report) name: &'a str,
    pub(in crate::report) of: Type,
    pub(in crate::report) unit: &'a str,
    /// What a facet shows of the stat that the help describes.
    pub(in crate::report) about: &'static str,
    pub(in crate::report) help: &'a str,
}

/// Writes everything that is laid out.
pub(in crate::report) fn emit<W: Writer>(layout: &Layout<'_>, writer: &mut W) {
    let mut labels = Vec::new();
    for family in layout.families() {
        let slots = family
            .slots
            .iter()
            .filter_map(|(number, facet)| Some((layout.slot(*number)?, *facet)));
        let Some((first, facet)) = slots.clone().next() else {
            continue;
        };
        writer.begin(&Header {
            name: &family.name,
            of: family.of,
            unit: &family.unit,
            about: about(facet),
            help: &help(first),
        });
        for (slot, facet) in slots {
            let common = Common {
                family: &family.name,
                dialect: layout.style.dialect,
                facet,
                slot,
                scale: layout.scale(slot),
            };
            for stat in layout.stats(slot) {
                labels.clear();
                for (name, (_, value)) in slot.labels.iter().zip(stat.place.labels.iter()) {
                    writer.label(&mut labels, name, value);
                }
                let keys = slot.labels.get(slot.segments..).unwrap_or_default();
                let mut series = Series {
                    common: &common,
                    stat: stat.shape,
                    labels: &mut labels,
                    writer,
                };
                series.value(keys, stat.value);
            }
        }
        writer.end();
    }
}

/// What all series of one slot have in common.
struct Common<'a> {
    family: &'a str,
    dialect: &'a dyn Dialect,
    facet: Facet,
    slot: &'a Slot<'a>,
    scale: Option<&'a Scale>,
}

/// What is being written: a series, or several that differ in labels to be added.
struct Series<'a, W> {
    common: &'a Common<'a>,
    stat: &'a StatShape,
    labels: &'a mut Vec<u8>,
    writer: &'a mut W,
}

impl<W: Writer> Series<'_, W> {
    fn value(&mut self, keys: &[String], value: &Value) {
        match (self.common.facet, value) {
            (_, Value::Family(family)) => {
                if let Some((key, keys)) = keys.split_first() {
                    self.members(key, keys, family);
                }
            }
            (Facet::Whole, value) => self.whole(value),
            (Facet::Outcomes, Value::Timer(timer)) => self.outcomes(timer.outcomes),
            (Facet::InFlight, Value::Timer(timer)) => self.number(Number::U64(timer.in_flight)),
            _ => {}
        }
    }

    fn members(&mut self, key: &str, keys: &[String], family: &FamilyValue) {
        let common = self.common;
        let scalar = |value| match common.facet {
            Facet::Whole => common.scalar(value),
            _ => None,
        };
        if family
            .iter()
            .next()
            .is_some_and(|(_, first)| scalar(first).is_some())
        {
            let numbers = family
                .iter()
                .filter_map(|(key, member)| Some((key, scalar(member)?)));
            let label = match family.has_plain_keys() {
                true => Added::plain(key),
                false => Added::any(key),
            };
            return self.numbers(label, numbers);
        }
        for (value, member) in family.iter() {
            let without = self.labels.len();
            self.writer.label(self.labels, key, value);
            self.value(keys, member);
            self.labels.truncate(without);
        }
    }

    fn whole(&mut self, value: &Value) {
        let common = self.common;
        match value {
            Value::Histogram(histogram) => self.distribution(&histogram.lifetime),
            Value::Timer(timer) => self.distribution(&timer.lifetime),
            Value::StateTime(times) => {
                let seconds = |nanos: u64| common.scaled(Number::U64(nanos));
                let times = times.nanos.iter();
                self.numbers(
                    Added::any(STATE),
                    times.map(|(state, nanos)| (&**state, seconds(*nanos))),
                );
            }
            Value::CountBy(states) => {
                let counts = states.counts.iter();
                self.numbers(
                    Added::any(STATE),
                    counts.map(|(state, count)| (&**state, Number::U64(*count))),
                );
            }
            Value::StateSet(current, states) => {
                let holds = |state| Number::Bool(current.as_ref() == Some(state));
                // Of an open set, only the state that holds is known.
                let open = current.iter().filter(|state| !states.contains(state));
                let all = states.iter().chain(open);
                let label = common.dialect.state_label(common.family);
                self.numbers(Added::any(label), all.map(|state| (&**state, holds(state))));
            }
            Value::Info(entries) => self.info(entries),
            _ => {
                if let Some(number) = common.scalar(value) {
                    self.number(number);
                }
            }
        }
    }

    fn outcomes(&mut self, outcomes: Outcomes) {
        let Outcomes {
            ok,
            err,
            panicked,
            cancelled,
        } = outcomes;
        let all = [
            ("ok", ok),
            ("err", err),
            ("panicked", panicked),
            ("cancelled", cancelled),
        ];
        let all = all
            .into_iter()
            .map(|(outcome, count)| (outcome, Number::U64(count)));
        self.numbers(Added::plain(OUTCOME), all);
    }

    fn info(&mut self, entries: &[(Box<str>, Box<str>)]) {
        let dialect = self.common.dialect;
        let mut names = self.common.slot.labels.clone();
        let without = self.labels.len();
        for (entry, text) in entries {
            let name = unique_label(dialect, entry, |name| {
                names.iter().any(|other| other == name)
            });
            self.writer.label(self.labels, &name, text);
            names.push(name);
        }
        self.number(Number::U64(1));
        self.labels.truncate(without);
    }

    fn number(&mut self, number: Number) {
        self.writer.number(self.labels, number, self.stat);
    }

    fn numbers<'n>(&mut self, label: Added<'_>, numbers: impl Iterator<Item = (&'n str, Number)>) {
        self.writer.numbers(self.labels, label, numbers, self.stat);
    }

    fn distribution(&mut self, of: &Distribution) {
        if let Some(scale) = self.common.scale {
            self.writer.histogram(self.labels, of, scale, self.stat);
        }
    }
}

impl Common<'_> {
    /// What is shown of a value that is one number; a gauge may have none.
    fn scalar(&self, value: &Value) -> Option<Number> {
        Some(self.scaled(match value {
            Value::Counter(count) => Number::U64(*count),
            Value::Meter(meter) => Number::U64(meter.count),
            Value::UpDownCounter(level) => Number::I64(*level),
            Value::Gauge(number) => (*number)?,
            _ => return None,
        }))
    }

    fn scaled(&self, number: Number) -> Number {
        match self.slot.factor.is_one() {
            true => number,
            false => Number::F64(self.slot.factor.of(number.as_f64())),
        }
    }
}

fn about(facet: Facet) -> &'static str {
    match facet {
        Facet::Whole => "",
        Facet::Outcomes => "How they ended: ",
        Facet::InFlight => "How many are under way: ",
    }
}

/// A stat's help; where it has none, what it is and where, since a family without a help text is found fault with.
fn help<'a>(slot: &Slot<'a>) -> Cow<'a, str> {
    match slot.stat.help.trim() {
        "" => format!("{} at {}/{}", slot.stat.kind, slot.place, slot.stat.name).into(),
        help => help.into(),
    }
}

pub(in crate::report) fn since_1970(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}
