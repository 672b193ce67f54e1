//! The cases are in `pass` and `fail`, a folder for each macro, and `tests` runs them.
//!
//! This library is a case of its own: the lints that a strict crate denies, some of which look at libraries only,
//! find nothing to say about what the macros generate. `cargo clippy -p calipers-ui-tests` is the test.

#![forbid(unsafe_code)]
#![deny(missing_docs, missing_debug_implementations, unreachable_pub, warnings)]
#![deny(clippy::pedantic, clippy::nursery, rustdoc::all)]

use calipers::prelude::*;
use calipers::{Meter, States, Sum, Variant, Variants, collection, metered, timed};

/// A struct whose parts are as visible as it is.
#[derive(Debug, Instrumented)]
#[instrumented(label = "handler")]
pub struct Handler<'a, T: Send + Sync> {
    /// Requests served.
    pub requests: Counter,
    latency: Timer,
    #[stat(skip)]
    name: &'a str,
    #[stat(skip)]
    items: Vec<T>,
}

#[derive(Debug)]
struct Hidden;

/// A struct with a part that nobody else can name.
#[derive(Debug, Instrumented)]
pub struct Guarded {
    /// Requests served.
    pub requests: Counter,
    #[stat(skip)]
    hidden: Hidden,
}

/// A parent that only totals: nothing records into its fields.
#[derive(Debug, Instrumented)]
struct Total {
    requests: Sum<Counter>,
    #[stat(with = || 1_u64)]
    version: calipers::Gauge<u64>,
}

/// Puts it into the tree.
#[must_use]
pub fn total() -> impl std::fmt::Debug {
    Total::init("/total")
}

/// A set of states.
#[derive(Debug, States)]
pub enum Phase {
    /// Waiting.
    Waiting,
    /// Working.
    Working,
}

collection! {
    #[derive(Debug)]
    pub static WEB: Web = "/web" { errors: Counter }
}

impl<T: Send + Sync> Handler<'_, T> {
    /// How much there is.
    #[must_use]
    #[timed(self.latency)]
    pub fn size(&self) -> usize {
        self.items.len() + self.name.len()
    }

    /// The same, later.
    ///
    /// # Errors
    /// None.
    #[timed("/later")]
    pub async fn later(&self) -> Result<usize, Hint> {
        std::future::ready(()).await;
        Ok(self.size())
    }
}

/// An error.
#[derive(Debug)]
pub struct Hint;

/// Errors of several kinds.
#[derive(Debug, Variants)]
pub enum Failed {
    /// It took too long.
    TimedOut,
    /// It was refused, for this reason.
    Refused(String),
}

/// Counts its errors.
#[derive(Debug, Instrumented)]
pub struct Client {
    latency: Timer,
    errors: Family<Variant<Failed>, Counter>,
}

impl Client {
    /// Tries it.
    ///
    /// # Errors
    /// Always.
    #[timed(self.latency, err = self.errors)]
    pub fn give_up(&mut self) -> Result<(), Failed> {
        Err(Failed::TimedOut)
    }

    /// Tries it later.
    ///
    /// # Errors
    /// Always.
    #[timed("/client/later", err, polls, slow = "2*p99")]
    pub async fn later(&self) -> Result<u8, Failed> {
        std::future::ready(()).await;
        Err(Failed::Refused(format!("{:?}", self.latency)))
    }
}

/// Something with stats for each implementor.
#[metered("endpoints.{type}")]
pub trait Endpoint {
    /// How often it was asked.
    #[stat]
    fn requests(&self) -> &Meter;

    /// Asks it.
    fn get(&self) {
        self.requests().inc();
    }
}

#[metered]
impl Endpoint for Client {}

/// Of any type.
#[derive(Debug)]
pub struct Cached<T>(T);

#[metered]
impl<T: Send> Endpoint for Cached<T> {}

impl<T> Cached<T> {
    /// Of this value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }
}

impl Guarded {
    /// A guarded one.
    #[timed]
    pub fn new() -> Self {
        Self::init("/guarded", GuardedParts { hidden: Hidden })
    }

    /// What it guards.
    #[must_use]
    pub fn shown(&self) -> String {
        format!("{:?}", self.hidden)
    }
}

impl Default for Guarded {
    fn default() -> Self {
        Self::new()
    }
}
