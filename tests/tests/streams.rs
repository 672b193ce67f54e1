//! Lines of JSON, and the file that tells what a program was doing when it died.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, which is what it is for"
)]

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use calipers::Registry;
use calipers::report::{DeliveryError, Dump, StartError, Stream};
use serde_json::Value;

use calipers_tests::parts::{Folder, LONG, until};

const NEVER: Duration = Duration::from_secs(24 * 3600);

/// Text that a test reads while a reader writes.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shared {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn own(registry: &Registry, stat: &str) -> u64 {
    registry
        .snapshot()
        .counter(&format!("/calipers/report/{stat}"))
        .unwrap_or(0)
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn each_line_is_a_snapshot_and_comes_at_the_interval() {
    let registry = Registry::new();
    let count = registry.counter("web.requests").unwrap();
    registry.text("web.note").unwrap().set("two\nlines");
    registry.counter("db.queries").unwrap();
    let text = Shared::default();
    let stream = Stream::builder(text.clone())
        .only("/web/**")
        .every(Duration::from_millis(5))
        .registry(&registry)
        .start()
        .unwrap();
    until("three lines", || {
        count.inc();
        (text.text().lines().count() >= 3).then_some(())
    });
    stream.stop(LONG).unwrap();
    let mut last = (0.0, 0);
    for line in text.text().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let now = (
            line["taken"].as_f64().unwrap(),
            line["stats"]["web"]["requests"].as_u64().unwrap(),
        );
        assert!(now.0 >= last.0 && now.1 >= last.1);
        assert_eq!(line["stats"]["web"]["note"], "two\nlines");
        assert!(line["stats"].get("db").is_none());
        last = now;
    }
    assert_eq!(
        last.1,
        registry.snapshot().counter("/web/requests").unwrap()
    );
}

#[test]
fn a_table_is_for_people() {
    let registry = Registry::new();
    registry.counter("web.requests").unwrap().add(12_345);
    let text = Shared::default();
    let stream = Stream::builder(text.clone())
        .table()
        .only("/web/*")
        .every(NEVER);
    stream
        .registry(&registry)
        .start()
        .unwrap()
        .stop(LONG)
        .unwrap();
    assert_eq!(text.text(), "/web\n  requests  12,345\n\n");
}

#[test]
fn what_is_no_glob_is_refused_at_once() {
    let started = Stream::builder(io::sink()).only("[a").start();
    assert!(matches!(started, Err(StartError::Rule(_))));
}

#[test]
fn what_cannot_be_written_is_counted_and_spoils_no_later_line() {
    /// Takes so many bytes, and then fails until told otherwise.
    struct Tight(Shared, usize, Arc<AtomicBool>);
    impl Write for Tight {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let room = if self.2.load(Relaxed) {
                usize::MAX
            } else {
                self.1
            };
            if room == 0 {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            let taken = bytes.len().min(room);
            self.1 -= taken.min(self.1);
            self.0.write(&bytes[..taken])
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let registry = Registry::new();
    let (text, mended) = (Shared::default(), Arc::new(AtomicBool::new(false)));
    let stream = Stream::builder(Tight(text.clone(), 30, mended.clone())).every(NEVER);
    let stream = stream.registry(&registry).start().unwrap();
    assert!(stream.flush(LONG).is_err());
    assert!(stream.flush(LONG).is_err());
    assert_eq!(own(&registry, "stream/errors/connectionLost"), 2);
    mended.store(true, Relaxed);
    stream.flush(LONG).unwrap();
    let text = text.text();
    // The half line, and the whole one: what was never begun leaves no empty line.
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines.len(), lines[0].len()), (2, 30), "{text}");
    assert!(serde_json::from_str::<Value>(lines[1]).is_ok(), "{text}");
}

#[test]
fn a_full_disk_is_counted_as_one() {
    let registry = Registry::new();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let stream = Stream::builder(full)
        .every(NEVER)
        .registry(&registry)
        .start()
        .unwrap();
    assert!(matches!(
        stream.flush(LONG),
        Err(DeliveryError::Failed { .. })
    ));
    assert_eq!(own(&registry, "stream/errors/noSpace"), 1);
}

#[test]
fn the_file_is_whole_whenever_it_is_read() {
    let folder = Folder::new("whole");
    let path = folder.path("stats.json");
    let registry = Registry::new();
    let counters: Vec<_> = (0..500)
        .map(|n| registry.counter(&format!("some/{n}")).unwrap())
        .collect();
    let builder = Dump::builder(&path).on_panic(false).registry(&registry);
    let dump = builder.every(Duration::from_millis(2)).start().unwrap();
    until("the file", || path.exists().then_some(()));
    let began = Instant::now();
    let mut reads = 0;
    while own(&registry, "dump/pushes") < 50 {
        let read = json(&path);
        assert_eq!(read["stats"]["some"].as_object().unwrap().len(), 500);
        counters.iter().for_each(|counter| counter.inc());
        reads += 1;
        assert!(began.elapsed() < LONG);
    }
    assert!(reads > 1);
    dump.stop(LONG).unwrap();
    let written = json(&path);
    assert_eq!(written["stats"]["some"]["7"], reads);
    assert_eq!(written["pid"], std::process::id());
    assert_eq!(written["panics"], 0);
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    assert_eq!(
        fs::read_dir(folder.path("")).unwrap().count(),
        1,
        "nothing is left beside it"
    );
}

