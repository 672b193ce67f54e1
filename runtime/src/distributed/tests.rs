//! What sources told and what it comes to, without a socket and with a clock of the test's.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::changes;
use super::frame::{Head, Sort};
use super::merging::{CompiledGauges, Gauges, Merging};
use super::own::AggregatorStats;
use super::reading;
use super::sources::{Answer, Limits, Sources};
use super::writing::{Bodies, Sender};
use crate::snapshot::{Number, Value};
use crate::{Counter, Family, Gauge, Registry, Snapshot, StateSet, StateTime};

const SECOND: Duration = Duration::from_secs(1);

/// A source: a registry, and what was told of it.
struct Run {
    name: &'static str,
    registry: Registry,
    told: Option<Snapshot>,
    head: Head,
    gauges: CompiledGauges,
}

impl Run {
    fn new(name: &'static str, incarnation: u64) -> Run {
        Run {
            name,
            registry: Registry::new(),
            told: None,
            head: Head {
                sort: Sort::Whole,
                is_first: true,
                is_last: true,
                incarnation,
                started: incarnation,
                sequence: 0,
            },
            gauges: CompiledGauges::default(),
        }
    }

    fn count(&self, name: &str, amount: u64) {
        self.registry.counter(name).unwrap().add(amount);
    }

    /// Its next message.
    fn next(&mut self, sort: Sort) -> (Head, Vec<u8>) {
        let now = self.registry.snapshot();
        let sender = Sender {
            name: self.name.to_owned(),
            period: SECOND,
        };
        let mut bodies = Bodies::new(&sender, SystemTime::now());
        let told = self.told.as_ref().filter(|_| sort == Sort::Change);
        changes::write(told, &now, &self.gauges, &mut bodies);
        let body = bodies.finish().remove(0);
        self.told = Some(now);
        self.head.sort = sort;
        self.head.sequence += 1;
        (self.head, body.bytes)
    }
}

/// An aggregator without a socket, and what time it is.
struct United {
    registry: Registry,
    sources: Sources,
    now: Instant,
}

impl United {
    fn new() -> United {
        United::within(Limits {
            sources: 1000,
            stats: 1000,
            silence: 60 * SECOND,
        })
    }

    fn within(limits: Limits) -> United {
        let (registry, now) = (Registry::new(), Instant::now());
        let own = AggregatorStats::open(&registry);
        let sources = Sources::new(limits, CompiledGauges::default(), own, now);
        United {
            registry,
            sources,
            now,
        }
    }

    fn take(&mut self, (head, body): &(Head, Vec<u8>)) -> Answer {
        self.sources.take(head, body, self.now)
    }

    fn tell(&mut self, run: &mut Run, sort: Sort) -> Answer {
        let message = run.next(sort);
        self.take(&message)
    }

    /// Time passes, second by second.
    fn wait(&mut self, seconds: u32) {
        for _ in 0..seconds {
            self.now += SECOND;
            self.sources.tick(self.now);
        }
    }

    fn snapshot(&self) -> Snapshot {
        self.sources.united().0
    }

    fn counter(&self, path: &str) -> Option<u64> {
        self.snapshot().counter(path)
    }

    fn own(&self, stat: &str) -> u64 {
        let path = format!("/calipers/aggregator/{stat}");
        self.registry.snapshot().counter(&path).unwrap_or(0)
    }
}

/// A stat of each kind, as a registry gives them.
fn all_kinds(run: &Run) {
    let registry = &run.registry;
    registry.counter("counter").unwrap().add(u64::MAX / 3);
    registry.up_down_counter("level").unwrap().sub(7);
    registry.gauge("gauge").unwrap().set(0.1);
    registry.text("text").unwrap().set("of\nlines");
    registry.meter("meter").unwrap().add(9_u64);
}

#[test]
fn what_is_sent_of_every_kind_is_what_is_read() {
    let run = &mut Run::new("all", 1);
    all_kinds(run);
    let registry = run.registry.clone();
    for nanos in [0, 1, 1_000, 12_345_678] {
        let timer = registry.timer("timer").unwrap();
        timer.record(Duration::from_nanos(nanos));
        registry
            .histogram("sizes")
            .unwrap()
            .record(nanos as f64 / 3.0);
    }
    drop(registry.timer("timer").unwrap().start());
    let by_key = registry.get::<Family<String, Counter>>("by").unwrap();
    by_key.get("/ü\n").add(3);
    let states = registry.get::<StateSet<String>>("state").unwrap();
    states.set("idle".to_owned());
    let times = registry.get::<StateTime<String>>("times").unwrap();
    times.set("busy".to_owned());
    let mut sources = United::new();
    assert_eq!(sources.tell(run, Sort::Whole), Answer::Taken);
    let sent = run.told.clone().unwrap();
    let kept = &sources.sources.by_name["all"].tree;
    let read = kept.clone().snapshot(sent.taken());
    assert_eq!(format!("{sent}"), format!("{read}"));
    assert_eq!(sent.len(), read.len());
    for (sent, read) in sent.stats().zip(read.stats()) {
        assert_eq!(sent.path(), read.path());
        assert_eq!(sent.value(), read.value(), "{}", sent.path());
        assert!(sent.kind().same(read.kind()));
        assert_eq!(
            (sent.help(), sent.unit(), sent.key_label(), sent.created()),
            (read.help(), read.unit(), read.key_label(), read.created())
        );
    }
}

