//! Values in words, for where there is no row of numbers: one line, drawings included.

use std::borrow::Cow;

use super::drawing;
use super::html::Html;
use super::links::Links;
use super::shown::{NOTHING, Shown, colour};
use crate::snapshot::SubTree;
use crate::snapshot::humane::{grouped, rate};

/// What takes words or a drawing rather than a number.
pub(super) fn words(html: &mut Html, shown: &Shown<'_>) {
    match shown {
        Shown::Text(text) => {
            html.text(&text.map_or(Cow::Borrowed(NOTHING), short));
        }
        Shown::State(None) => {
            html.raw(NOTHING);
        }
        Shown::State(Some((state, place))) => {
            html.raw("<span class=\"state now\">");
            dot(html, colour(*place));
            html.text(&short(state)).raw("</span>");
        }
        Shown::Shares { current, shares } => {
            drawing::proportions(html, shares);
            for share in shares {
                let now = *current == Some(share.name);
                html.raw(if now {
                    "<span class=\"state now\">"
                } else {
                    "<span class=\"state\">"
                });
                dot(html, share.colour);
                html.text(&short(share.name))
                    .raw(" <b>")
                    .text(&share.label)
                    .raw("</b></span>");
            }
        }
        Shown::Pairs(pairs) => {
            for (name, text) in *pairs {
                html.raw("<span class=\"pair\">")
                    .text(&short(name))
                    .raw(" <b>")
                    .text(&short(text))
                    .raw("</b></span>");
            }
        }
        Shown::Number(number) => {
            html.text(number.as_deref().unwrap_or(NOTHING));
        }
        Shown::Rate { count, rates } => {
            html.text(count)
                .raw(" <small>")
                .text(&rate(rates.m1))
                .raw("</small>");
        }
        Shown::Spread(spread) => {
            let (latest, _) = spread.latest();
            html.text(&grouped(spread.lifetime.count()))
                .raw(" <small>p99 ");
            html.text(&spread.measure.show_some(latest.p99()))
                .raw("</small>");
        }
        Shown::Members(family) => {
            html.text(&plural(family.len(), "key"));
        }
    }
}

fn dot(html: &mut Html, colour: &'static str) {
    html.raw("<i").attribute("class", colour).raw("></i>");
}

/// The path of a place below `top`, its last segment standing out, each of its segments a link.
pub(super) fn heading(html: &mut Html, links: &Links<'_>, top: &str, place: SubTree<'_>) {
    let path = place.path();
    let first = top.len() + 1;
    let mut from = first;
    for (end, _) in path.match_indices('/').filter(|(at, _)| *at >= first) {
        html.raw("<a class=\"above\"")
            .attribute("href", &links.place(&path[..end]))
            .raw(">");
        html.text(&short(&path[from..end])).raw("</a><i>/</i>");
        from = end + 1;
    }
    html.link(&links.place(path), &short(path.get(from..).unwrap_or(path)));
}

pub(super) fn plural(count: usize, what: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{} {what}{s}", grouped(count as u64))
}

/// A name or a text of any length as it is shown among others: an empty one could not be seen, and a long one would leave
/// no room.
pub(super) fn short(text: &str) -> Cow<'_, str> {
    const LONGEST: usize = 160;
    if text.is_empty() {
        return Cow::Borrowed("(empty)");
    }
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}
