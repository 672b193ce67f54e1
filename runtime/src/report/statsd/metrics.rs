//! What happened since the last push, as metrics: `shop.handler.requests:17|c|#route:_index`.

use std::fmt::Write;

use super::samples::samples;
use crate::Snapshot;
use crate::report::names::{Seen, push_component, push_number, push_word};
use crate::report::rules::Rules;
use crate::snapshot::{Distribution, Entry, Value, escape};

/// Milliseconds, which the protocol counts in, in nanoseconds.
const MILLISECOND: f64 = 1e6;

/// Writes metrics; the strings are kept from one push to the next.
#[derive(Debug)]
pub(super) struct Metrics {
    prefix: String,
    rules: Rules,
    /// Nothing in the plain dialect; else those that all metrics have.
    tags: Option<String>,
    samples: u64,
    seen: Seen,
    metric: String,
}

/// What is said of a stat in its metrics' names.
#[derive(Clone, Debug)]
struct Name {
    /// The path that rules see.
    path: String,
    name: String,
    /// `#a:b,c:d`, without the bar before it; empty when there are none.
    tags: String,
}

/// Where metrics are put.
type Put<'a> = dyn FnMut(&str) + 'a;

impl Metrics {
    /// A prefix that is sanitised, and rules that are compiled.
    pub(super) fn new(
        prefix: String,
        rules: Rules,
        tags: Option<Vec<(String, String)>>,
        samples: u64,
    ) -> Metrics {
        let tags = tags.map(|tags| {
            let mut text = String::new();
            for (name, value) in tags {
                push_tag(&mut text, &name, &value);
            }
            text
        });
        Metrics {
            prefix,
            rules,
            tags,
            samples,
            seen: Seen::default(),
            metric: String::new(),
        }
    }

    /// Calls `put` with every metric of a difference between snapshots. Gives what was left out, by cause.
    pub(super) fn each(&mut self, news: &Snapshot, put: &mut Put<'_>) -> Vec<(&'static str, u64)> {
        self.seen.clear();
        let mut taken = 0;
        let mut place = ("\n", false);
        for entry in news.stats() {
            if place.0 != entry.place() {
                place = (entry.place(), self.rules.prunes(entry.place(), 0));
            }
            if !place.1 {
                let mut writing = Writing {
                    metrics: self,
                    put,
                    taken: &mut taken,
                    pruned_to: entry.place().len(),
                };
                writing.stat(entry);
            }
        }
        match taken {
            0 => Vec::new(),
            taken => vec![("nameTaken", taken)],
        }
    }

    /// With the segments that carry labels as tags, where there are tags.
    fn name_of(&self, entry: Entry<'_>) -> Name {
        let mut name = self.prefix.clone();
        let mut tags = self.tags.clone().unwrap_or_default();
        // Which segment carries a label is not said. Those that do mostly stand at the end, so they are sought from there.
        let segments: Vec<&str> = entry.place().split('/').skip(1).collect();
        let mut labelled: Vec<Option<&str>> = vec![None; segments.len()];
        if self.tags.is_some() {
            let labels: Vec<_> = entry.labels().collect();
            let mut end = segments.len();
            for (label, value) in labels.iter().rev() {
                if let Some(at) = segments[..end].iter().rposition(|own| own == value) {
                    labelled[at] = Some(label);
                    end = at;
                }
            }
            for (label, value) in labels {
                push_tag(&mut tags, label, value);
            }
        }
        for (at, segment) in segments.iter().enumerate() {
            match labelled[at] {
                // `/thread/1` has its label before it already.
                Some(label) if at > 0 && segments[at - 1] == label => {}
                Some(label) => push_component(&mut name, label),
                None => push_component(&mut name, segment),
            }
        }
        for segment in entry.name().split('/') {
            push_component(&mut name, segment);
        }
        Name {
            path: entry.path(),
            name,
            tags,
        }
    }
}

/// One stat being written.
struct Writing<'a, 'p> {
    metrics: &'a mut Metrics,
    put: &'a mut Put<'p>,
    /// Metrics left out, since another has their name.
    taken: &'a mut u64,
    /// How much of the path was asked about when its place was.
    pruned_to: usize,
}

