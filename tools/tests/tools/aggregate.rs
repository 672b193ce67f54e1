//! `calipers aggregate`: thin over the library, which has tests of its own.

use std::io::Read;

use calipers::distributed::Publisher;
use calipers_tests::parts::{Folder, LONG, until};
use serde_json::json;

use crate::command::{counting, run, text};
use crate::web::Web;

#[test]
fn what_is_published_is_on_the_page_and_for_prometheus_as_one() {
    let folder = Folder::new("tools-aggregate");
    let socket = folder.path("sockets/aggregator");
    let endpoint = format!("ipc://{}", socket.display());
    let totals = folder.path("totals");
    let key = folder.write("key", "both know it\n");
    let start = |also: &[&str]| {
        let usual = ["aggregate", "--bind", &endpoint, "--http", "127.0.0.1:0"];
        let others = [
            "--gauge",
            "/load=max",
            "--keep",
            text(&totals),
            "--key-file",
            text(&key),
        ];
        Web::running(&[&usual[..], &others[..], also].concat())
    };
    let served = start(&[]);
    assert!(
        served
            .said
            .contains(&format!(" shows what is sent to {endpoint}")),
        "{}",
        served.said
    );
    let published = [3, 4].map(|count| {
        let publisher = Publisher::connect(&*endpoint)
            .identity(format!("program-{count}"))
            .key("both know it")
            .registry(&counting(count))
            .every(LONG)
            .start()
            .unwrap();
        publisher.flush(LONG).unwrap();
        publisher
    });
    assert_eq!(served.json("/jobs/?format=json"), json!({"done": 7}));
    assert_eq!(served.json("/load?format=json"), json!(0.5));
    let (_, metrics) = served.get("/metrics");
    assert!(metrics.contains("jobs_done_total 7\n"), "{metrics}");
    let own = served.json("/calipers/aggregator/?format=json");
    assert_eq!(own["sources"], json!(2), "{own}");
    drop(published); // each of them says a last time how things stand
    until("totals are kept", || {
        let kept = String::from_utf8_lossy(&std::fs::read(&totals).ok()?).into_owned();
        let has_both = kept.contains("program-3") && kept.contains("program-4");
        has_both.then_some(())
    });
    drop(served);
    let again = start(&["--side-by-side"]);
    assert_eq!(
        again.json("/?format=json"),
        json!({}),
        "nobody is heard of yet"
    );
    drop(again);
    let again = start(&[]);
    assert_eq!(again.json("/jobs/?format=json"), json!({"done": 7}));
}

#[test]
fn a_signal_that_ends_it_loses_nothing_that_was_taken() {
    let folder = Folder::new("tools-aggregate-ended");
    let totals = folder.path("totals");
    let endpoint = format!("ipc://{}", folder.path("sockets/aggregator").display());
    let arguments = [
        "aggregate",
        "--bind",
        &endpoint,
        "--http",
        "127.0.0.1:0",
        "--keep",
        text(&totals),
    ];
    for (signal, number, total) in [("TERM", 15, 3), ("INT", 2, 6), ("HUP", 1, 9)] {
        let served = Web::running(&arguments);
        let publisher = Publisher::connect(&*endpoint)
            .identity("a")
            .registry(&counting(3))
            .every(LONG)
            .start()
            .unwrap();
        publisher.flush(LONG).unwrap();
        assert_eq!(served.end_by(signal), Some(number), "{signal}");
        drop(publisher);
        let again = Web::running(&arguments);
        assert_eq!(
            again.json("/jobs/?format=json"),
            json!({"done": total}),
            "{signal}"
        );
    }
}

#[test]
fn totals_that_cannot_be_kept_are_told_when_it_happens_and_at_the_end() {
    let folder = Folder::new("tools-aggregate-unkept");
    let kept = folder.path("kept");
    std::fs::create_dir(&kept).unwrap();
    let endpoint = format!("ipc://{}", folder.path("sockets/aggregator").display());
    let totals = kept.join("totals");
    let usual = ["aggregate", "--bind", &endpoint, "--http", "127.0.0.1:0"];
    let mut served = Web::running(&[&usual[..], &["--keep", text(&totals)]].concat());
    std::fs::remove_dir_all(&kept).unwrap();
    let publisher = Publisher::connect(&*endpoint)
        .registry(&counting(3))
        .every(LONG)
        .start()
        .unwrap();
    publisher.flush(LONG).unwrap();
    until("it is noticed", || {
        let own = served.json("/calipers/aggregator/?format=json");
        (own["keepErrors"].as_u64() > Some(0)).then_some(())
    });
    let mut complaints = served.complaints();
    served.end_by("TERM");
    let mut said = String::new();
    complaints.read_to_string(&mut said).unwrap();
    let lines = said
        .lines()
        .filter(|line| line.contains("cannot keep totals in"));
    assert_eq!(lines.count(), 2, "{said}");
}

#[test]
fn what_makes_no_sense_is_told_in_one_line() {
    let folder = Folder::new("tools-aggregate-wrong");
    let gone = folder.path("gone");
    for (arguments, code, said) in [
        (&["--bind", "127.0.0.1:5710"][..], 2, "is no address"),
        (&["--bind", "tcp://0.0.0.0:0"], 2, "--beyond-loopback"),
        (
            &["--bind", "tcp://0.0.0.0:0", "--beyond-loopback"],
            2,
            "--key-file",
        ),
        (
            &["--bind", "tcp://127.0.0.1:0", "--key-file", text(&gone)],
            1,
            "cannot read",
        ),
        (
            &["--bind", "tcp://127.0.0.1:0", "--http", "nowhere"],
            1,
            "nowhere",
        ),
    ] {
        let all = [&["aggregate"][..], arguments].concat();
        let (ended, shown, complaint) = run(&all);
        assert_eq!((ended, &*shown), (code, ""), "{arguments:?}: {complaint}");
        assert_eq!(complaint.lines().count(), 1, "{complaint}");
        assert!(complaint.contains(said) || said == "nowhere", "{complaint}");
    }
    let (code, _, complaint) = run(&[
        "aggregate",
        "--bind",
        "tcp://127.0.0.1:0",
        "--gauge",
        "/x=average",
    ]);
    assert_eq!(code, 2);
    assert!(
        complaint.contains("sum, max, min, last, per-source"),
        "{complaint}"
    );
}
