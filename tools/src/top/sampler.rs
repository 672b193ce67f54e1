//! Looks at the processes, again and again, on a thread of its own.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use calipers::Snapshot;

use crate::problem::Problem;
use crate::source::Source;

/// One look at the process that is shown.
pub(crate) struct Sample {
    /// Which: zero is all of them added together, others count from one.
    pub(crate) process: usize,
    pub(crate) taken: Instant,
    /// What it holds, or why it cannot be read.
    pub(crate) snapshot: Result<Snapshot, String>,
}

/// The thread, and what it has to show.
pub(crate) struct Sampler {
    samples: Receiver<Sample>,
    wanted: Arc<Wanted>,
}

struct Wanted {
    process: AtomicUsize,
    changed: Mutex<bool>,
    bell: Condvar,
}

impl Sampler {
    pub(crate) fn start(sources: Vec<Source>, every: Duration) -> Sampler {
        // Of two, so that one is on its way while another is being looked at.
        let (sender, samples) = sync_channel(2);
        let wanted = Arc::new(Wanted {
            process: AtomicUsize::new(0),
            changed: Mutex::new(false),
            bell: Condvar::new(),
        });
        let heard = Arc::clone(&wanted);
        thread::spawn(move || sample(&sources, every, &heard, &sender));
        Sampler { samples, wanted }
    }

    /// The last sample there is, if there is a new one.
    pub(crate) fn newest(&self) -> Option<Sample> {
        self.samples.try_iter().last()
    }

    /// Which process is to be looked at: at once, if it is another one.
    pub(crate) fn show(&self, process: usize) {
        if self.wanted.process.swap(process, Relaxed) != process {
            *self
                .wanted
                .changed
                .lock()
                .unwrap_or_else(PoisonError::into_inner) = true;
            self.wanted.bell.notify_all();
        }
    }
}

fn sample(sources: &[Source], every: Duration, wanted: &Wanted, sender: &SyncSender<Sample>) {
    loop {
        let began = Instant::now();
        let process = wanted.process.load(Relaxed);
        let sample = Sample {
            process,
            taken: began,
            snapshot: look(sources, process),
        };
        match sender.try_send(sample) {
            Ok(()) | Err(TrySendError::Full(_)) => {}
            Err(TrySendError::Disconnected(_)) => return,
        }
        let left = every.saturating_sub(began.elapsed());
        let changed = wanted
            .changed
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let waited = wanted
            .bell
            .wait_timeout_while(changed, left, |changed| !*changed);
        let (mut changed, _) = waited.unwrap_or_else(PoisonError::into_inner);
        *changed = false;
    }
}

fn look(sources: &[Source], process: usize) -> Result<Snapshot, String> {
    let said = |problem| match problem {
        Problem::Said(text) | Problem::Usage(text) => text,
        Problem::ReaderGone => String::new(),
    };
    let chosen = match process.checked_sub(1) {
        Some(one) => sources.get(one..=one).unwrap_or_default(),
        None => sources,
    };
    let mut all: Option<Snapshot> = None;
    let mut problem = None;
    for source in chosen {
        match (source.look(), &mut all) {
            (Ok(snapshot), Some(all)) => drop(all.merge(&snapshot)),
            (Ok(snapshot), all @ None) => *all = Some(snapshot),
            (Err(error), _) => problem = Some(said(error)),
        }
    }
    all.ok_or_else(|| problem.unwrap_or_else(|| "there is nothing to look at".to_owned()))
}
