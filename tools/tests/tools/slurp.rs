//! `calipers slurp`.

use std::fs;
use std::io::Read;
use std::process::Stdio;
use std::time::{Duration, Instant};

use calipers::Registry;
use calipers::report::http::Server;
use calipers_tests::parts::Folder;
use serde_json::{Value as Json, json};

use crate::command::{calipers, counting, numbered, printed, publish, run, text};
use crate::totals::Counting;

#[test]
fn a_file_is_shown_as_a_table() {
    let folder = Folder::new("slurp-table");
    let file = publish(&folder, "web", &counting(12_345));
    let shown = printed(&["slurp", text(file.path()), "--only", "/jobs/**"]);
    assert_eq!(
        shown, "==> web\n/jobs\n  done  12,345\n",
        "and in no colours, for this is no terminal"
    );
}

#[test]
fn a_folder_is_all_processes_side_by_side_or_added_together() {
    let folder = Folder::new("slurp-folder");
    let _a = publish(&folder, "a", &counting(3));
    let _b = publish(&folder, "b", &counting(4));
    fs::write(folder.path("c.mmstats"), "something else").unwrap();
    let folder_path = folder.path("");
    let side: Json =
        serde_json::from_str(&printed(&["slurp", "--json", text(&folder_path)])).unwrap();
    assert_eq!(side["a"]["jobs"], json!({"done": 3}));
    assert_eq!(side["b"]["jobs"], json!({"done": 4}));
    let merged = printed(&["slurp", "--json", "--merged", text(&folder_path)]);
    let merged: Json = serde_json::from_str(&merged).unwrap();
    assert_eq!(merged["jobs"], json!({"done": 7}));
    assert_eq!(merged["load"], json!(0.5), "gauges do not add up");
    let prometheus = printed(&["slurp", "--prometheus", text(&folder_path)]);
    assert!(
        prometheus.contains("jobs_done_total{process=\"b\"} 4\n"),
        "{prometheus}"
    );
    let labels = printed(&["slurp", "--labels", text(&folder_path)]);
    assert!(labels.contains("  jobs.done            3\n"), "{labels}");
}

#[test]
fn the_address_of_a_page_is_a_source_as_a_file_is() {
    let registry = counting(9);
    registry
        .timer("query")
        .unwrap()
        .record(Duration::from_millis(8));
    let server = Server::builder("127.0.0.1:0")
        .registry(&registry)
        .start()
        .unwrap();
    let addr = server.local_addr().to_string();
    for source in [addr.clone(), server.url()] {
        let shown: Json =
            serde_json::from_str(&printed(&["slurp", "--json", "--merged", &source])).unwrap();
        assert_eq!(shown["jobs"]["done"], json!(9));
        assert_eq!(shown["query"]["max"], json!(0.008));
    }
    server.stop();
    let (code, _, complaint) = run(&["slurp", &addr]);
    assert_eq!(code, 1);
    assert!(
        complaint.starts_with(&format!("calipers: cannot read http://{addr}: ")),
        "{complaint}"
    );
    assert_eq!(complaint.lines().count(), 1, "{complaint}");
}

#[test]
fn what_cannot_be_read_is_said_in_one_line_and_the_rest_is_shown() {
    let folder = Folder::new("slurp-cut");
    let file = publish(&folder, "whole", &counting(3));
    let bytes = fs::read(file.path()).unwrap();
    fs::write(folder.path("cut.mmstats"), &bytes[..40]).unwrap();
    let folder_path = folder.path("");
    let (code, shown, complaint) = run(&["slurp", text(&folder_path), "--only", "/jobs/*"]);
    assert_eq!(code, 1, "{complaint}");
    assert!(shown.contains("==> whole\n/jobs\n  done  3\n"), "{shown}");
    assert!(
        complaint.contains("cut.mmstats` ends within the field"),
        "{complaint}"
    );
    assert_eq!(complaint.lines().count(), 1, "{complaint}");

    for (arguments, expected, part) in [
        (
            &["slurp", "/nowhere/at-all"][..],
            1,
            "is no file, no folder and no address",
        ),
        (
            &["slurp", text(file.path()), "--only", "[a"],
            2,
            "is not a glob",
        ),
        (&["slurp", text(file.path()), "--query", "a >"], 2, ""),
        (&["slurp", "--json", "--labels"], 2, ""),
        (&["nothing"], 2, "nothing"),
    ] {
        let (code, shown, complaint) = run(arguments);
        assert_eq!(
            (code, &*shown),
            (expected, ""),
            "{arguments:?}: {complaint}"
        );
        assert!(complaint.contains(part), "{complaint}");
    }
}

