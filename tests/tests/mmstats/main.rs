//! Version-1 files, beside the library that invented them: its tools read ours, and we read its own.

mod ours;
mod python;
mod theirs;
