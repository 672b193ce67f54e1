//! What of a value a person is shown, before it is put into a row, a cell or a page of its own.

use std::sync::Arc;

use crate::snapshot::humane::{count_in, duration, gauge, grouped, level_in, quantity};
use crate::snapshot::{Distribution, FamilyValue, Outcomes, Rates, Value};

/// What a person is shown of a value.
pub(super) enum Shown<'a> {
    /// One number, ready to be read.
    Number(Option<String>),
    /// How many, and how fast they come.
    Rate {
        count: String,
        rates: Rates,
    },
    /// How many, how fast, and how they are distributed.
    Spread(Spread<'a>),
    Text(Option<&'a str>),
    /// The state that holds, and its place among all.
    State(Option<(&'a str, usize)>),
    /// Parts of a whole.
    Shares {
        /// Which holds now, where that makes sense.
        current: Option<&'a str>,
        shares: Vec<Share<'a>>,
    },
    Pairs(&'a [(Box<str>, Box<str>)]),
    Members(&'a FamilyValue),
}

/// One part of a whole: a state, an outcome.
pub(super) struct Share<'a> {
    pub(super) name: &'a str,
    pub(super) weight: f64,
    /// The weight, ready to be read.
    pub(super) label: String,
    /// A class of the style sheet.
    pub(super) colour: &'static str,
}

/// What timers and histograms have in common.
pub(super) struct Spread<'a> {
    pub(super) recent: &'a Distribution,
    pub(super) lifetime: &'a Distribution,
    pub(super) rates: Rates,
    pub(super) measure: Measure<'a>,
    /// How timings ended; nothing for a histogram.
    pub(super) outcomes: Option<Outcomes>,
    pub(super) in_flight: u64,
    pub(super) refused: u64,
}

/// How the numbers of a distribution read.
#[derive(Clone, Copy)]
pub(super) enum Measure<'a> {
    Nanoseconds,
    /// In the unit of the stat.
    Unit(&'a str),
}

impl<'a> Measure<'a> {
    /// A number of the distribution in the unit that JSON has it in, and that unit.
    pub(super) fn in_unit(self, x: f64) -> (f64, &'a str) {
        match self {
            Measure::Nanoseconds => (x / 1e9, "s"),
            Measure::Unit(unit) => (x, unit),
        }
    }

    pub(super) fn show(self, x: f64) -> String {
        match self {
            Measure::Nanoseconds => duration(x / 1e9),
            Measure::Unit(unit) => quantity(x, unit),
        }
    }

    pub(super) fn show_some(self, x: Option<f64>) -> String {
        x.map_or_else(|| NOTHING.to_owned(), |x| self.show(x))
    }
}

/// A number that is followed over the last minutes, by the page's script.
pub(super) enum Trend {
    /// What only grows: shown by how fast it does.
    Count(u64),
    /// What goes up and down.
    Level(f64),
}

impl Trend {
    pub(super) fn of(value: &Value) -> Option<Trend> {
        match value {
            Value::Counter(count) => Some(Trend::Count(*count)),
            Value::Meter(meter) => Some(Trend::Count(meter.count)),
            Value::Histogram(histogram) => Some(Trend::Count(histogram.lifetime().count())),
            Value::Timer(timer) => Some(Trend::Count(timer.lifetime().count())),
            Value::UpDownCounter(level) => Some(Trend::Level(*level as f64)),
            Value::Gauge(Some(number)) => {
                Some(Trend::Level(number.as_f64())).filter(Trend::is_finite)
            }
            _ => None,
        }
    }

    fn is_finite(&self) -> bool {
        match self {
            Trend::Count(_) => true,
            Trend::Level(level) => level.is_finite(),
        }
    }
}

/// Stands where there is nothing to show.
pub(super) const NOTHING: &str = "–";

pub(super) fn shown<'a>(value: &'a Value, unit: &'a str) -> Shown<'a> {
    match value {
        Value::Counter(count) => Shown::Number(Some(count_in(*count, unit))),
        Value::UpDownCounter(level) => Shown::Number(Some(level_in(*level, unit))),
        Value::Gauge(number) => Shown::Number(number.map(|number| gauge(number, unit))),
        Value::Text(text) => Shown::Text(text.as_deref()),
        Value::Info(pairs) => Shown::Pairs(pairs),
        Value::StateSet(current, states) => Shown::State(
            current
                .as_deref()
                .map(|state| (state, place(state, states))),
        ),
        Value::CountBy(states) => Shown::Shares {
            current: None,
            shares: states
                .iter()
                .enumerate()
                .map(|(place, (name, count))| share(name, count, colour(place)))
                .collect(),
        },
        Value::StateTime(times) => Shown::Shares {
            current: times.current(),
            shares: times
                .iter()
                .enumerate()
                .map(|(place, (name, time))| Share {
                    name,
                    weight: time.as_secs_f64(),
                    label: duration(time.as_secs_f64()),
                    colour: colour(place),
                })
                .collect(),
        },
        Value::Meter(meter) => Shown::Rate {
            count: count_in(meter.count, unit),
            rates: meter.rates,
        },
        Value::Histogram(histogram) => Shown::Spread(Spread {
            recent: histogram.recent(),
            lifetime: histogram.lifetime(),
            rates: histogram.rates(),
            measure: Measure::Unit(unit),
            outcomes: None,
            in_flight: 0,
            refused: histogram.refused(),
        }),
        Value::Timer(timer) => Shown::Spread(Spread {
            recent: timer.recent().distribution(),
            lifetime: timer.lifetime().distribution(),
            rates: timer.rates(),
            measure: Measure::Nanoseconds,
            outcomes: Some(timer.outcomes()),
            in_flight: timer.in_flight(),
            refused: 0,
        }),
        Value::Family(family) => Shown::Members(family),
    }
}

fn place(state: &str, states: &[Arc<str>]) -> usize {
    let declared = states.iter().position(|name| **name == *state);
    // Of an open set nobody knows the order; equal names still have equal colours.
    declared.unwrap_or_else(|| state.bytes().map(usize::from).sum())
}

fn share<'a>(name: &'a str, count: u64, colour: &'static str) -> Share<'a> {
    Share {
        name,
        weight: count as f64,
        label: grouped(count),
        colour,
    }
}

/// The class that colours the state at this place among others.
pub(super) fn colour(place: usize) -> &'static str {
    const COLOURS: [&str; 8] = ["c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7"];
    COLOURS[place % COLOURS.len()]
}

impl<'a> Spread<'a> {
    /// What is shown first: the last minute, or all there ever was where that is empty; and whether it is the
    /// minute.
    pub(super) fn latest(&self) -> (&'a Distribution, bool) {
        if self.recent.is_empty() {
            (self.lifetime, false)
        } else {
            (self.recent, true)
        }
    }

    /// What deserves to be seen beside the numbers, and whether it is bad news.
    pub(super) fn remarks(&self) -> Vec<(String, bool)> {
        let ends = self.outcomes.unwrap_or_default();
        let counts = [
            (self.in_flight, "in flight", false),
            (ends.err, "err", true),
            (ends.panicked, "panicked", true),
            (ends.cancelled, "cancelled", true),
            (self.refused, "refused", true),
        ];
        let seen = counts.into_iter().filter(|(count, ..)| *count > 0);
        seen.map(|(count, what, bad)| (format!("{} {what}", grouped(count)), bad))
            .collect()
    }

    /// How the timings ended, as parts of all that did.
    pub(super) fn endings(&self) -> Option<Vec<Share<'static>>> {
        let ends = self.outcomes?;
        let all = [
            ("ok", ends.ok, "good"),
            ("err", ends.err, "bad"),
            ("panicked", ends.panicked, "c5"),
            ("cancelled", ends.cancelled, "c3"),
        ];
        Some(
            all.into_iter()
                .map(|(name, count, colour)| share(name, count, colour))
                .collect(),
        )
    }
}

/// How much a family's member weighs among the others: what it counts, or how high it stands.
pub(super) fn weight(value: &Value) -> f64 {
    match value {
        Value::Counter(count) => *count as f64,
        Value::UpDownCounter(level) => *level as f64,
        Value::Gauge(number) => number.map_or(0.0, |number| number.as_f64()),
        Value::Meter(meter) => meter.count as f64,
        Value::Histogram(histogram) => histogram.lifetime().count() as f64,
        Value::Timer(timer) => timer.lifetime().count() as f64,
        Value::CountBy(states) => states.total() as f64,
        Value::Family(family) => family.len() as f64,
        Value::Text(_) | Value::Info(_) | Value::StateSet(..) | Value::StateTime(_) => 0.0,
    }
}