#[test]
fn it_ends_quietly_when_its_reader_has_read_enough() {
    let folder = Folder::new("slurp-pipe");
    let registry = Registry::new();
    for number in 0..20_000 {
        registry.counter(&format!("n.{number}")).unwrap();
    }
    let file = publish(&folder, "much", &registry);
    let mut command = calipers(&["slurp", text(file.path())]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = child.stdout.take().unwrap();
    out.read_exact(&mut [0; 8]).unwrap();
    drop(out);
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&ended.stderr), "");
}

#[test]
fn a_process_with_100_000_stats_is_shown_and_the_time_it_takes_is_said() {
    let folder = Folder::new("slurp-many");
    let file = publish(&folder, "many", &numbered(100_000));
    let began = Instant::now();
    let shown = printed(&["slurp", text(file.path())]);
    // How fast depends on the machine and on what else it does; what is promised is measured in a release build.
    println!("100,000 stats in {:?}", began.elapsed());
    assert_eq!(
        shown.lines().filter(|line| line.starts_with("  ")).count(),
        100_006
    );
    assert!(shown.contains("  99,999\n"));
}

#[test]
fn what_is_not_there_takes_nothing_of_what_is_away() {
    let folder = Folder::new("slurp-missing");
    let file = publish(&folder, "web", &counting(3));
    let empty = folder.path("empty");
    fs::create_dir(&empty).unwrap();
    for command in [
        &["slurp", "--labels"][..],
        &["poll", "-c", "1", "jobs.done"],
    ] {
        for (missing, why) in [
            (text(&empty), "no stats in"),
            ("nothing.here", "is no file"),
        ] {
            for asked in [[text(file.path()), missing], [missing, text(file.path())]] {
                let (code, shown, complaint) = run(&[command, &asked].concat());
                assert_eq!(code, 1, "{complaint}");
                assert!(
                    shown.contains("jobs.done") && shown.contains('3'),
                    "{shown}"
                );
                assert!(complaint.contains(why), "{complaint}");
                assert_eq!(complaint.lines().count(), 1, "{complaint}");
            }
        }
    }
}

#[test]
fn a_file_that_is_not_read_to_its_end_ends_the_command_with_1() {
    let folder = Folder::new("slurp-half");
    let file = publish(&folder, "whole", &counting(3));
    let bytes = fs::read(file.path()).unwrap();
    let half = folder.path("half.mmstats");
    fs::write(&half, &bytes[..200]).unwrap();
    let (code, shown, complaint) = run(&["slurp", "--labels", text(&half)]);
    assert_eq!(code, 1);
    assert!(
        shown.contains("sys.pid") && complaint.contains("ends within"),
        "{complaint}"
    );
}

#[test]
fn names_of_files_do_not_act_on_the_terminal() {
    let folder = Folder::new("slurp-names");
    let file = publish(&folder, "plain", &counting(3));
    let evil = folder.path("ev\x1b[31mil\nname\x1b]0;x\x07.mmstats");
    fs::copy(file.path(), &evil).unwrap();
    let folder_path = folder.path("");
    for asked in [&["slurp"][..], &["slurp", "--labels"], &["clean", "-n"]] {
        let shown = printed(&[asked, &[text(&folder_path)]].concat());
        assert!(
            !shown.contains('\x1b') && !shown.contains('\x07'),
            "{shown:?}"
        );
        assert!(shown.contains("ev\\u{1b}[31mil\\nname"), "{shown:?}");
    }
    fs::write(&evil, [9, 9]).unwrap();
    let (_, _, complaint) = run(&["slurp", text(&evil)]);
    assert!(
        !complaint.contains('\x1b') && complaint.lines().count() == 1,
        "{complaint:?}"
    );
}

#[test]
fn numbers_that_found_no_room_in_a_page_file_are_said_to_be_missing() {
    let folder = Folder::new("slurp-full");
    let pages = folder.path("pages");
    Counting::start(&pages).kill();
    let path = calipers::mapped::files(&pages).unwrap().remove(0).path;
    let file = fs::File::options().write(true).open(path).unwrap();
    // Where the header counts them.
    std::os::unix::fs::FileExt::write_all_at(&file, &5_u64.to_ne_bytes(), 72).unwrap();
    let (code, shown, complaint) = run(&["slurp", text(&pages)]);
    assert_eq!(code, 1, "{complaint}");
    assert!(shown.contains("(was killed)"), "{shown}");
    let missing = "found no room in its file 5 times: numbers are missing\n";
    assert!(complaint.ends_with(missing), "{complaint}");
}