#[test]
fn only_what_changed_is_sent_and_of_a_family_only_the_members() {
    let run = &mut Run::new("a", 1);
    let by_key = run.registry.get::<Family<String, Counter>>("by").unwrap();
    for key in 0..100 {
        by_key.get(format!("key-{key}").as_str()).add(1);
    }
    run.count("other", 1);
    let mut sources = United::new();
    let whole = run.next(Sort::Whole);
    assert_eq!(sources.take(&whole), Answer::Taken);
    by_key.get("key-7").add(1);
    let change = run.next(Sort::Change);
    assert!(
        change.1.len() < whole.1.len() / 10,
        "{} bytes",
        change.1.len()
    );
    let told = reading::read(&change.1).unwrap();
    assert_eq!(
        told.places
            .iter()
            .map(|place| place.stats.len())
            .sum::<usize>(),
        1
    );
    assert_eq!(sources.take(&change), Answer::Taken);
    assert_eq!(sources.counter("/by/key-7"), Some(2));
    assert_eq!(sources.counter("/by/key-8"), Some(1));
    assert_eq!(sources.counter("/other"), Some(1));
}

#[test]
fn a_stat_that_is_removed_is_removed_there_too() {
    let run = &mut Run::new("a", 1);
    run.count("x.stays", 1);
    run.count("y.goes", 1);
    let mut sources = United::new();
    sources.tell(run, Sort::Whole);
    assert!(run.registry.remove("y.goes"));
    assert_eq!(sources.tell(run, Sort::Change), Answer::Taken);
    assert_eq!(sources.counter("/y/goes"), None);
    assert_eq!(sources.counter("/x/stays"), Some(1));
}

#[test]
fn a_source_that_is_new_or_has_a_gap_is_asked_for_everything() {
    let run = &mut Run::new("a", 1);
    run.count("n", 1);
    let mut sources = United::new();
    run.told = Some(run.registry.snapshot());
    assert_eq!(sources.tell(run, Sort::Change), Answer::Wanted);
    assert_eq!(sources.tell(run, Sort::Whole), Answer::Taken);
    run.count("n", 1);
    let _lost = run.next(Sort::Change);
    run.count("n", 1);
    assert_eq!(sources.tell(run, Sort::Change), Answer::Wanted);
    assert_eq!(sources.counter("/n"), Some(1), "nothing is half known");
    assert_eq!(sources.tell(run, Sort::Whole), Answer::Taken);
    assert_eq!(sources.counter("/n"), Some(3));
    assert_eq!(sources.own("gaps"), 2);
}

#[test]
fn what_comes_twice_or_late_counts_once() {
    let run = &mut Run::new("a", 1);
    run.count("n", 5);
    let mut sources = United::new();
    let whole = run.next(Sort::Whole);
    run.count("n", 1);
    let change = run.next(Sort::Change);
    for message in [&whole, &change, &change, &whole] {
        sources.take(message);
    }
    assert_eq!(sources.counter("/n"), Some(6));
    assert_eq!(sources.own("ignored/old"), 2);
}

#[test]
fn counts_and_distributions_of_many_are_added_without_loss() {
    let mut sources = United::new();
    let together = Registry::new();
    for number in 0..8_u64 {
        let run = &mut Run::new(
            ["a", "b", "c", "d", "e", "f", "g", "h"][number as usize],
            1 + number,
        );
        run.count("n", number);
        for value in 1..100 {
            let value = (value * value * (number + 1)) as f64;
            run.registry.histogram("sizes").unwrap().record(value);
            together.histogram("sizes").unwrap().record(value);
        }
        sources.tell(run, Sort::Whole);
    }
    let (united, together) = (sources.snapshot(), together.snapshot());
    assert_eq!(united.counter("/n"), Some(28));
    assert_eq!(
        united.histogram("/sizes").unwrap().lifetime(),
        together.histogram("/sizes").unwrap().lifetime()
    );
}

