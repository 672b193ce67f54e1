//! What is refused, and counted.

use super::*;

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

#[test]
fn what_the_aggregator_says_of_itself_no_source_says() {
    let mut sources = United::new();
    let run = &mut Run::new("a", 1);
    for name in [
        "calipers.aggregator",
        "calipers.aggregator.sources",
        "calipers.aggregator.ignored.old",
    ] {
        if let Ok(counter) = run.registry.counter(name) {
            counter.add(7);
        }
    }
    run.count("calipers.aggregators", 1);
    sources.tell(run, Sort::Whole);
    let united = sources.snapshot();
    let paths: Vec<String> = united.stats().map(|entry| entry.path()).collect();
    assert_eq!(paths, ["/calipers/aggregators"]);
}
