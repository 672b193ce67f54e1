//! Drawings in SVG: how values are distributed, and parts of a whole.
//!
//! Sizes are attributes of shapes and colours come from the style sheet, so no inline style is needed. A
//! distribution is drawn over a logarithmic axis, as it is kept: each bucket is as wide as the next.

use super::html::Html;
use super::shown::{Measure, Share, Trend};
use crate::snapshot::{Bucket, Distribution, Value};

/// Buckets between a number and its double.
const OCTAVE: i32 = 1 << Distribution::SCALE;

/// How much room a drawing of a distribution has.
struct Canvas {
    width: usize,
    height: usize,
    /// A narrower bar could not be told from the next.
    narrowest_bar: usize,
}

const SMALL: Canvas = Canvas {
    width: 120,
    height: 20,
    narrowest_bar: 3,
};

const LARGE: Canvas = Canvas {
    width: 540,
    height: 120,
    narrowest_bar: 4,
};

/// A distribution beside its numbers in a row.
pub(super) fn outline(html: &mut Html, distribution: &Distribution, measure: Measure<'_>) {
    let Some(axis) = Axis::of(distribution, &SMALL) else {
        return;
    };
    let from = measure.show_some(distribution.min());
    let to = measure.show_some(distribution.max());
    html.raw(
        "<svg class=\"shape\" viewBox=\"0 0 120 20\" width=\"120\" height=\"20\" role=\"img\"",
    );
    html.attribute("aria-label", &format!("from {from} to {to}"))
        .raw("><title>");
    html.text(&format!("from {from} to {to}, on a logarithmic scale"))
        .raw("</title>");
    bars(html, &axis, &SMALL, distribution);
    html.raw("</svg>");
}

/// A distribution with its axis, for a page of its own.
pub(super) fn chart(html: &mut Html, distribution: &Distribution, measure: Measure<'_>) {
    let Some(axis) = Axis::of(distribution, &LARGE) else {
        return;
    };
    html.raw("<svg class=\"chart\" viewBox=\"0 -16 540 160\" role=\"img\" aria-label=\"how often which values came\">");
    bars(html, &axis, &LARGE, distribution);
    html.raw("<path class=\"axis\" d=\"M0 120.5H")
        .number(axis.width())
        .raw("\"/><g class=\"ticks\">");
    for (value, at) in axis.ticks(measure) {
        html.raw("<path class=\"axis\" d=\"M")
            .number(at)
            .raw(" 120v5\"/>");
        html.raw("<text y=\"138\" x=\"")
            .number(at)
            .raw("\">")
            .text(&measure.show(value))
            .raw("</text>");
    }
    html.raw("</g>");
    // On the two sides of their lines, so that they stay readable side by side.
    for (name, value, right) in [
        ("p50", distribution.p50(), false),
        ("p99", distribution.p99(), true),
    ] {
        let Some(at) = value.and_then(|value| axis.place(value)) else {
            continue;
        };
        html.raw("<path class=\"mark\" d=\"M")
            .number(at)
            .raw(" -14V120\"/><text y=\"-6\" x=\"");
        html.number(at).raw(if right && at + 30 < LARGE.width {
            "\" class=\"right\">"
        } else {
            "\" class=\"left\">"
        });
        html.text(name).raw("</text>");
    }
    html.raw("</svg>");
}

/// Where the page's script draws how the number of this row went over the last minutes.
pub(super) fn trend_cell(html: &mut Html, unit: &str, value: &Value) {
    html.raw("<td class=\"trend\" data-own");
    if let Some(trend) = Trend::of(value) {
        follow(html, unit, &trend);
    }
    html.raw("></td>");
}

/// The same in a line of text.
pub(super) fn trend_span(html: &mut Html, path: &str, unit: &str, trend: &Trend) {
    html.raw("<span class=\"trend\" data-own")
        .attribute("data-key", path);
    follow(html, unit, trend);
    html.raw("></span>");
}

/// The same as a drawing with its axes, for a page of its own. It is seen once there is something in it.
pub(super) fn trend_chart(html: &mut Html, title: &str, path: &str, unit: &str, trend: &Trend) {
    html.raw("<figure class=\"trend\" hidden data-own")
        .attribute("data-key", path)
        .attribute("data-title", title);
    follow(html, unit, trend);
    html.raw("></figure>");
}

fn follow(html: &mut Html, unit: &str, trend: &Trend) {
    match trend {
        Trend::Count(count) => html.attribute("data-count", &count.to_string()),
        Trend::Level(level) => html.attribute("data-level", &level.to_string()),
    };
    if !unit.is_empty() {
        html.attribute("data-unit", unit);
    }
}