#[test]
fn gauges_are_merged_as_they_declare_and_told_by_source_where_they_do_not() {
    let mut sources = United::new();
    let mut gauges = Gauges::default();
    for (glob, merging) in [
        ("/sum", Merging::Sum),
        ("/max", Merging::Max),
        ("/min", Merging::Min),
        ("/last", Merging::Last),
        ("/each", Merging::PerSource),
        ("/by", Merging::Sum),
    ] {
        gauges.add(glob.to_owned(), merging);
    }
    let mut runs = [Run::new("a", 1), Run::new("b", 2)];
    for (run, value) in runs.iter_mut().zip([5.0, 3.0]) {
        run.gauges = gauges.compiled().unwrap();
        for name in ["sum", "max", "min", "last", "each", "undeclared"] {
            run.registry.gauge(name).unwrap().set(value);
        }
        let by = run.registry.get::<Family<String, Gauge>>("by").unwrap();
        by.get("key").set(value);
        sources.tell(run, Sort::Whole);
    }
    let is = |sources: &United, path, value| {
        assert_eq!(sources.snapshot().gauge(path), Some(value), "{path}");
    };
    for (path, value) in [
        ("/sum", 8.0),
        ("/max", 5.0),
        ("/min", 3.0),
        ("/last", 3.0),
        ("/each/a", 5.0),
        ("/each/b", 3.0),
        ("/undeclared/a", 5.0),
        ("/by/key", 8.0),
    ] {
        is(&sources, path, value);
    }
    runs[0].registry.gauge("last").unwrap().set(6.0);
    sources.tell(&mut runs[0], Sort::Change);
    is(&sources, "/last", 6.0);
    // All of it again is no change.
    sources.tell(&mut runs[1], Sort::Whole);
    is(&sources, "/last", 6.0);
}

#[test]
fn whole_numbers_stay_whole_when_they_are_added() {
    let add = |a: Number, b: Number| a.plus(b);
    assert_eq!(
        add(Number::U64(1 << 60), Number::U64(1)),
        Number::U64((1 << 60) + 1)
    );
    assert_eq!(add(Number::I64(-3), Number::U64(1)), Number::I64(-2));
    assert_eq!(add(Number::Bool(true), Number::Bool(true)), Number::U64(2));
    assert_eq!(
        add(Number::U64(u64::MAX), Number::U64(1)),
        Number::F64(2_f64.powi(64))
    );
    assert_eq!(add(Number::F64(0.5), Number::U64(1)), Number::F64(1.5));
}

#[test]
fn states_are_counted() {
    let mut sources = United::new();
    for (name, state) in [("a", "busy"), ("b", "idle"), ("c", "busy")] {
        let run = &mut Run::new(name, 1);
        let set = run.registry.get::<StateSet<String>>("state").unwrap();
        set.set(state.to_owned());
        sources.tell(run, Sort::Whole);
    }
    let united = sources.snapshot();
    assert_eq!(united.counter("/state/busy"), Some(2));
    assert_eq!(united.counter("/state/idle"), Some(1));
}

#[test]
fn a_restarted_source_goes_on_from_its_earlier_total() {
    let mut sources = United::new();
    let first = &mut Run::new("a", 1);
    first.count("n", 10);
    first.registry.gauge("level").unwrap().set(3.0);
    sources.tell(first, Sort::Whole);
    let late = {
        first.count("n", 1);
        first.next(Sort::Change)
    };
    let second = &mut Run::new("a", 2);
    second.count("n", 5);
    sources.tell(second, Sort::Whole);
    assert_eq!(sources.counter("/n"), Some(15));
    assert_eq!(sources.snapshot().gauge("/level/a"), None);
    // What is left of the first run comes too late.
    assert_eq!(sources.take(&late), Answer::Nothing);
    assert_eq!(sources.counter("/n"), Some(15));
    second.count("n", 1);
    sources.tell(second, Sort::Change);
    assert_eq!(sources.counter("/n"), Some(16));
    assert_eq!(sources.own("restarted"), 1);
}

#[test]
fn a_vanished_source_leaves_its_totals_and_comes_back_without_counting_twice() {
    let mut sources = United::new();
    let run = &mut Run::new("a", 1);
    run.count("n", 10);
    run.registry.gauge("level").unwrap().set(3.0);
    run.registry.up_down_counter("open").unwrap().add(2);
    let set = run.registry.get::<StateSet<String>>("state").unwrap();
    set.set("busy".to_owned());
    sources.tell(run, Sort::Whole);
    sources.wait(60);
    assert_eq!(sources.snapshot().gauge("/level/a"), Some(3.0));
    sources.wait(1);
    let united = sources.snapshot();
    assert_eq!(united.counter("/n"), Some(10));
    assert_eq!(united.gauge("/level/a"), None);
    assert_eq!(united.up_down_counter("/open"), None);
    assert_eq!(united.counter("/state/busy"), None);
    assert_eq!(sources.own("vanished"), 1);
    run.count("n", 1);
    assert_eq!(sources.tell(run, Sort::Change), Answer::Taken);
    let united = sources.snapshot();
    assert_eq!(united.counter("/n"), Some(11));
    assert_eq!(united.gauge("/level/a"), Some(3.0));
}

