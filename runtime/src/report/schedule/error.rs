//! What keeps a reader from starting, and what from delivering.

use std::io;

use crate::snapshot::FilterError;

/// Why a reader was not started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// No time at all lies between one push and the next.
    #[error(
        "a reader cannot push every zero seconds; give a period, as in `every(Duration::from_secs(10))`"
    )]
    Period,
    /// A name that is none.
    #[error(
        "a reader needs a name, which its own stats are shown by; give one, as in `name(\"status\")`"
    )]
    Name,
    /// A size that not even one value would fit in.
    #[error("`{option}({given})` leaves no room for what is sent; give {least} bytes or more")]
    Size {
        /// The builder's method.
        option: &'static str,
        /// What it was given.
        given: usize,
        /// The least that makes sense.
        least: usize,
    },
    /// A size that the system never takes at once.
    #[error("`{option}({given})` is more than can be sent in one piece; give {most} bytes or less")]
    TooLarge {
        /// The builder's method.
        option: &'static str,
        /// What it was given.
        given: usize,
        /// The most that can be.
        most: usize,
    },
    /// An address that is none.
    #[error("`{addr}` is no address to send stats to; write for instance `{example}`")]
    Address {
        /// What was given.
        addr: String,
        /// What it might have been.
        example: &'static str,
    },
    /// An address that can only be reached with encryption.
    #[error(
        "`{addr}` needs TLS, which this reader does not speak; send to a collector on this host, `http://127.0.0.1:4318`"
    )]
    Tls {
        /// What was given.
        addr: String,
    },
    /// A rule that is no glob.
    #[error(transparent)]
    Rule(#[from] FilterError),
    /// A path that no file can be written at.
    #[error(
        "stats cannot be written to `{path}`: {source}; name a file in a folder that is there and can be written to"
    )]
    File {
        /// What was given.
        path: std::path::PathBuf,
        /// What is wrong with it.
        source: io::Error,
    },
    /// An address beyond this machine without a key, or with an empty one.
    #[error(
        "what is sent to `{addr}` needs a key that both ends know, and that is not empty; give one with `key`"
    )]
    Key {
        /// What was given.
        addr: String,
    },
    /// No socket for this address.
    #[error("cannot send stats to `{addr}`: {source}")]
    Socket {
        /// What was given.
        addr: String,
        /// What is wrong with it.
        source: io::Error,
    },
    /// A folder that nothing can be kept in.
    #[error("cannot keep anything in the folder `{path}`: {source}")]
    Folder {
        /// What was given.
        path: std::path::PathBuf,
        /// What is wrong with it.
        source: io::Error,
    },
    /// The system gave no thread.
    #[error("cannot start a thread for reporting: {0}")]
    Thread(#[source] io::Error),
}

/// Why not everything was delivered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeliveryError {
    /// The reader has not come back. It is left to itself.
    #[error("the reader has not answered in time")]
    Late,
    /// It came back and holds what it could not deliver.
    #[error("{left} values were not delivered in time and are queued")]
    Queued {
        /// How many.
        left: u64,
    },
    /// It came back, and of these values of the push nothing will be heard: they did not fit, or were refused.
    #[error("{lost} values were dropped; the reader's `errors` say why")]
    Dropped {
        /// How many.
        lost: u64,
    },
    /// The push failed.
    #[error("{reason}")]
    Failed {
        /// What the reader said.
        reason: String,
    },
    /// The reader panicked; it was restarted.
    #[error("the reader panicked")]
    Panicked,
    /// It was stopped before.
    #[error("the reader was stopped")]
    Stopped,
}

/// How a [run](super::Schedule::run) reader failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// It never began.
    #[error(transparent)]
    Start(#[from] StartError),
    /// It ended with something undelivered.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
}

/// Refuses a size that makes no sense.
#[cfg(any(feature = "graphite", feature = "statsd"))]
pub(crate) fn at_least(option: &'static str, given: usize, least: usize) -> Result<(), StartError> {
    if given < least {
        return Err(StartError::Size {
            option,
            given,
            least,
        });
    }
    Ok(())
}

/// Refuses a size that cannot be.
#[cfg(feature = "statsd")]
pub(crate) fn at_most(option: &'static str, given: usize, most: usize) -> Result<(), StartError> {
    if given > most {
        return Err(StartError::TooLarge {
            option,
            given,
            most,
        });
    }
    Ok(())
}
