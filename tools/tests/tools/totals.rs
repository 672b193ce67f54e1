//! Sums over restarts: what the dead counted is added up in a file, and merges as the dead themselves did.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use calipers::prelude::*;
use calipers::{Meter, Sum};
use calipers_tests::parts::Folder;

use crate::command::{printed, run, text};

const PAGES: &str = "CALIPERS_TEST_TOTALS";

#[derive(Instrumented)]
struct Work {
    done: Counter,
    /// Bytes sent.
    #[stat(unit = "By")]
    sizes: Histogram,
    latency: Timer,
    ticks: Meter,
    #[stat(label = "route")]
    by_route: Family<String, Counter>,
    timed: Family<String, Timer>,
    load: Gauge,
}

#[derive(Instrumented)]
struct Pool {
    #[allow(dead_code, reason = "it is fed")]
    done: Sum<Counter>,
}

/// A process with a page file, until it is killed.
pub(crate) struct Counting(Child);

impl Counting {
    pub(crate) fn start(pages: &Path) -> Counting {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args([
                "totals::sums_do_not_fall_when_files_of_the_dead_go",
                "--exact",
                "--nocapture",
            ])
            .env(PAGES, pages)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = lines.map(Result::unwrap).any(|line| line.contains("ready"));
        assert!(ready, "it counts");
        Counting(child)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.0.id()
    }

    pub(crate) fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Counting {
    fn drop(&mut self) {
        self.kill();
    }
}

fn count(pages: PathBuf) -> ! {
    calipers::mapped::enable(pages).unwrap();
    let pool = Pool::init("/pool");
    let work = Work::init("/job");
    let member = calipers::registry().counter("pool.t0.done").unwrap();
    member.add(5);
    for n in 0..1000_u32 {
        work.done.inc();
        work.sizes.record(f64::from(n) + 0.1);
        work.latency.record(Duration::from_micros(n.into()));
        work.ticks.inc();
    }
    drop(work.latency.start());
    for (key, n) in [("/r", 10), ("", 3), ("a.b", 1)] {
        work.by_route.get(key).add(n);
        work.timed.get(key).record(Duration::from_millis(n));
    }
    work.load.set(0.5);
    println!("ready");
    let _alive = (pool, work);
    loop {
        thread::park();
    }
}

#[test]
fn sums_do_not_fall_when_files_of_the_dead_go() {
    if let Some(pages) = std::env::var_os(PAGES) {
        count(pages.into());
    }
    let folder = Folder::new("totals");
    let pages = folder.path("pages");
    let totals = folder.path("totals.json");
    let (pages, totals) = (text(&pages), text(&totals));
    let [mut first, mut second, mut third] = [(); 3].map(|()| Counting::start(Path::new(pages)));
    let forms = ["--json", "--prometheus", "--labels", "--merged"];
    let shown = |sources: &[&str]| {
        forms.map(|form| {
            let asked = [&["slurp", "--merged"], &[form][..], sources].concat();
            let asked = if form == "--merged" {
                [&["slurp", form], sources].concat()
            } else {
                asked
            };
            let lines = printed(&asked);
            // How many there are, and which stands first, is another matter.
            let lines = lines.lines().filter(|line| !line.starts_with("==>"));
            lines.map(|line| format!("{line}\n")).collect::<String>()
        })
    };
    let polled = |sources: &[&str]| {
        let fields = "job.done,job.sizes.count,job.latency.ok,job.by_route.,job.timed./r.count";
        printed(&[&["poll", "-c", "1", fields], sources].concat())
    };
    let before = shown(&[pages]);
    let before_polled = polled(&[pages]);
    assert!(before[0].contains("3000"), "{}", before[0]);
    for dead in [&mut first, &mut second] {
        dead.kill();
        printed(&["clean", pages, "--totals", totals]);
        for sources in [[pages, totals], [totals, pages]] {
            for (form, (before, after)) in forms.iter().zip(before.iter().zip(shown(&sources))) {
                assert_eq!(after, *before, "{form} {sources:?}");
            }
            assert_eq!(polled(&sources), before_polled);
        }
    }
    // Between the end of the last and the begin of the next they are called what they were.
    third.kill();
    printed(&["clean", pages, "--totals", totals]);
    let is_level = |line: &&str| line.contains(" job_load") || line.starts_with("job_load");
    let names = before[1].lines().filter(|line| !is_level(line));
    let names = names.map(|line| format!("{line}\n")).collect::<String>();
    let [_, alone, ..] = shown(&[totals]);
    assert_eq!(alone, names);
    assert!(alone.contains("job_sizes_bytes_count 3000\n"), "{alone}");
    assert!(alone.contains("{route=\"/r\"} 30\n"), "{alone}");
}

#[test]
fn a_file_that_does_not_fit_the_totals_stays() {
    let folder = Folder::new("totals-kinds");
    let pages = folder.path("pages");
    let totals = folder.path("totals.json");
    let mut process = Counting::start(&pages);
    process.kill();
    printed(&["clean", text(&pages), "--totals", text(&totals)]);
    let whole = std::fs::read_to_string(&totals).unwrap();
    // What was called `done` is called `sizes` by those that come now.
    let named = |name| format!(r#""place":"/job","name":"{name}""#);
    assert!(whole.contains(&named("sizes")) && whole.contains(&named("done")));
    let other = whole.replace(&named("sizes"), &named("other"));
    let other = other.replace(&named("done"), &named("sizes"));
    std::fs::write(&totals, &other).unwrap();
    let mut process = Counting::start(&pages);
    process.kill();
    let (code, shown, complaint) = run(&["clean", text(&pages), "--totals", text(&totals)]);
    assert_eq!(code, 1, "{shown}");
    assert!(
        complaint.contains("stays: `/job/sizes` is a histogram there and a counter in"),
        "{complaint}"
    );
    assert_eq!(std::fs::read_to_string(&totals).unwrap(), other);
    assert_eq!(calipers::mapped::files(&pages).unwrap().len(), 1);
}
