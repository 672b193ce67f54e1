//! Many servers' stats as one: averages, sums, who stands where, who is worst. Feature `combine`.
//!
//! What goes in is JSON in the shape of the stats page (`?format=json`, or what [`Dump`](crate::report::Dump) writes), of each
//! server. Rules say which values are combined, and how:
//!
//! ```
//! use calipers::combine::{Leaf, Rules};
//! use serde_json::json;
//!
//! let rules = Rules::new()
//!     .pattern("failed", "[45][0-9][0-9]")?
//!     .at("/web/answers/{failed}", [Leaf::sum()])?
//!     .at("/web/latency", [Leaf::merge(), Leaf::largest().of("p99").named("slowest")])?
//!     .at("/web/version", [Leaf::inverse_map()])?
//!     .at("/workers/*/finished", [Leaf::average(), Leaf::sorted().descending()])?;
//!
//! let mut combining = rules.combining();
//! for (server, failed, p99) in [("web5", 3, 0.2), ("web20", 4, 0.9)] {
//!     combining.add(server, &json!({ "web": {
//!         "answers": { "200": 1000, "404": failed, "500": 1 },
//!         "latency": { "count": 10, "sum": 1.0, "p99": p99 },
//!         "version": "1.2",
//!     } }));
//! }
//! let combined = json!(combining.finish())["combined"].clone();
//! assert_eq!(combined["web"]["answers"]["failed"]["sum"], 9);
//! assert_eq!(combined["web"]["latency"]["merge"]["count"], 20);
//! assert_eq!(combined["web"]["latency"]["slowest"], json!({ "server": "web20", "value": 0.9 }));
//! assert_eq!(combined["web"]["version"]["inverseMap"]["1.2"], json!(["web5", "web20"])); // 5 before 20
//! # Ok::<(), calipers::combine::RuleError>(())
//! ```
//!
//! The same as a file, for [`Rules::from_toml`]:
//!
//! ```toml
//! [patterns]
//! failed = "[45][0-9][0-9]"
//!
//! [[rule]]
//! at = "/web/answers/{failed}"
//! sum = {}
//!
//! [[rule]]
//! at = "/web/latency"
//! merge = {}
//! largest = { of = "p99", name = "slowest" }
//! ```
//!
//! [`Servers`] are read from a folder of files, or asked for side by side, each with a deadline. One that is missing, broken
//! or late is told in the result and stops nothing; so is one whose values do not fit a rule.
//!
//! How it fits: `rules` is a tree of steps, `leaf` what stands at its ends, `state` what a leaf has seen, `merge` how
//! distributions unite; `servers` brings the JSON from each `place`, within some `room`; `file` reads TOML, `combined` is the result, `order` how people sort.

mod combined;
mod combining;
mod file;
mod leaf;
mod merge;
mod order;
mod place;
mod room;
mod rules;
mod servers;
mod state;

pub use combined::{Combined, Given, Outcome, Report};
pub use combining::Combining;
pub use leaf::Leaf;
pub use rules::{RuleError, Rules};
pub use servers::Servers;
