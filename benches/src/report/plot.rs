//! The plot: a line a workload, nanoseconds on a logarithmic axis, one mark a contender.
//!
//! A bar is the floor, a filled disc calipers, a ring a peer; a faint ring is a peer that does less. Colours follow the
//! reader's light or dark.

use std::fmt::Write;

use super::table::figure;
use crate::results::{Measured, Results};
use crate::suite::{FLOOR, OURS, Row};
use crate::workload::Workload;

/// The lines: what is written beside each, the workload, and its threads.
const LINES: [(&str, Workload, usize); 10] = [
    ("counter", Workload::Counter, 1),
    ("counter, 2 threads", Workload::Counter, 2),
    ("family, 100 keys", Workload::Family100, 1),
    ("family, 100 keys, 2 threads", Workload::Family100, 2),
    ("family, 10,000 keys", Workload::Family10k, 1),
    ("histogram", Workload::Histogram, 1),
    ("histogram, 2 threads", Workload::Histogram, 2),
    ("timed section", Workload::Timed, 1),
    ("attribute on a function", Workload::TimedFn, 1),
    ("Prometheus text, a series", Workload::Exposition, 1),
];

const WIDTH: f64 = 860.0;
const LEFT: f64 = 210.0;
const RIGHT: f64 = 30.0;
const TOP: f64 = 58.0;
const LINE: f64 = 34.0;
/// The axis, in powers of ten of a nanosecond.
const DECADES: (i32, i32) = (-1, 4);

const STYLE: &str = "\
text { font: 13px system-ui, sans-serif; fill: #1f2328 } \
.quiet { fill: #59636e; font-size: 12px } .grid { stroke: #d1d9e0 } \
.floor { stroke: #1f2328; stroke-width: 3 } .ours { fill: #0969da } .value { fill: #0969da; font-weight: 600 } \
.peer { fill: none; stroke: #bc4c00; stroke-width: 1.6 } .less { opacity: .35 } \
@media (prefers-color-scheme: dark) { text { fill: #f0f6fc } .quiet { fill: #9198a1 } .grid { stroke: #3d444d } \
.floor { stroke: #f0f6fc } .ours, .value { fill: #4493f8 } .peer { stroke: #f0883e } }";

/// Where so many nanoseconds stand.
fn across(nanos: f64) -> f64 {
    let (first, last) = (f64::from(DECADES.0), f64::from(DECADES.1));
    let share = (nanos.log10() - first) / (last - first);
    LEFT + share.clamp(0.0, 1.0) * (WIDTH - LEFT - RIGHT)
}

/// What a line's figures are divided by: a call that writes many series is shown as one series.
fn parts(workload: Workload) -> f64 {
    match workload {
        Workload::Exposition => crate::inputs::SERIES as f64,
        _ => 1.0,
    }
}

/// The plot as SVG.
pub(crate) fn svg(results: &Results<'_>) -> String {
    let height = TOP + LINE * LINES.len() as f64 + 14.0;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-label=\"Nanoseconds of an operation: the floor, calipers and its peers\">\n<style>{STYLE}</style>\n"
    );
    legend(&mut out);
    axis(&mut out, height);
    for (at, (title, workload, threads)) in LINES.into_iter().enumerate() {
        let y = TOP + LINE * (at as f64 + 0.5);
        let _ = writeln!(
            out,
            "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\">{title}</text>",
            LEFT - 14.0,
            y + 4.0
        );
        let of = results.of(workload, threads);
        // What matters most is drawn last.
        for (row, measured) in of.iter().rev() {
            mark(&mut out, row, measured, y);
        }
        if let Some(ours) = results.ours(workload, threads) {
            let ours = ours / parts(workload);
            let _ = writeln!(
                out,
                "<circle class=\"ours\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"6\"><title>calipers: {value} ns</title></circle>\
                 <text class=\"value\" x=\"{x:.1}\" y=\"{above:.1}\" text-anchor=\"middle\" font-size=\"12\">{value}</text>",
                x = across(ours),
                above = y - 9.0,
                value = figure(ours),
            );
        }
    }
    out.push_str("</svg>\n");
    out
}

fn mark(out: &mut String, row: &Row, measured: &Measured, y: f64) {
    let nanos = measured.median / parts(row.workload);
    let x = across(nanos);
    let _ = match row.library {
        FLOOR if row.leads => writeln!(
            out,
            "<path class=\"floor\" d=\"M{x:.1} {:.1}v18\"><title>{}: {} ns</title></path>",
            y - 9.0,
            escaped(&row.name),
            figure(nanos)
        ),
        FLOOR | OURS => Ok(()),
        _ => writeln!(
            out,
            "<circle class=\"peer{}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4.5\"><title>{}: {} ns</title></circle>",
            if row.does_less { " less" } else { "" },
            escaped(&row.name),
            figure(nanos)
        ),
    };
}

fn legend(out: &mut String) {
    let y = 16.0;
    let _ = writeln!(
        out,
        "<path class=\"floor\" d=\"M{LEFT} {:.0}v14\"/><text x=\"{:.0}\" y=\"{}\">floor</text>\
         <circle class=\"ours\" cx=\"{:.0}\" cy=\"{y}\" r=\"6\"/><text x=\"{:.0}\" y=\"{}\">calipers</text>\
         <circle class=\"peer\" cx=\"{:.0}\" cy=\"{y}\" r=\"4.5\"/><text x=\"{:.0}\" y=\"{}\">another library</text>\
         <circle class=\"peer less\" cx=\"{:.0}\" cy=\"{y}\" r=\"4.5\"/><text x=\"{:.0}\" y=\"{}\">one that does less</text>",
        y - 7.0,
        LEFT + 10.0,
        y + 4.0,
        LEFT + 76.0,
        LEFT + 88.0,
        y + 4.0,
        LEFT + 172.0,
        LEFT + 182.0,
        y + 4.0,
        LEFT + 302.0,
        LEFT + 312.0,
        y + 4.0,
    );
}

fn axis(out: &mut String, height: f64) {
    for decade in DECADES.0..=DECADES.1 {
        let label = match decade {
            ..0 => "0.1 ns".to_owned(),
            0..3 => format!("{} ns", 10_i32.pow(decade.unsigned_abs())),
            _ => format!("{} µs", 10_i32.pow(decade.unsigned_abs() - 3)),
        };
        let x = across(10_f64.powi(decade));
        let _ = writeln!(
            out,
            "<path class=\"grid\" d=\"M{x:.1} {:.0}V{height}\"/>\
             <text class=\"quiet\" x=\"{x:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{label}</text>",
            TOP - 10.0,
            TOP - 14.0,
        );
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
