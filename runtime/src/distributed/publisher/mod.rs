//! The end that sends: a reader like any other, whose pushes go to an aggregator.

mod builder;

use std::collections::VecDeque;
use std::fmt;
use std::time::{Duration, Instant, SystemTime};

pub use builder::PublisherBuilder;

use super::changes;
use super::frame::{self, Head, Key, Sort};
use super::merging::CompiledGauges;
use super::socket::Dealer;
use super::writing::{Bodies, Body, Sender};
use crate::Snapshot;
use crate::report::{PushError, Pushed, Reader};

/// How long a push waits for a connection, or for room in it: longer at first, when the connection is about to be made.
const PATIENCE: (Duration, Duration) = (Duration::from_millis(500), Duration::from_millis(50));

/// After how many times its linger a publisher that hears nothing, and has no room, connects anew, and after how long at least.
const MUTE: (u32, Duration) = (5, Duration::from_secs(1));

/// Sends this program's stats to an [`Aggregator`](super::Aggregator).
///
/// ```no_run
/// use std::time::Duration;
/// use calipers::distributed::{Merging, Publisher};
///
/// let publisher = Publisher::connect("ipc:///run/stats/aggregator.sock")
///     .identity("web-1") // goes on from its earlier total when it is started again
///     .gauges("/queue/depth", Merging::Sum)
///     .every(Duration::from_secs(1))
///     .start()?; // it ends when this is dropped, after a last push
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # What is sent
///
/// At each push, the stats that changed since the push before, with their values as they are now (of a family, the members
/// that changed); when nothing did, that the source is still there. Everything is sent at first, when the aggregator asks for
/// it since it is new or a message is missing, and once in a while ([`whole_every`](PublisherBuilder::whole_every)). What is
/// sent is never what was added, so what is lost or comes twice makes no total wrong: the next state puts it right.
///
/// # When the aggregator is slow or gone
///
/// Nobody waits for it but the reader's own thread. Without a connection, or with
/// [`high_water`](PublisherBuilder::high_water) messages on their way, a push sends nothing and is
/// counted as dropped; what changed goes with the next that finds room. So memory is bounded: one snapshot to
/// compare with, the messages on their way, and what of one state is waiting to be sent. When it has heard nothing for five
/// times its linger, and has no room, it connects anew, whatever had its address before.
///
/// `sent`, below `/calipers/report/publisher`, are stats that the aggregator said it has taken; those of messages
/// that it did not answer within the [`linger`](PublisherBuilder::linger) are `dropped`. A flush waits for the answer.
///
/// # When it ends
///
/// The last push comes when its handle is dropped or stopped. Start it after the instances that count were made, so that it
/// is dropped before they are: of an instance that is gone by then, the aggregator keeps what the push before had told.
/// The children of a `fork` have their parent's numbers; publishers are to be started after it.
pub struct Publisher {
    dealer: Dealer,
    endpoint: String,
    key: Option<Key>,
    sender: Sender,
    gauges: CompiledGauges,
    incarnation: u64,
    started: u64,
    /// The number of the next message.
    sequence: u64,
    whole_every: u32,
    /// Pushes since everything was sent.
    since_whole: u32,
    linger: Duration,
    /// When the aggregator last said something, or it was connected to anew.
    heard: Instant,
    /// What the aggregator was told.
    told: Option<Snapshot>,
    is_whole_wanted: bool,
    /// The number of the message that began the last whole state.
    whole: u64,
    waiting: VecDeque<Message>,
    unanswered: VecDeque<Unanswered>,
    /// Stats whose messages the aggregator could not use: they go again with everything else.
    again: u64,
}

struct Message {
    bytes: Vec<u8>,
    sequence: u64,
    stats: u64,
}

struct Unanswered {
    sequence: u64,
    stats: u64,
    sent: Instant,
}

impl Publisher {
    /// A reader that sends to the aggregator at this address: `ipc:///path` for one of this host, `tcp://host:port`.
    pub fn connect(endpoint: impl Into<String>) -> PublisherBuilder {
        PublisherBuilder::new(endpoint.into())
    }

