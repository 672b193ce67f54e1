//! That README.md tells the truth where a program can tell. Its Rust is run by the documentation tests of `lib.rs`.

use std::path::Path;

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
