//! What two looks at one process come to: a row for each stat, with rates and percentiles of what came in between.

use std::collections::HashMap;
use std::time::Duration;

use calipers::Snapshot;
use calipers::snapshot::{Distribution, Value, escape, humane};

/// A stat, or a member of a family, as it is shown.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Its whole path.
    pub(crate) path: String,
    pub(crate) shown: String,
    /// How many came per second; nothing for what does not count.
    pub(crate) rate: Option<f64>,
    /// In the unit of the stat, or seconds.
    pub(crate) p50: Option<f64>,
    pub(crate) p99: Option<f64>,
    /// What its history is made of: the rate, or else the number it holds.
    pub(crate) number: Option<f64>,
    /// In which unit percentiles are.
    pub(crate) unit: &'static str,
}

/// What a stat had counted, by its path.
pub(crate) type Counts = HashMap<String, u64>;

/// All rows of a look, in the order of paths, and what has to be kept for the next one.
pub(crate) fn rows(
    now: &Snapshot,
    before: Option<(&Snapshot, &Counts, Duration)>,
) -> (Vec<Row>, Counts) {
    let mut made = Making {
        before,
        rows: Vec::with_capacity(now.len()),
        counts: Counts::new(),
    };
    for entry in now.stats() {
        let path = entry.path();
        let had = before.and_then(|(before, ..)| before.value(&path));
        made.value(path, entry.unit(), entry.value(), had);
    }
    (made.rows, made.counts)
}

struct Making<'a> {
    before: Option<(&'a Snapshot, &'a Counts, Duration)>,
    rows: Vec<Row>,
    counts: Counts,
}

impl Making<'_> {
    fn value(&mut self, path: String, unit: &str, value: &Value, had: Option<&Value>) {
        let unit = known(unit);
        let mut row = Row {
            path,
            shown: String::new(),
            rate: None,
            p50: None,
            p99: None,
            number: None,
            unit,
        };
        match value {
            Value::Counter(count) => {
                row.shown = humane::count_in(*count, unit);
                row.rate = self.rate(&row.path, *count);
            }
            Value::UpDownCounter(level) => {
                row.shown = humane::level_in(*level, unit);
                row.number = Some(*level as f64);
            }
            Value::Gauge(number) => {
                row.shown = number.map_or_else(|| "-".to_owned(), |x| humane::gauge(x, unit));
                row.number = number.map(|x| x.as_f64());
            }
            Value::Text(text) => row.shown = humane::printable(text.as_deref().unwrap_or("-")),
            Value::StateSet(state, _) => {
                row.shown = humane::printable(state.as_deref().unwrap_or("-"))
            }
            Value::StateTime(times) => {
                row.shown = humane::printable(times.current().unwrap_or("-"))
            }
            Value::Info(entries) => {
                let words = entries.iter().map(|(name, text)| format!("{name}={text}"));
                row.shown = humane::printable(&words.collect::<Vec<_>>().join(" "));
            }
            Value::CountBy(states) => {
                let words = states
                    .iter()
                    .map(|(state, count)| format!("{count} {state}"));
                row.shown = humane::printable(&words.collect::<Vec<_>>().join(", "));
                row.number = Some(states.total() as f64);
            }
            Value::Meter(meter) => {
                row.shown = humane::count_in(meter.count, unit);
                row.rate = self.rate(&row.path, meter.count).or(Some(meter.rates.m1));
            }
            Value::Histogram(histogram) => {
                let had = had.and_then(Value::as_histogram).map(|had| had.lifetime());
                self.distribution(&mut row, histogram.lifetime(), histogram.recent(), had, 1.0);
            }
            Value::Timer(timer) => {
                row.unit = "s";
                let had = had
                    .and_then(Value::as_timer)
                    .map(|had| had.lifetime().distribution());
                let [whole, recent] =
                    [timer.lifetime(), timer.recent()].map(|of| of.distribution());
                self.distribution(&mut row, whole, recent, had, 1e9);
                if timer.in_flight() > 0 {
                    row.shown += &format!(" +{}", timer.in_flight());
                }
            }
            Value::Family(family) => {
                let had = had.and_then(Value::as_family);
                for (key, member) in family.iter() {
                    let path = format!("{}/{}", row.path, escape(key));
                    self.value(path, unit, member, had.and_then(|had| had.get(key)));
                }
                return;
            }
            _ => {}
        }
        row.number = row.rate.or(row.number);
        self.rows.push(row);
    }

    /// What came per second; nothing before the second look.
    fn rate(&mut self, path: &str, count: u64) -> Option<f64> {
        let rate = self.before.and_then(|(_, counts, span)| {
            let had = counts.get(path)?;
            Some(count.saturating_sub(*had) as f64 / span.as_secs_f64().max(0.001))
        });
        self.counts.insert(path.to_owned(), count);
        rate
    }

    /// Percentiles are of the last minute, where that is known; else of what came since the look before, if anything did; else
    /// of everything.
    fn distribution(
        &mut self,
        row: &mut Row,
        whole: &Distribution,
        recent: &Distribution,
        had: Option<&Distribution>,
        per: f64,
    ) {
        let count = whole.count();
        row.shown = humane::grouped(count);
        row.rate = self.rate(&row.path, count);
        let came = had
            .map(|had| whole.since(had))
            .filter(|came| !came.is_empty());
        let shown = match &came {
            _ if !recent.is_empty() => recent,
            Some(came) => came,
            None => whole,
        };
        row.p50 = shown.p50().map(|x| x / per);
        row.p99 = shown.p99().map(|x| x / per);
    }
}

/// The units that are shown in a way of their own; others stay beside the number.
fn known(unit: &str) -> &'static str {
    match unit {
        "s" => "s",
        "ms" => "ms",
        "us" => "us",
        "ns" => "ns",
        "By" => "By",
        _ => "",
    }
}
