//! When there is no space.

use std::process::Command;

use calipers::mapped::{self, EnableError};
use calipers::prelude::*;
use calipers::snapshot;

use crate::part::{self, Folder, Running};

fn left_out() -> u64 {
    snapshot().counter("/calipers/faults/fileFull").unwrap()
}

/// This program again, with a file system of this size where its pages go.
fn within(size: &str, test: &str, folder: &Folder) -> Command {
    std::fs::create_dir_all(folder.pages()).unwrap();
    let mut command = Command::new("unshare");
    let script = format!(r#"mount -t tmpfs -o size={size},mode=0700 none "$0" && exec "$@""#);
    command
        .args(["--map-root-user", "--mount", "sh", "-c", &script])
        .arg(folder.pages())
        .arg(std::env::current_exe().unwrap())
        .args(part::arguments(test))
        .env(part::variable(), folder.path());
    command
}

#[test]
fn a_file_system_of_64_kib_is_an_error_at_the_start_and_recording_goes_on_in_memory() {
    let Some(folder) = part::given() else {
        let folder = Folder::new("tiny");
        let test = "full::a_file_system_of_64_kib_is_an_error_at_the_start_and_recording_goes_on_in_memory";
        let mut running = Running::start(&mut within("64k", test, &folder));
        running.wait_for("as promised");
        return running.end();
    };
    let error = mapped::enable(folder.join("pages")).unwrap_err();
    assert!(matches!(error, EnableError::NoSpace { .. }), "{error}");
    let jobs = calipers::registry().counter("jobs").unwrap();
    jobs.add(3);
    assert_eq!(snapshot().counter("/jobs"), Some(3));
    assert_eq!(left_out(), 1);
    assert!(mapped::path().is_none());
    let left = std::fs::read_dir(folder.join("pages")).unwrap().count();
    assert_eq!(left, 0, "nothing is left lying about");
    part::tell("as promised");
}

#[test]
fn growth_that_finds_no_space_goes_on_in_memory_and_is_counted() {
    if part::enabled().is_none() {
        let folder = Folder::new("small");
        let test = "full::growth_that_finds_no_space_goes_on_in_memory_and_is_counted";
        let mut running = Running::start(&mut within("400k", test, &folder));
        running.wait_for("as promised");
        return running.end();
    }
    grow_beyond();
}

#[test]
fn a_limit_for_files_is_no_more_than_no_space() {
    if let Some(folder) = part::given() {
        let limit = libc::rlimit {
            rlim_cur: 300 << 10,
            rlim_max: 300 << 10,
        };
        // SAFETY: sets a limit of this process.
        let refused = unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit) };
        assert_eq!(refused, 0);
        mapped::enable(folder.join("pages")).unwrap();
        return grow_beyond();
    }
    let folder = Folder::new("limit");
    let test = "full::a_limit_for_files_is_no_more_than_no_space";
    let mut running = Running::start(&mut part::command(test, folder.path()));
    running.wait_for("as promised");
    running.end();
}

#[derive(Instrumented)]
struct One {
    done: Counter,
    sizes: Histogram,
    note: calipers::Text,
}

fn grow_beyond() {
    assert_eq!(left_out(), 0);
    let many: Vec<_> = (0..2000)
        .map(|n| One::init(&format!("/many/{n}")))
        .collect();
    for (n, one) in many.iter().enumerate() {
        one.done.add(n);
        (0..30).for_each(|bit| one.sizes.record(1_u64 << bit));
        one.note.set("something");
    }
    assert!(left_out() > 0);
    let own = snapshot();
    for n in 0..2000 {
        assert_eq!(own.counter(&format!("/many/{n}/done")), Some(n));
        let sizes = own.histogram(&format!("/many/{n}/sizes")).unwrap();
        assert_eq!(sizes.lifetime().count(), 30);
    }
    // The file is whole as far as it goes, and says that it is not all.
    let file = mapped::read(mapped::path().unwrap()).unwrap();
    let done = file.counter("/many/7/done");
    assert!(matches!(done, Some(0 | 7)), "{done:?}");
    assert!(file.counter("/calipers/faults/fileFull").unwrap() > 0);
    drop(many);
    snapshot();
    part::tell("as promised");
}

#[derive(Instrumented)]
struct Late {
    /// What nothing described before.
    late: Counter,
}

#[test]
fn what_finds_room_after_something_like_it_found_none_is_shown_whole() {
    if part::enabled().is_none() {
        let folder = Folder::new("late");
        let test = "full::what_finds_room_after_something_like_it_found_none_is_shown_whole";
        let mut running = Running::start(&mut within("300k", test, &folder));
        running.wait_for("as promised");
        return running.end();
    }
    // They are long, so that most probably there is room for a short one when there is none for another of them.
    let mut kept = Vec::new();
    while left_out() == 0 {
        let path = format!("/long/{}/{}", kept.len(), "x".repeat(1000));
        kept.push(calipers::registry().counter(&path).unwrap());
    }
    let mut shown = Vec::new();
    for length in (1..900).rev().step_by(8) {
        let (path, before) = (format!("/{}", "y".repeat(length)), left_out());
        let late = Late::init(&path);
        if left_out() == before {
            shown.push((path + "/late", late));
        } else {
            assert!(!shown.is_empty() || length > 8, "nothing found room");
        }
    }
    let file = mapped::read(mapped::path().unwrap()).unwrap();
    for (path, _) in &shown {
        assert_eq!(file.counter(path), Some(0), "{} bytes", path.len());
    }
    part::tell("as promised");
}
