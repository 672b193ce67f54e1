//! Page files as sources: a test of its own, for a process enables them once, before its first stat.

use std::process::Command;
use std::time::Duration;

use calipers::prelude::*;
use calipers_tests::parts::Folder;
use serde_json::{Value as Json, json};

#[derive(Instrumented)]
struct Routes {
    by_route: Family<String, Timer>,
    hits: Family<String, Counter>,
}

fn printed(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_calipers"))
        .args(arguments)
        .output()
        .expect("it starts");
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.success() && complaint.is_empty(),
        "{arguments:?}: {complaint}"
    );
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn a_page_file_is_a_source_like_any_other_and_is_kept_while_its_process_lives() {
    let folder = Folder::new("tools-pages");
    let stats = folder.path("stats");
    calipers::mapped::enable(&stats).expect("page files");
    calipers::registry().counter("jobs.done").unwrap().add(3);
    for millis in 1..=100 {
        calipers::registry()
            .timer("query")
            .unwrap()
            .record(Duration::from_millis(millis));
    }
    let stats = stats.to_str().unwrap();

    let shown = printed(&["slurp", "--json", "--merged", stats]);
    let shown: Json = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["jobs"], json!({"done": 3}));
    assert_eq!(shown["query"]["count"], json!(100));
    let file = calipers::mapped::files(stats).unwrap().remove(0).path;
    let file = file.to_str().unwrap();
    assert!(
        printed(&["slurp", file]).contains("p99"),
        "a distribution is one, with all its buckets"
    );

    calipers::incr("jobs.done", 4);
    let polled = printed(&["poll", "jobs.done,query.p99", "-c", "1", stats]);
    assert_eq!(
        polled.lines().nth(1).unwrap().split_whitespace().next(),
        Some("7"),
        "{polled}"
    );

    sums_do_not_fall_when_a_process_goes(file, stats, &folder);

    let cleaned = printed(&["clean", stats]);
    let kept = format!(
        "kept     {file}: process {} holds it locked\n",
        std::process::id()
    );
    assert!(cleaned.contains(&kept), "{cleaned}");
    assert!(cleaned.ends_with("0 removed, 1 kept\n"), "{cleaned}");
}

/// What nobody holds is what a process has left that is gone: a copy, for instance.
fn sums_do_not_fall_when_a_process_goes(file: &str, stats: &str, folder: &Folder) {
    let routes = Routes::init("/routes");
    for (route, times) in [("/", 3), ("/a.b/c", 2), ("", 1)] {
        (0..times).for_each(|n| routes.by_route.get(route).record(Duration::from_millis(n)));
        routes.hits.get(route).add(times);
    }
    calipers::registry()
        .histogram("sizes")
        .unwrap()
        .record(1000);
    let totals = folder.path("totals.json");
    let totals = totals.to_str().unwrap();
    std::fs::copy(file, format!("{stats}/dead.calipers")).unwrap();
    let counted = |sources: &[&str]| {
        let mut told = Vec::new();
        for form in ["--json", "--prometheus", "--labels"] {
            let shown = printed(&[&["slurp", "--merged", form][..], sources].concat());
            // What was written of the copy before and after differs in nothing but what is not counted.
            let lines = shown
                .lines()
                .filter(|line| !line.starts_with("==>") && !line.contains("_created"));
            told.extend(lines.map(str::to_owned));
        }
        told
    };
    let side_by_side = printed(&["slurp", stats]);
    let killed = side_by_side.matches(" (was killed)\n").count();
    assert_eq!(killed, 1, "of two, one lives: {side_by_side}");
    let before = counted(&[stats]);
    let cleaned = printed(&["clean", stats, "--totals", totals]);
    assert!(cleaned.contains("1 removed, 1 kept"), "{cleaned}");
    for (before, after) in before.iter().zip(counted(&[totals, stats])) {
        assert_eq!(*before, after);
    }
    let alone: Json =
        serde_json::from_str(&printed(&["slurp", "--json", "--merged", totals])).unwrap();
    assert_eq!(alone["query"]["count"], json!(100));
    assert_eq!(alone["routes"]["hits"], json!({"": 1, "/": 3, "/a.b/c": 2}));
}
