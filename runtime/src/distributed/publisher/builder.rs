//! What is sent to an aggregator, and how.

use std::hash::{BuildHasher, Hasher};
use std::time::{Duration, Instant};

use super::Publisher;
use crate::distributed::address::{Address, EXAMPLE};
use crate::distributed::frame::Key;
use crate::distributed::merging::Gauges;
use crate::distributed::socket::Dealer;
use crate::distributed::writing::Sender;
use crate::report::schedule::scheduled;
use crate::report::{Schedule, StartError};
use crate::{Merging, program};

/// What is sent to an aggregator, how, and when.
#[derive(Debug)]
#[must_use = "nothing is sent before `start` or `run`"]
pub struct PublisherBuilder {
    endpoint: String,
    identity: Option<String>,
    key: Option<Vec<u8>>,
    gauges: Gauges,
    whole_every: u32,
    high_water: u32,
    linger: Duration,
    schedule: Schedule,
}

impl PublisherBuilder {
    pub(super) fn new(endpoint: String) -> PublisherBuilder {
        PublisherBuilder {
            endpoint,
            identity: None,
            key: None,
            gauges: Gauges::default(),
            whole_every: 60,
            high_water: 32,
            linger: Duration::from_secs(2),
            schedule: Schedule::new("publisher").every(Duration::from_secs(1)),
        }
    }

    /// What this source is called, at the aggregator: it goes on from what the last one of this name had counted. Two
    /// programs that run at once need two names. Without one, it is `<program>-<host>-<pid>`, so every process is a source
    /// of its own, whose totals stay when it is gone.
    pub fn identity(mut self, name: impl Into<String>) -> Self {
        self.identity = Some(name.into());
        self
    }

    /// What both ends know and nobody else should: each message is signed with it (HMAC-SHA-256), and nobody is let in without.
    /// Needed for addresses beyond this machine. It hides nothing.
    pub fn key(mut self, key: impl Into<Vec<u8>>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// How the gauges whose paths match this glob are merged with those of other sources, whatever they
    /// [declare](Merging). To be called for each; the first that matches decides. The aggregator may have rules of its own,
    /// and those win.
    pub fn gauges(mut self, glob: impl Into<String>, merging: Merging) -> Self {
        self.gauges.add(glob.into(), merging);
        self
    }

    /// After how many pushes everything is sent again though nobody asked: 60 unless told otherwise.
    pub fn whole_every(mut self, pushes: u32) -> Self {
        self.whole_every = pushes.max(1);
        self
    }

    /// How many messages may be on their way, each of at most about 256 KiB: 32 unless told otherwise.
    pub fn high_water(mut self, messages: u32) -> Self {
        self.high_water = messages;
        self
    }

    /// How long a message may go without an answer before its stats count as dropped, and what is on its way may take when
    /// the publisher ends: two seconds unless told otherwise.
    pub fn linger(mut self, linger: Duration) -> Self {
        self.linger = linger;
        self
    }

    scheduled!(usually "One second");

    fn parts(self) -> Result<(Schedule, Publisher), StartError> {
        let address = Address::parse(&self.endpoint).ok_or_else(|| StartError::Address {
            addr: self.endpoint.clone(),
            example: EXAMPLE,
        })?;
        let key = self.key.as_deref().and_then(Key::new);
        if key.is_none() && (self.key.is_some() || !address.is_local()) {
            return Err(StartError::Key {
                addr: self.endpoint,
            });
        }
        let gauges = self.gauges.compiled()?;
        let dealer = Dealer::connect(&address, key.as_ref(), self.high_water, self.linger);
        let dealer = dealer.map_err(|source| StartError::Socket {
            addr: self.endpoint.clone(),
            source,
        })?;
        let usual = || {
            let program = program::name().unwrap_or_else(|| "program".to_owned());
            // Pids of other machines, and of other containers, are like ours.
            let host = rustix::system::uname();
            let host = host.nodename().to_string_lossy();
            format!("{program}-{host}-{}", std::process::id())
        };
        let publisher = Publisher {
            dealer,
            endpoint: self.endpoint,
            key,
            sender: Sender {
                name: self.identity.as_deref().map_or_else(usual, legal),
                period: self.schedule.period(),
            },
            gauges,
            incarnation: random(),
            started: super::now(),
            sequence: 1,
            whole_every: self.whole_every,
            since_whole: 0,
            linger: self.linger,
            heard: Instant::now(),
            told: None,
            is_whole_wanted: false,
            whole: 0,
            waiting: Default::default(),
            unanswered: Default::default(),
            again: 0,
        };
        Ok((self.schedule, publisher))
    }
}

/// A name that an aggregator takes: some text, on one line, and not too long.
fn legal(name: &str) -> String {
    let plain = name.replace(char::is_control, "_");
    let name: String = plain.chars().take(200).collect();
    if name.is_empty() {
        "_".to_owned()
    } else {
        name
    }
}

/// Not for secrets: std seeds its hash maps from the system.
fn random() -> u64 {
    std::collections::hash_map::RandomState::new()
        .build_hasher()
        .finish()
}
