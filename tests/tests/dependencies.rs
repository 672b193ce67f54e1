//! What the README says each feature adds is what cargo builds for it.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, which is what it is for"
)]

use std::collections::BTreeSet;
use std::process::Command;

/// The crates that are built for these features, on this platform.
fn crates(features: &str) -> BTreeSet<String> {
    let cargo = std::env::var_os("CARGO").expect("cargo runs the tests");
    let tree = Command::new(cargo)
        .args(["tree", "--offline", "--locked", "--package", "calipers"])
        .args(["--edges", "normal,build", "--prefix", "none", "--no-dedupe"])
        .args(["--no-default-features", "--features", features])
        .output()
        .expect("cargo runs");
    assert!(tree.status.success(), "{tree:?}");
    let lines = String::from_utf8(tree.stdout).expect("text");
    let name = |line: &str| line.split(' ').next().map(str::to_owned);
    lines
        .lines()
        .filter_map(name)
        .filter(|name| !matches!(&**name, "" | "calipers"))
        .collect()
}

#[test]
fn each_feature_adds_as_many_crates_as_the_readme_says() {
    let readme = include_str!("../../README.md");
    let without = crates("");
    let said = format!(
        "Without any, {} crates are built beside this one",
        without.len()
    );
    assert!(readme.contains(&said), "{said}");
    let (_, table) = readme.split_once("| feature | what it is |").unwrap();
    let rows = table.lines().skip(2).take_while(|row| row.starts_with('|'));
    let mut features = 0;
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let (feature, adds) = (cells[0].trim_matches('`'), cells[2]);
        let with = crates(feature);
        assert!(without.is_subset(&with), "{feature}");
        let added: Vec<&String> = with.difference(&without).collect();
        let number = match adds {
            "none" => 0,
            adds => adds.split(':').next().unwrap().parse().unwrap(),
        };
        assert_eq!(added.len(), number, "`{feature}` adds {added:?}");
        features += 1;
    }
    assert_eq!(features, 12);
}
