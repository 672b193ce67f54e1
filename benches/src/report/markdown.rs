//! `RESULTS.md`: where and when, the goals, and every table.

use std::fmt::Write;

use super::table::{figure, heading, ratio, remark};
use crate::goals;
use crate::instructions::Counted;
use crate::results::Results;
use crate::suite::{FLOOR, OURS};
use crate::workload::Workload;
use crate::{contenders, machine};

/// The whole page.
pub(crate) fn page(results: &Results<'_>, counted: &[Counted<'_>]) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "# Results\n\n\
         Written by `cargo run --release -p calipers-bench -- --write`, not by hand; the README beside this file says how \
         it is measured.\n\n\
         - Date: {}\n- Machine: {}\n- Load when it began to write: {}\n- Peers: {}\n\n\
         ![Nanoseconds of an operation: the floor, calipers and its peers](results.svg)\n",
        machine::today(),
        machine::describe(),
        machine::load(),
        versions(),
    );
    goals(&mut out, results, counted);
    for &workload in Workload::all() {
        for threads in [1, 2] {
            table(&mut out, results, workload, threads);
        }
    }
    instructions(&mut out, counted);
    out
}

/// The peers' packages and the versions in this program.
fn versions() -> String {
    const LOCK: &str = include_str!("../../../Cargo.lock");
    let packages = contenders::packages();
    let mut found = Vec::new();
    for package in LOCK.split("[[package]]") {
        let field = |name: &str| {
            let line = package.lines().find_map(|line| line.strip_prefix(name));
            line.map(|value| value.trim_matches(['"', ' ', '=']))
        };
        if let (Some(name), Some(version)) = (field("name"), field("version"))
            && packages.contains(&name)
        {
            found.push(format!("{name} {version}"));
        }
    }
    found.join(", ")
}

fn goals(out: &mut String, results: &Results<'_>, counted: &[Counted<'_>]) {
    let instructions = |workload: Workload| {
        let mut of = counted
            .iter()
            .filter(|(row, _)| row.workload == workload && row.leads && row.library == OURS);
        of.next().map(|(_, instructions)| *instructions)
    };
    let _ = writeln!(
        out,
        "## Goals\n\n| workload | goal | measured | |\n| --- | --- | ---: | --- |"
    );
    for outcome in goals::outcomes(results, &instructions) {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} |",
            outcome.what, outcome.goal, outcome.measured, outcome.verdict
        );
    }
}

fn table(out: &mut String, results: &Results<'_>, workload: Workload, threads: usize) {
    let of = results.of(workload, threads);
    if of.is_empty() {
        return;
    }
    let (floor, ours) = (
        results.floor(workload, threads),
        results.ours(workload, threads),
    );
    let symbol = workload.unit().symbol();
    let _ = writeln!(
        out,
        "\n## {}\n\n| | min {symbol} | median {symbol} | × floor | × calipers | |\n\
         | --- | ---: | ---: | ---: | ---: | --- |",
        heading(workload, threads)
    );
    for (row, measured) in of {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} |",
            stressed(&row.name, row.leads),
            figure(measured.min),
            figure(measured.median),
            ratio(measured.median, floor),
            ratio(measured.median, ours),
            remark(row.does_less, row.remark),
        );
    }
}

fn instructions(out: &mut String, counted: &[Counted<'_>]) {
    let _ = writeln!(
        out,
        "\n## Instructions an operation\n\nCounted by valgrind; the two or three of the loop are in it.\n\n\
         | | floor | calipers |\n| --- | ---: | ---: |"
    );
    for &workload in Workload::all() {
        let of = counted.iter().filter(|(row, _)| row.workload == workload);
        for (row, count) in of {
            let (floor, ours) = match row.library {
                FLOOR => (figure(*count), String::new()),
                _ => (String::new(), figure(*count)),
            };
            let name = stressed(&row.name, row.leads);
            let _ = writeln!(out, "| {}: {name} | {floor} | {ours} |", workload.title());
        }
    }
}

fn stressed(name: &str, leads: bool) -> String {
    if leads {
        format!("**{name}**")
    } else {
        name.to_owned()
    }
}
