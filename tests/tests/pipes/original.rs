//! The original program at the other end.

use calipers::report::pipe::service::{Number, gather};
use calipers_tests::parts::{Folder, LONG, until};
use serde_json::json;

use super::*;

#[test]
fn the_original_service_reads_our_pipes_with_equal_totals() {
    let Some(python) = statvent::python("the_original_service_reads_our_pipes_with_equal_totals")
    else {
        return;
    };
    let folder = Folder::new("pipe-original");
    let pipes = folder.path("pipes");
    let registry = shop();
    let pipe = start(&pipes, &registry);
    let web = statvent::Web::start(&python, &folder, &pipes);
    let program = statvent::program(&python, &folder, &pipes, 5);
    // It gives up a pipe that is not opened within 0.1 s, which a busy machine may take.
    let stats = until("the original has read both", || {
        let stats = web.stats()?["stats"].clone();
        (stats["jobs.done"] == 45).then_some(stats)
    });
    assert_eq!(stats["bytes: sent"], (1_u64 << 40) + 7);
    assert_eq!(stats["open"], -2);
    assert_eq!(stats["by.a%0Ab: 5"], 1);
    assert_eq!(stats["time.sum"], 0.25);
    let ours = gather(&pipes, 5 * SECOND).unwrap();
    for (name, number) in &ours.stats {
        let theirs = stats[name].as_f64().unwrap_or_else(|| panic!("{name}"));
        assert_eq!(theirs, number.as_f64(), "{name}");
    }
    drop((program, pipe));
}

#[test]
fn our_service_reads_the_pipes_of_the_original() {
    let Some(python) = statvent::python("our_service_reads_the_pipes_of_the_original") else {
        return;
    };
    let folder = Folder::new("pipe-theirs");
    let pipes = folder.path("pipes");
    let programs = [3, 4].map(|jobs| statvent::program(&python, &folder, &pipes, jobs));
    let gathered = gather(&pipes, LONG).unwrap();
    assert_eq!(gathered.stats["jobs.done"], Number::Whole(7));
    assert_eq!(gathered.stats["bytes: sent"], Number::Whole(2 << 40));
    // Two processes' medians added up are nothing.
    let medians: Vec<f64> = gathered.levels["time.median"]
        .values()
        .map(|one| one.as_f64())
        .collect();
    assert_eq!(medians, [49.0, 49.0]);
    assert_eq!(json!(gathered)["pipes"]["read"], 2);
    drop(programs);
}
