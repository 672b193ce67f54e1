//! Where an aggregator listens, to whom, and what it keeps.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::{Aggregator, Listening, United};
use crate::distributed::address::{Address, EXAMPLE};
use crate::distributed::frame::Key;
use crate::distributed::kept::Keeper;
use crate::distributed::merging::Gauges;
use crate::distributed::own::AggregatorStats;
use crate::distributed::socket::Router;
use crate::distributed::sources::{Limits, Sources};
use crate::snapshot::FilterError;
use crate::{Merging, Registry, registry};

/// Where an aggregator listens, to whom, and what it keeps.
#[derive(Debug)]
#[must_use = "nothing is listened to before `start`"]
pub struct AggregatorBuilder {
    endpoint: String,
    key: Option<Vec<u8>>,
    beyond_loopback: bool,
    gauges: Gauges,
    limits: Limits,
    file: Option<PathBuf>,
    registry: Registry,
}

/// Why an aggregator was not started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BindError {
    /// An address that is none.
    #[error("`{addr}` is no address for an aggregator; write `{EXAMPLE}`")]
    Address {
        /// What was given.
        addr: String,
    },
    /// An address that other machines can reach, which nobody asked for.
    #[error(
        "`{addr}` can be reached from other machines; if that is meant, say so with `beyond_loopback`"
    )]
    BeyondLoopback {
        /// What was given.
        addr: String,
    },
    /// An address that other machines can reach without a key, or an empty key.
    #[error("`{addr}` needs a key that publishers know too, and that is not empty")]
    Key {
        /// What was given.
        addr: String,
    },
    /// The address can be used, but not by us, or not now.
    #[error("cannot listen on `{addr}`: {source}")]
    Listen {
        /// What was given.
        addr: String,
        /// What the system said.
        source: io::Error,
    },
    /// A rule that is no glob.
    #[error(transparent)]
    Rule(#[from] FilterError),
    /// The file of totals is there, and cannot be read.
    #[error("cannot go on from the totals in `{path}`: {source}")]
    Kept {
        /// What was given.
        path: PathBuf,
        /// What is wrong with it.
        source: io::Error,
    },
    /// The system gave no thread.
    #[error("cannot start a thread for the aggregator: {0}")]
    Thread(#[source] io::Error),
}

impl AggregatorBuilder {
    pub(super) fn new(endpoint: String) -> AggregatorBuilder {
        AggregatorBuilder {
            endpoint,
            key: None,
            beyond_loopback: false,
            gauges: Gauges::default(),
            limits: Limits {
                sources: 1024,
                stats: 200_000,
                silence: Duration::from_secs(60),
            },
            file: None,
            registry: registry().clone(),
        }
    }

    /// What both ends know and nobody else should: who connects without it is turned away, messages that are not signed with it
    /// are ignored, and both are counted. It proves who sends, and hides nothing from who can read along.
    pub fn key(mut self, key: impl Into<Vec<u8>>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Listens to other machines as well, which needs a key.
    pub fn beyond_loopback(mut self) -> Self {
        self.beyond_loopback = true;
        self
    }

    /// How gauges whose paths match this glob are merged, whatever they [declare](Merging) and their publishers say. To be
    /// called for each; the first that matches decides.
    pub fn gauges(mut self, glob: impl Into<String>, merging: Merging) -> Self {
        self.gauges.add(glob.into(), merging);
        self
    }

    /// How long a source may be silent before it is dropped, and only its totals stay: a minute unless told otherwise, and at
    /// least three of the source's periods.
    pub fn forget_after(mut self, silence: Duration) -> Self {
        self.limits.silence = silence;
        self
    }

    /// How many sources there may be, 1,024 unless told otherwise. Those beyond are ignored, and counted.
    pub fn most_sources(mut self, sources: usize) -> Self {
        self.limits.sources = sources.max(1);
        self
    }

    /// How many stats a source may have, 200,000 unless told otherwise. One with more is ignored, and counted.
    pub fn most_stats(mut self, stats: usize) -> Self {
        self.limits.stats = stats.max(1);
        self
    }

    /// Keeps the totals in this file, once a second when they have changed, and goes on from them when it is started
    /// again. What a source sent in the last second before both it and the aggregator were killed is lost. One aggregator
    /// at a time: beside the file is one that it locks, of the same name and `.lock`.
    pub fn keep(mut self, file: impl Into<PathBuf>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// Another registry than the global one, for the aggregator's own stats.
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.registry = registry.clone();
        self
    }

    /// Listens, on a thread of its own. When this returns, publishers can connect.
    ///
    /// # Errors
    ///
    /// What was given makes no sense, the address cannot be listened on, or the totals that were kept cannot be read.
    pub fn start(self) -> Result<Aggregator, BindError> {
        let addr = self.endpoint;
        let Some(address) = Address::parse(&addr) else {
            return Err(BindError::Address { addr });
        };
        if !address.is_local() && !self.beyond_loopback {
            return Err(BindError::BeyondLoopback { addr });
        }
        let key = self.key.as_deref().and_then(Key::new);
        if key.is_none() && (self.key.is_some() || !address.is_local()) {
            return Err(BindError::Key { addr });
        }
        let rules = self.gauges.compiled()?;
        let own = AggregatorStats::open(&self.registry);
        let mut sources = Sources::new(self.limits, rules, own, Instant::now());
        let keeper = match self.file {
            Some(path) => {
                let keeper = Keeper::open(path.clone(), &mut sources);
                Some(keeper.map_err(|source| BindError::Kept { path, source })?)
            }
            None => None,
        };
        let router = Router::bind(&address, key.as_ref())
            .and_then(|router| Ok((router.endpoint()?, router)));
        let (endpoint, router) = router.map_err(|source| BindError::Listen { addr, source })?;
        let united = United {
            sources: Arc::new(Mutex::new(sources)),
            registry: self.registry,
        };
        let stop = Arc::new(AtomicBool::new(false));
        let listening = Listening {
            router,
            key,
            united: united.clone(),
            keeper,
            stop: Arc::clone(&stop),
        };
        let thread = std::thread::Builder::new()
            .name("calipers-aggregator".to_owned())
            .spawn(move || listening.run())
            .map_err(BindError::Thread)?;
        Ok(Aggregator {
            united,
            endpoint,
            stop,
            thread: Some(thread),
        })
    }
}
