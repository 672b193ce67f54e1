//! Pushing to StatsD: small texts in datagrams, over UDP or a Unix socket.
//!
//! How it fits: `metrics` turns what happened since the last push into metrics, with `samples` for distributions,
//! `packets` puts them into datagrams, `outlet` gets those out.

mod metrics;
mod outlet;
mod packets;
mod samples;

use std::os::unix::net::SocketAddr;
use std::time::Instant;

use self::metrics::Metrics;
use self::outlet::{Outlet, Peer, TOO_LONG};
use self::packets::Packets;
use super::connecting::with_port;
use super::names;
use super::rules::{Rules, ruled};
use super::schedule::{at_least, at_most, scheduled};
use super::{PushError, Pushed, Reader, Schedule, StartError};
use crate::Snapshot;

/// Pushes to a StatsD server, or to one that knows the dialect with tags (DogStatsD): Datadog's agent, Netdata, Telegraf.
///
/// ```no_run
/// use std::time::Duration;
/// use calipers::report::StatsD;
///
/// let statsd = StatsD::builder("127.0.0.1:8125")
///     .prefix("shop")
///     .tagged()
///     .every(Duration::from_secs(10))
///     .start()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # What is sent
///
/// | stat | sent as |
/// | --- | --- |
/// | `Counter`, `Meter` | counter: what came since the last push |
/// | `UpDownCounter`, `Gauge`, `CountBy`, time by state | gauge, at each push; a negative one as the `0` and the value that the protocol wants |
/// | `Timer` | samples in milliseconds (`ms`), outcomes as counters, `inFlight` as gauge |
/// | `Histogram` | samples: `h` with tags, `ms` without, for plain StatsD knows no other |
///
/// All is sent but what lies below `/calipers`, unless rules say otherwise.
///
/// **Samples.** A server computes percentiles from samples, and we hold a distribution. So a push sends, of each
/// distribution, up to 50 values ([`samples`](StatsDBuilder::samples)), taken at equal steps of rank from what
/// came since the last push, each for the same number of values, which the sample rate tells: `12.5|ms|@0.25` stands
/// for four. The steps are powers of two, whose rates no text rounds, so a server that counts by the rate counts
/// exactly as many as were recorded. Values are within 1.1 %. A plain server's `sum` and `upper` know only the samples
/// themselves. Netdata takes no rate below 0.01: where more than 3,200 values come in a period, its counts fall
/// short, unless there are more samples.
///
/// **Names.** `/handler/by_path` becomes `handler.by_path`; what is not a letter, a digit, `_` or `-` becomes `_`.
/// With tags, a segment that carries a label is replaced by the label's name, and a family's key becomes a tag:
/// `/processor/thread-0/finished` is `processor.thread.finished` with `thread:thread-0`, so that the processor's own
/// total, `processor.finished`, is not added to its parts. Should two stats, or two keys, then have one name and the same
/// tags, the first is sent; what the others counted is missing there, and they are counted under `errors/nameTaken`.
///
/// # When the server is slow or gone
///
/// UDP is sent blindly: what a server misses is lost. What cannot be sent at all, because a Unix socket is not there or full,
/// or the system refuses it, waits; as long as anything does, nothing new is made, and the next push takes up all that
/// came meanwhile. So counts arrive late, but whole. Datagrams go out in small groups, some 50,000 metrics a second,
/// lest a large push overrun the server.
#[derive(Debug)]
pub struct StatsD {
    metrics: Metrics,
    packets: Packets,
    outlet: Outlet,
    /// What the server was told of.
    before: Option<Snapshot>,
}

impl StatsD {
    /// A reader that sends all but `/calipers/**` to this address: `127.0.0.1:8125`, whose port may be left out, or the
    /// path of a Unix datagram socket, which begins with `/`.
    pub fn builder(addr: impl Into<String>) -> StatsDBuilder {
        let mut rules = Rules::default();
        rules.allow("**");
        rules.forbid("/calipers/**");
        StatsDBuilder {
            addr: addr.into(),
            prefix: String::new(),
            rules,
            tags: None,
            samples: 50,
            datagram: 1432,
            buffer: 8 * 1024 * 1024,
            schedule: Schedule::new("statsd"),
        }
    }
}

impl Reader for StatsD {
    fn push(&mut self, snapshot: &Snapshot) -> Result<Pushed, PushError> {
        if self.outlet.queued() > 0 {
            return Err(PushError::new(
                "behind",
                "what the last push sent is not out yet",
                "this one is left to the next",
            ));
        }
        let news = match &self.before {
            Some(before) => snapshot.since(before),
            None => snapshot.clone(),
        };
        let mut pushed = Pushed::nothing();
        let StatsD {
            metrics,
            packets,
            outlet,
            ..
        } = self;
        outlet.begin();
        let (mut too_long, mut no_room) = (0, 0);
        let mut faults = metrics.each(&news, &mut |metric| {
            pushed.offered += 1;
            match packets.add(metric) {
                Ok(None) => {}
                Ok(Some(packet)) => no_room += outlet.offer(packet, &mut pushed),
                Err(_) => {
                    too_long += 1;
                    pushed.dropped += 1;
                }
            }
        });
        if let Some(packet) = packets.rest() {
            no_room += outlet.offer(packet, &mut pushed);
        }
        for (cause, times) in [(TOO_LONG, too_long), ("bufferFull", no_room)] {
            if times > 0 {
                faults.push((cause, times));
            }
        }
        pushed.faults.extend(faults);
        pushed.queued = outlet.queued();
        self.before = Some(snapshot.clone());
        Ok(pushed)
    }

