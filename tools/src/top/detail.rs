//! One stat, opened: what it holds, how it went, and how its values are distributed.

use calipers::snapshot::{Distribution, Value, humane};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Sparkline};

use super::state::State;
use super::view::{bold, dim};

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let Some(row) = state.chosen_row() else {
        frame.render_widget(Paragraph::new(" it is gone; esc goes back"), area);
        return;
    };
    let [head, label, history, body] = Layout::vertical([
        Constraint::Length(2),
        Constraint::Length(1),
        Constraint::Length(4),
        Constraint::Min(4),
    ])
    .areas(area);
    let entry = state
        .snapshot
        .as_ref()
        .and_then(|snapshot| snapshot.entry(&row.path));
    let help = entry.map_or("", |entry| entry.help());
    let rate = row
        .rate
        .map_or_else(String::new, |rate| format!("  {}", humane::rate(rate)));
    let lines = vec![
        Line::from(format!(
            " {}  {}{rate}",
            humane::printable(&row.path),
            row.shown
        ))
        .style(bold()),
        Line::from(format!(" {}", humane::printable(help))).style(dim()),
    ];
    frame.render_widget(Paragraph::new(lines), head);

    let numbers: Vec<f64> = state.history(&row.path).collect();
    let most = numbers.iter().copied().fold(0.0, f64::max);
    let what = if row.rate.is_some() { "rate" } else { "value" };
    let most_shown = if row.rate.is_some() {
        humane::rate(most)
    } else {
        humane::quantity(most, row.unit)
    };
    let said = format!(
        " {what}, the last {} looks, at most {most_shown}",
        numbers.len()
    );
    frame.render_widget(Paragraph::new(said).style(dim()), label);
    // A hundred steps are more than a line of a terminal shows.
    let heights = numbers
        .iter()
        .map(|number| (number.max(0.0) / most.max(f64::MIN_POSITIVE) * 100.0) as u64);
    frame.render_widget(
        Sparkline::default()
            .data(heights.collect::<Vec<_>>())
            .max(100),
        history,
    );

    let snapshot = state.snapshot.as_ref();
    let lines = match snapshot.and_then(|snapshot| snapshot.value(&row.path)) {
        Some(Value::Timer(timer)) => {
            let outcomes = timer.outcomes();
            let mut lines = distribution(timer.lifetime().distribution(), 1e9, "s", body);
            lines.insert(
                0,
                Line::from(format!(
                    " {} ok, {} err, {} panicked, {} cancelled, {} in flight",
                    outcomes.ok,
                    outcomes.err,
                    outcomes.panicked,
                    outcomes.cancelled,
                    timer.in_flight()
                )),
            );
            lines
        }
        Some(Value::Histogram(histogram)) => {
            distribution(histogram.lifetime(), 1.0, row.unit, body)
        }
        Some(Value::StateTime(times)) => {
            let states = times.iter().map(|(state, time)| {
                Line::from(format!(
                    " {:24} {:>10}",
                    humane::printable(state),
                    humane::duration(time.as_secs_f64())
                ))
            });
            states.collect()
        }
        Some(Value::CountBy(states)) => states
            .iter()
            .map(|(state, count)| {
                Line::from(format!(" {:24} {count:>10}", humane::printable(state)))
            })
            .collect(),
        _ => Vec::new(),
    };
    frame.render_widget(Paragraph::new(lines), body);
}

/// Percentiles, and a bar for each stretch of values, from the smallest to the largest.
fn distribution(of: &Distribution, per: f64, unit: &str, area: Rect) -> Vec<Line<'static>> {
    if of.is_empty() {
        return vec![Line::from(" nothing was recorded")];
    }
    let shown =
        |x: Option<f64>| x.map_or_else(|| "-".to_owned(), |x| humane::quantity(x / per, unit));
    let percentiles = [
        ("min", of.min()),
        ("p50", of.p50()),
        ("p90", of.p90()),
        ("p99", of.p99()),
        ("p999", of.p999()),
        ("max", of.max()),
    ];
    let words = percentiles.map(|(name, x)| format!("{name} {}", shown(x)));
    let mean = format!(" mean {}  stddev {}", shown(of.mean()), shown(of.stddev()));
    let mut lines = vec![
        Line::from(format!(" {}", words.join("  "))),
        Line::from(mean),
    ];
    let rows = usize::from(area.height).saturating_sub(4).clamp(4, 16);
    let stretches = stretches(of, rows);
    let most = stretches
        .iter()
        .map(|stretch| stretch.1)
        .max()
        .unwrap_or(1)
        .max(1);
    let room = usize::from(area.width).saturating_sub(26).max(10);
    for (upper, count) in stretches {
        let length = (count as f64 / most as f64 * room as f64).ceil() as usize;
        let bar = "▇".repeat(length.min(room));
        lines.push(Line::from(format!(
            " {:>10} {:>11} {bar}",
            shown(Some(upper)),
            humane::grouped(count)
        )));
    }
    lines
}

/// So many stretches of about equal width on a logarithmic scale, or as many as there are buckets, each with its upper edge
/// and what lies in it; none that is empty.
fn stretches(of: &Distribution, rows: usize) -> Vec<(f64, u64)> {
    let buckets: Vec<_> = of.buckets().collect();
    let indexes: Vec<i32> = buckets.iter().filter_map(|bucket| bucket.index).collect();
    let (Some(&low), Some(&high)) = (indexes.first(), indexes.last()) else {
        return buckets
            .iter()
            .map(|bucket| (bucket.upper, bucket.count))
            .collect();
    };
    let span = (high - low) as usize + 1;
    let rows = rows.clamp(1, span);
    let mut stretches: Vec<(f64, u64)> = Vec::new();
    let mut last = None;
    for bucket in buckets {
        let stretch = bucket
            .index
            .map(|index| (index - low) as usize * rows / span);
        match stretches.last_mut() {
            Some(own) if last == Some(stretch) => *own = (bucket.upper, own.1 + bucket.count),
            _ => stretches.push((bucket.upper, bucket.count)),
        }
        last = Some(stretch);
    }
    stretches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distribution_takes_the_rows_that_there_are() {
        let registry = calipers::Registry::new();
        let histogram = registry.histogram("size").unwrap();
        for n in 1000..=1270 {
            histogram.record(n);
        }
        let snapshot = registry.snapshot();
        let of = snapshot.histogram("/size").unwrap().lifetime();
        let buckets = of.buckets().count();
        assert!((11..=13).contains(&buckets), "{buckets}");
        for rows in [1, 4, 7, 10, 11, 16] {
            let stretches = stretches(of, rows);
            assert_eq!(stretches.len(), rows.min(buckets), "of {rows}");
            let counted: u64 = stretches.iter().map(|stretch| stretch.1).sum();
            assert_eq!(counted, 271);
        }
    }
}
