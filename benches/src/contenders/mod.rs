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
    let all = [
        floors::register,
        prototype::register,
        recording::register,
        churn::register,
        bulk::register,
        #[cfg(feature = "peers")]
        peers::register,
    ];
    for register in all {
        register(&mut suite);
    }
    suite
}
