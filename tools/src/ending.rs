//! The signals that end a program, for one that has something to put in order first.

use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::problem::Problem;

/// Notes them, as long as this process lives.
pub(crate) struct Ending(Arc<AtomicUsize>);

impl Ending {
    pub(crate) fn noted() -> io::Result<Ending> {
        let noted = Arc::new(AtomicUsize::new(0));
        for signal in [SIGHUP, SIGINT, SIGTERM] {
            signal_hook::flag::register_usize(signal, Arc::clone(&noted), signal as usize)?;
        }
        Ok(Ending(noted))
    }

    /// The signal that came last, if one came.
    pub(crate) fn signal(&self) -> Option<i32> {
        i32::try_from(self.0.load(Relaxed))
            .ok()
            .filter(|signal| *signal > 0)
    }
}

/// Ends as the signal would have ended it, now that everything is in order.
pub(crate) fn end_by(signal: i32) -> Result<ExitCode, Problem> {
    signal_hook::low_level::emulate_default_handler(signal)?;
    Ok(ExitCode::FAILURE)
}
