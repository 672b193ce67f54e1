//! The end that listens: it unites what publishers send, for whatever reader wants to show it.

mod builder;

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

pub use builder::{AggregatorBuilder, BindError};

use super::frame::{self, Head, Key, Sort};
use super::kept::Keeper;
use super::own::PLACE;
use super::socket::Router;
use super::sources::{Answer, Sources};
use crate::{Registry, Snapshot, log_line};

/// How long it is idle before it looks whether anything else is to be done.
const IDLE: Duration = Duration::from_millis(100);

/// Messages that are taken one after another before it does.
const BATCH: usize = 256;

/// Takes what [`Publisher`](super::Publisher)s send, and unites it.
///
/// ```
/// use std::time::Duration;
/// use calipers::Registry;
/// use calipers::distributed::{Aggregator, Publisher};
///
/// let aggregator = Aggregator::bind("tcp://127.0.0.1:0").start()?;
/// let counted: Vec<Registry> = (0..2).map(|_| Registry::new()).collect();
/// for (number, registry) in counted.iter().enumerate() {
///     registry.counter("jobs.done")?.add(3);
///     let publisher = Publisher::connect(aggregator.endpoint())
///         .identity(format!("worker-{number}"))
///         .registry(registry)
///         .start()?;
///     publisher.stop(Duration::from_secs(5))?;
/// }
/// assert_eq!(aggregator.snapshot().counter("/jobs/done"), Some(6));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # How stats are united
///
/// | stat | of several sources |
/// | --- | --- |
/// | `Counter`, `UpDownCounter`, `Meter`, `Sum` | added, their rates too |
/// | `Histogram`, `Timer` | merged bucket by bucket; outcomes and what is in flight are added |
/// | `StateSet` | how many sources are in each state |
/// | `CountBy`, time by state | added, state by state |
/// | `Family` | key by key |
/// | `Max`, `Min` | the largest, the smallest |
/// | `Gauge` | as a rule says ([`gauges`](AggregatorBuilder::gauges)), else as it declares ([`Merging`](super::Merging)); without either, per source |
/// | `Text` | per source |
/// | `Info` | the first source's |
///
/// # Sources that come and go
///
/// A source that is started again under its name goes on from what it had counted. One that is silent for too long
/// ([`forget_after`](AggregatorBuilder::forget_after)) is dropped: what it stood at no longer counts, what it had counted
/// stays. If it was only stopped, it takes its place again, and nothing counts twice. The last 64 that went are
/// known that well; of earlier ones the totals are added up, but for those that an ancestor's total has anyway, and
/// they are ignored until they are started again.
///
/// What an instance had counted stays as well when it goes: in the `Sum` of an ancestor, or else where it stood, for up to
/// 10,000 stats of a source.
///
/// An aggregator that is started again asks each source for everything. What only the dead could tell is lost, unless
/// it is kept in a file ([`keep`](AggregatorBuilder::keep)).
///
/// What it does is shown below `/calipers/aggregator`, in its own registry and in the united tree: `messages`, `sources`,
/// `ignored` by cause, `gaps`, `restarted`, `vanished`, `conflicts`. What sources have there is left out.
pub struct Aggregator {
    united: United,
    endpoint: String,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Aggregator {
    /// An aggregator at this address: `ipc:///path` for publishers of this host, `tcp://127.0.0.1:port`, or, for those of
    /// other hosts, [`beyond_loopback`](AggregatorBuilder::beyond_loopback).
    pub fn bind(endpoint: impl Into<String>) -> AggregatorBuilder {
        AggregatorBuilder::new(endpoint.into())
    }

    /// The address that it listens on, with the port that was really taken.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// All sources as one tree, and the aggregator's own stats.
    pub fn snapshot(&self) -> Snapshot {
        self.united.snapshot()
    }

    /// The same for readers, which take it as their `source`.
    ///
    /// ```
    /// # #[cfg(feature = "http")] {
    /// use calipers::distributed::Aggregator;
    /// use calipers::report::http::Server;
    ///
    /// let aggregator = Aggregator::bind("tcp://127.0.0.1:0").start()?;
    /// let united = aggregator.united();
    /// let page = Server::builder("127.0.0.1:0").source(move || united.snapshot()).start()?;
    /// # page.stop();
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn united(&self) -> United {
        self.united.clone()
    }

    /// Stops listening, and keeps what is to be kept. Dropping it does the same.
    pub fn stop(self) {}
}

impl Drop for Aggregator {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic in there was reported where it happened, and there is nothing to add to it.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Aggregator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Aggregator")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

/// What an aggregator has united, for as many readers as want to show it. It stays readable when the aggregator has ended.
#[derive(Clone)]
pub struct United {
    sources: Arc<Mutex<Sources>>,
    registry: Registry,
}

impl United {
    /// All sources as one tree, and the aggregator's own stats.
    pub fn snapshot(&self) -> Snapshot {
        let mut united = {
            let sources = self.sources();
            let (united, conflicts) = sources.united();
            sources.own.conflicts.set(conflicts);
            united
        };
        if let Ok(own) = self.registry.snapshot().filter(&format!("{PLACE}/**")) {
            // Whatever a source calls so is not ours.
            let _ = united.merge(&own);
        }
        united
    }

