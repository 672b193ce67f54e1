//! `calipers poll`.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use calipers::report::http::Server;
use calipers_tests::parts::Folder;

use crate::command::{calipers, counting, flush, printed, publish, run, text};

#[test]
fn rows_show_what_came_since_the_row_before() {
    let folder = Folder::new("poll-rows");
    let registry = counting(5);
    let file = publish(&folder, "web", &registry);
    let arguments = [
        "poll",
        "-p",
        "jobs.",
        "done",
        "-c",
        "30",
        "-d",
        "0.1",
        text(file.path()),
    ];
    let mut child = calipers(&arguments).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    assert_eq!(lines.next().unwrap().trim(), "done");
    assert_eq!(
        lines.next().unwrap().trim(),
        "5",
        "the first row is everything so far"
    );
    registry.counter("jobs.done").unwrap().add(37);
    flush(&file);
    let came: u64 = lines
        .filter(|line| line.trim() != "done")
        .map(|line| line.trim().parse::<u64>().unwrap())
        .sum();
    assert_eq!(came, 37);
    assert!(child.wait().unwrap().success());
}

#[test]
fn several_processes_are_one_row() {
    let folder = Folder::new("poll-several");
    let _a = publish(&folder, "a", &counting(3));
    let _b = publish(&folder, "b", &counting(4));
    let other = calipers::Registry::new();
    let _c = publish(&folder, "c", &other);
    let path = folder.path("");
    let shown = printed(&["poll", "jobs.done,load", "-c", "1", text(&path)]);
    assert_eq!(shown, "jobs.done       load\n        7          1\n");
    let shown = printed(&[
        "poll",
        "jobs.done",
        "-f",
        "jobs.done=4",
        "-c",
        "1",
        text(&path),
    ]);
    assert_eq!(shown, "jobs.done\n        4\n");
}

#[test]
fn a_field_that_nobody_has_is_said_with_one_that_is_near() {
    let folder = Folder::new("poll-none");
    let file = publish(&folder, "a", &counting(3));
    let (code, shown, complaint) = run(&["poll", "app.done", text(file.path())]);
    assert_eq!((code, &*shown), (1, ""));
    assert_eq!(
        complaint,
        "calipers: no process has `app.done`; there is `jobs.done`\n"
    );
}

#[test]
fn a_gauge_of_a_whole_number_is_a_gauge_at_an_address_too() {
    let registry = counting(5);
    registry
        .gauge_fn("queue.depth", || 17_u64)
        .expect("a gauge");
    registry.up_down_counter("open").expect("a level").add(3);
    let server = Server::builder("127.0.0.1:0");
    let server = server.registry(&registry).start().expect("a page");
    let addr = server.local_addr().to_string();
    let asked = [
        "poll",
        "queue.depth,open,jobs.done",
        "-c",
        "2",
        "-d",
        "0.05",
        &addr,
    ];
    let shown = printed(&asked);
    let rows = shown.lines().skip(1);
    let rows = rows.map(|row| row.split_whitespace().collect::<Vec<_>>());
    let rows: Vec<_> = rows.collect();
    assert_eq!(
        rows,
        [["17", "3", "5"], ["17", "3", "0"]],
        "levels are as they are"
    );
}

#[test]
fn processes_that_start_later_are_counted_and_those_that_end_leave_no_word() {
    let folder = Folder::new("poll-folder");
    let first = publish(&folder, "first", &counting(5));
    let path = folder.path("");
    let asked = ["poll", "jobs.done", "-n", "0", "-d", "0.05", text(&path)];
    let mut child = calipers(&asked).stdout(Stdio::piped()).spawn().unwrap();
    let rows = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut rows = rows.map(|row| row.unwrap().trim().to_owned());
    assert_eq!(rows.next().as_deref(), Some("5"));
    drop(first);
    let second = publish(&folder, "second", &counting(70));
    let came = rows.find(|row| row != "0" && row != "-");
    assert_eq!(came.as_deref(), Some("70"), "it counts whole");
    assert!(rows.any(|row| row == "0"));
    drop(second);
    assert!(rows.any(|row| row == "-"));
    child.kill().unwrap();
    child.wait().unwrap();
}
