//! What the sources come to together.

use super::*;

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

/// Gauges that say how they are merged.
#[derive(Instrumented)]
struct Declared {
    #[stat(merge = "sum")]
    sum: Gauge<u64>,
    #[stat(merge = "max")]
    max: Gauge<i64>,
    #[stat(merge = "min")]
    min: Gauge,
    #[stat(merge = "last")]
    last: Gauge,
    #[stat(merge = "per-source")]
    each: Gauge,
    #[stat(merge = "sum")]
    by: Family<String, Gauge>,
}

impl Declared {
    fn set(run: &Run, value: u8) -> Declared {
        let declared = Declared::init_in(&run.registry, "/said");
        declared.sum.set(value.into());
        declared.max.set(value.into());
        let levels = [&declared.min, &declared.last, &declared.each];
        for level in levels.into_iter().chain([declared.by.get("key")]) {
            level.set(value.into());
        }
        declared
    }
}

fn rules(rules: &[(&str, Merging)]) -> CompiledGauges {
    let mut gauges = Gauges::default();
    for (glob, merging) in rules {
        gauges.add((*glob).to_owned(), *merging);
    }
    gauges.compiled().unwrap()
}

#[test]
fn gauges_are_merged_as_their_structs_declare() {
    let mut sources = United::new();
    let mut runs = [Run::new("a", 1), Run::new("b", 2)];
    let [first, _second] = [(0, 5), (1, 3)].map(|(run, value)| Declared::set(&runs[run], value));
    for run in &mut runs {
        sources.tell(run, Sort::Whole);
    }
    let is = |sources: &United, path: &str, value| {
        let path = format!("/said/{path}");
        assert_eq!(sources.snapshot().gauge(&path), Some(value), "{path}");
    };
    for (path, value) in [
        ("sum", 8.0),
        ("max", 5.0),
        ("min", 3.0),
        ("last", 3.0),
        ("each/a", 5.0),
        ("each/b", 3.0),
        ("by/key", 8.0),
    ] {
        is(&sources, path, value);
    }
    // A change tells only the value: what was declared holds on.
    first.sum.set(1);
    first.last.set(1.0);
    sources.tell(&mut runs[0], Sort::Change);
    is(&sources, "sum", 4.0);
    is(&sources, "last", 1.0);
}

/// Families of gauges in which the last one is meant, for all there is no room for sources in a family.
#[derive(Instrumented)]
struct Keyed {
    #[stat(merge = "last")]
    last: Family<String, Gauge>,
    #[stat(merge = "per-source")]
    each: Family<String, Gauge>,
    undeclared: Family<String, Gauge>,
    #[stat(merge = "sum")]
    sum: Family<String, Gauge>,
}

impl Keyed {
    fn of(run: &Run) -> Keyed {
        Keyed::init_in(&run.registry, "/keyed")
    }

    fn set(&self, key: &str, value: u8) {
        for family in [&self.last, &self.each, &self.undeclared] {
            family.get(key).set(value.into());
        }
    }
}

#[test]
fn a_member_is_that_of_the_source_that_changed_it_last_whatever_others_do_to_others() {
    let mut sources = United::new();
    let mut runs = ["a", "b", "c"].map(|name| Run::new(name, 1));
    let [a, b, _c] = [0, 1, 2].map(|run| Keyed::of(&runs[run]));
    let all = |sources: &United, expected: &[(&str, f64)]| {
        let united = sources.snapshot();
        for family in ["last", "each", "undeclared"] {
            let family = format!("/keyed/{family}");
            for (key, value) in expected {
                let path = format!("{family}/{key}");
                assert_eq!(united.gauge(&path), Some(*value), "{path}");
            }
            let members = united.value(&family).unwrap();
            assert_eq!(members.as_family().unwrap().len(), expected.len());
        }
    };
    a.set("x", 1);
    a.set("both", 5);
    sources.tell(&mut runs[0], Sort::Whole);
    b.set("y", 2);
    b.set("both", 6);
    sources.tell(&mut runs[1], Sort::Whole);
    all(&sources, &[("x", 1.0), ("y", 2.0), ("both", 6.0)]);
    // Who joins and set nothing hides nothing.
    sources.tell(&mut runs[2], Sort::Whole);
    all(&sources, &[("x", 1.0), ("y", 2.0), ("both", 6.0)]);
    // Another member, and everything once more, are no change of this one.
    a.set("x", 3);
    sources.tell(&mut runs[0], Sort::Change);
    sources.tell(&mut runs[0], Sort::Whole);
    all(&sources, &[("x", 3.0), ("y", 2.0), ("both", 6.0)]);
    a.set("both", 7);
    sources.tell(&mut runs[0], Sort::Change);
    all(&sources, &[("x", 3.0), ("y", 2.0), ("both", 7.0)]);
}

