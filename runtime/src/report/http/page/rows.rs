//! A row for each stat: its name, its number, how that went, and how its values are distributed; a family's members below it.
//!
//! All tables of rows have the same columns, so that the eye goes down one of them over the whole page.

use std::time::SystemTime;

use super::drawing;
use super::html::Html;
use super::links::Links;
use super::shown::{Measure, NOTHING, Shown, Spread, shown, weight};
use super::words::{plural, short, words};
use crate::snapshot::humane::{duration, grouped, rate, rate_in};
use crate::snapshot::{Entry, FamilyValue, Value, escape};

/// Where members of a family are shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Room {
    /// Below the family, among other stats.
    Below,
    OwnPage,
}

impl Room {
    /// How many members are shown; a family may be given any cap.
    fn size(self) -> usize {
        match self {
            Room::Below => 12,
            Room::OwnPage => 5000,
        }
    }
}

/// The columns, whether a table fills them or not.
const COLUMNS: &str = "<table class=\"stats\"><colgroup><col class=\"name\"><col class=\"value\"><col class=\"rate\"><col class=\"trend\"><col><col><col><col><col class=\"drawn\"></colgroup>";

/// What the columns hold, where distributions fill them.
const HEADINGS: &str = "<thead><tr><td></td><th>count</th><th title=\"of the last minute, or in the time that is said\">rate</th><th class=\"trend\" data-own></th><th>p50</th><th>p90</th><th>p99</th><th>max</th><td></td></tr></thead>";

/// A table of the stats of one place.
pub(super) fn of_stats(html: &mut Html, links: &Links<'_>, stats: &[Entry<'_>], taken: SystemTime) {
    begin(html, stats.iter().any(|stat| has_spread(stat.value())));
    for stat in stats {
        let row = Row {
            name: stat.name(),
            path: &stat.path(),
            help: stat.help(),
            unit: stat.unit(),
            value: stat.value(),
            age: age(*stat, taken),
            member: false,
        };
        row.draw(html, links);
        if let Value::Family(family) = stat.value() {
            members(html, links, *stat, family, Room::Below, taken);
        }
    }
    html.raw("</tbody></table>");
}

/// A table of the members of a family.
pub(super) fn of_members(
    html: &mut Html,
    links: &Links<'_>,
    stat: Entry<'_>,
    family: &FamilyValue,
    taken: SystemTime,
) {
    begin(html, family.iter().any(|(_, member)| has_spread(member)));
    members(html, links, stat, family, Room::OwnPage, taken);
    html.raw("</tbody></table>");
    let left = family.len().saturating_sub(Room::OwnPage.size());
    if left > 0 {
        html.raw("<p class=\"quiet\">")
            .text(&plural(left, "more key"));
        html.raw(" in the JSON</p>");
    }
}

fn age(stat: Entry<'_>, taken: SystemTime) -> f64 {
    let age = taken.duration_since(stat.created());
    age.unwrap_or_default().as_secs_f64()
}

fn begin(html: &mut Html, with_headings: bool) {
    html.raw(COLUMNS);
    if with_headings {
        html.raw(HEADINGS);
    }
    html.raw("<tbody>");
}

fn has_spread(value: &Value) -> bool {
    match value {
        Value::Timer(_) | Value::Histogram(_) | Value::Meter(_) => true,
        Value::Family(family) => family.iter().any(|(_, member)| has_spread(member)),
        _ => false,
    }
}

/// The members of a family: all of a few, in the order of their keys; of many, those that weigh most.
fn members(
    html: &mut Html,
    links: &Links<'_>,
    stat: Entry<'_>,
    family: &FamilyValue,
    room: Room,
    taken: SystemTime,
) {
    let mut members: Vec<_> = family.iter().collect();
    if members.len() > Room::Below.size() {
        members.sort_by(|(_, a), (_, b)| weight(b).total_cmp(&weight(a)));
    }
    let largest = members
        .iter()
        .map(|(_, value)| weight(value))
        .fold(0.0, f64::max);
    for (key, value) in members.iter().take(room.size()) {
        let row = Row {
            name: key,
            path: &format!("{}/{}", stat.path(), escape(key)),
            help: "",
            unit: stat.unit(),
            value,
            age: age(stat, taken),
            member: room == Room::Below,
        };
        match shown(value, stat.unit()) {
            Shown::Number(number) => {
                row.begin(html, links);
                row.number(html, number.as_deref().unwrap_or(NOTHING));
                html.raw("<td class=\"beside\" colspan=\"5\">");
                drawing::bar(html, weight(value), largest);
                html.raw("</td></tr>");
            }
            _ => row.draw(html, links),
        }
    }
    let left = members.len().saturating_sub(room.size());
    if room == Room::Below && left > 0 {
        let more = format!("{} more", grouped(left as u64));
        html.raw("<tr class=\"member\"><th>")
            .link(&links.stat(&stat.path()), &more);
        html.raw("</th><td colspan=\"8\"></td></tr>");
    }
}

