//! What can keep the bench from measuring; each is one line for the person at the prompt.

use std::io;
use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("cannot start `{program}`: {source}")]
    Start { program: String, source: io::Error },
    #[error(
        "`valgrind`, which counts the instructions, cannot be started: {0}; apt-get install valgrind"
    )]
    Valgrind(io::Error),
    #[error("a measuring process ended before it answered; run `calipers-bench {0}` to see why")]
    Ended(String),
    #[error("a measuring thread ended early; its panic is above")]
    Panicked,
    #[error("cannot read `{path}`: {source}")]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write `{path}`: {source}")]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot print: {0}")]
    Print(#[from] io::Error),
    #[error(
        "line {line} of `{path}` is not a name, a tab and a number; write the file anew with `check --update`"
    )]
    Stored { path: PathBuf, line: usize },
    #[error("{0} of the recording paths differ from what is stored; if that is meant, run {1}")]
    Differs(usize, &'static str),
    #[error("there is no row {0}; `calipers-bench list` shows what there is")]
    NoRow(usize),
}

pub(crate) type Result<T> = std::result::Result<T, Failure>;