    fn carry_on(&mut self, until: Instant) -> Result<Pushed, PushError> {
        self.outlet.carry_on(until)
    }

    fn restart(&mut self) {
        // What of a push was made when it panicked is sent; `before` was not moved, so that counts might be sent
        // twice if the datagrams were kept.
        self.outlet.forget();
        let _ = self.packets.rest();
    }
}

/// What the internet carries in one piece, and a metric has room in.
const LEAST_DATAGRAM: usize = 512;

/// What UDP has room for, its own header and that of the packet taken off; Unix sockets take more, as a rule.
const LARGEST_DATAGRAM: usize = 65_507;

/// What is sent to StatsD, where, and when.
#[derive(Debug)]
#[must_use = "nothing is pushed before `start` or `run`"]
pub struct StatsDBuilder {
    addr: String,
    prefix: String,
    rules: Rules,
    tags: Option<Vec<(String, String)>>,
    samples: u64,
    datagram: usize,
    buffer: usize,
    schedule: Schedule,
}

impl StatsDBuilder {
    /// What all names begin with, its components separated by dots. Nothing unless told otherwise.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// The dialect with tags: labels and the keys of families become tags rather than parts of names.
    pub fn tagged(mut self) -> Self {
        self.tags.get_or_insert_default();
        self
    }

    /// A tag for all metrics, `env:prod`; brings the dialect with tags.
    pub fn tag(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let tags = self.tags.get_or_insert_default();
        tags.push((name.into(), value.into()));
        self
    }

    ruled!();

    /// How many samples a push sends of one distribution, about: 50 unless told otherwise.
    pub fn samples(mut self, most: u64) -> Self {
        self.samples = most.max(1);
        self
    }

    /// The longest datagram, in bytes: 1432 unless told otherwise, which any Ethernet carries in one piece; at least 512,
    /// and at most 65,507, which is all that UDP has room for. A metric that is longer is dropped, and counted under
    /// `errors/tooLong`; so is a datagram that the system says it never takes.
    pub fn datagram(mut self, bytes: usize) -> Self {
        self.datagram = bytes;
        self
    }

    /// How many bytes of one push may wait for the server, 8 MiB unless told otherwise, and at least a datagram; what is
    /// beyond is dropped, and counted under `errors/bufferFull`.
    pub fn buffer(mut self, bytes: usize) -> Self {
        self.buffer = bytes;
        self
    }

    scheduled!();

    fn parts(self) -> Result<(Schedule, StatsD), StartError> {
        at_least("datagram", self.datagram, LEAST_DATAGRAM)?;
        at_most("datagram", self.datagram, LARGEST_DATAGRAM)?;
        at_least("buffer", self.buffer, self.datagram)?;
        let peer = if self.addr.starts_with('/') {
            // Too long a path, mostly: it would never connect.
            if let Err(source) = SocketAddr::from_pathname(&self.addr) {
                let addr = self.addr;
                return Err(StartError::Socket { addr, source });
            }
            Peer::Unix(self.addr.into())
        } else {
            Peer::Udp(with_port(&self.addr, 8125).ok_or(StartError::Address {
                addr: self.addr,
                example: "127.0.0.1:8125",
            })?)
        };
        let prefix = names::prefix(self.prefix.split('.'));
        let reader = StatsD {
            metrics: Metrics::new(prefix, self.rules.compiled()?, self.tags, self.samples),
            packets: Packets::new(self.datagram),
            outlet: Outlet::new(peer, self.buffer),
            before: None,
        };
        Ok((self.schedule, reader))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_can_never_be_reached_is_refused_at_the_start() {
        let of = |addr: &str| StatsD::builder(addr).parts().map(|_| ());
        let long = format!("/{}", "x".repeat(400));
        for path in [&*long, "/a\0b"] {
            let refused = of(path).unwrap_err();
            assert!(matches!(refused, StartError::Socket { .. }), "{refused}");
        }
        let refused = of("127.0.0.1:0").unwrap_err();
        assert!(matches!(refused, StartError::Address { .. }), "{refused}");
        assert!(of("/no/such/socket").is_ok());
    }

    #[test]
    fn a_datagram_that_no_system_sends_is_refused_at_the_start() {
        for addr in ["127.0.0.1:8125", "/no/such/socket"] {
            let of = |bytes| StatsD::builder(addr).datagram(bytes).parts().map(|_| ());
            for bytes in [LARGEST_DATAGRAM + 1, 70_000, usize::MAX] {
                let refused = of(bytes).unwrap_err();
                assert!(
                    matches!(refused, StartError::TooLarge { given, most: 65_507, .. } if given == bytes),
                    "{refused}"
                );
            }
            assert!(of(LARGEST_DATAGRAM).is_ok() && of(LEAST_DATAGRAM).is_ok());
        }
    }
}
