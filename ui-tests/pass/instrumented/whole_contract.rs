//! The struct of the introduction, as it is written there.
use calipers::prelude::*;

struct Pool(&'static str);

/// One front-end worker.
#[derive(Instrumented)]
struct Handler {
    /// Requests served.
    requests: Counter,
    /// Time to serve one request.
    latency: Timer,
    #[stat(name = "byPath", label = "path", cap = 100, hide_zero)]
    by_path: Family<String, Counter>,
    #[stat(unit = "By")]
    body_size: Histogram,
    #[stat(skip)]
    pool: Pool,
    #[stat(skip = Vec::with_capacity(8))]
    scratch: Vec<u8>,
}

impl Handler {
    fn new(pool: Pool) -> Self {
        Handler::init("/handler", HandlerParts { pool })
    }
}

fn main() {
    let handler = Handler::new(Pool("db"));
    handler.requests.inc();
    assert_eq!((handler.pool.0, handler.scratch.capacity()), ("db", 8));
    let _ = (&handler.latency, &handler.by_path, &handler.body_size);
    use calipers::Instrumented as _;
    let _: &calipers::Node = handler.node();
    let names: Vec<_> = Handler::CLASS.stats.iter().map(|stat| stat.name).collect();
    assert_eq!(names, ["requests", "latency", "byPath", "body_size"]);
    assert!(Handler::CLASS.line > 7 && Handler::CLASS.stats[0].line > Handler::CLASS.line);
    assert_eq!(Handler::CLASS.stats[0].help(), "Requests served.");
}
