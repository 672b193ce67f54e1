//! `calipers` under another name, below `no_implicit_prelude`.
#![no_implicit_prelude]
#![deny(missing_docs, warnings)]
#![forbid(unsafe_code)]

/// Where the crate is.
pub mod stats {
    pub use ::calipers::*;
}

/// A trait.
#[stats::metered("jobs/{type}", crate = "crate::stats")]
pub trait Job {
    /// How many ran.
    #[stat]
    fn runs(&self) -> &stats::Counter;
}

/// A type.
pub struct Cleanup;

#[stats::metered(crate = "crate::stats")]
impl Job for Cleanup {}

fn main() {
    Cleanup.runs().inc();
}