    /// What of `now` the aggregator has not been told.
    fn bodies(&self, now: &Snapshot, is_whole: bool) -> (Vec<Body>, u64) {
        let mut bodies = Bodies::new(&self.sender, now.taken());
        let told = self.told.as_ref().filter(|_| !is_whole);
        changes::write(told, now, &self.gauges, &mut bodies);
        let too_large = bodies.too_large;
        (bodies.finish(), too_large)
    }

    /// Numbers them, and has them wait for being sent.
    fn enqueue(&mut self, bodies: Vec<Body>, is_whole: bool) {
        let last = bodies.len().saturating_sub(1);
        if is_whole {
            self.whole = self.sequence;
            self.since_whole = 0;
            self.is_whole_wanted = false;
        }
        for (at, body) in bodies.into_iter().enumerate() {
            let head = Head {
                sort: if is_whole { Sort::Whole } else { Sort::Change },
                is_first: at == 0,
                is_last: at == last,
                incarnation: self.incarnation,
                started: self.started,
                sequence: self.sequence,
            };
            self.waiting.push_back(Message {
                bytes: frame::seal(&head, &body.bytes, self.key.as_ref()),
                sequence: self.sequence,
                stats: body.stats,
            });
            self.sequence += 1;
        }
    }

    /// Sends what waits, as far as there is room.
    fn send(&mut self, pushed: &mut Pushed) -> Result<(), PushError> {
        while let Some(message) = self.waiting.front() {
            let is_sent = self
                .dealer
                .send(&message.bytes)
                .map_err(|error| PushError::io("cannot send stats", error))?;
            let Some(message) = self.waiting.pop_front_if(|_| is_sent) else {
                break;
            };
            pushed.bytes += message.bytes.len() as u64;
            self.unanswered.push_back(Unanswered {
                sequence: message.sequence,
                stats: message.stats,
                sent: Instant::now(),
            });
        }
        Ok(())
    }

    /// Takes what the aggregator has answered.
    fn hear(&mut self, pushed: &mut Pushed) -> Result<(), PushError> {
        let cannot = |error| PushError::io("cannot hear what the aggregator says", error);
        while let Some(parts) = self.dealer.receive().map_err(cannot)? {
            self.heard = Instant::now();
            let [answer] = &*parts else {
                pushed.faults.push(("notOurs", 1));
                continue;
            };
            match frame::open(answer, self.key.as_ref()) {
                Ok((head, _)) if head.incarnation == self.incarnation => match head.sort {
                    Sort::Taken => pushed.sent += self.answered(head.sequence),
                    Sort::Wanted => {
                        self.again += self.answered(head.sequence);
                        // What was asked for before the last whole state is in it.
                        self.is_whole_wanted |= head.sequence >= self.whole;
                    }
                    _ => pushed.faults.push(("notForUs", 1)),
                },
                Ok(_) => pushed.faults.push(("notForUs", 1)),
                Err(refused) => pushed.faults.push((refused.cause(), 1)),
            }
        }
        // What was not answered in time may still be; but nobody waits for it any more.
        while let Some(late) = self
            .unanswered
            .pop_front_if(|message| message.sent.elapsed() > self.linger)
        {
            pushed.dropped += late.stats;
        }
        pushed.queued = self.queued();
        Ok(())
    }

    /// Everything up to this message is answered; how many stats that were.
    fn answered(&mut self, sequence: u64) -> u64 {
        let mut stats = 0;
        while let Some(message) = self
            .unanswered
            .pop_front_if(|message| message.sequence <= sequence)
        {
            stats += message.stats;
        }
        stats
    }

    fn queued(&self) -> u64 {
        let waiting: u64 = self.waiting.iter().map(|message| message.stats).sum();
        let unanswered: u64 = self.unanswered.iter().map(|message| message.stats).sum();
        let waiting = waiting + self.again;
        // That a source is there is worth delivering too, and has no stat.
        let is_any = !self.waiting.is_empty() || !self.unanswered.is_empty();
        (waiting + unanswered).max(u64::from(is_any))
    }

