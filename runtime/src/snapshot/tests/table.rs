use super::*;

#[test]
fn columns_are_aligned_and_numbers_in_units_people_use() {
    let Value::Timer(mut busy) = timer(&[1, 2, 40]) else {
        unreachable!()
    };
    let inner = Arc::make_mut(&mut busy);
    inner.rates.m1 = 12_345.0;
    inner.outcomes.err = 2;
    inner.in_flight = 1;
    let sample = shaped([
        (
            "/handler/requests",
            Kind::Counter,
            "1",
            Value::Counter(12_345),
        ),
        ("/handler/latency", Kind::Timer, "s", Value::Timer(busy)),
        (
            "/handler/body",
            Kind::Histogram,
            "By",
            histogram(&[3.4 * 1024.0 * 1024.0]),
        ),
        (
            "/handler/byPath",
            Kind::Family(&Kind::Counter),
            "",
            family([("/index", Value::Counter(3))]),
        ),
        ("/handler/sent", Kind::Counter, "By", Value::Counter(2048)),
        ("/pool/state", Kind::CountBy, "", count_by([("idle", 1)])),
        ("/pool/w/state", Kind::StateSet, "", state("busy")),
        (
            "/pool/w/phase",
            Kind::StateTime,
            "",
            state_time("busy", [("idle", 1_500_000_000)]),
        ),
        ("/pool/w/load", Kind::Gauge, "", Value::Gauge(None)),
        ("/pool/w/events", Kind::Meter, "", meter(4, 0.5)),
        ("/pool/w/build", Kind::Info, "", info([("version", "1.2")])),
    ]);
    let expected = "\
/handler
  body            1      0/s  p50 3.4 MiB  p99 3.4 MiB  max 3.4 MiB
  byPath
    /index        3
  latency         3  12.3k/s  p50 1.99 ms  p99   40 ms  max   40 ms  2 err, 1 in flight
  requests   12,345
  sent        2 KiB
/pool
  state
    idle          1
/pool/w
  build
    version  1.2
  events          4    0.5/s
  load            -
  phase      busy
    idle      1.5 s
  state      busy
";
    assert_eq!(sample.to_string(), expected);
}

#[test]
fn a_collapsed_place_is_one_line_until_it_is_opened() {
    let mut assembly = Assembly::with_capacity(2, 2);
    assembly.push(
        place("/jobs", true, vec![stat("n", Kind::Counter, "")]),
        [Value::Counter(1)],
    );
    assembly.push(
        place("/jobs/7", false, vec![stat("n", Kind::Counter, "")]),
        [Value::Counter(1)],
    );
    let sample = assembly.finish(at(0));
    assert_eq!(sample.to_string(), "/jobs  (2 stats, collapsed)\n");
    assert_eq!(
        sample.root().table().expanded().to_string(),
        "/jobs\n  n  1\n/jobs/7\n  n  1\n"
    );
    assert_eq!(
        sample.at("/jobs").unwrap().to_string(),
        "/jobs\n  n  1\n/jobs/7\n  n  1\n"
    );
}

#[test]
fn a_large_family_says_how_much_of_it_is_not_shown() {
    let members = (0..1025)
        .map(|n| (format!("k{n:04}"), Value::Counter(n)))
        .collect();
    let sample = snapshot([("/f", Value::Family(Arc::new(members)))]);
    assert_eq!(sample.to_string().lines().count(), 2 + 20 + 1);
    assert!(sample.to_string().ends_with("    … 1,005 more\n"));
    assert_eq!(
        sample.root().table().expanded().to_string().lines().count(),
        2 + 1025
    );
}

#[test]
fn what_comes_from_outside_cannot_drive_a_terminal() {
    let sample = snapshot([
        ("/x", text("\u{1b}[2Jgone\n")),
        ("/f", family([("\u{1b}[31m", Value::Counter(1))])),
    ]);
    let printed = sample.to_string();
    assert!(!printed.contains('\u{1b}'), "{printed:?}");
    assert!(printed.contains(r"\u{1b}[2Jgone\n"), "{printed}");
}

#[test]
fn one_stat_prints_as_a_table_of_its_own() {
    let sample = snapshot([("/a/x", Value::Counter(1)), ("/a/y", Value::Counter(2))]);
    assert_eq!(sample.at("/a/y").unwrap().to_string(), "/a\n  y  2\n");
    assert_eq!(snapshot([]).to_string(), "");
}
