//! What reaches the program's log: lines that nobody outside can forge.
//!
//! A program of its own, as a process has one logger.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, which is what it is for"
)]

use std::io::{self, Write};
use std::time::Duration;

use calipers::Registry;
use calipers::report::prometheus::Exposition;
use calipers::report::{PushError, Pushed, Reader, Schedule, Stream};
use calipers_tests::logged;
use calipers_tests::parts::LONG;

const NEVER: Duration = Duration::from_secs(24 * 3600);

struct Broken;

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::Error::other("disk\nfull\r\n2026-01-01 ERROR forged"))
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Drops much, and says why.
struct Dropping;

impl Reader for Dropping {
    fn push(&mut self, _: &calipers::Snapshot) -> Result<Pushed, PushError> {
        let mut pushed = Pushed::nothing();
        (pushed.offered, pushed.dropped) = (7, 7);
        pushed.faults.push(("noRoom", 7));
        Ok(pushed)
    }
}

#[test]
fn no_name_and_no_error_makes_two_lines_of_one() {
    logged::keep();
    let registry = Registry::new();
    let name = "hos/ti le\n2026-01-01 ERROR forged";
    let stream = Stream::builder(Broken)
        .name(name)
        .every(NEVER)
        .registry(&registry)
        .start()
        .unwrap();
    assert!(stream.flush(LONG).is_err());
    // A name from outside that is mended, and then asked for as another kind.
    calipers::incr("b\n2026-01-01 ERROR forged", 1);
    calipers::set("b\n2026-01-01 ERROR forged", 1);
    let lines = logged::lines_with("");
    assert!(
        lines
            .iter()
            .any(|line| line.contains("disk\\nfull\\r\\n2026")),
        "{lines:#?}"
    );
    for line in &lines {
        assert!(!line.contains(char::is_control), "{line:?}");
    }
}

#[test]
fn what_a_reader_drops_is_logged_once_a_cause() {
    logged::keep();
    let registry = Registry::new();
    let schedule = Schedule::new("dropping").every(NEVER).registry(&registry);
    let dropping = schedule.start(Dropping).unwrap();
    assert!(dropping.flush(LONG).is_err());
    assert!(dropping.flush(LONG).is_err());
    let lines = logged::lines_with("noRoom");
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].contains(
        "dropping: 7 times noRoom in one push (counted in /calipers/report/dropping/errors/noRoom;"
    ));
}

#[test]
fn stats_without_a_place_in_prometheus_are_told_once_each_and_some_at_a_time() {
    logged::keep();
    let registry = Registry::new();
    for n in 0..15 {
        registry.counter(&format!("crowd-{n}")).unwrap();
        registry.counter(&format!("crowd_{n}")).unwrap();
    }
    let exposition = Exposition::new();
    let told = |scrapes: usize| {
        (0..scrapes).for_each(|_| drop(exposition.text(&registry.snapshot())));
        logged::lines_with("`/crowd_").len()
    };
    assert_eq!(told(1), 10);
    assert_eq!(told(1), 15);
    assert_eq!(told(3), 15);
    let line = logged::lines_with("`/crowd_3`").concat();
    let wanted = "`/crowd_3` is left out of the Prometheus exposition: its name there, `crowd_3`, is that of `/crowd-3`";
    assert!(line.contains(wanted), "{line}");
}