impl Writing<'_, '_> {
    fn stat(&mut self, entry: Entry<'_>) {
        let name = self.metrics.name_of(entry);
        let key = match entry.key_label() {
            "" => "key",
            label => label,
        };
        self.value(&name, key, entry.value());
    }

    fn value(&mut self, name: &Name, key: &str, value: &Value) {
        match value {
            Value::Counter(count) => self.counter(name, *count),
            Value::Meter(meter) => self.counter(name, meter.count),
            Value::UpDownCounter(level) => self.gauge(name, *level as f64),
            Value::Gauge(Some(number)) => self.gauge(name, number.as_f64()),
            Value::Timer(timer) => {
                let durations = timer.lifetime().distribution();
                self.samples(name, "ms", durations, MILLISECOND);
                let outcomes = timer.outcomes();
                for (outcome, count) in [
                    ("ok", outcomes.ok),
                    ("err", outcomes.err),
                    ("panicked", outcomes.panicked),
                    ("cancelled", outcomes.cancelled),
                ] {
                    if count > 0 {
                        self.counter(&name.part(outcome), count);
                    }
                }
                self.gauge(&name.part("inFlight"), timer.in_flight() as f64);
            }
            Value::Histogram(histogram) => {
                let sort = if self.metrics.tags.is_some() {
                    "h"
                } else {
                    "ms"
                };
                self.samples(name, sort, histogram.lifetime(), 1.0);
                if histogram.refused() > 0 {
                    self.counter(&name.part("refused"), histogram.refused());
                }
            }
            Value::Family(family) => {
                for (member, value) in family.iter() {
                    self.value(&self.below(name, key, member), key, value);
                }
            }
            Value::CountBy(states) => {
                for (state, count) in states.iter() {
                    self.gauge(&self.below(name, "state", state), count as f64);
                }
            }
            Value::StateTime(times) => {
                let name = name.part("seconds");
                for (state, time) in times.iter() {
                    self.gauge(&self.below(&name, "state", state), time.as_secs_f64());
                }
            }
            // Texts, and numbers that are not there.
            Value::Gauge(None) | Value::Text(_) | Value::Info(_) | Value::StateSet(..) => {}
        }
    }

    /// The name of a family's member.
    fn below(&self, name: &Name, label: &str, key: &str) -> Name {
        let mut below = name.clone();
        below.path.push('/');
        below.path.push_str(&escape(key));
        if self.metrics.tags.is_some() {
            push_tag(&mut below.tags, label, key);
        } else {
            push_component(&mut below.name, key);
        }
        below
    }

    fn counter(&mut self, name: &Name, count: u64) {
        if count > 0 && self.may(name) {
            // Into a string, writing cannot fail.
            let _ = write!(self.metrics.metric, "{count}|c");
            self.finish(name);
        }
    }

    fn gauge(&mut self, name: &Name, level: f64) {
        if !level.is_finite() || !self.may(name) {
            return;
        }
        // A sign means a step from where the gauge stands, so below zero it has to stand at zero first.
        if level < 0.0 {
            self.metrics.metric.push_str("0|g");
            self.push_tags(name);
            self.metrics.metric.push('\n');
            self.metrics.metric.push_str(&name.name);
            self.metrics.metric.push(':');
        }
        push_number(&mut self.metrics.metric, level + 0.0); // minus zero has a sign too
        self.metrics.metric.push_str("|g");
        self.finish(name);
    }

    fn samples(&mut self, name: &Name, sort: &str, of: &Distribution, per: f64) {
        if of.is_empty() || !self.may(name) {
            return;
        }
        let most = self.metrics.samples;
        samples(of, most, |value, weight| {
            let metric = &mut self.metrics.metric;
            metric.clear();
            metric.push_str(&name.name);
            metric.push(':');
            push_number(metric, value / per);
            let _ = write!(metric, "|{sort}");
            if weight > 1 {
                let _ = write!(metric, "|@{}", 1.0 / weight as f64);
            }
            self.finish(name);
        });
    }

    /// Whether it may be sent; its name is then begun.
    fn may(&mut self, name: &Name) -> bool {
        let Metrics {
            rules,
            seen,
            metric,
            ..
        } = self.metrics;
        if !rules.allows(&name.path) || rules.prunes(&name.path, self.pruned_to) {
            return false;
        }
        metric.clear();
        metric.push_str(&name.name);
        metric.push('|');
        metric.push_str(&name.tags);
        if !seen.is_new(metric) {
            *self.taken += 1;
            return false;
        }
        metric.truncate(name.name.len());
        metric.push(':');
        true
    }

