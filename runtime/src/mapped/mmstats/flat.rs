//! A snapshot as the flat list of named values that the format knows.
//!
//! What only goes up is a count, so that `pollstats` and sums over processes are right; whatever stands for itself is
//! a level. Distributions become their count, sum, mean, extremes and percentiles, timers in seconds.

use super::entry::Put;
use super::label::{make_legal, push_part, push_path};
use super::read::{Field, Fields};
use super::value::FieldValue;
use crate::snapshot::{
    Distribution, Durations, HistogramValue, MeterValue, Number, Outcomes, Rates, Snapshot,
    TimerValue, Value,
};

/// Calls `each` with every field of a snapshot, in the same order as long as the same stats are there.
pub(super) fn fields(snapshot: &Snapshot, prefix: &str, each: &mut dyn FnMut(&str, Put<'_>)) {
    let mut legal = String::new();
    walk(snapshot, prefix, &mut |label, put| {
        legal.clear();
        legal.push_str(label);
        make_legal(&mut legal);
        each(&legal, put);
    });
}

/// The same with labels as they are, whether or not they may stand in a file.
fn walk(snapshot: &Snapshot, prefix: &str, each: &mut dyn FnMut(&str, Put<'_>)) {
    let mut walk = Walk {
        label: prefix.to_owned(),
        each,
    };
    for entry in snapshot.stats() {
        let begin = walk.label.len();
        push_path(&mut walk.label, entry.place(), entry.name());
        walk.value(entry.value());
        walk.label.truncate(begin);
    }
}

impl Fields {
    /// The fields that a snapshot has in this format, whatever was read to get it.
    ///
    /// ```
    /// use calipers::mapped::mmstats::Fields;
    /// let registry = calipers::Registry::new();
    /// registry.counter("jobs.done")?.add(3);
    /// let fields = Fields::of(&registry.snapshot()).fields;
    /// assert_eq!((&*fields[0].label, fields[0].is_count()), ("jobs.done", true));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of(snapshot: &Snapshot) -> Fields {
        let mut list = Vec::new();
        walk(snapshot, "", &mut |label, put| {
            list.push(Field {
                label: label.to_owned(),
                value: match put {
                    Put::Count(x) | Put::Level(x) => FieldValue::Unsigned(x),
                    Put::Pid(x) => FieldValue::Unsigned(x.into()),
                    Put::Signed(x) => FieldValue::Signed(x),
                    Put::Float(x) => FieldValue::Float(x),
                    Put::Bool(x) => FieldValue::Bool(x),
                    Put::Text(text) => FieldValue::Text(text.to_owned()),
                },
                buffered: false,
                explicit: matches!(put, Put::Level(_)),
                wide: !matches!(put, Put::Pid(_)),
            });
        });
        Fields {
            fields: list,
            damage: None,
        }
    }
}

struct Walk<'e> {
    label: String,
    each: &'e mut dyn FnMut(&str, Put<'_>),
}

impl Walk<'_> {
    fn put(&mut self, put: Put<'_>) {
        (self.each)(&self.label, put);
    }

    fn below(&mut self, name: &str, act: impl FnOnce(&mut Self)) {
        let begin = self.label.len();
        push_part(&mut self.label, name);
        act(self);
        self.label.truncate(begin);
    }

    fn part(&mut self, name: &str, put: Put<'_>) {
        self.below(name, |walk| walk.put(put));
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Counter(count) => self.put(Put::Count(*count)),
            Value::UpDownCounter(level) => self.put(Put::Signed(*level)),
            Value::Gauge(None) => {} // shown as soon as there is a number, and thus a type
            Value::Gauge(Some(Number::F64(x))) => self.put(Put::Float(*x)),
            Value::Gauge(Some(Number::I64(x))) => self.put(Put::Signed(*x)),
            Value::Gauge(Some(Number::U64(x))) => self.put(Put::Level(*x)),
            Value::Gauge(Some(Number::Bool(x))) => self.put(Put::Bool(*x)),
            Value::Text(text) => self.put(Put::Text(text.as_deref().unwrap_or_default())),
            Value::Info(entries) => {
                for (name, text) in entries.iter() {
                    self.part(name, Put::Text(text));
                }
            }
            Value::StateSet(state, _) => self.put(Put::Text(state.as_deref().unwrap_or_default())),
            Value::StateTime(times) => {
                self.part("current", Put::Text(times.current().unwrap_or_default()));
                self.below("seconds", |walk| {
                    for (state, time) in times.iter() {
                        walk.part(state, Put::Float(time.as_secs_f64()));
                    }
                });
            }
            Value::CountBy(states) => {
                for (state, count) in states.iter() {
                    self.part(state, Put::Level(count));
                }
            }
            Value::Family(family) => {
                for (key, member) in family.iter() {
                    self.below(key, |walk| walk.value(member));
                }
            }
            Value::Meter(meter) => self.meter(*meter),
            Value::Histogram(histogram) => self.histogram(histogram),
            Value::Timer(timer) => self.timer(timer),
        }
    }

    fn meter(&mut self, meter: MeterValue) {
        self.part("count", Put::Count(meter.count));
        self.rates(meter.rates);
    }

    fn histogram(&mut self, histogram: &HistogramValue) {
        self.distribution(histogram.lifetime(), 1.0);
        self.rates(histogram.rates());
    }

    fn timer(&mut self, timer: &TimerValue) {
        let nanoseconds = Durations::distribution(timer.lifetime());
        self.distribution(nanoseconds, 1e9);
        self.rates(timer.rates());
        let Outcomes {
            ok,
            err,
            panicked,
            cancelled,
        } = timer.outcomes();
        for (name, count) in [
            ("ok", ok),
            ("err", err),
            ("panicked", panicked),
            ("cancelled", cancelled),
        ] {
            self.part(name, Put::Count(count));
        }
        self.part("inFlight", Put::Level(timer.in_flight()));
    }

    /// The statistics by the names that JSON and paths have for them; zero where there is none yet, as Python's.
    fn distribution(&mut self, of: &Distribution, per: f64) {
        self.part("count", Put::Count(of.count()));
        for (name, number) in [
            ("sum", Some(of.sum())),
            ("mean", of.mean()),
            ("min", of.min()),
            ("max", of.max()),
            ("p50", of.p50()),
            ("p75", of.p75()),
            ("p90", of.p90()),
            ("p95", of.p95()),
            ("p99", of.p99()),
            ("p999", of.p999()),
        ] {
            self.part(name, Put::Float(number.unwrap_or(0.0) / per));
        }
    }

    fn rates(&mut self, rates: Rates) {
        self.part("rate1", Put::Float(rates.m1));
    }
}