#[test]
fn a_planted_link_is_refused_at_the_start_and_fails_a_push_and_is_never_followed() {
    let folder = Folder::new("planted");
    let path = folder.path("stats.json");
    let precious = folder.write("precious", "mine");
    let registry = Registry::new();
    let dump = || {
        let dump = Dump::builder(&path).on_panic(false).every(NEVER);
        dump.registry(&registry).start()
    };
    let running = dump().unwrap();
    running.flush(LONG).unwrap();
    fs::remove_file(&path).unwrap();
    symlink(&precious, &path).unwrap();
    assert!(running.flush(LONG).is_err());
    assert_eq!(own(&registry, "dump/errors/invalid"), 1);
    assert!(matches!(dump(), Err(StartError::File { .. })));
    assert_eq!(fs::read_to_string(&precious).unwrap(), "mine");
    assert!(fs::symlink_metadata(&path).unwrap().is_symlink());
}

#[test]
fn a_file_that_cannot_be_is_refused_and_one_that_cannot_be_written_is_counted() {
    let folder = Folder::new("refused");
    let nul = OsStr::from_bytes(b"/tmp/a\0b");
    let long = "x".repeat(300);
    for path in [
        folder.path("no/such/folder"),
        folder.path(""),
        "/".into(),
        "/proc/x".into(),
        nul.into(),
        folder.path(&long),
    ] {
        let started = Dump::builder(&path).on_panic(false).start();
        assert!(matches!(started, Err(StartError::File { .. })), "{path:?}");
    }
    assert_eq!(fs::read_dir(folder.path("")).unwrap().count(), 0);
    let registry = Registry::new();
    fs::create_dir(folder.path("gone")).unwrap();
    let dump = Dump::builder(folder.path("gone/x"))
        .on_panic(false)
        .every(NEVER);
    let dump = dump.registry(&registry).start().unwrap();
    fs::remove_dir(folder.path("gone")).unwrap();
    assert!(dump.flush(LONG).is_err());
    assert_eq!(own(&registry, "dump/errors/notFound"), 1);
}

/// The test below runs this program again, with this variable naming the file.
const DYING: &str = "CALIPERS_TEST_DYING";

#[test]
fn a_program_that_panics_leaves_what_it_was_doing() {
    if let Some(path) = std::env::var_os(DYING) {
        calipers::incr("jobs.begun", 3);
        let _dump = Dump::builder(path).every(NEVER).start().unwrap();
        // A panic that somebody catches is written too, and the program goes on.
        let caught = thread::Builder::new().name("worker".to_owned());
        let caught = caught.spawn(|| panic!("a small one")).unwrap().join();
        assert!(caught.is_err());
        calipers::incr("jobs.begun", 4);
        std::panic::set_hook({
            let before = std::panic::take_hook();
            Box::new(move |panic| {
                before(panic);
                // As with `panic = "abort"`: nothing is dropped, nothing flushed.
                std::process::abort();
            })
        });
        panic!("the end");
    }
    let folder = Folder::new("dying");
    let path = folder.path("stats.json");
    let run = Command::new(std::env::current_exe().unwrap())
        .args([
            "a_program_that_panics_leaves_what_it_was_doing",
            "--exact",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(DYING, &path)
        .output()
        .unwrap();
    assert!(!run.status.success());
    let left = json(&path);
    assert_eq!(left["stats"]["jobs"]["begun"], 7);
    assert_eq!(left["panics"], 2);
    assert_eq!(left["lastPanic"]["message"], "the end");
    assert!(
        left["lastPanic"]["at"]
            .as_str()
            .unwrap()
            .contains("streams.rs:")
    );
    assert!(
        String::from_utf8_lossy(&run.stderr).contains("the end"),
        "the usual report is still printed"
    );
}

#[test]
fn a_panic_is_not_held_up_by_a_file_that_cannot_be_written() {
    let folder = Folder::new("hung");
    fs::create_dir(folder.path("gone")).unwrap();
    let registry = Registry::new();
    let dump = Dump::builder(folder.path("gone/x"))
        .every(NEVER)
        .grace(Duration::from_millis(100));
    let dump = dump.registry(&registry).start().unwrap();
    fs::remove_dir(folder.path("gone")).unwrap();
    let began = Instant::now();
    assert!(thread::spawn(|| panic!("on purpose")).join().is_err());
    assert!(began.elapsed() < LONG / 2);
    drop(dump);
    assert!(thread::spawn(|| panic!("after it ended")).join().is_err());
}

#[test]
fn as_a_task_it_can_be_moved_between_threads() {
    fn is_send<T: Send>(future: T) -> T {
        future
    }
    let until = std::future::pending::<()>;
    drop(is_send(Stream::builder(io::sink()).run(until())));
    drop(is_send(Dump::builder("x").run(until())));
    let graphite = calipers::report::Graphite::builder("localhost").allow(|_: &str| true);
    drop(is_send(graphite.run(until())));
    drop(is_send(
        calipers::report::StatsD::builder("localhost").run(until()),
    ));
}