/// Parts of a whole, side by side.
pub(super) fn proportions(html: &mut Html, shares: &[Share<'_>]) {
    const WIDTH: f64 = 240.0;
    let whole: f64 = shares.iter().map(|share| share.weight.max(0.0)).sum();
    html.raw("<svg class=\"shares\" viewBox=\"0 0 240 10\" width=\"240\" height=\"10\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect class=\"none\" width=\"240\" height=\"10\"/>");
    let mut before = 0.0;
    for share in shares {
        let after = before + share.weight.max(0.0);
        // Both edges are rounded alike, so that the parts meet.
        let edge = |sum: f64| {
            if whole > 0.0 {
                (sum / whole * WIDTH).round() as usize
            } else {
                0
            }
        };
        let (left, right) = (edge(before), edge(after));
        before = after;
        if right > left {
            html.raw("<rect")
                .attribute("class", share.colour)
                .raw(" height=\"10\" x=\"")
                .number(left);
            html.raw("\" width=\"").number(right - left).raw("\"/>");
        }
    }
    html.raw("</svg>");
}

/// One part beside others of which the largest is `largest`.
pub(super) fn bar(html: &mut Html, weight: f64, largest: f64) {
    let share = if largest > 0.0 {
        (weight / largest).clamp(0.0, 1.0)
    } else {
        0.0
    };
    html.raw("<svg class=\"bar\" viewBox=\"0 0 120 8\" width=\"120\" height=\"8\" aria-hidden=\"true\"><rect height=\"8\" width=\"");
    html.number((share * 120.0).round() as usize)
        .raw("\"/></svg>");
}

/// The buckets that a drawing spans, and how they are put into bars; zeros have the place before the first.
struct Axis {
    first: i32,
    /// Buckets in a bar: the same for all, or the bars would be of different heights for the same values.
    group: i32,
    bars: usize,
    bar_width: usize,
}

impl Axis {
    fn of(distribution: &Distribution, canvas: &Canvas) -> Option<Axis> {
        let first = distribution.buckets().next()?;
        let last = distribution.buckets().last()?;
        let lowest_number = distribution.buckets().find_map(|bucket| bucket.index);
        let first = first
            .index
            .unwrap_or_else(|| lowest_number.unwrap_or(0) - 1);
        let last = last.index.unwrap_or(first);
        let used = last - first + 1;
        // A constant is a line in the middle of an octave, and not a block from edge to edge.
        let span = used.max(OCTAVE);
        let most_bars = (canvas.width / canvas.narrowest_bar) as i32;
        let group = (span + most_bars - 1) / most_bars;
        let bars = ((span + group - 1) / group) as usize;
        Some(Axis {
            first: first - (span - used) / 2,
            group,
            bars,
            bar_width: canvas.width / bars,
        })
    }

    /// How many buckets there is room for.
    fn span(&self) -> f64 {
        f64::from(self.group) * self.bars as f64
    }

    fn width(&self) -> usize {
        self.bars * self.bar_width
    }

    /// Which bar a bucket belongs to.
    fn bar_of(&self, bucket: &Bucket) -> usize {
        let index = bucket.index.unwrap_or(self.first);
        let place = (index - self.first) / self.group;
        (place.max(0) as usize).min(self.bars - 1)
    }

    /// Where a value stands.
    fn place(&self, value: f64) -> Option<usize> {
        if value <= 0.0 {
            return Some(0);
        }
        let place = (value.log2() * f64::from(OCTAVE) - f64::from(self.first)) / self.span();
        (0.0..=1.0)
            .contains(&place)
            .then(|| (place * self.width() as f64).round() as usize)
    }

    /// Round values along the axis, ten at most, and where they stand.
    fn ticks(&self, measure: Measure<'_>) -> Vec<(f64, usize)> {
        let octaves = self.span() / f64::from(OCTAVE);
        let lowest = f64::from(self.first) / f64::from(OCTAVE);
        // Bytes are round in powers of two, all else in powers of ten.
        let (base, steps): (f64, &[f64]) = match measure {
            Measure::Unit("By" | "KiBy" | "MiBy") => (2.0, &[1.0]),
            _ if octaves < 3.0 => (10.0, &[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0]),
            _ if octaves < 10.0 => (10.0, &[1.0, 2.0, 5.0]),
            _ => (10.0, &[1.0]),
        };
        let powers = octaves / f64::log2(base);
        let every = (powers / 8.0).ceil().max(1.0) as i32;
        let first = (lowest / f64::log2(base)).floor() as i32;
        (first..)
            .take(powers as usize + 3)
            .filter(|power| power.rem_euclid(every) == 0)
            .flat_map(|power| steps.iter().map(move |step| step * base.powi(power)))
            .filter_map(|value| Some((value, self.place(value)?)))
            // Not where its label would be cut off.
            .filter(|(_, at)| (24..=self.width().saturating_sub(24)).contains(at))
            .collect()
    }
}

fn bars(html: &mut Html, axis: &Axis, canvas: &Canvas, distribution: &Distribution) {
    let mut counts = vec![0_u64; axis.bars];
    for bucket in distribution.buckets() {
        let count = &mut counts[axis.bar_of(&bucket)];
        *count = count.saturating_add(bucket.count);
    }
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    html.raw("<path class=\"bars\" d=\"");
    for (place, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        // At least one: a single slow answer among a million is what the drawing is looked at for.
        let height = (count as f64 / most as f64 * canvas.height as f64)
            .round()
            .max(1.0) as usize;
        html.raw("M")
            .number(place * axis.bar_width)
            .raw(" ")
            .number(canvas.height);
        html.raw("v-")
            .number(height)
            .raw("h")
            .number(axis.bar_width - 1);
        html.raw("v").number(height).raw("z");
    }
    html.raw("\"/>");
}
