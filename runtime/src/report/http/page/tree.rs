//! A place and all below it: a section for each place, a row for each stat.
//!
//! Every section has the same columns, so that the eye goes down one of them over the whole page. Places that look
//! alike are handed to `instances`. What the program says is collapsed, the library's own stats, and whatever is
//! beyond [`LINES`] is one line with a link.

use super::drawing;
use super::html::Html;
use super::instances;
use super::links::Links;
use super::shown::{NOTHING, Shown, Spread, shown, weight};
use super::words::{heading, plural, short, words};
use crate::snapshot::humane::{grouped, rate};
use crate::snapshot::{Entry, FamilyValue, SubTree, Value, escape};

/// How many rows a page has, or a few more.
const LINES: usize = 2000;

/// How many places beyond that still have a line each.
const FOLDS: usize = 200;

/// How many members of a family are shown before its own page has to be opened.
const MEMBERS: usize = 12;

/// A table with the columns that all sections share, whether they fill them or not.
const COLUMNS: &str = "<table class=\"stats\"><colgroup><col class=\"name\"><col class=\"value\"><col class=\"rate\"><col class=\"trend\"><col><col><col><col><col class=\"drawn\"></colgroup>";

/// What the columns hold, where distributions fill them.
const HEADINGS: &str = "<thead><tr><td></td><th>count</th><th>rate</th><th class=\"trend\" data-own></th><th>p50</th><th>p90</th><th>p99</th><th>max</th><td></td></tr></thead>";

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
        if stats.is_empty() {
            return;
        }
        self.left = self.left.saturating_sub(stats.len());
        let spread = stats.iter().any(|stat| has_spread(stat.value()));
        self.html.raw(COLUMNS);
        if spread {
            self.html.raw(HEADINGS);
        }
        self.html.raw("<tbody>");
        for stat in &stats {
            self.row(
                stat.name(),
                &stat.path(),
                stat.help(),
                stat.unit(),
                stat.value(),
                false,
            );
            if let Value::Family(family) = stat.value() {
                self.members(*stat, family);
            }
        }
        self.html.raw("</tbody></table>");
    }

    fn row(&mut self, name: &str, path: &str, help: &str, unit: &str, value: &Value, member: bool) {
        let html = &mut *self.html;
        html.raw(if member {
            "<tr class=\"member\""
        } else {
            "<tr"
        });
        html.attribute("data-key", path);
        if !help.is_empty() {
            html.attribute("title", help);
        }
        html.raw("><th>").link(&self.links.stat(path), &short(name));
        match shown(value, unit) {
            Shown::Number(number) => {
                html.raw("</th><td class=\"value\">")
                    .text(number.as_deref().unwrap_or(NOTHING));
                // A counter's rate is what the page's script sees; the program keeps none.
                html.raw("</td><td class=\"rate\" data-own></td>");
                drawing::trend_cell(html, unit, value);
                html.raw("<td class=\"help\" colspan=\"5\">")
                    .text(help)
                    .raw("</td></tr>");
            }
            Shown::Rate { count, rates } => {
                html.raw("</th><td class=\"value\">").text(&count);
                html.raw("</td><td class=\"rate\">")
                    .text(&rate(rates.m1))
                    .raw("</td>");
                drawing::trend_cell(html, unit, value);
                html.raw("<td class=\"help\" colspan=\"5\">")
                    .text(help)
                    .raw("</td></tr>");
            }
            Shown::Spread(spread) => spread_cells(html, value, &spread),
            Shown::Members(family) => {
                html.raw("</th><td class=\"value keys\">")
                    .text(&plural(family.len(), "key"));
                html.raw("</td><td></td><td></td><td class=\"help\" colspan=\"5\">")
                    .text(help)
                    .raw("</td></tr>");
            }
            wide => {
                html.raw("</th><td class=\"wide\" colspan=\"8\">");
                words(html, &wide);
                html.raw("</td></tr>");
            }
        }
    }

    /// The members of a family: all of a few, in the order of their keys; of many, those that weigh most.
    fn members(&mut self, stat: Entry<'_>, family: &FamilyValue) {
        let mut members: Vec<_> = family.iter().collect();
        if members.len() > MEMBERS {
            members.sort_by(|(_, a), (_, b)| weight(b).total_cmp(&weight(a)));
        }
        let largest = members
            .iter()
            .map(|(_, value)| weight(value))
            .fold(0.0, f64::max);
        for (key, value) in members.iter().take(MEMBERS) {
            let path = format!("{}/{}", stat.path(), escape(key));
            match shown(value, stat.unit()) {
                Shown::Number(number) => {
                    let html = &mut *self.html;
                    html.raw("<tr class=\"member\"")
                        .attribute("data-key", &path)
                        .raw("><th>")
                        .link(&self.links.stat(&path), &short(key));
                    html.raw("</th><td class=\"value\">")
                        .text(number.as_deref().unwrap_or(NOTHING));
                    html.raw("</td><td class=\"rate\" data-own></td>");
                    drawing::trend_cell(html, stat.unit(), value);
                    html.raw("<td class=\"beside\" colspan=\"5\">");
                    drawing::bar(html, weight(value), largest);
                    html.raw("</td></tr>");
                }
                _ => self.row(key, &path, "", stat.unit(), value, true),
            }
        }
        if members.len() > MEMBERS {
            let more = format!("{} more", grouped((members.len() - MEMBERS) as u64));
            self.html
                .raw("<tr class=\"member\"><th>")
                .link(&self.links.stat(&stat.path()), &more);
            self.html.raw("</th><td colspan=\"8\"></td></tr>");
        }
    }
}

fn has_spread(value: &Value) -> bool {
    match value {
        Value::Timer(_) | Value::Histogram(_) | Value::Meter(_) => true,
        Value::Family(family) => family.iter().any(|(_, member)| has_spread(member)),
        _ => false,
    }
}

fn spread_cells(html: &mut Html, value: &Value, spread: &Spread<'_>) {
    for (remark, bad) in spread.remarks() {
        html.raw(if bad {
            " <small class=\"bad\">"
        } else {
            " <small>"
        });
        html.text(&remark).raw("</small>");
    }
    html.raw("</th><td class=\"value\">")
        .text(&grouped(spread.lifetime.count()));
    html.raw("</td><td class=\"rate\">")
        .text(&rate(spread.rates.m1))
        .raw("</td>");
    drawing::trend_cell(html, "", value);
    let (latest, is_recent) = spread.latest();
    for (name, quantile) in [
        ("p50", latest.p50()),
        ("p90", latest.p90()),
        ("p99", latest.p99()),
        ("max", latest.max()),
    ] {
        html.raw("<td").attribute("class", name);
        if !is_recent {
            html.raw(" data-old title=\"since the start; the last minute had none\"");
        }
        html.raw(">")
            .text(&spread.measure.show_some(quantile))
            .raw("</td>");
    }
    html.raw("<td class=\"drawn\">");
    drawing::outline(html, latest, spread.measure);
    html.raw("</td></tr>");
}
