//! Reading beside a process that counts.

use std::thread;
use std::time::{Duration, Instant};

use calipers::mapped;
use calipers::prelude::*;
use calipers::{
    CountBy, Info, Meter, Snapshot, StateSet, StateTime, States, Sum, Text, UpDownCounter,
};

use crate::part::{self, Folder, Running};

collection! {
    static DECLARED: Declared = "/declared" { unused: Counter }
}

#[derive(States, Clone, Copy)]
enum Phase {
    Idle,
    Busy,
}

#[derive(Instrumented)]
struct Pool {
    done: Sum<Counter>,
    latency: Sum<Timer>,
    by_key: Sum<Family<String, Counter>>,
    phase: CountBy<StateSet<Phase>>,
}

#[derive(Instrumented)]
#[instrumented(parent = Pool, label = "worker")]
struct Worker {
    /// Things that were done.
    done: Counter,
    latency: Timer,
    by_key: Family<String, Counter>,
    phase: StateSet<Phase>,
    note: Text,
    mood: StateSet<String>,
    spent: StateTime<Phase>,
    load: Gauge,
    depth: Gauge<i64>,
    open: UpDownCounter,
    hits: Meter,
    #[stat(unit = "By")]
    sizes: Histogram,
    #[stat(with = [("version", "1.2")])]
    build: Info,
}

impl Worker {
    fn work(&self, n: u64) {
        self.done.add(2);
        self.latency.record(Duration::from_micros(n * n));
        self.by_key.get(["a", "b/c", "d"][n as usize % 3]).inc();
        self.phase.set(Phase::Busy);
        self.note.set(format!("did {n}"));
        self.mood.set("content".to_owned());
        self.load.set(0.25 * n as f64);
        self.depth.set(-3);
        self.open.add(3);
        self.open.sub(1);
        self.hits.inc();
        self.sizes.record(n * 1000);
        let _ = &self.build;
    }
}

/// What both sides must say the same of: everything but time, rates and recent values.
fn told(snapshot: &Snapshot) -> Vec<String> {
    let stats = snapshot
        .stats()
        .filter(|stat| !stat.path().starts_with("/calipers"));
    let told = stats.map(|stat| {
        let value = match stat.value() {
            calipers::snapshot::Value::Timer(timer) => format!(
                "{:?} {:?} {}",
                timer.lifetime(),
                timer.outcomes(),
                timer.in_flight()
            ),
            calipers::snapshot::Value::Histogram(value) => format!("{:?}", value.lifetime()),
            calipers::snapshot::Value::Meter(meter) => meter.count.to_string(),
            calipers::snapshot::Value::StateTime(times) => format!("{:?}", times.current()),
            value => format!("{value:?}"),
        };
        let labels: Vec<_> = stat.labels().collect();
        let shape = (
            stat.path(),
            stat.kind(),
            stat.help(),
            stat.unit(),
            stat.key_label(),
        );
        format!("{shape:?} {labels:?} {value}")
    });
    told.collect()
}

#[test]
fn a_file_says_what_the_process_says() {
    if part::enabled().is_none() {
        let folder = Folder::new("same");
        let test = "live::a_file_says_what_the_process_says";
        let mut running = Running::start(&mut part::command(test, folder.path()));
        running.wait_for("compared");
        return running.end();
    }
    let declared = mapped::read(mapped::path().unwrap()).unwrap();
    assert_eq!(declared.counter("/declared/unused"), Some(0));
    let pool = Pool::init("/pool");
    let lasting = Worker::init_child(&pool, "lasting");
    lasting.spent.set(Phase::Busy);
    let compare = |step: &str| {
        let own = told(&calipers::snapshot());
        let file = told(&mapped::read(mapped::path().unwrap()).unwrap());
        assert_eq!(file, own, "{step}");
        assert!(own.len() > 4, "{step}");
    };
    compare("at first");
    for n in 0..50 {
        lasting.work(n);
        let passing = Worker::init_child(&pool, n % 7);
        passing.work(n);
        if n % 10 == 0 {
            compare("with another");
        }
        drop(passing);
        compare("after it");
    }
    let timing = lasting.latency.start();
    thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| lasting.work(5));
        }
    });
    calipers::incr("jobs.done", 3);
    calipers::registry().text("by.name").unwrap().set("käse");
    compare("after threads have gone");
    drop(timing);
    calipers::registry().remove("jobs.done");
    drop(lasting);
    DECLARED.unused.inc();
    compare("after the last");
    part::tell("compared");
}

#[derive(Instrumented)]
struct Totals {
    done: Sum<Counter>,
    sizes: Sum<Histogram>,
}

#[derive(Instrumented)]
#[instrumented(parent = Totals)]
struct Passing {
    done: Counter,
    sizes: Histogram,
    open: UpDownCounter,
    timed: Timer,
}

/// Counts with instances and threads that come and go, as fast as it can.
fn come_and_go() -> ! {
    let totals = Totals::init("/totals");
    let lasting = Passing::init_child(&totals, "lasting");
    part::tell("ready");
    let lasting = &lasting;
    let totals = &totals;
    thread::scope(|scope| {
        scope.spawn(move || {
            loop {
                for n in 0..200_u64 {
                    let passing = Passing::init_child(totals, n % 5);
                    passing.done.inc();
                    passing.sizes.record(n * 37);
                }
            }
        });
        scope.spawn(move || {
            loop {
                lasting.open.inc();
                let timing = lasting.timed.start();
                // The range widens again and again, so that blocks are outgrown.
                for n in 0..40 {
                    lasting.sizes.record(1_u64 << n);
                }
                drop(timing);
                lasting.open.dec();
            }
        });
        loop {
            // A thread that comes and goes.
            let _ = scope.spawn(move || lasting.done.inc()).join();
        }
    })
}

#[test]
fn a_look_beside_threads_and_instances_that_come_and_go_is_right_each_time() {
    if part::enabled().is_some() {
        come_and_go();
    }
    let folder = Folder::new("beside");
    let test = "live::a_look_beside_threads_and_instances_that_come_and_go_is_right_each_time";
    let mut running = Running::start(&mut part::command(test, folder.path()));
    running.wait_for("ready");
    let file = folder.file();
    let mut before = (0, 0);
    let (begun, mut looks, mut exact) = (Instant::now(), 0_u64, 0);
    while begun.elapsed() < Duration::from_secs(3) || looks < 100 {
        let snapshot = mapped::read(&file).unwrap();
        let now = (
            snapshot.counter("/totals/done").unwrap(),
            snapshot
                .histogram("/totals/sizes")
                .unwrap()
                .lifetime()
                .count(),
        );
        assert!(
            now.0 >= before.0 && now.1 >= before.1,
            "{before:?}, then {now:?}"
        );
        let open = snapshot.up_down_counter("/totals/lasting/open").unwrap();
        // What begins while cells are read may be seen without its end, but no end without its begin.
        assert!(open >= 0, "a level of {open}");
        let timed = snapshot.timer("/totals/lasting/timed").unwrap();
        exact += u64::from(open <= 1 && timed.in_flight() <= 1);
        (before, looks) = (now, looks + 1);
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "looks take too long"
        );
    }
    assert!(before.0 > 1000 && before.1 > 1000, "{before:?}");
    assert!(exact > looks / 4, "{exact} of {looks} levels are exact");
    println!(
        "figure: {looks} looks at a file of a busy process, none behind the one before, levels exact in {exact}"
    );
    running.kill();
    let left = mapped::read(&file).unwrap();
    assert!(left.counter("/totals/done").unwrap() >= before.0);
}
