//! The contenders: one module each. To add one, write a module with a `register` function and name it here or, a library,
//! in [`peers`].

use crate::suite::{FLOOR, OURS, Suite};

#[cfg(feature = "peers")]
mod peers;

mod bulk;
mod churn;
mod floors;
mod memory;
mod others;
mod prototype;
mod recording;

/// Every contender that was built in.
pub(crate) fn suite() -> Suite {
    let mut suite = Suite::default();
    suite.rows_of(FLOOR);
    floors::register(&mut suite);
    prototype::register(&mut suite);
    suite.rows_of(OURS);
    recording::register(&mut suite);
    others::register(&mut suite);
    churn::register(&mut suite);
    bulk::register(&mut suite);
    memory::register(&mut suite);
    #[cfg(feature = "peers")]
    peers::register(&mut suite);
    suite
}

/// The packages that the peers are made of.
pub(crate) fn packages() -> Vec<&'static str> {
    #[cfg(feature = "peers")]
    let packages = peers::PEERS.iter().flat_map(|peer| peer.packages);
    #[cfg(not(feature = "peers"))]
    let packages: [&&'static str; 0] = [];
    packages.into_iter().copied().collect()
}
