//! One stat in full, or one part of one.

use super::super::routes::Scene;
use super::drawing;
use super::html::Html;
use super::links::Links;
use super::rows;
use super::shown::{Measure, NOTHING, Shown, Spread, Trend, shown};
use super::words::{plural, words};
use crate::snapshot::humane::{duration, grouped, rate};
use crate::snapshot::{Distribution, Entry, SubTree, Value};

/// Draws a stat, a member of a family, or a part of either.
pub(super) fn draw(html: &mut Html, links: &Links<'_>, scene: &Scene<'_>, found: SubTree<'_>) {
    let Some(entry) = found.entry() else {
        return;
    };
    about(html, scene, entry);
    let path = format!("/{}", scene.asked.path.trim_matches('/'));
    match found.value() {
        Some(value) => match shown(value, entry.unit()) {
            Shown::Number(number) => {
                figure(html, number.as_deref().unwrap_or(NOTHING));
                html.raw("<div class=\"charts\">");
                trend(html, entry, value, &path);
                html.raw("</div>");
            }
            Shown::Rate { count, rates } => {
                figure(html, &count);
                html.raw("<p>").text(&rates_in_words(rates)).raw("</p>");
                html.raw("<div class=\"charts\">");
                trend(html, entry, value, &path);
                html.raw("</div>");
            }
            Shown::Spread(spread) => {
                spread_in_words(html, &spread);
                html.raw("<div class=\"charts\">");
                trend(html, entry, value, &path);
                quantile_trends(html, &spread, &path);
                html.raw("</div>");
                distributions(html, &spread);
            }
            Shown::Members(family) => {
                figure(html, &plural(family.len(), "key"));
                rows::of_members(html, links, entry, family, found.taken());
            }
            Shown::Text(text) => {
                html.raw("<pre>")
                    .text(text.unwrap_or(NOTHING))
                    .raw("</pre>");
            }
            other => {
                html.raw("<div class=\"figure\">");
                words(html, &other);
                html.raw("</div>");
            }
        },
        None => part(html, links, entry, found),
    }
}

/// What the stat is, as the program describes it.
fn about(html: &mut Html, scene: &Scene<'_>, entry: Entry<'_>) {
    if !entry.help().is_empty() {
        html.raw("<p class=\"about\">")
            .text(entry.help())
            .raw("</p>");
    }
    html.raw("<p class=\"quiet\">")
        .text(&entry.kind().to_string());
    if !matches!(entry.unit(), "" | "1") {
        html.raw(" · unit ").text(entry.unit());
    }
    for (label, segment) in entry.labels() {
        html.raw(" · ").text(label).raw(" ").text(segment);
    }
    if let Ok(age) = scene.whole.taken().duration_since(entry.created()) {
        html.raw(" · ")
            .text(&duration(age.as_secs_f64()))
            .raw(" old");
    }
    html.raw("</p>");
}

fn figure(html: &mut Html, text: &str) {
    html.raw("<p class=\"figure\">").text(text).raw("</p>");
}

fn rates_in_words(rates: crate::snapshot::Rates) -> String {
    let [m1, m5, m15] = [rates.m1, rates.m5, rates.m15].map(rate);
    format!("{m1} over 1 minute · {m5} over 5 · {m15} over 15")
}

fn spread_in_words(html: &mut Html, spread: &Spread<'_>) {
    figure(html, &grouped(spread.lifetime.count()));
    html.raw("<p>")
        .text(&rates_in_words(spread.rates))
        .raw("</p>");
    if let Some(endings) = spread.endings() {
        html.raw("<p>");
        words(
            html,
            &Shown::Shares {
                current: None,
                shares: endings,
            },
        );
        if spread.in_flight > 0 {
            html.raw(" <span class=\"pair\">in flight <b>")
                .text(&grouped(spread.in_flight))
                .raw("</b></span>");
        }
        html.raw("</p>");
    }
    if spread.refused > 0 {
        html.raw("<p class=\"bad\">").text(&grouped(spread.refused));
        html.raw(" refused: negative, NaN or infinite</p>");
    }
}

