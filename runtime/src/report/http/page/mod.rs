//! The page: HTML without a script, for a person who looks rather than reads.
//!
//! - `html` is the only place where text becomes markup, `links` where paths become addresses;
//! - `shown` decides what of a value is worth showing, `words` and `drawing` say and draw it;
//! - `tree` shows a place with all below it, in `rows`, and with `instances` of one kind side by side; `stat` shows one stat
//!   in full.
//!
//! What is too much for one page is folded into a line that links to a page of its own, so a tree of a hundred
//! thousand stats is still answered with something a browser opens at once.

mod drawing;
mod html;
mod instances;
mod links;
mod rows;
mod shown;
mod stat;
mod tree;
mod words;

use std::time::SystemTime;

use self::html::Html;
use self::links::Links;
use self::words::short;
use super::asked::Problem;
use super::assets::{ICON, SCRIPT, STYLE};
use super::routes::Scene;
use crate::snapshot::humane::grouped;
use crate::snapshot::{SubTree, Value, unescape};

/// Where the library counts what went wrong.
const FAULTS: &str = "/calipers/faults";

/// The page of what was found; of nothing, when a query left nothing there.
pub(super) fn of(scene: &Scene<'_>, found: Option<SubTree<'_>>) -> String {
    let links = Links::new(scene.asked);
    let mut html = head(scene, &links, true);
    faults(&mut html, scene, &links);
    match found {
        Some(found) if found.is_place() => tree::draw(&mut html, &links, found),
        Some(found) => stat::draw(&mut html, &links, scene, found),
        None => {}
    }
    if scene.asked.filter.is_some() && found.is_none_or(|found| found.all_stats().next().is_none())
    {
        html.raw("<p class=\"quiet\">Nothing here answers to that. <a");
        html.attribute("href", &links.here(&[]))
            .raw(">Show everything.</a></p>");
    }
    foot(html)
}

/// The page that says why there is none.
pub(super) fn of_problem(scene: &Scene<'_>, problem: &Problem) -> String {
    let links = Links::new(scene.asked);
    let mut html = head(scene, &links, false);
    match problem {
        Problem::Nothing { path, nearest } => {
            html.raw("<h1>Nothing here</h1><p>There is nothing at <code>")
                .text(&format!("/{path}"));
            html.raw("</code>. Instances come and go; the nearest place is ");
            html.link(&links.place(nearest), &format!("/{nearest}"))
                .raw(".</p>");
        }
        Problem::Query(error) => {
            let query = typed(scene);
            let before = query.chars().take(error.column().saturating_sub(1));
            // Under a wide character the mark is a little off, and the message says the column anyway.
            let blank: String = before.map(|_| ' ').collect();
            html.raw("<h1>That is not a query</h1><pre>")
                .text(query)
                .raw("\n")
                .raw("<b>");
            html.text(&blank).raw("^</b></pre><p>");
            reason(&mut html, &error.to_string());
            html.raw("</p>");
        }
        other => {
            html.raw("<h1>That cannot be answered</h1><p>");
            reason(&mut html, &other.to_string());
            html.raw("</p>");
        }
    }
    foot(html)
}

/// A message of ours, in which backticks quote.
fn reason(html: &mut Html, message: &str) {
    for (place, part) in message.split('`').enumerate() {
        match place % 2 {
            0 => html.text(part),
            _ => html.raw("<code>").text(part).raw("</code>"),
        };
    }
}

/// What was typed to find stats by.
fn typed<'a>(scene: &Scene<'a>) -> &'a str {
    let filter = scene.asked.filter.as_ref();
    filter.map_or("", |filter| &filter.text)
}

