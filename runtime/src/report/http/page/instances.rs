//! Several places of one kind, side by side: a row for each, a column for each stat.
//!
//! A pool of forty workers is forty instances of one struct. As forty sections they hide what matters, which is how
//! they differ; as one table it is seen at once.

use super::html::Html;
use super::links::Links;
use super::shown::shown;
use super::tree::{plural, words};
use crate::snapshot::SubTree;

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
        html.raw("<th")
            .attribute("title", stat.help())
            .raw(">")
            .text(stat.name())
            .raw("</th>");
    }
    html.raw("</tr></thead><tbody>");
    for place in places.iter().take(room) {
        html.raw("<tr><th>")
            .link(&links.place(place.path()), place.name())
            .raw("</th>");
        for stat in place.stats() {
            html.raw("<td>");
            words(html, &shown(stat.value(), stat.unit()));
            html.raw("</td>");
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
