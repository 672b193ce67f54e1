//! What a source sends: everything at first, then what changed.

use super::*;

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
fn a_stat_that_is_removed_leaves_what_it_counted_and_nothing_else() {
    let run = &mut Run::new("a", 1);
    run.count("x.stays", 1);
    run.count("y.goes", 1);
    run.registry.up_down_counter("z.goes").unwrap().add(1);
    let mut sources = United::new();
    sources.tell(run, Sort::Whole);
    assert!(run.registry.remove("y.goes") && run.registry.remove("z.goes"));
    assert_eq!(sources.tell(run, Sort::Change), Answer::Taken);
    assert_eq!(sources.counter("/y/goes"), Some(1));
    assert_eq!(sources.snapshot().up_down_counter("/z/goes"), None);
    assert_eq!(sources.counter("/x/stays"), Some(1));
}

#[test]
fn what_instances_counted_stays_when_they_go_and_come_anew_however_it_is_told() {
    for sort in [Sort::Change, Sort::Whole] {
        let run = &mut Run::new("a", 1);
        let mut sources = United::new();
        run.count("jobs", 10);
        sources.tell(run, Sort::Whole);
        assert!(run.registry.remove("jobs"));
        sources.tell(run, sort);
        assert_eq!(sources.counter("/jobs"), Some(10), "{sort:?}: gone");
        run.count("jobs", 2);
        sources.tell(run, sort);
        assert_eq!(sources.counter("/jobs"), Some(12), "{sort:?}: there again");
        // Gone and there again between two messages.
        assert!(run.registry.remove("jobs"));
        run.count("jobs", 3);
        sources.tell(run, sort);
        sources.tell(run, Sort::Whole);
        assert_eq!(sources.counter("/jobs"), Some(15), "{sort:?}: anew");
        // The next run goes on from all of it.
        let next = &mut Run::new("a", 2);
        next.count("jobs", 1);
        sources.tell(next, Sort::Whole);
        assert_eq!(sources.counter("/jobs"), Some(16), "{sort:?}: restarted");
    }
}

#[test]
fn what_an_ancestor_totals_is_not_kept_a_second_time_when_it_goes() {
    #[derive(crate::Instrumented)]
    struct Pool {
        jobs: crate::Sum<Counter>,
    }
    #[derive(crate::Instrumented)]
    struct Worker {
        jobs: Counter,
    }
    let run = &mut Run::new("a", 1);
    let pool = Pool::init_in(&run.registry, "/pool");
    let worker = Worker::init_in(&run.registry, "/pool/worker");
    worker.jobs.add(4);
    let mut sources = United::new();
    sources.tell(run, Sort::Whole);
    drop(worker);
    sources.tell(run, Sort::Change);
    assert_eq!(sources.counter("/pool/jobs"), Some(4));
    assert_eq!(sources.counter("/pool/worker/jobs"), None);
    drop(pool);
    sources.tell(run, Sort::Change);
    assert_eq!(sources.counter("/pool/jobs"), Some(4));
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
