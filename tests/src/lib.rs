//! What the integration tests share: threads beside threads, what a process allocates and logs, and a process of its own for
//! a test that needs one.
//!
//! The tests stand in `tests/`, a file for each family of promises. Each file is a program of its own, so that one with an
//! allocator, a logger or a `fork` disturbs no other.

// A test that cannot be set up fails, which is what it is for; this library is part of tests alone.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

pub mod allocations;
pub mod beside;
pub mod logged;
pub mod memory;
pub mod own_process;
pub mod random;
pub mod task;
