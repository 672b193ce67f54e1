//! Names that are one in Prometheus and were two in the tree: the exposition stays valid, and it is counted.

use super::*;

/// The samples of these stats, and how many were left out.
fn shown(stats: &[(&str, &str)]) -> (Vec<String>, u64) {
    let registry = Registry::new();
    for (path, kind) in stats {
        match *kind {
            "counter" => registry.counter(path).unwrap().add(1),
            "gauge" => registry.gauge(path).unwrap().set(1.0),
            "histogram" => registry.histogram(path).unwrap().record(1),
            "timer" => registry
                .timer(path)
                .unwrap()
                .record(Duration::from_millis(1)),
            "states" => registry.state_set(path).unwrap().set("on".to_owned()),
            other => panic!("{other}"),
        }
    }
    let snapshot = registry.snapshot();
    let exposition = Exposition::new().buckets([]);
    let left_out = exposition.layout(&snapshot).left_out();
    let text = exposition.text(&snapshot);
    let samples = samples(&text).into_iter().map(str::to_owned).collect();
    (samples, left_out)
}

#[test]
fn two_paths_of_one_name_are_one_series() {
    let (samples, left_out) = shown(&[
        ("/a/b-c", "counter"),
        ("/a/b_c", "counter"),
        ("/a/bC", "gauge"),
    ]);
    assert_eq!(samples, ["a_b_c_total 1"]);
    assert_eq!(left_out, 2);
    let (samples, left_out) = shown(&[
        ("/a_b/c", "gauge"),
        ("/a/b_c", "gauge"),
        ("/a/b/c", "gauge"),
    ]);
    assert_eq!(samples.len(), 1);
    assert_eq!(left_out, 2);
}

#[test]
fn the_names_of_samples_are_taken_too() {
    for (stats, kept) in [
        // A histogram's count beside something of that name, whichever comes first.
        ([("/size", "histogram"), ("/size_count", "gauge")], 3),
        ([("/size", "histogram"), ("/size_count", "counter")], 3),
        ([("/a_size_count", "gauge"), ("/a/size", "histogram")], 1),
        ([("/sizes", "gauge"), ("/sizes_total", "counter")], 1),
        ([("/jobs", "counter"), ("/jobs_created", "gauge")], 1),
        ([("/wait", "timer"), ("/wait_in_flight", "gauge")], 8),
        ([("/mode", "states"), ("/Mode", "counter")], 1),
    ] {
        let (samples, left_out) = shown(&stats);
        assert_eq!((samples.len(), left_out), (kept, 1), "{samples:?}");
    }
}

#[test]
fn units_that_differ_are_not_one_metric() {
    #[derive(Instrumented)]
    #[instrumented(label = "who")]
    struct Bytes {
        #[stat(unit = "By")]
        size: Counter,
    }
    #[derive(Instrumented)]
    #[instrumented(label = "who")]
    struct Plain {
        size_bytes: Counter,
    }
    let registry = Registry::new();
    let _one: Bytes = init_in(&registry, "/x/a", ());
    let _two: Plain = init_in(&registry, "/x/b", ());
    let text = Exposition::new().text(&registry.snapshot());
    assert_eq!(samples(&text), ["x_size_bytes_total{who=\"a\"} 0"]);
}

#[test]
fn different_labels_may_share_a_name() {
    #[derive(Instrumented)]
    #[instrumented(label = "who")]
    struct Part {
        size: Counter,
    }
    let registry = Registry::new();
    let _part: Part = init_in(&registry, "/x/a", ());
    registry.counter("/x/size").unwrap().inc();
    let text = Exposition::new().text(&registry.snapshot());
    assert_eq!(
        samples(&text),
        ["x_size_total 1", "x_size_total{who=\"a\"} 0"]
    );
}

