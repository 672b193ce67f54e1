//! What others read in an exposition: promtool, and the parsers of the client in Python.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;

use calipers_tests::parts::{beside_install, installed};
use serde_json::Value as Json;

/// A series: its name, and its labels by name.
pub(crate) type Series = (String, BTreeMap<String, String>);

/// What the library says of itself changes with each scrape, and Prometheus adds series of its own.
pub(crate) fn is_the_programs(name: &str) -> bool {
    !name.starts_with("calipers_") && !name.starts_with("scrape_") && name != "up"
}

/// Compares series by series, and shows only what differs.
pub(crate) fn assert_same(found: &BTreeMap<Series, u64>, expected: &BTreeMap<Series, u64>) {
    let mut differ = Vec::new();
    for series in found.keys().chain(expected.keys()) {
        let [a, b] = [found, expected].map(|all| all.get(series).copied().map(f64::from_bits));
        if found.get(series) != expected.get(series) {
            differ.push(format!("{series:?}: found {a:?}, expected {b:?}"));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

/// What was read, as bits: so NaN is NaN, and nothing is nearly right.
pub(crate) fn bits(number: &str) -> u64 {
    number
        .parse::<f64>()
        .unwrap_or_else(|_| panic!("`{number}` is no number"))
        .to_bits()
}

/// The samples that Python's parser finds in an exposition, by series.
pub(crate) fn read_by_python(format: &str, exposition: &[u8]) -> BTreeMap<Series, u64> {
    let mut samples = BTreeMap::new();
    for family in judged_by_python(format, exposition) {
        for sample in family["samples"].as_array().unwrap() {
            let labels = sample[1].as_object().unwrap().iter();
            let labels = labels
                .map(|(name, value)| (name.clone(), text(value)))
                .collect();
            let before = samples.insert((text(&sample[0]), labels), bits(&text(&sample[2])));
            assert!(before.is_none(), "{sample} stands there twice");
        }
    }
    samples
}

pub(crate) fn judged_by_python(format: &str, exposition: &[u8]) -> Vec<Json> {
    let mut command = Command::new(installed("prometheus-client/bin/python"));
    command
        .arg(beside_install("prometheus-parse.py"))
        .arg(format);
    let (passed, out) = fed(command, exposition);
    assert!(passed, "{out}\n{}", String::from_utf8_lossy(exposition));
    serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}"))
}

/// Runs a program with this as its input; whether it succeeded, and what it said.
pub(crate) fn fed(mut command: Command, input: &[u8]) -> (bool, String) {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut pipe = child.stdin.take().unwrap();
    let output = thread::scope(|scope| {
        scope.spawn(move || pipe.write_all(input).ok()); // a judge may have seen enough before the end
        child.wait_with_output().unwrap()
    });
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

pub(crate) fn text(json: &Json) -> String {
    json.as_str().unwrap_or_else(|| panic!("{json}")).to_owned()
}

/// A series as a scraper stores it whose time series are the samples that Python reads: without those of histograms, when
/// they are native.
pub(crate) fn as_stored(samples: BTreeMap<Series, u64>, native: &[&str]) -> BTreeMap<Series, u64> {
    let is_native = |name: &str| {
        let parts = ["_bucket", "_count", "_sum"];
        native.iter().any(|whole| {
            name.strip_prefix(whole)
                .is_some_and(|part| parts.contains(&part))
        })
    };
    let kept = samples
        .into_iter()
        .filter(|((name, _), _)| is_the_programs(name) && !is_native(name));
    // To Prometheus, an empty label is none.
    kept.map(|((name, mut labels), number)| {
        labels.retain(|_, value| !value.is_empty());
        ((name, labels), number)
    })
    .collect()
}