/// What a row is of.
struct Row<'r> {
    name: &'r str,
    path: &'r str,
    help: &'r str,
    unit: &'r str,
    value: &'r Value,
    /// For how long it has counted, in seconds.
    age: f64,
    /// Whether it stands below its family.
    member: bool,
}

impl Row<'_> {
    fn draw(&self, html: &mut Html, links: &Links<'_>) {
        self.begin(html, links);
        match shown(self.value, self.unit) {
            Shown::Number(number) => {
                self.number(html, number.as_deref().unwrap_or(NOTHING));
                self.help(html);
            }
            Shown::Rate { count, rates } => {
                html.raw("</th><td class=\"value\">").text(&count);
                html.raw("</td><td class=\"rate\">")
                    .text(&rate(rates.m1))
                    .raw("</td>");
                drawing::trend_cell(html, self.unit, self.value);
                self.help(html);
            }
            Shown::Spread(spread) => self.spread(html, &spread),
            Shown::Members(family) => {
                html.raw("</th><td class=\"value keys\">")
                    .text(&plural(family.len(), "key"));
                html.raw("</td><td></td><td></td>");
                self.help(html);
            }
            wide => {
                html.raw("</th><td class=\"wide\" colspan=\"8\">");
                words(html, &wide);
                html.raw("</td>");
            }
        }
        html.raw("</tr>");
    }

    fn begin(&self, html: &mut Html, links: &Links<'_>) {
        html.raw(if self.member {
            "<tr class=\"member\""
        } else {
            "<tr"
        });
        html.attribute("data-key", self.path);
        if !self.help.is_empty() {
            html.attribute("title", self.help);
        }
        html.raw("><th>")
            .link(&links.stat(self.path), &short(self.name));
    }

    fn number(&self, html: &mut Html, number: &str) {
        html.raw("</th><td class=\"value\">").text(number);
        // The program keeps no rate of a counter. There is the mean, until the page's script has seen the latest.
        html.raw("</td><td class=\"rate\" data-own>");
        if let Value::Counter(count) = self.value
            && self.age >= 1.0
        {
            html.text(&rate_in(*count as f64 / self.age, self.unit))
                .raw(" <small>in ")
                .text(&duration(self.age))
                .raw("</small>");
        }
        html.raw("</td>");
        drawing::trend_cell(html, self.unit, self.value);
    }

    fn help(&self, html: &mut Html) {
        html.raw("<td class=\"help\" colspan=\"5\">")
            .text(self.help)
            .raw("</td>");
    }

    fn spread(&self, html: &mut Html, spread: &Spread<'_>) {
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
        drawing::trend_cell(html, "", self.value);
        let (latest, is_recent) = spread.latest();
        for (name, quantile) in [
            ("p50", latest.p50()),
            ("p90", latest.p90()),
            ("p99", latest.p99()),
            ("max", latest.max()),
        ] {
            html.raw("<td").attribute("class", name);
            match quantile {
                Some(value) if is_recent && matches!(name, "p50" | "p99") => {
                    self.follow_quantile(html, spread.measure, name, value);
                }
                _ if is_recent => {}
                _ => {
                    html.raw(" data-old title=\"since the start; the last minute had none\"");
                }
            }
            html.raw(">")
                .text(&spread.measure.show_some(quantile))
                .raw("</td>");
        }
        html.raw("<td class=\"drawn\">");
        drawing::outline(html, latest, spread.measure);
        html.raw("</td>");
    }

    /// Has the page's script remember the quantiles that a stat's own page draws.
    fn follow_quantile(&self, html: &mut Html, measure: Measure<'_>, name: &str, value: f64) {
        let (level, _) = measure.in_unit(value);
        html.attribute("data-key", &format!("{}/recent/{name}", self.path))
            .attribute("data-level", &level.to_string());
    }
}
