//! Where the `log` facade's warnings go: to standard error. Programs of your own have a logger already.

use log::{LevelFilter, Log, Metadata, Record};

struct StandardError;

impl Log for StandardError {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    #[allow(clippy::print_stderr, reason = "this is what it is for")]
    fn log(&self, record: &Record<'_>) {
        eprintln!("{} {}: {}", record.level(), record.target(), record.args());
    }

    fn flush(&self) {}
}

/// Prints warnings and errors from here on.
pub fn to_stderr() {
    // Refused only where a logger is set already, and then that one is as good.
    if log::set_logger(&StandardError).is_ok() {
        log::set_max_level(LevelFilter::Warn);
    }
}
