//! What a file of totals is good for, and what it refuses.

use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::distributed::kept::Keeper;

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let name = format!("calipers-kept-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        Folder(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn refused(file: &Path) -> String {
    let opened = Keeper::open(file.to_owned(), &mut United::new().sources);
    opened.err().map(|why| why.to_string()).unwrap_or_default()
}

#[test]
fn totals_go_on_from_a_file_and_from_none_that_was_damaged_anywhere() {
    let folder = Folder::new("damaged");
    let file = folder.0.join("totals");
    let mut sources = United::new();
    let run = &mut Run::new("a", 1);
    run.count("n", 100);
    sources.tell(run, Sort::Whole);
    drop(Keeper::open(file.clone(), &mut sources.sources).unwrap());
    let mut again = United::new();
    drop(Keeper::open(file.clone(), &mut again.sources).unwrap());
    assert_eq!(again.counter("/n"), Some(100));
    let kept = fs::read(&file).unwrap();
    for at in 0..kept.len() {
        let mut damaged = kept.clone();
        damaged[at] ^= 1 << (at % 8);
        fs::write(&file, &damaged).unwrap();
        assert_ne!(refused(&file), "", "byte {at}");
        fs::write(&file, &kept[..at]).unwrap();
        assert_ne!(refused(&file), "", "the first {at} bytes");
    }
}

#[test]
fn a_link_to_a_file_of_totals_stays_one_and_does_not_lead_past_the_lock() {
    let folder = Folder::new("link");
    let (file, link) = (folder.0.join("totals"), folder.0.join("link"));
    drop(Keeper::open(file.clone(), &mut United::new().sources).unwrap());
    std::os::unix::fs::symlink(&file, &link).unwrap();
    let by_link = Keeper::open(link.clone(), &mut United::new().sources).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(refused(&file).contains("another aggregator"));
    drop(by_link);
}

#[test]
fn two_aggregators_do_not_keep_their_totals_in_one_file() {
    let folder = Folder::new("two");
    let file = folder.0.join("totals");
    let first = Keeper::open(file.clone(), &mut United::new().sources).unwrap();
    assert!(refused(&file).contains("another aggregator"));
    drop(first);
    assert_eq!(refused(&file), "");
}

#[test]
fn totals_are_not_kept_in_what_is_no_file() {
    let folder = Folder::new("none");
    assert!(refused(&folder.0).contains("no file"));
}

/// An aggregator that is started again, with what this one keeps.
fn restarted(sources: &mut United, file: &Path) -> United {
    drop(Keeper::open(file.with_extension("before"), &mut sources.sources).unwrap());
    fs::rename(file.with_extension("before"), file).unwrap();
    let mut again = United::new();
    drop(Keeper::open(file.to_owned(), &mut again.sources).unwrap());
    again
}

#[test]
fn what_was_old_is_old_for_an_aggregator_that_was_started_again() {
    let folder = Folder::new("old");
    let file = folder.0.join("totals");
    let mut sources = United::new();
    let first = &mut Run::new("a", 1);
    first.count("n", 10);
    sources.tell(first, Sort::Whole);
    let of_an_earlier_run = first.next(Sort::Whole);
    let second = &mut Run::new("a", 2);
    second.count("n", 5);
    let told_before = second.next(Sort::Whole);
    sources.take(&told_before);
    second.count("n", 1);
    sources.tell(second, Sort::Whole);
    assert_eq!(sources.counter("/n"), Some(16));
    let mut again = restarted(&mut sources, &file);
    for old in [of_an_earlier_run, told_before] {
        assert_eq!(again.take(&old), Answer::Nothing);
        assert_eq!(again.counter("/n"), Some(16));
    }
    assert_eq!(again.own("ignored/old"), 2);
    // Gauges are not kept: though no message is missing, all is needed.
    second.registry.gauge("level").unwrap().set(3.0);
    assert_eq!(again.tell(second, Sort::Change), Answer::Wanted);
    assert_eq!(again.tell(second, Sort::Whole), Answer::Taken);
    second.count("n", 1);
    assert_eq!(again.tell(second, Sort::Change), Answer::Taken);
    assert_eq!(again.counter("/n"), Some(17));
}
