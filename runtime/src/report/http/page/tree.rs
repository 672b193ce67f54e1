//! A place and all below it: a section for each place, with a row for each stat.
//!
//! Places that look alike are handed to `instances`. What the program says is collapsed, the library's own stats, and whatever is
//! beyond [`LINES`] is one line with a link.

use super::html::Html;
use super::instances;
use super::links::Links;
use super::rows;
use super::words::{heading, plural};
use crate::snapshot::{Entry, SubTree};

/// How many rows a page has, or a few more.
const LINES: usize = 2000;

/// How many places beyond that still have a line each.
const FOLDS: usize = 200;

/// The place of the library's own stats.
const OWN: &str = "/calipers";

/// Draws a place with all below it.
pub(super) fn draw(html: &mut Html, links: &Links<'_>, place: SubTree<'_>) {
    let mut page = Page {
        html,
        links,
        top: place.path(),
        left: LINES,
        folds: FOLDS,
    };
    page.own_stats(place);
    page.below(place);
}

/// A page being filled.
struct Page<'p> {
    html: &'p mut Html,
    links: &'p Links<'p>,
    /// The path of the place the page is of.
    top: &'p str,
    /// How many rows there is room for.
    left: usize,
    /// How many lines there is room for that stand for what there was no room for.
    folds: usize,
}

impl Page<'_> {
    /// The places below one: its own children first, the library's last.
    fn below(&mut self, place: SubTree<'_>) {
        let (own, children): (Vec<_>, Vec<_>) =
            place.children().partition(|child| child.path() == OWN);
        let mut rest = &children[..];
        while let [first, others @ ..] = rest {
            if self.left == 0 && self.folds == 0 {
                self.too_much(rest.len());
                break;
            }
            let alike = instances::alike(rest);
            if alike.len() > 1 && self.left > 0 {
                let room = self.left.min(instances::room(place.path() == self.top));
                self.left -= alike.len().min(room);
                instances::draw(self.html, self.links, alike, room);
                rest = &rest[alike.len()..];
            } else {
                self.place(*first);
                rest = others;
            }
        }
        for child in own {
            self.folded(child);
        }
    }

    fn place(&mut self, place: SubTree<'_>) {
        if place.is_collapsed() || self.left == 0 {
            return self.folded(place);
        }
        if place.stats().next().is_some() {
            self.html
                .raw("<section")
                .attribute("data-key", place.path())
                .raw("><h2>");
            heading(self.html, self.links, self.top, place);
            self.html.raw("</h2>");
            self.own_stats(place);
            self.html.raw("</section>");
        }
        self.below(place);
    }

    /// One line that leads to a page of its own.
    fn folded(&mut self, place: SubTree<'_>) {
        self.folds = self.folds.saturating_sub(1);
        let stats = place.all_stats().count();
        self.html
            .raw("<p class=\"folded\"")
            .attribute("data-key", place.path())
            .raw(">");
        heading(self.html, self.links, self.top, place);
        self.html
            .raw(" <small>")
            .text(&plural(stats, "stat"))
            .raw("</small></p>");
    }

    /// What has no line of its own.
    fn too_much(&mut self, places: usize) {
        self.html
            .raw("<p class=\"quiet\">")
            .text(&plural(places, "more place"));
        self.html
            .raw(" beside these; ask for some of them above.</p>");
    }

    fn own_stats(&mut self, place: SubTree<'_>) {
        let stats: Vec<Entry<'_>> = place.stats().collect();
        if !stats.is_empty() {
            self.left = self.left.saturating_sub(stats.len());
            rows::of_stats(self.html, self.links, &stats, place.taken());
        }
    }
}