    /// Everything, as the aggregator was last told: it has asked for it, and it is not yet time for a snapshot.
    fn tell_again(&mut self, pushed: &mut Pushed) {
        if !self.is_whole_wanted || !self.waiting.is_empty() {
            return;
        }
        let Some(told) = self.told.clone() else {
            return;
        };
        let (bodies, _) = self.bodies(&told, true);
        self.offer(&bodies, true, pushed);
        self.enqueue(bodies, true);
    }

    /// Counts what is to be delivered; what goes again was counted before.
    fn offer(&mut self, bodies: &[Body], is_whole: bool, pushed: &mut Pushed) {
        let stats: u64 = bodies.iter().map(|body| body.stats).sum();
        let again = if is_whole {
            std::mem::take(&mut self.again)
        } else {
            0
        };
        pushed.offered += stats.saturating_sub(again);
        // Of those, some were removed since.
        pushed.dropped += again.saturating_sub(stats);
    }

    /// Whether there is another connection now, since nobody has been heard for long.
    fn connect_anew(&mut self) -> bool {
        let (times, least) = MUTE;
        if self.heard.elapsed() < self.linger.saturating_mul(times).max(least) {
            return false;
        }
        self.heard = Instant::now();
        self.dealer.connect_anew().is_ok()
    }

    fn wait_for_room(&self) -> bool {
        let patience = if self.told.is_none() {
            PATIENCE.0
        } else {
            PATIENCE.1
        };
        let until = Instant::now() + patience;
        while !self.dealer.has_room() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || self.dealer.wait(true, left).is_err() {
                return false;
            }
            // What has come in the meantime is looked at afterwards, but must not end the wait at once, again and again.
            if !self.dealer.has_room() {
                std::thread::sleep(left.min(Duration::from_millis(2)));
            }
        }
        true
    }
}

impl Reader for Publisher {
    fn push(&mut self, snapshot: &Snapshot) -> Result<Pushed, PushError> {
        let mut pushed = Pushed::nothing();
        self.hear(&mut pushed)?;
        let is_whole =
            self.told.is_none() || self.is_whole_wanted || self.since_whole >= self.whole_every;
        let has_room = self.waiting.is_empty()
            && (self.wait_for_room() || (self.connect_anew() && self.wait_for_room()));
        let (bodies, too_large) = self.bodies(snapshot, is_whole);
        let stats: u64 = bodies.iter().map(|body| body.stats).sum();
        if too_large > 0 {
            pushed.offered += too_large;
            pushed.dropped += too_large;
            pushed.faults.push(("tooLarge", too_large));
        }
        if !has_room {
            pushed.offered += stats;
            pushed.dropped += stats;
            pushed.queued = self.queued();
            let tried = format!("`{}` takes no stats now", self.endpoint);
            let later = match self.key {
                Some(_) => {
                    "what changed goes with the next push that an aggregator with the same key takes"
                }
                None => {
                    "what changed goes with the next push that an aggregator without a key takes"
                }
            };
            return Err(PushError::new("notTaken", tried, later).after(pushed));
        }
        self.offer(&bodies, is_whole, &mut pushed);
        self.since_whole += 1;
        self.enqueue(bodies, is_whole);
        self.told = Some(snapshot.clone());
        self.send(&mut pushed)?;
        pushed.queued = self.queued();
        Ok(pushed)
    }

    fn carry_on(&mut self, until: Instant) -> Result<Pushed, PushError> {
        let mut pushed = Pushed::nothing();
        self.send(&mut pushed)?;
        let time = until.saturating_duration_since(Instant::now());
        let cannot = |error| PushError::io("cannot wait for the aggregator", error);
        self.dealer
            .wait(!self.waiting.is_empty(), time)
            .map_err(cannot)?;
        self.hear(&mut pushed)?;
        self.tell_again(&mut pushed);
        self.send(&mut pushed)?;
        pushed.queued = self.queued();
        Ok(pushed)
    }

    fn restart(&mut self) {
        self.told = None;
        self.waiting.clear();
        self.unanswered.clear();
        self.again = 0;
    }
}

impl fmt::Debug for Publisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publisher")
            .field("endpoint", &self.endpoint)
            .field("source", &self.sender.name)
            .finish_non_exhaustive()
    }
}

/// When a run begins, in nanoseconds since 1970.
fn now() -> u64 {
    super::writing::nanoseconds(SystemTime::now())
}
