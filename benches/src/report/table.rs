//! A workload as a table of text.

use std::fmt::Write;

use crate::results::Results;
use crate::workload::Workload;

/// A number with as many digits as say something.
pub(crate) fn figure(number: f64) -> String {
    match number {
        n if n.is_nan() => "-".to_owned(),
        n if n < 10.0 => format!("{n:.2}"),
        n if n < 100.0 => format!("{n:.1}"),
        n => grouped(n.round() as u64),
    }
}

/// `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// How often `number` has what it is compared with.
pub(crate) fn ratio(number: f64, to: Option<f64>) -> String {
    to.map_or("-".to_owned(), |to| figure(number / to))
}

/// What a workload is run in.
pub(crate) fn heading(workload: Workload, threads: usize) -> String {
    let title = workload.title();
    match threads {
        1 => title.to_owned(),
        _ => format!("{title}, {threads} threads on the same object"),
    }
}

/// The workload as text, a line a contender; nothing if nobody was measured.
pub(crate) fn text(results: &Results<'_>, workload: Workload) -> String {
    let mut out = String::new();
    for threads in [1, 2] {
        let of = results.of(workload, threads);
        let width = of.iter().map(|(row, _)| row.name.chars().count()).max();
        let Some(width) = width else { continue };
        let (floor, ours) = (
            results.floor(workload, threads),
            results.ours(workload, threads),
        );
        let symbol = workload.unit().symbol();
        let _ = writeln!(out, "\n{}\n", heading(workload, threads));
        let _ = writeln!(
            out,
            "{:width$}  {:>10}  {:>10}  {:>7}  {:>10}",
            "",
            format!("min {symbol}"),
            format!("median {symbol}"),
            "× floor",
            "× calipers"
        );
        for (row, measured) in of {
            let _ = writeln!(
                out,
                "{:width$}  {:>10}  {:>10}  {:>7}  {:>10}  {}",
                row.name,
                figure(measured.min),
                figure(measured.median),
                ratio(measured.median, floor),
                ratio(measured.median, ours),
                remark(row.does_less, row.remark),
            );
        }
    }
    out
}

/// The note of a row.
pub(crate) fn remark(does_less: bool, remark: &str) -> String {
    if does_less {
        format!("does less: {remark}")
    } else {
        remark.to_owned()
    }
}