/// How its number went over the last minutes; how fast it grew, if it does nothing else.
fn trend(html: &mut Html, entry: Entry<'_>, value: &Value, path: &str) {
    let Some(trend) = Trend::of(value) else {
        return;
    };
    // A histogram's unit is that of its values; how many there are is a count.
    let (title, unit) = match (&trend, value) {
        (Trend::Level(_), _) => ("Value", entry.unit()),
        (_, Value::Histogram(_) | Value::Timer(_) | Value::Meter(_)) => ("Rate", ""),
        (Trend::Count(_), _) => ("Rate", entry.unit()),
    };
    drawing::trend_chart(html, title, path, unit, &trend);
}

/// How the quantiles of the last minute went.
fn quantile_trends(html: &mut Html, spread: &Spread<'_>, path: &str) {
    for (name, value) in [("p50", spread.recent.p50()), ("p99", spread.recent.p99())] {
        if let Some(value) = value {
            let (number, unit) = spread.measure.in_unit(value);
            let path = format!("{path}/recent/{name}");
            drawing::trend_chart(html, name, &path, unit, &Trend::Level(number));
        }
    }
}

fn distributions(html: &mut Html, spread: &Spread<'_>) {
    let spans = [
        ("Last minute", spread.recent),
        ("Since the start", spread.lifetime),
    ];
    // Of a stat younger than the window both are the same.
    let young = spread.recent == spread.lifetime;
    html.raw("<div class=\"spans\">");
    for (title, distribution) in &spans[usize::from(young)..] {
        if distribution.is_empty() {
            continue;
        }
        html.raw("<section")
            .attribute("data-key", title)
            .raw("><h2>")
            .text(title)
            .raw("</h2>");
        drawing::chart(html, distribution, spread.measure);
        statistics(html, distribution, spread.measure);
        html.raw("</section>");
    }
    html.raw("</div>");
}

fn statistics(html: &mut Html, of: &Distribution, measure: Measure<'_>) {
    let all = [
        ("count", Some(grouped(of.count()))),
        ("mean", of.mean().map(|x| measure.show(x))),
        ("stddev", of.stddev().map(|x| measure.show(x))),
        ("min", of.min().map(|x| measure.show(x))),
        ("p50", of.p50().map(|x| measure.show(x))),
        ("p75", of.p75().map(|x| measure.show(x))),
        ("p90", of.p90().map(|x| measure.show(x))),
        ("p95", of.p95().map(|x| measure.show(x))),
        ("p99", of.p99().map(|x| measure.show(x))),
        ("p99.9", of.p999().map(|x| measure.show(x))),
        ("max", of.max().map(|x| measure.show(x))),
        ("sum", Some(measure.show(of.sum()))),
    ];
    html.raw("<dl class=\"statistics\">");
    for (name, value) in all {
        html.raw("<div><dt>").text(name).raw("</dt><dd>");
        html.text(value.as_deref().unwrap_or(NOTHING))
            .raw("</dd></div>");
    }
    html.raw("</dl>");
}

/// A part that is no value of its own, such as a percentile: as JSON has it.
fn part(html: &mut Html, links: &Links<'_>, entry: Entry<'_>, found: SubTree<'_>) {
    match serde_json::to_value(found) {
        Ok(serde_json::Value::Object(parts)) => {
            html.raw("<dl class=\"statistics\">");
            for (name, value) in &parts {
                html.raw("<div><dt>")
                    .text(name)
                    .raw("</dt><dd>")
                    .text(&value.to_string())
                    .raw("</dd></div>");
            }
            html.raw("</dl>");
        }
        Ok(serde_json::Value::String(text)) => figure(html, &text),
        Ok(serde_json::Value::Null) | Err(_) => figure(html, NOTHING),
        Ok(plain) => figure(html, &plain.to_string()),
    }
    html.raw("<p class=\"quiet\">Part of ")
        .link(&links.stat(&entry.path()), &entry.path());
    html.raw(", as JSON has it; times are in seconds.</p>");
}