#[test]
fn what_is_left_out_is_counted_in_a_stat_of_the_readers_own() {
    let registry = Registry::new();
    for name in ["a-b", "a_b", "aB"] {
        registry.counter(name).unwrap();
    }
    let scope = crate::test::isolated();
    for _ in 0..3 {
        Exposition::new().text(&registry.snapshot());
    }
    let own = scope.snapshot();
    let counted = |name: &str| own.counter(&format!("/calipers/report/prometheus/{name}"));
    assert_eq!(counted("collisions"), Some(6));
    assert_eq!(counted("scrapes"), Some(3));
    // And it is said which they are.
    assert_eq!(counted("leftOut/%2FaB"), Some(3));
    assert_eq!(counted("leftOut/%2Fa_b"), Some(3));
    assert_eq!(counted("leftOut/%2Fa-b"), None);
    assert_eq!(
        counted("bytes"),
        Some(
            3 * "# HELP a_b_total counter at /a-b\n# TYPE a_b_total counter\na_b_total 0\n".len()
                as u64
        )
    );
}

#[test]
fn what_is_left_out_is_named_with_what_has_its_name() {
    let registry = Registry::new();
    for name in ["a-b", "a_b", "/jobs", "/jobs_created"] {
        registry.counter(name).unwrap();
    }
    registry.timer("wait").unwrap();
    registry.gauge("wait_in_flight").unwrap();
    let snapshot = registry.snapshot();
    let exposition = Exposition::new();
    let layout = exposition.layout(&snapshot);
    let clashes: Vec<_> = layout
        .clashes()
        .iter()
        .map(|clash| [&*clash.stat, &*clash.name, &*clash.owner])
        .collect();
    assert_eq!(
        clashes,
        [
            ["/a_b", "a_b", "/a-b"],
            ["/jobs_created", "jobs_created", "/jobs"],
            ["/wait_in_flight", "wait_in_flight", "/wait"],
        ]
    );
}

#[test]
fn a_label_never_stands_twice() {
    #[derive(Instrumented)]
    #[instrumented(label = "state")]
    struct Outer {
        steps: crate::StateTime<Phase>,
        #[stat(label = "le")]
        sizes: Family<String, Timer>,
    }
    #[derive(Instrumented)]
    #[instrumented(label = "state")]
    struct Inner {
        #[stat(label = "state")]
        jobs: Family<String, Counter>,
    }
    let registry = Registry::new();
    let outer: Outer = init_in(&registry, "/x/o", ());
    let inner = Inner::init_child(&outer, "i");
    inner.jobs.get("k").inc();
    outer.sizes.get("s").record(Duration::from_secs(1));
    let text = Exposition::new().buckets([]).text(&registry.snapshot());
    for line in [
        "x_steps_seconds_total{state_2=\"o\",state=\"waiting_for_task\"} 0.0",
        "x_jobs_total{state=\"o\",state_2=\"i\",state_3=\"k\"} 1",
        "x_sizes_seconds_bucket{state=\"o\",le_2=\"s\",le=\"+Inf\"} 1",
        "x_sizes_outcomes_total{state=\"o\",le_2=\"s\",outcome=\"ok\"} 1",
    ] {
        assert!(text.contains(line), "{line} in\n{text}");
    }
}

#[test]
fn no_label_says_bucket_or_quantile_of_what_has_none() {
    #[derive(Instrumented)]
    struct Odd {
        #[stat(label = "le")]
        gauges: Family<String, crate::Gauge>,
        #[stat(label = "quantile")]
        jobs: Family<String, Counter>,
    }
    let registry = Registry::new();
    let odd: Odd = init_in(&registry, "/odd", ());
    odd.gauges.get("a").set(2.0);
    odd.jobs.get("b").inc();
    let text = Exposition::new().text(&registry.snapshot());
    assert!(text.contains("odd_gauges{le_2=\"a\"} 2"), "{text}");
    assert!(
        text.contains("odd_jobs_total{quantile_2=\"b\"} 1"),
        "{text}"
    );
}