fn head(scene: &Scene<'_>, links: &Links<'_>, reload: bool) -> Html {
    let asked = scene.asked;
    let mut html = Html::default();
    html.raw("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    html.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
    html.raw("<meta name=\"color-scheme\" content=\"light dark\">");
    if let (Some(seconds), true) = (asked.refresh, reload) {
        html.raw("<noscript><meta http-equiv=\"refresh\" content=\"")
            .number(seconds.into())
            .raw("\"></noscript>");
    }
    html.raw("<link rel=\"icon\"")
        .attribute("href", &links.file(&ICON.address()))
        .raw("><link rel=\"stylesheet\"")
        .attribute("href", &links.file(&STYLE.address()))
        .raw("><script type=\"module\"")
        .attribute("src", &links.file(&SCRIPT.address()))
        .raw("></script><title>");
    if !asked.path.is_empty() {
        html.text(asked.path.trim_end_matches('/')).raw(" · ");
    }
    html.text(scene.name)
        .raw("</title></head>\n<body><header><nav>");
    crumbs(&mut html, scene, links);
    html.raw("</nav><form role=\"search\"><input type=\"search\" name=\"find\" placeholder=\"name, or latency.p99 &gt; 50ms\" aria-label=\"Show only the stats that\" autocomplete=\"off\" spellcheck=\"false\"");
    html.attribute("value", typed(scene)).raw(">");
    if let Some(seconds) = asked.refresh {
        html.raw("<input type=\"hidden\" name=\"refresh\" value=\"")
            .number(seconds.into())
            .raw("\">");
    }
    html.raw("</form>");
    tools(&mut html, scene, links);
    // What the script has to say.
    html.raw("<p class=\"told\" role=\"status\" hidden data-own></p></header>\n<main>");
    html
}

/// The name of the site and the way down to what is shown, each a link.
fn crumbs(html: &mut Html, scene: &Scene<'_>, links: &Links<'_>) {
    html.raw("<a class=\"site\"")
        .attribute("href", &links.place(""))
        .raw(">")
        .text(scene.name)
        .raw("</a>");
    let path = scene.asked.path.trim_end_matches('/');
    let ends = path
        .match_indices('/')
        .map(|(at, _)| at)
        .chain([path.len()]);
    let mut from = 0;
    for end in ends.filter(|end| *end > 0) {
        let (segment, upto) = (&path[from..end], &path[..end]);
        from = end + 1;
        html.raw(" <i>/</i> ");
        match scene.whole.at(&format!("{upto}/")) {
            Some(tree) if tree.is_place() => html.link(&links.place(upto), &short(segment)),
            Some(_) => html.link(&links.stat(upto), &short(&unescape(segment))),
            None => html.text(&short(segment)),
        };
    }
}

fn tools(html: &mut Html, scene: &Scene<'_>, links: &Links<'_>) {
    let filter = scene.asked.filter.as_ref();
    let with = |more: &[(&'static str, &str)]| {
        let filter = filter.map(|filter| (filter.parameter, &*filter.text));
        let mut parameters: Vec<_> = filter.into_iter().collect();
        parameters.extend_from_slice(more);
        links.here(&parameters)
    };
    let taken = scene.whole.taken();
    html.raw("<p class=\"tools\"><time")
        .attribute("data-ms", &millis(taken).to_string())
        .raw(">")
        .text(&time_of_day(taken));
    html.raw("</time> <button type=\"button\" hidden data-own></button><noscript>");
    match scene.asked.refresh {
        Some(seconds) => {
            html.raw("<a class=\"on\" title=\"Stop\"")
                .attribute("href", &with(&[]));
            html.raw(">every ").number(seconds.into()).raw(" s</a> ");
        }
        None => {
            html.raw("<a title=\"Reload every two seconds\"")
                .attribute("href", &with(&[("refresh", "2")]));
            html.raw(">live</a> ");
        }
    }
    html.raw("</noscript>");
    html.link(&with(&[("format", "prettyjson")]), "JSON")
        .raw("</p>");
}

/// Says if anything was counted as a fault, wherever one is looking.
fn faults(html: &mut Html, scene: &Scene<'_>, links: &Links<'_>) {
    let Some(place) = scene.whole.at(FAULTS).filter(|place| place.is_place()) else {
        return;
    };
    let counted = place.stats().filter_map(|stat| match stat.value() {
        Value::Counter(count @ 1..) => Some(format!("{} {}", grouped(*count), stat.name())),
        _ => None,
    });
    let counted: Vec<String> = counted.collect();
    if !counted.is_empty() {
        html.raw("<p class=\"faults\"><a")
            .attribute("href", &links.place(FAULTS))
            .raw(">Faults</a> ");
        html.text(&counted.join(" · ")).raw("</p>");
    }
}

fn foot(mut html: Html) -> String {
    html.raw(
        "</main>\n<footer><details><summary>What can be asked</summary><dl>\
        <dt>web lat</dt><dd>what has these words in its path</dd>\
        <dt>finished &gt; 3</dt><dd>those above 3; also &gt;=, &lt;, &lt;=, =, !=</dd>\
        <dt>state = waiting_for_task</dt><dd>states and texts</dd>\
        <dt>latency.p99 &gt; 500ms</dt><dd>a part of a timer, as JSON names it</dd>\
        <dt>by_path./index &gt; 100</dt><dd>a family&#39;s member, by its key</dd>\
        <dt>handler/latency.err &gt; 0</dt><dd>only where the path ends so</dd></dl></details>\
        <p>A rate is that of the last minute, weighted towards now; one with a time beside it is the mean over that time.</p>\
        </footer></body></html>\n",
    );
    html.finish()
}

fn millis(time: SystemTime) -> u128 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default().as_millis()
}

fn time_of_day(time: SystemTime) -> String {
    let since = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let seconds = since.as_secs() % 86_400;
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02} UTC", seconds % 60)
}