#[test]
fn a_source_that_is_gone_leaves_nothing_of_a_family_of_gauges() {
    let mut sources = United::new();
    let mut runs = [Run::new("a", 1), Run::new("b", 1)];
    let [_a, b] = [0, 1].map(|run| Keyed::of(&runs[run]));
    b.sum.get("x").set(7.0);
    for run in &mut runs {
        sources.tell(run, Sort::Whole);
    }
    for _ in 0..70 {
        sources.wait(1);
        sources.tell(&mut runs[1], Sort::Change);
    }
    let (united, conflicts) = sources.sources.united();
    assert_eq!((united.gauge("/keyed/sum/x"), conflicts), (Some(7.0), 0));
    // Nor does an earlier run of its own.
    let again = &mut Run::new("a", 2);
    let _again = Keyed::of(again);
    sources.tell(again, Sort::Whole);
    let (united, conflicts) = sources.sources.united();
    assert_eq!((united.gauge("/keyed/sum/x"), conflicts), (Some(7.0), 0));
}

#[test]
fn a_gauge_that_nobody_set_is_not_the_last_that_changed() {
    let mut sources = United::new();
    let mut runs = [Run::new("a", 1), Run::new("b", 1)];
    let gauges = [0, 1].map(|run| Declared::init_in(&runs[run].registry, "/said").last);
    gauges[0].set(8.0);
    for run in &mut runs {
        sources.tell(run, Sort::Whole);
    }
    assert_eq!(sources.snapshot().gauge("/said/last"), Some(8.0));
    gauges[1].set(3.0);
    sources.tell(&mut runs[1], Sort::Change);
    assert_eq!(sources.snapshot().gauge("/said/last"), Some(3.0));
    // Set to nothing, it did change.
    gauges[0].set(0.0);
    sources.tell(&mut runs[0], Sort::Change);
    assert_eq!(sources.snapshot().gauge("/said/last"), Some(0.0));
}

#[test]
fn an_aggregators_rule_wins_over_a_publishers_and_that_over_what_is_declared() {
    let mut sources = United::ruled(rules(&[("/said/sum", Merging::Min)]));
    let mut runs = [Run::new("a", 1), Run::new("b", 2)];
    let _kept = [(0, 5), (1, 3)].map(|(run, value)| Declared::set(&runs[run], value));
    for run in &mut runs {
        run.gauges = rules(&[("/said/*", Merging::Max)]);
        sources.tell(run, Sort::Whole);
    }
    let united = sources.snapshot();
    for (path, value) in [
        ("/said/sum", 3.0),
        ("/said/min", 5.0),
        ("/said/by/key", 5.0),
    ] {
        assert_eq!(united.gauge(path), Some(value), "{path}");
    }
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
fn a_gauge_that_is_no_number_hides_nobody_elses() {
    let mut gauges = Gauges::default();
    for (name, merging) in [
        ("/sum", Merging::Sum),
        ("/max", Merging::Max),
        ("/min", Merging::Min),
        ("/last", Merging::Last),
        ("/by", Merging::Sum),
    ] {
        gauges.add(name.to_owned(), merging);
    }
    let mut sources = United::new();
    for (name, value) in [("a", f64::NAN), ("b", 4.0), ("c", f64::NAN)] {
        let run = &mut Run::new(name, 1);
        run.gauges = gauges.compiled().unwrap();
        for name in ["sum", "max", "min", "last"] {
            run.registry.gauge(name).unwrap().set(value);
        }
        let by = run.registry.get::<Family<String, Gauge>>("by").unwrap();
        by.get("key").set(value);
        sources.tell(run, Sort::Whole);
    }
    let united = sources.snapshot();
    for path in ["/sum", "/max", "/min", "/last", "/by/key"] {
        assert_eq!(united.gauge(path), Some(4.0), "{path}");
    }
}
