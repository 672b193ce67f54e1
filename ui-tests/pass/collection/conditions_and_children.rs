//! Stats that are there under a condition, places below a collection, and fields that are no stats.
#![deny(warnings)]
use calipers::prelude::*;
use calipers::{Gauge, Info, Sum};

collection! {
    /// A pool.
    #[derive(Debug)]
    #[instrumented(prefix = "pool", rename_all = "kebab-case")]
    static POOL: Pool = "/collected" {
        taken: Sum<Counter>,
        #[cfg(any())]
        never: Missing,
        #[stat(with = || 3_u64)]
        in_use: Gauge<u64>,
        #[stat(with = [("kind", "shared")])]
        about: Info,
        #[stat(skip = 8)]
        limit: usize,
    }

    #[cfg(any())]
    static NEVER: Never = "/never" { missing: Missing }
}

#[derive(Instrumented)]
#[instrumented(prefix = "pool", parent = calipers::Collection<Pool>)]
struct Connection {
    taken: Counter,
}

fn main() {
    let connection = Connection::init_child(&POOL, "first");
    connection.taken.inc();
    assert_eq!(POOL.limit, 8);
    let _ = &POOL.about;
    let snapshot = calipers::snapshot();
    assert_eq!(snapshot.counter("/collected/pool/taken"), Some(1));
    assert!(snapshot.at("/collected/pool/in-use").is_some());
}
