//! The derive, the attributes, and the five stats that most structs hold.
//!
//! Nothing else, so that `use calipers::prelude::*` clashes with no framework's `State` or `Text`.

pub use crate::{
    Counter, Family, Gauge, Histogram, Instrumented, Timer, collection, metered, timed,
};
