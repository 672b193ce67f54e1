//! Looks at the processes, again and again, on a thread of its own.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use calipers::Snapshot;

use crate::problem::Problem;
use crate::source::{Found, Source};

/// One look at the process that is shown.
pub(crate) struct Sample {
    /// What the processes are called that there are now.
    pub(crate) processes: Vec<String>,
    /// Which of them was looked at; nothing for all of them added together.
    pub(crate) process: Option<String>,
    pub(crate) taken: Instant,
    /// What is to be known of it: that it is gone, or that some of all cannot be read.
    pub(crate) remark: Option<String>,
    /// What it holds, or why it cannot be read.
    pub(crate) snapshot: Result<Snapshot, String>,
}

/// The thread, and what it has to show.
pub(crate) struct Sampler {
    samples: Receiver<Sample>,
    wanted: Arc<Wanted>,
}

struct Wanted {
    choice: Mutex<Choice>,
    bell: Condvar,
}

#[derive(Default)]
struct Choice {
    process: Option<String>,
    is_new: bool,
}

impl Wanted {
    fn choice(&self) -> MutexGuard<'_, Choice> {
        self.choice.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sampler {
    /// Looks at what these words name, of which this was found by now.
    pub(crate) fn start(words: Vec<String>, found: Found, every: Duration) -> Sampler {
        // Of two, so that one is on its way while another is being looked at.
        let (sender, samples) = sync_channel(2);
        let wanted = Arc::new(Wanted {
            choice: Mutex::default(),
            bell: Condvar::new(),
        });
        let heard = Arc::clone(&wanted);
        thread::spawn(move || sample(&words, found, every, &heard, &sender));
        Sampler { samples, wanted }
    }

    /// The last sample there is, if there is a new one.
    pub(crate) fn newest(&self) -> Option<Sample> {
        self.samples.try_iter().last()
    }

    /// Which process is to be looked at: at once, if it is another one.
    pub(crate) fn show(&self, process: Option<&str>) {
        let mut choice = self.wanted.choice();
        if choice.process.as_deref() != process {
            choice.process = process.map(str::to_owned);
            choice.is_new = true;
            self.wanted.bell.notify_all();
        }
    }
}

fn sample(
    words: &[String],
    mut found: Found,
    every: Duration,
    wanted: &Wanted,
    sender: &SyncSender<Sample>,
) {
    loop {
        let began = Instant::now();
        let process = wanted.choice().process.clone();
        let (snapshot, remark) = look(&found.sources, process.as_deref());
        let sample = Sample {
            processes: found
                .sources
                .iter()
                .map(|source| source.name.clone())
                .collect(),
            taken: began,
            remark,
            snapshot,
            process,
        };
        match sender.try_send(sample) {
            Ok(()) | Err(TrySendError::Full(_)) => {}
            Err(TrySendError::Disconnected(_)) => return,
        }
        let left = every.saturating_sub(began.elapsed());
        let choice = wanted.choice();
        let waited = wanted
            .bell
            .wait_timeout_while(choice, left, |choice| !choice.is_new);
        let (mut choice, _) = waited.unwrap_or_else(PoisonError::into_inner);
        choice.is_new = false;
        drop(choice);
        found.again(words);
    }
}

type Looked = (Result<Snapshot, String>, Option<String>);

fn look(sources: &[Source], process: Option<&str>) -> Looked {
    let said = |problem| match problem {
        Problem::Said(text) | Problem::Usage(text) => text,
        Problem::ReaderGone => String::new(),
    };
    let chosen = sources.iter();
    let chosen = chosen.filter(|source| process.is_none_or(|process| source.name == process));
    let chosen: Vec<&Source> = chosen.collect();
    let mut all: Option<Snapshot> = None;
    let (mut problem, mut unread) = (None, 0);
    for source in &chosen {
        match (source.look(), &mut all) {
            (Ok(snapshot), Some(all)) => drop(all.merge(&snapshot)),
            (Ok(snapshot), all @ None) => *all = Some(snapshot),
            (Err(error), _) => {
                unread += 1;
                problem = Some(said(error));
            }
        }
    }
    let gone = chosen.iter().filter(|source| source.end.is_some()).count();
    let remark = match (&chosen[..], unread, gone) {
        ([one], _, _) => one.end.map(str::to_owned),
        (_, 0, 0) => None,
        (_, 0, gone) => Some(format!("{gone} gone")),
        (_, unread, 0) => Some(format!("{unread} cannot be read")),
        (_, unread, gone) => Some(format!("{gone} gone, {unread} cannot be read")),
    };
    let nothing = || match process {
        Some(gone) => format!("`{gone}` is gone; `[` and `]` choose another process"),
        None => "there is nothing to look at".to_owned(),
    };
    (all.ok_or_else(|| problem.unwrap_or_else(nothing)), remark)
}
