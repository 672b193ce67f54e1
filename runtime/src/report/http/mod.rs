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
//! | `?format=json`, `?format=prettyjson` | the same as JSON, in the shape of the tree; `Accept: application/json` says it too |
//! | `?format=json&kinds` | with one member more: `/` has the paths of gauges and levels that JSON would show as counters, by kind |
//! | `?query=latency.p99 > 0.5` | only the stats that satisfy it; see [`Snapshot::query`](crate::Snapshot::query) |
//! | `?find=web lat` | what a person types: words of a path ([`Snapshot::search`](crate::Snapshot::search)), or a query as soon as it compares |
//! | `?refresh=5` | a page that asks every five seconds rather than every two |
//! | `/metrics` | all stats as Prometheus wants them, with the feature `prometheus` |
//!
//! All of these but the last go together. An unknown path is answered with 404, what makes no sense with 400, and both
//! say why; only what is no HTTP (a `>` in a URL that is not written `%3E`, headers without end) gets a bare 400 or 431. A family's key is one segment of a path: a `/` in it is written `%2F`. Answers are compressed for those who
//! send `Accept-Encoding: gzip`; nothing but GET and HEAD is answered, and nothing is to be kept (`no-store`).
//!
//! ```sh
//! curl '127.0.0.1:9000/processor/?format=prettyjson'
//! curl -G '127.0.0.1:9000/?format=json' --data-urlencode 'query=latency.p99 > 50ms'
//! ```
//!
//! # The page
//!
//! It is drawn here, so it is complete without a script. A script of its own then keeps it up to date: it asks for the
//! same page again, takes over what differs, draws the numbers of the last minutes beside them, and filters while one
//! types. Those minutes are kept by the browser's tab, so they begin when somebody looks, as the page says, and cost the program
//! nothing.
//! It stops while the tab is hidden, and says so when the server is gone.
//!
//! Timers, meters and histograms keep a rate of the last minute, weighted towards now. Counters keep none: theirs is the
//! mean over the time that stands beside it, what the tab has seen of the last minute or, without a script, since the start.
//!
//! # Who can see it
//!
//! Whoever can connect: there is no password. Listen on `127.0.0.1`, or put it behind something that knows who is
//! asking. On a loopback address only `localhost` and addresses are answered to, so that no website can have a
//! visitor's browser read the stats; a proxy's name has to be [allowed](ServerBuilder::allow_host).
//!
//! The page takes nothing from other hosts, and has the browser refuse to: no script or style but the files inside the
//! program, none within the page. What comes from the program measured, names and values, is always text.
//!
//! # What it costs
//!
//! Nothing while nobody looks, but for one idle thread. An answer costs a snapshot, which is taken beside the recording
//! threads and never on a thread that serves; timers and histograms that were looked at keep their last minute for
//! five more. 512 connections are served at once and more are answered with 503; headers have to come within ten seconds,
//! and a connection that takes nothing of its answer for 30 seconds is closed.
//!
//! What it does is shown below `/calipers/report/http`: `requests`, `bytes`, `errors` by cause, `duration`, `connections`.
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
//! How it fits: `server` listens, `connections` limits (with `stalled`), `gate` lets in whom `hosts` allows, `routes` answers, `asked` reads
//! what is asked for, `page` draws, `answer` sends. All of it sees snapshots only.

mod answer;
mod asked;
mod assets;
mod connections;
mod gate;
mod hosts;
#[cfg(feature = "prometheus")]
mod metrics;
#[cfg(feature = "pipe")]
mod other;
mod own;
mod page;
mod routes;
mod server;
mod stalled;
#[cfg(test)]
mod tests;

#[cfg(feature = "pipe")]
pub(super) use other::Answered;
pub use routes::Routes;
pub use server::{ServeError, Server, ServerBuilder, serve_in_background};

use axum::Router;

/// The routes of the live page, for a server of your own. `name` heads the page. [`Routes`] says more of them.
///
/// ```
/// use axum::Router;
///
/// let app: Router = Router::new().nest_service("/stats", calipers::report::http::router("my-server"));
/// ```
pub fn router(name: impl Into<String>) -> Router {
    Routes::new(name).router()
}
