//! That README.md tells the truth where a program can tell. Its Rust is run by the documentation tests of `lib.rs`.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

const README: &str = include_str!("../../README.md");
const MANIFEST: &str = include_str!("../Cargo.toml");

/// The cells of the first column of the table whose heading begins with these.
fn first_column(heading: &str) -> Vec<&'static str> {
    let table = README.split_once(heading).expect("the table is there").1;
    let rows = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    rows.filter_map(|row| row.split('|').nth(1)).collect()
}

#[test]
fn every_feature_is_in_the_table_of_features() {
    let features = MANIFEST
        .split_once("[features]\n")
        .expect("there are features")
        .1;
    let features = features.lines().take_while(|line| !line.starts_with('['));
    let names = features
        .filter_map(|line| line.split_once(" = "))
        .map(|(name, _)| name);
    let told = first_column("| feature |").concat();
    for name in names.filter(|name| *name != "default") {
        assert!(
            told.contains(&format!("`{name}`")),
            "{name} is not in README.md"
        );
    }
}

/// The crates that are built beside this one with these features, whatever they are needed for.
fn crates(features: &str) -> BTreeSet<String> {
    let mut tree = Command::new(env!("CARGO"));
    tree.args(["tree", "--package", "calipers", "--features", features]);
    tree.args(["--edges", "normal,build", "--prefix", "none", "--locked"]);
    // Of one system, so that the numbers are the same on all.
    tree.args(["--target", "x86_64-unknown-linux-gnu"]);
    let tree = tree.current_dir(env!("CARGO_MANIFEST_DIR")).output();
    let tree = tree.expect("cargo, as this is run by it");
    assert!(
        tree.status.success(),
        "{}",
        String::from_utf8_lossy(&tree.stderr)
    );
    let crates = String::from_utf8(tree.stdout).expect("names and numbers");
    let names = crates.lines().filter_map(|line| line.split(' ').next());
    let others = names.filter(|name| !matches!(*name, "" | "calipers"));
    others.map(str::to_owned).collect()
}

#[test]
fn every_feature_adds_the_crates_that_the_table_says() {
    let default = crates("");
    let told = format!("{} crates are built beside this one", default.len());
    assert!(README.contains(&told), "README.md does not say: {told}");
    let rows = README
        .split_once("| feature |")
        .expect("the table")
        .1
        .lines();
    let mut checked = 0;
    for row in rows.skip(2).take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let (feature, told) = (cells[1].trim_matches('`'), cells[3]);
        let with = crates(feature);
        let added: Vec<&String> = with.difference(&default).collect();
        let (count, names) = told.split_once(": ").unwrap_or((told, ""));
        let count = if count == "none" { "0" } else { count };
        assert_eq!(count, added.len().to_string(), "{feature} adds {added:?}");
        let is_crate = |word: &&str| {
            !matches!(*word, "" | "the same")
                && !word.contains("what they need")
                && !word.contains("what it needs")
        };
        for name in names.split(", ").filter(is_crate) {
            assert!(
                added.iter().any(|added| *added == name),
                "{feature} adds no {name}: {added:?}"
            );
        }
        checked += 1;
    }
    assert!(checked >= 6, "{checked} features");
}

#[test]
fn every_fault_is_in_the_table_of_faults() {
    let told = first_column("| counter |").concat();
    let snapshot = calipers::snapshot();
    let faults = snapshot.at("/calipers/faults/").expect("faults are shown");
    let mut count = 0;
    for fault in faults.stats() {
        assert!(
            told.contains(&format!("`{}`", fault.name())),
            "{} is not in README.md",
            fault.name()
        );
        count += 1;
    }
    assert_eq!(
        told.matches('`').count() / 2,
        count,
        "README.md tells of faults there are not"
    );
}

#[test]
fn every_link_leads_to_a_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let links = README
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    for link in links {
        assert!(root.join(link).exists(), "README.md links to {link}");
    }
}
