//! What Prometheus scrapes: snapshots as metric families, in the format the scraper asks for. Feature `prometheus`.
//!
//! With the feature `http` as well, the page's server answers `/metrics`, and there is nothing to write. In a server of
//! your own, answer with [`respond`]:
//!
//! ```
//! use calipers::prelude::*;
//! use calipers::report::prometheus;
//! use calipers::Sum;
//!
//! /// The shop.
//! #[derive(Instrumented)]
//! struct Shop {
//!     /// Orders taken.
//!     orders: Sum<Counter>,
//!     /// Time to find a page.
//!     #[stat(label = "page")]
//!     lookup: Family<String, Timer>,
//! }
//!
//! #[derive(Instrumented)]
//! #[instrumented(parent = Shop, label = "till")]
//! struct Till {
//!     orders: Counter,
//!     /// Notes in it.
//!     #[stat(unit = "By")]
//!     notes: Gauge,
//! }
//!
//! let shop = Shop::init("/shop");
//! let till = Till::init_child(&shop, "till-1");
//! till.orders.inc();
//! shop.lookup.get("/soap").time(|| { /* … */ });
//!
//! let accept = "text/plain"; // the request's `Accept` header
//! let (content_type, body) = prometheus::respond(&calipers::snapshot(), accept);
//! assert_eq!(content_type, "text/plain; version=0.0.4; charset=utf-8");
//! let text = String::from_utf8(body)?;
//! for line in [
//!     "# HELP shop_orders_total Orders taken.",
//!     "shop_orders_total 1",                             // the shop's: it adds up those of its tills
//!     "shop_notes_bytes{till=\"till-1\"} 0.0",           // the labelled segment is a label, the unit in the name
//!     "shop_lookup_seconds_count{page=\"/soap\"} 1",
//!     "shop_lookup_outcomes_total{page=\"/soap\",outcome=\"ok\"} 1",
//! ] {
//!     assert!(text.contains(line), "{line} in\n{text}");
//! }
//! # Ok::<(), std::string::FromUtf8Error>(())
//! ```
//!
//! # Names and labels
//!
//! - A name is the path in snake case, its segments joined by `_`: `/web/byPath` is `web_by_path`. What is not a
//!   letter of ASCII or a digit becomes `_`.
//! - A segment of an instance whose class says `label = "till"` leaves the name and becomes the label `till`.
//! - A family's key is a label, called what `#[stat(label = …)]` says, or `key`.
//! - The unit is part of the name, and a base unit: `ms` is shown as `_seconds` and divided by 1000, `KiBy` as `_bytes`,
//!   `%` as `_ratio`; `1` and annotations (`{request}`) add nothing, a unit that is not known is added as it is.
//! - A label that would stand twice, or where the format has one of its own (`le`, `state`, `outcome`), gets a number:
//!   `state_2`.
//! - A label's value of more than 1,024 bytes is cut there, and gets `…-` and a number, which tells it from others that begin
//!   alike and is the same each time.
//! - A NUL in a text, which Prometheus cannot read in the text formats, is shown as `␀0`, and a `␀` as `␀1`, so that different
//!   texts stay different.
//! - A stat without a help text gets its kind and path as one.
//!
//! The series are the same in each format, so a scraper that changes its mind goes on with the same ones.
//!
//! Two stats may have one name here that had two in the tree (`/a/b-c` and `/a/b_c`), or the name of a histogram's part
//! (`size` and `size_count`). The exposition stays valid: the first in the order of paths is shown, and the others
//! are left out. They are counted in `/calipers/report/prometheus/collisions`, named below `leftOut` beside it (so also in
//! the exposition itself), and each is logged once, ten at a scrape.
//!
//! # What the stats become
//!
//! | stat | shown as |
//! | --- | --- |
//! | `Counter`, `Meter` | counter `…_total`. A meter's rates are not shown: `rate()` computes them, over any span |
//! | `UpDownCounter`, `Gauge`, `Max`, `Min` | gauge; nothing where there is no number |
//! | `Histogram` | histogram in its unit |
//! | `Timer` | histogram `…_seconds`, counter `…_outcomes_total` by `outcome`, gauge `…_in_flight` |
//! | `StateSet` | OpenMetrics' state set: 1 for the state that holds, 0 for every other of a closed set; the label is called like the metric |
//! | `CountBy` | gauge by `state` |
//! | `StateTime` | counter `…_seconds_total` by `state` |
//! | `Info` | OpenMetrics' info: `…_info`, always 1, the texts as labels |
//! | `Family` | what its members are, by key |
//! | `Sum` | what it adds up |
//! | `Text` | nothing: it is no number, and as a label each new text would be a new series |
//!
//! Distributions are those since the stat was made, as Prometheus wants them; recent ones are what `rate()` is for.
//!
//! # Totals and instances
//!
//! A `Sum` and the instances below it would often have one name, and a query that sums that name would count everything
//! twice. So one of them is chosen: by default the totals ([`Depth`]). Instances are for the page, which shows them
//! without storing a series for each.
//!
//! # Histograms
//!
//! In protobuf, histograms are *native*: buckets grow by 2.2 %, and need no bounds. A histogram leaves without loss. A
//! timer is kept in nanoseconds, whose buckets are not those of seconds: it is shown with twice the resolution, each
//! bucket as one of those, which moves a value by at most 0.65 %. Prometheus reads this format when it is told to
//! (`--enable-feature=native-histograms`). Its `histogram_quantile` knows nothing but the buckets, and interpolates within one:
//! where values are spread over many it is within 1.1 % of the value at that rank, and where many values are the same it
//! may be off by the width of a bucket, 2.2 %. Percentiles of a snapshot are within 1.1 % in either case.
//!
//! The text formats have *classic* histograms: a bucket a bound, each counting what is at most that. The bounds are powers
//! of four of the unit recorded in (nanoseconds, for timers) unless [`Exposition::buckets`] says others. Powers of two
//! of that unit are the edges of our own buckets, so what they count is exact. Any other bound acts at the next
//! edge above it, at most 2.2 % higher: what was recorded at exactly the bound counts as below it, as it should, and
//! so may what is up to 2.2 % larger.
//!
//! # What it costs
//!
//! Writing 100,000 members of a family as text takes 12 ns each, and reading them before that 5, where copying finished
//! lines takes 7; instances cost what it takes to visit them in memory, 50 to 150 ns. Nothing is kept from one exposition
//! to the next; the snapshots of a family share its keys. The
//! reader's own stats are below `/calipers/report/prometheus/`: `scrapes`, `bytes`, `duration`, `collisions` and `leftOut`.
//!
//! How it fits: [`Format`] is negotiated in `accept`; what shows where is found out by `families`, which all protocols of
//! named metrics share, and spelt by `spelling` with `name` and `unit`; `text`, with `lines`, and `protobuf` write it,
//! `native` has the latter's histograms.

mod accept;
mod exposition;
mod lines;
mod name;
mod native;
mod own;
mod protobuf;
mod spelling;
#[cfg(test)]
mod tests;
mod text;
mod unit;

pub use accept::Format;
pub use exposition::Exposition;

pub use super::families::Depth;

use crate::Snapshot;

/// The answer to a scrape: content type and body, in the format that the request's `Accept` header asks for (the empty one
/// asks for none in particular).
///
/// This is [`Exposition::respond`] with the options that suit most programs.
pub fn respond(snapshot: &Snapshot, accept: &str) -> (&'static str, Vec<u8>) {
    Exposition::new().respond(snapshot, accept)
}
