//! Sources that restart, vanish and come back.

use super::*;

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
fn a_source_whose_clock_was_ahead_is_believed_again_when_its_earlier_run_is_silent() {
    let mut sources = United::new();
    let ahead = &mut Run::new("a", 100);
    ahead.count("n", 10);
    sources.tell(ahead, Sort::Whole);
    let right = &mut Run::new("a", 50);
    right.count("n", 5);
    assert_eq!(sources.tell(right, Sort::Whole), Answer::Nothing);
    assert_eq!(sources.own("ignored/old"), 1);
    sources.wait(61);
    assert_eq!(sources.tell(right, Sort::Whole), Answer::Taken);
    assert_eq!(sources.counter("/n"), Some(15));
    // The earlier run is over, whatever its clock said, and though nobody else is heard of.
    sources.wait(61);
    assert_eq!(sources.tell(ahead, Sort::Whole), Answer::Nothing);
    assert_eq!(sources.counter("/n"), Some(15));
}

#[test]
fn no_earlier_run_of_a_source_that_was_added_up_is_counted_again() {
    let mut sources = United::within(Limits { sources: 1, ..ROOM });
    let first = &mut Run::new("a", 1);
    first.count("n", 10);
    sources.tell(first, Sort::Whole);
    let second = &mut Run::new("a", 2);
    second.count("n", 5);
    sources.tell(second, Sort::Whole);
    sources.wait(61);
    let other = &mut Run::new("b", 3);
    sources.tell(other, Sort::Whole);
    sources.wait(61);
    for run in [first, second] {
        assert_eq!(sources.tell(run, Sort::Whole), Answer::Nothing);
        assert_eq!(sources.counter("/n"), Some(15));
    }
    assert_eq!(sources.own("ignored/addedUp"), 2);
}
