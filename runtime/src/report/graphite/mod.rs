//! Pushing to Graphite: a line of plain text for each number, over TCP.
//!
//! How it fits: `lines` turns a snapshot into lines, `queue` holds them within a bound, `outlet` gets them out.

mod lines;
mod outlet;
mod queue;

use std::time::{Duration, Instant};

use self::lines::{LONGEST_LINE, Lines};
use self::outlet::Outlet;
use super::connecting::with_port;
use super::names;
use super::rules::{Rules, ruled};
use super::schedule::{at_least, scheduled};
use super::{PushError, Pushed, Reader, Schedule, StartError};
use crate::Snapshot;

/// Pushes numbers to a Graphite server, or to whatever else takes its plain-text protocol.
///
/// ```no_run
/// use std::time::Duration;
/// use calipers::report::Graphite;
///
/// let graphite = Graphite::builder("graphite.example:2003")
///     .allow("/handler/**")
///     .forbid("**/stddev")
///     .every(Duration::from_secs(10))
///     .start()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Names
///
/// `/handler/latency` on the host `web1` becomes `web1.handler.latency.p99` and so on: the names of the parts are those
/// that JSON and paths have. What is not a letter, a digit, `_` or `-` becomes `_`, so no name can leave its place or
/// become two lines. Should two stats then have one name, the first is sent with all its numbers, and the
/// others are counted under `errors/nameTaken`.
///
/// Numbers alone are sent; not texts, and nothing that is NaN or infinite. All lines of a push have one timestamp.
///
/// # When the server is slow, stopped or gone
///
/// Lines wait in a buffer of 8 MiB ([`buffer`](GraphiteBuilder::buffer)); when it is full, the oldest go, and
/// are counted, also under `errors/bufferFull`. `offered` is always `sent` + `dropped` + `queued`. A connection that takes nothing for a minute is given up;
/// the next is tried after 0.2 s, then after twice as long each time, up to 30 s, somewhat more or less by chance, and
/// the name is resolved anew each time. `sent` counts what the system took. The protocol has no acknowledgement, so what
/// lay in the system's buffers of a lost connection is lost with it, though counted as sent.
#[derive(Debug)]
pub struct Graphite {
    lines: Lines,
    outlet: Outlet,
    period: Duration,
}

impl Graphite {
    /// A reader that pushes to this address, `graphite.example:2003`; the port may be left out.
    ///
    /// Nothing is sent until something is [allowed](GraphiteBuilder::allow).
    pub fn builder(addr: impl Into<String>) -> GraphiteBuilder {
        GraphiteBuilder {
            addr: addr.into(),
            prefix: None,
            rules: Rules::default(),
            buffer: 8 * 1024 * 1024,
            stall: Duration::from_secs(60),
            schedule: Schedule::new("graphite"),
        }
    }
}

impl Reader for Graphite {
    fn push(&mut self, snapshot: &Snapshot) -> Result<Pushed, PushError> {
        let Graphite {
            lines,
            outlet,
            period,
        } = self;
        let mut pushed = Pushed::nothing();
        // More than the buffer holds is still sent whole, to a server that takes it.
        outlet.begin(Instant::now() + *period);
        let skipped = lines.each(snapshot, |line| {
            pushed.offered += 1;
            outlet.offer(line, &mut pushed);
        });
        pushed.faults.extend(skipped);
        if pushed.dropped > 0 {
            pushed.faults.push(("bufferFull", pushed.dropped));
        }
        pushed.queued = outlet.queued();
        Ok(pushed)
    }

    fn carry_on(&mut self, until: Instant) -> Result<Pushed, PushError> {
        self.outlet.carry_on(until)
    }

    fn restart(&mut self) {
        self.outlet.restart();
    }
}

/// What is sent to Graphite, where, and when.
#[derive(Debug)]
#[must_use = "nothing is pushed before `start` or `run`"]
pub struct GraphiteBuilder {
    addr: String,
    prefix: Option<String>,
    rules: Rules,
    buffer: usize,
    stall: Duration,
    schedule: Schedule,
}

impl GraphiteBuilder {
    /// What all names begin with, its components separated by dots: `servers.web1`. The name of the host unless told
    /// otherwise; nothing when it is empty.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    ruled!();

    /// How many bytes may wait for the server, 8 MiB unless told otherwise; at least 4096, which any line fits in.
    pub fn buffer(mut self, bytes: usize) -> Self {
        self.buffer = bytes;
        self
    }

    /// How long a connection may take nothing before it is given up, a minute unless told otherwise.
    pub fn stall(mut self, limit: Duration) -> Self {
        self.stall = limit;
        self
    }

    scheduled!();

    fn parts(self) -> Result<(Schedule, Graphite), StartError> {
        at_least("buffer", self.buffer, LONGEST_LINE)?;
        let addr = with_port(&self.addr, 2003).ok_or(StartError::Address {
            addr: self.addr,
            example: "graphite.example:2003",
        })?;
        let prefix = match self.prefix {
            Some(prefix) => names::prefix(prefix.split('.')),
            None => names::prefix([&*host_name()]),
        };
        let reader = Graphite {
            lines: Lines::new(prefix, self.rules.compiled()?),
            outlet: Outlet::new(addr, self.buffer, self.stall),
            period: self.schedule.period(),
        };
        Ok((self.schedule, reader))
    }
}

fn host_name() -> String {
    rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned()
}
