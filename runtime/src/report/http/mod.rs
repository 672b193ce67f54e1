//! The live page: the tree in a browser, and as JSON for everything else. Feature `http`.
//!
//! One line in `main` is enough. The page is served from a thread of its own, so it answers while the program's
//! runtime is busy, blocked, or not there at all:
//!
//! ```no_run
//! calipers::report::http::serve_in_background("127.0.0.1:9000", "my-server")?;
//! # Ok::<(), calipers::report::http::ServeError>(())
//! ```
//!
//! A program that has a server of its own mounts the same routes in it, with [`router`].
//!
//! # What is served
//!
//! | URL | what it gives |
//! | --- | --- |
//! | `/` | the whole tree, as a page |
//! | `/processor/`, `/processor/finished`, `/handler/latency/p99` | what is at that path: a place, a stat, a part of one |
//! | `?format=json`, `?format=prettyjson` | the same as JSON, in the shape of the tree |
//! | `?query=latency.p99 > 0.5` | only the stats that satisfy it; see [`Snapshot::query`](crate::Snapshot::query) |
//! | `?refresh=2` | a page that reloads every two seconds |
//! | `/metrics` | all stats as Prometheus wants them, with the feature `prometheus` |
//!
//! All of these but the last go together. An unknown path is answered with 404, what makes no sense with 400, and both
//! say why. A family's key is one segment of a path: a `/` in it is written `%2F`.
//!
//! ```sh
//! curl '127.0.0.1:9000/processor/?format=prettyjson'
//! curl '127.0.0.1:9000/?format=json&query=state=waiting_for_task'
//! ```
//!
//! # Who can see it
//!
//! Whoever can connect: there is no password. Listen on `127.0.0.1`, or put it behind something that knows who is
//! asking. The page needs no script, takes nothing from other hosts, and tells the browser to refuse both. What comes
//! from the program, names and values, is always text.
//!
//! # What it costs
//!
//! Nothing while nobody looks, but for one idle thread. An answer costs a snapshot, which is taken beside the recording
//! threads and never on a thread that serves; timers and histograms that were looked at keep their last minute for
//! five more.
//!
//! # For Prometheus
//!
//! `/metrics` answers in the format that is asked for, and shows totals. A scrape may ask for more in its URL, which
//! Prometheus takes from `params` in its configuration: `depth=instances` or `depth=both`, `buckets=0.1,0.5,1` (in
//! seconds, bytes, …), `created=no`.
//!
//! ```yaml
//! scrape_configs:
//!   - job_name: my-server
//!     static_configs: [{ targets: ['127.0.0.1:9000'] }]
//!     params: { depth: [both] }
//! ```
//!
//! How it fits: `server` listens, `routes` answers, `asked` reads the URL, `page` draws. All of it sees snapshots only.

mod asked;
#[cfg(feature = "prometheus")]
mod metrics;
mod page;
mod routes;
mod server;
#[cfg(test)]
mod tests;

pub use server::{ServeError, Server, serve_in_background};

use axum::Router;

/// The routes of the live page, for a server of your own. `name` heads the page.
///
/// Mount it wherever you like: its links are relative, so it works below a path and behind a proxy that strips one. Use
/// axum's `nest_service` for it: `nest` answers `/stats` and not `/stats/`, to which the links lead. Snapshots are taken on the runtime's blocking threads.
///
/// ```
/// use axum::Router;
///
/// let app: Router = Router::new().nest_service("/stats", calipers::report::http::router("my-server"));
/// ```
pub fn router(name: impl Into<String>) -> Router {
    routes::of(crate::registry().clone(), name.into())
}