    fn finish(&mut self, name: &Name) {
        self.push_tags(name);
        (self.put)(&self.metrics.metric);
    }

    fn push_tags(&mut self, name: &Name) {
        if !name.tags.is_empty() {
            self.metrics.metric.push('|');
            self.metrics.metric.push_str(&name.tags);
        }
    }
}

impl Name {
    fn part(&self, part: &str) -> Name {
        let mut name = self.clone();
        name.path.push('/');
        name.path.push_str(part);
        push_component(&mut name.name, part);
        name
    }
}

fn push_tag(tags: &mut String, name: &str, value: &str) {
    tags.push(if tags.is_empty() { '#' } else { ',' });
    push_word(tags, name);
    tags.push(':');
    push_word(tags, value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Counter, Family, Instrumented, Registry, Sum, private};

    fn metrics(registry: &Registry, tags: Option<Vec<(String, String)>>) -> Vec<String> {
        let mut rules = Rules::default();
        rules.allow("**");
        let mut metrics = Metrics::new("p".to_owned(), rules.compiled().unwrap(), tags, 100);
        let mut all = Vec::new();
        let faults = metrics.each(&registry.snapshot(), &mut |metric| {
            all.push(metric.to_owned())
        });
        assert_eq!(faults, []);
        all
    }

    #[test]
    fn what_counts_is_a_counter_and_what_stands_is_a_gauge() {
        let registry = Registry::new();
        registry.counter("a.idle").unwrap();
        registry.counter("a.jobs").unwrap().add(3);
        registry.gauge("a.load").unwrap().set(0.5);
        registry.up_down_counter("a.owed").unwrap().sub(2);
        registry.text("a.word").unwrap().set("x");
        let hits = registry.get::<Family<String, Counter>>("hits").unwrap();
        hits.get("/index|#:@").add(7);
        assert_eq!(
            metrics(&registry, None),
            [
                "p.hits._index____:7|c",
                "p.a.jobs:3|c",
                "p.a.load:0.5|g",
                "p.a.owed:0|g\np.a.owed:-2|g"
            ]
        );
    }

    #[test]
    fn with_tags_labels_and_keys_leave_the_name() {
        #[derive(Instrumented)]
        struct Pool {
            finished: Sum<Counter>,
        }
        #[derive(Instrumented)]
        #[instrumented(label = "thread")]
        struct Worker {
            finished: Counter,
            #[stat(label = "cause")]
            errors: Family<String, Counter>,
        }
        let registry = Registry::new();
        let pool: Pool = private::init_in(&registry, "/pool", ());
        let worker: Worker = private::init_child(&pool, &"thread 0", ());
        let second: Worker = private::init_child_numbered(&pool, "thread", ());
        worker.finished.inc();
        worker.errors.get("a,b").inc();
        second.finished.add(2);
        let tags = vec![("env".to_owned(), "prod".to_owned())];
        assert_eq!(
            metrics(&registry, Some(tags)),
            [
                "p.pool.finished:3|c|#env:prod",
                "p.pool.thread.finished:2|c|#env:prod,thread:1",
                "p.pool.thread.errors:1|c|#env:prod,thread:thread_0,cause:a_b",
                "p.pool.thread.finished:1|c|#env:prod,thread:thread_0",
            ]
        );
        drop(pool.finished);
    }

    #[test]
    fn a_timer_is_samples_outcomes_and_a_level() {
        let registry = Registry::new();
        let timer = registry.timer("t").unwrap();
        timer.record(std::time::Duration::from_micros(2500));
        assert_eq!(
            metrics(&registry, None),
            ["p.t:2.5|ms", "p.t.ok:1|c", "p.t.inFlight:0|g"]
        );
        let sizes = Registry::new();
        let histogram = sizes.histogram("h").unwrap();
        (0..400).for_each(|_| histogram.record(8));
        let all = metrics(&sizes, Some(Vec::new()));
        assert_eq!(all.len(), 100);
        assert!(
            all.iter().all(|metric| metric == "p.h:8|h|@0.25"),
            "{all:?}"
        );
    }
}
