//! Version-1 files, beside the library that invented them: its tools read ours, and we read its own.

mod hostile;
mod ours;
mod python;
mod theirs;

/// What reading a file may cost is measured.
#[global_allocator]
static ALLOCATOR: calipers_tests::peak::Measured = calipers_tests::peak::Measured;
