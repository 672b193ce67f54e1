//! What the examples share and nobody needs to read: traffic, chance, and where warnings go.
//!
//! The examples themselves are programs to start from:
//!
//! - `cargo run --example handlers`: a web server and a worker pool, instrumented and under load, with the live page.

pub mod dice;
pub mod load;
pub mod warnings;
