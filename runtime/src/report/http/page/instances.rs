//! Several places of one kind, side by side: a row for each, a column for each stat.
//!
//! A pool of forty workers is forty instances of one struct. As forty sections they hide what matters, which is how
//! they differ; as one table it is seen at once.

use std::cmp::Ordering;

use super::drawing;
use super::html::Html;
use super::links::Links;
use super::shown::{NOTHING, Shown, Trend, shown};
use super::words::{plural, short, words};
use crate::snapshot::humane::grouped;
use crate::snapshot::{Entry, FamilyValue, SubTree, Value};

/// The widest table that is still one.
const COLUMNS: usize = 8;

/// How many rows there are at most: many on a page of their own, some on a page with others.
pub(super) fn room(own_page: bool) -> usize {
    if own_page { 1000 } else { 20 }
}

/// As many of the first places as have nothing below them and the same stats.
pub(super) fn alike<'s, 'a>(places: &'s [SubTree<'a>]) -> &'s [SubTree<'a>] {
    let Some(first) = places.first() else {
        return places;
    };
    let stats = first.stats().count();
    let fits = |place: &SubTree<'_>| {
        place.children().next().is_none()
            && place.is_collapsed() == first.is_collapsed()
            && place
                .stats()
                .map(|stat| (stat.name(), stat.kind()))
                .eq(first.stats().map(|stat| (stat.name(), stat.kind())))
    };
    let count = match stats {
        1..=COLUMNS => places.iter().take_while(|place| fits(place)).count(),
        _ => 0,
    };
    &places[..count]
}

/// Draws places that are [`alike`], at most `room` of them.
pub(super) fn draw(html: &mut Html, links: &Links<'_>, places: &[SubTree<'_>], room: usize) {
    let Some(first) = places.first() else {
        return;
    };
    let above = first.path().rsplit_once('/').map_or("", |(above, _)| above);
    html.raw("<div class=\"scroll\"><table class=\"instances\"><thead><tr><th>");
    let label = first
        .labels()
        .last()
        .filter(|(_, segment)| *segment == first.name());
    html.text(label.map_or("", |(label, _)| label)).raw("</th>");
    for stat in first.stats() {
        let number = matches!(
            shown(stat.value(), stat.unit()),
            Shown::Number(_) | Shown::Members(_)
        );
        html.raw(if number {
            "<th class=\"number\""
        } else {
            "<th"
        });
        if !stat.help().is_empty() {
            html.attribute("title", stat.help());
        }
        html.raw(">").text(&short(stat.name())).raw("</th>");
    }
    html.raw("</tr></thead><tbody>");
    let mut places: Vec<_> = places.to_vec();
    places.sort_by(|a, b| by_number(a.name(), b.name()));
    for place in places.iter().take(room) {
        html.raw("<tr")
            .attribute("data-key", place.path())
            .raw("><th>")
            .link(&links.place(place.path()), &short(place.name()))
            .raw("</th>");
        for stat in place.stats() {
            cell(html, stat);
        }
        html.raw("</tr>");
    }
    html.raw("</tbody></table></div>");
    if places.len() > room {
        html.raw("<p class=\"folded\">").link(
            &links.place(above),
            &format!("{} more", plural(places.len() - room, "place")),
        );
        html.raw("</p>");
    }
}

/// A stat in as little room as possible.
fn cell(html: &mut Html, stat: Entry<'_>) {
    match shown(stat.value(), stat.unit()) {
        Shown::Number(number) => {
            html.raw("<td class=\"number\">");
            went(html, stat, Trend::of(stat.value()));
            html.text(number.as_deref().unwrap_or(NOTHING));
        }
        Shown::Shares { shares, .. } => {
            let parts: Vec<String> = shares
                .iter()
                .map(|share| format!("{} {}", share.name, share.label))
                .collect();
            html.raw("<td")
                .attribute("title", &parts.join(" · "))
                .raw(">");
            drawing::proportions(html, &shares);
        }
        Shown::Members(family) => {
            html.raw("<td class=\"number\"")
                .attribute("title", &plural(family.len(), "key"))
                .raw(">");
            let sum = sum(family);
            went(html, stat, sum.map(Trend::Count));
            html.text(&sum.map_or_else(|| plural(family.len(), "key"), grouped));
        }
        other => {
            html.raw("<td>");
            went(html, stat, Trend::of(stat.value()));
            words(html, &other);
        }
    }
    html.raw("</td>");
}

/// How the number of a cell went, before it.
fn went(html: &mut Html, stat: Entry<'_>, trend: Option<Trend>) {
    if let Some(trend) = trend {
        drawing::trend_span(html, &stat.path(), stat.unit(), &trend);
    }
}

/// All members of a family of counters together.
fn sum(family: &FamilyValue) -> Option<u64> {
    family
        .iter()
        .try_fold(0_u64, |sum, (_, member)| match member {
            Value::Counter(count) => Some(sum.saturating_add(*count)),
            _ => None,
        })
}

/// Names that are numbers as numbers, so that 10 follows 9; all others as they are.
fn by_number(a: &str, b: &str) -> Ordering {
    let number = |name: &str| name.parse::<u64>().ok();
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => a.cmp(b),
    }
}
