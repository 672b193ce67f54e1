//! What the integration tests share: threads beside threads, what a process allocates and logs, and a process of its own for
//! a test that needs one, and the real programs that readers are held against.
//!
//! The tests stand in `tests/`, a file for each family of promises. Each file is a program of its own, so that one with an
//! allocator, a logger or a `fork` disturbs no other.

pub mod allocations;
pub mod beside;
pub mod logged;
pub mod memory;
pub mod own_process;
pub mod parts;
pub mod peak;
pub mod random;
pub mod task;