    /// Each source that is heard of by itself, below its name.
    pub fn side_by_side(&self) -> Snapshot {
        self.sources().side_by_side()
    }

    fn sources(&self) -> MutexGuard<'_, Sources> {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for United {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("United").finish_non_exhaustive()
    }
}

/// What the aggregator's thread does.
struct Listening {
    router: Router,
    key: Option<Key>,
    united: United,
    keeper: Option<Keeper>,
    stop: Arc<AtomicBool>,
}

impl Listening {
    fn run(mut self) {
        while !self.stop.load(Relaxed) {
            if let Err(error) = self.listen() {
                log_line::warn(
                    log_line::TARGET,
                    format_args!("aggregator: cannot hear anybody: {error}"),
                );
                std::thread::sleep(IDLE * 10);
            }
            if let Some(keeper) = &mut self.keeper {
                keeper.keep_in_turn(&self.united.sources, Instant::now());
            }
        }
        if let Some(keeper) = &mut self.keeper {
            keeper.keep_at_last(&self.united.sources);
        }
    }

    fn listen(&self) -> io::Result<()> {
        self.router.wait(IDLE)?;
        let mut taken = 0;
        while taken < BATCH
            && let Some(parts) = self.router.receive()?
        {
            self.take(&parts);
            taken += 1;
        }
        let turned_away = self.router.turned_away();
        let mut sources = self.united.sources();
        for (cause, times) in [
            ("noHandshake", turned_away.no_handshake),
            ("wrongKey", turned_away.wrong_key),
        ] {
            if times > 0 {
                sources.own.ignored.get(cause).add(times);
            }
        }
        // Whoever is still waiting to be heard is not silent.
        if taken < BATCH {
            sources.tick(Instant::now());
        }
        Ok(())
    }

    fn take(&self, parts: &[Vec<u8>]) {
        let mut sources = self.united.sources();
        let [sender, message] = parts else {
            sources.own.ignored.get("notOurs").inc();
            return;
        };
        let (head, body) = match frame::open(message, self.key.as_ref()) {
            Ok(opened) => opened,
            Err(refused) => {
                sources.own.ignored.get(refused.cause()).inc();
                return;
            }
        };
        let sort = match sources.take(&head, body, Instant::now()) {
            Answer::Nothing => return,
            Answer::Taken => Sort::Taken,
            Answer::Wanted => Sort::Wanted,
        };
        drop(sources);
        let answer = Head {
            sort,
            is_first: true,
            is_last: true,
            ..head
        };
        // Who has gone, or does not listen, is asked again when it says something.
        let _ = self
            .router
            .send(sender, &frame::seal(&answer, &[], self.key.as_ref()));
    }
}
