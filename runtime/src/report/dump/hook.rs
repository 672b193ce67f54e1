//! Has the file written when something panics.
//!
//! Not by the thread that panics: it may hold whatever a snapshot needs, and its stack may be all but used up. It asks the
//! reader's thread, and waits as long as the grace. So a panic can be late, and cannot hang.

use std::panic::{PanicHookInfo, set_hook, take_hook};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime};

use super::{Panic, Panics, seconds};
use crate::report::schedule::{Started, WhenStarted};

/// What is done when the reader has started: the hook is set.
pub(super) fn flushing(news: Arc<Mutex<Panics>>) -> WhenStarted {
    Box::new(move |started: Started, grace: Duration| {
        if thread::panicking() {
            return; // hooks cannot be changed now
        }
        let before = take_hook();
        set_hook(Box::new(move |panic| {
            before(panic);
            note(panic, &started, grace, &news);
        }));
    })
}

fn note(panic: &PanicHookInfo<'_>, started: &Started, grace: Duration, news: &Mutex<Panics>) {
    // Nobody waits for oneself: a reader that panics on its own thread is restarted and counted.
    if started.is_this_thread() || started.has_ended() {
        return;
    }
    let thread = thread::current();
    let last = Panic {
        thread: thread.name().unwrap_or("unnamed").to_owned(),
        message: message(panic),
        at: panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default(),
        when: seconds(SystemTime::now()),
    };
    {
        let mut news = news.lock().unwrap_or_else(PoisonError::into_inner);
        news.count += 1;
        news.last = Some(last);
    }
    // A failure is counted and logged by the reader.
    let _ = started.flush(grace);
}

fn message(panic: &PanicHookInfo<'_>) -> String {
    panic.payload_as_str().unwrap_or("not a text").to_owned()
}
