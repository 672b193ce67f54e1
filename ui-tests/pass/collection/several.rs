//! Several statics at once, of several visibilities, in a function too.
use calipers::{Counter, Family, Timer, collection};

mod stats {
    use super::*;

    collection! {
        /// What the front end answered.
        pub static WEB: Web = "/web" {
            /// Failed.
            errors: Counter,
            #[stat(label = "route")]
            pub(crate) by_route: Family<String, Counter>,
        }

        #[instrumented(rename_all = "camelCase", prefix = "all", collapsed)]
        pub(crate) static DB: Db = "/db" {
            query_time: Timer,
            #[stat(skip = 3)]
            retries: u8,
        };
    }
}

fn main() {
    stats::WEB.errors.inc();
    let _ = (&stats::WEB.by_route, &stats::DB.query_time);
    assert_eq!(stats::DB.retries, 3);
    collection! { static LOCAL: Local = "/local" { seen: Counter } }
    LOCAL.seen.inc();
}
