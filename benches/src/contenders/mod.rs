//! The contenders: one module each. To add one, write a module with a `register` function and name it here.

use crate::suite::Suite;

#[cfg(feature = "peers")]
mod peers;

mod bulk;
mod churn;
mod floors;
mod prototype;
mod recording;

/// Every contender that was built in.
pub(crate) fn suite() -> Suite {
    let mut suite = Suite::default();
    floors::register(&mut suite);
    prototype::register(&mut suite);
    recording::register(&mut suite);
    churn::register(&mut suite);
    bulk::register(&mut suite);
    #[cfg(feature = "peers")]
    peers::register(&mut suite);
    suite
}
