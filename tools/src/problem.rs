//! How a command ends that did not go well: one line, and an exit code that `--help` names.

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use calipers::snapshot::humane::printable;
use log::{LevelFilter, Log, Metadata, Record};

/// Why a command ended early.
#[derive(Debug)]
pub(crate) enum Problem {
    /// One line for the one who asked.
    Said(String),
    /// The command line makes no sense.
    Usage(String),
    /// Whoever read our output has read enough, which is no problem.
    ReaderGone,
}

impl Problem {
    pub(crate) fn said(text: impl Into<String>) -> Problem {
        Problem::Said(text.into())
    }

    /// Says it, and gives the code to end with: 0 when the reader is gone, 1 when it did not work, 2 for a command line
    /// that makes no sense.
    pub(crate) fn end(self) -> ExitCode {
        match self {
            Problem::Said(text) => {
                complain(&text);
                ExitCode::from(1)
            }
            Problem::Usage(text) => {
                complain(&text);
                ExitCode::from(2)
            }
            Problem::ReaderGone => ExitCode::SUCCESS,
        }
    }
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Problem {
        match error.kind() {
            ErrorKind::BrokenPipe => Problem::ReaderGone,
            _ => Problem::Said(error.to_string()),
        }
    }
}

/// What the library warns of while a command serves is told as the command's own complaints are.
pub(crate) fn complain_as_the_library_does() {
    struct Complaints;

    impl Log for Complaints {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            metadata.target().starts_with("calipers")
        }

        fn log(&self, record: &Record<'_>) {
            if self.enabled(record.metadata()) {
                complain(&record.args().to_string());
            }
        }

        fn flush(&self) {}
    }

    // Nobody else in this program sets one.
    if log::set_logger(&Complaints).is_ok() {
        log::set_max_level(LevelFilter::Warn);
    }
}

/// One line on standard error. It may name files of anybody's, and quote what an address answers.
pub(crate) fn complain(text: &str) {
    // Nothing is left to do if nobody listens there either.
    let _ = writeln!(io::stderr(), "calipers: {}", printable(text));
}
