//! Files that Python wrote, read here.

use std::collections::BTreeMap;

use calipers::mapped::mmstats::{FieldValue, Liveness, liveness, read};
use calipers_tests::parts::Folder;

use crate::python::{Writer, programs};

#[test]
fn every_type_of_field_in_both_layouts_is_read() {
    let Some(programs) = programs("every_type_of_field_in_both_layouts_is_read") else {
        return;
    };
    let folder = Folder::new("mmstats-types");
    let writer = Writer::start(&programs, &folder.path(""));
    let read = read(&writer.path).unwrap();
    assert!(read.damage.is_none(), "{:?}", read.damage);
    let fields: BTreeMap<_, _> = read
        .fields
        .iter()
        .map(|field| (&*field.label, (field.value.clone(), field.buffered)))
        .collect();
    let text = |text: &str| FieldValue::Text(text.to_owned());
    let (one, two) = (false, true);
    let expected = [
        ("jobs.counter", FieldValue::Unsigned(42), two),
        ("average", FieldValue::Float(1.5), two),
        ("moving", FieldValue::Float(3.0), two),
        ("timer", FieldValue::Float(0.0), two),
        ("u64", FieldValue::Unsigned(u64::MAX - 1), two),
        ("u32", FieldValue::Unsigned(u64::from(u32::MAX) - 1), two),
        ("i32", FieldValue::Signed(i32::MIN.into()), two),
        ("i16", FieldValue::Signed(i16::MIN.into()), two),
        ("u16", FieldValue::Unsigned(u16::MAX.into()), two),
        ("i8", FieldValue::Signed(-128), one),
        ("f32", FieldValue::Float(1.5), two),
        ("static_f32", FieldValue::Float(0.5), one),
        ("f64", FieldValue::Float(0.1), two),
        ("static_f64", FieldValue::Float(-0.25), one),
        ("yes", FieldValue::Bool(true), one),
        ("no", FieldValue::Bool(false), one),
        ("text", text("ü"), one),
        ("short", text("longe"), one),
        ("static_u32", FieldValue::Unsigned(u32::MAX.into()), one),
        ("static_i64", FieldValue::Signed(i64::MIN), one),
        ("static_u64", FieldValue::Unsigned(u64::MAX), one),
        ("static_text", text("fixed"), one),
        ("sys.pid", FieldValue::Unsigned(writer.pid().into()), one),
    ];
    for (label, value, buffered) in &expected {
        assert_eq!(
            fields.get(&*format!("py.{label}")),
            Some(&(value.clone(), *buffered)),
            "{label}"
        );
    }
    // The rest is mmstats' own: tid, uid, gid, created and the version of Python.
    assert_eq!(fields.len(), expected.len() + 5, "{fields:?}");

    let snapshot = read.snapshot();
    assert_eq!(snapshot.counter("/py/jobs/counter"), Some(42));
    assert_eq!(
        snapshot.counter("/py/static_u64"),
        None,
        "what never changes counts nothing"
    );
    assert_eq!(snapshot.gauge("/py/i8"), Some(-128.0));
    assert_eq!(snapshot.text("/py/text"), Some("ü"));
}

#[test]
fn a_counter_that_python_writes_as_fast_as_it_can_is_never_seen_to_fall() {
    let Some(programs) =
        programs("a_counter_that_python_writes_as_fast_as_it_can_is_never_seen_to_fall")
    else {
        return;
    };
    let folder = Folder::new("mmstats-fast");
    let mut writer = Writer::start(&programs, &folder.path(""));
    let mut end = 42;
    let mut before = end;
    let mut moved = 0;
    // However seldom this thread gets its turn: until it has seen the counter move often enough to have caught it mid-way.
    while moved < 200 || before < end {
        if before == end {
            if end > 42 {
                writer.wait();
            }
            writer.count(100_000);
            end += 100_000;
        }
        let read = read(&writer.path).unwrap();
        let counter = read
            .fields
            .iter()
            .find(|field| field.label == "py.jobs.counter");
        let FieldValue::Unsigned(now) = counter.unwrap().value else {
            panic!("{counter:?}");
        };
        assert!((before..=end).contains(&now), "{now} after {before}");
        moved += u32::from(now != before);
        before = now;
    }
    writer.wait();
}

#[test]
fn a_file_of_pythons_lives_as_long_as_its_process() {
    let Some(programs) = programs("a_file_of_pythons_lives_as_long_as_its_process") else {
        return;
    };
    let folder = Folder::new("mmstats-lives");
    let writer = Writer::start(&programs, &folder.path(""));
    let path = writer.path.clone();
    assert!(
        matches!(liveness(&path), Liveness::Alive(_)),
        "{:?}",
        liveness(&path)
    );
    let pid = writer.pid();
    drop(writer);
    assert_eq!(
        liveness(&path),
        Liveness::Dead(format!("process {pid} is gone"))
    );
}