#[test]
fn nobody_vanishes_while_the_aggregator_was_stopped() {
    let mut sources = United::new();
    let run = &mut Run::new("a", 1);
    run.count("n", 1);
    sources.tell(run, Sort::Whole);
    sources.now += 3600 * SECOND;
    sources.sources.tick(sources.now);
    assert_eq!(sources.own("vanished"), 0);
}

#[test]
fn sources_that_went_long_ago_are_added_up_and_counted_once() {
    let mut sources = United::new();
    let names: Vec<&'static str> = (0..100)
        .map(|number| &*Box::leak(format!("worker-{number}").into_boxed_str()))
        .collect();
    let mut runs: Vec<Run> = Vec::new();
    for (number, name) in names.into_iter().enumerate() {
        let mut run = Run::new(name, 1 + number as u64);
        run.count("n", 1);
        sources.tell(&mut run, Sort::Whole);
        runs.push(run);
    }
    sources.wait(61);
    assert_eq!(sources.counter("/n"), Some(100));
    assert_eq!(sources.sources.by_name.len(), 64);
    // All of them were only stopped; those that were added up must not be counted again.
    for run in &mut runs {
        sources.tell(run, Sort::Whole);
    }
    assert_eq!(sources.counter("/n"), Some(100));
    assert_eq!(sources.own("ignored/addedUp"), 36);
}

#[test]
fn more_sources_or_stats_than_allowed_are_refused_and_counted() {
    let mut sources = United::within(Limits {
        sources: 2,
        stats: 3,
        silence: 60 * SECOND,
    });
    for name in ["a", "b", "c"] {
        let run = &mut Run::new(name, 1);
        run.count("n", 1);
        sources.tell(run, Sort::Whole);
    }
    assert_eq!(sources.counter("/n"), Some(2));
    assert_eq!(sources.own("ignored/tooManySources"), 1);
    let run = &mut Run::new("a", 1);
    run.head.sequence = 1;
    for name in ["p", "q", "r", "s"] {
        run.count(name, 1);
    }
    sources.tell(run, Sort::Whole);
    assert_eq!(sources.own("ignored/tooManyStats"), 1);
    // When one goes, there is room for another.
    sources.wait(61);
    let run = &mut Run::new("c", 1);
    run.count("n", 1);
    sources.tell(run, Sort::Whole);
    assert_eq!(sources.counter("/n"), Some(3));
}

#[test]
fn two_kinds_at_one_path_are_told_and_the_first_is_kept() {
    let mut sources = United::new();
    let (a, b) = (&mut Run::new("a", 1), &mut Run::new("b", 1));
    a.count("n", 1);
    b.registry.timer("n").unwrap();
    sources.tell(a, Sort::Whole);
    sources.tell(b, Sort::Whole);
    let (united, conflicts) = sources.sources.united();
    assert_eq!((united.counter("/n"), conflicts), (Some(1), 1));
}

#[test]
fn a_body_that_is_damaged_anywhere_is_refused_or_read_and_harms_nothing() {
    let run = &mut Run::new("all", 1);
    all_kinds(run);
    run.registry.timer("timer").unwrap().record(SECOND);
    let (_, body) = run.next(Sort::Whole);
    for end in 0..body.len() {
        let _ = reading::read(&body[..end]);
    }
    for at in 0..body.len() {
        for bit in 0..8 {
            let mut damaged = body.clone();
            damaged[at] ^= 1 << bit;
            let Ok(told) = reading::read(&damaged) else {
                continue;
            };
            // What is believed must be good for everything that is done with it.
            for stat in told.places.iter().flat_map(|place| &place.stats) {
                if let Value::Timer(timer) = &stat.value {
                    let _ = (timer.lifetime().p99(), timer.lifetime().stddev());
                }
            }
            let mut sources = United::new();
            sources.take(&(run.head, damaged));
            let _ = format!("{}", sources.snapshot());
        }
    }
}

#[test]
fn a_list_longer_than_any_is_refused_before_it_is_kept() {
    // Half a million paths of two letters.
    let mut body = Vec::new();
    crate::report::wire::string(&mut body, 1, "a");
    for _ in 0..500_000 {
        crate::report::wire::string(&mut body, 5, "/a");
    }
    assert!(reading::read(&body).is_err());
    let names: Arc<str> = "/x".repeat(600).into();
    let mut long = Vec::new();
    crate::report::wire::string(&mut long, 1, "a");
    crate::report::wire::string(&mut long, 5, &names);
    assert!(reading::read(&long).is_err());
}
