//! What sources told and what it comes to, without a socket and with a clock of the test's.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use crate::distributed::changes;
use crate::distributed::frame::{Head, Sort};
use crate::distributed::merging::{CompiledGauges, Gauges};
use crate::distributed::own::AggregatorStats;
use crate::distributed::reading;
use crate::distributed::sources::{Answer, Limits, Sources};
use crate::distributed::writing::{Bodies, Sender};
use crate::snapshot::{Number, Value};
use crate::{
    Counter, Family, Gauge, Instrumented, Merging, Registry, Snapshot, StateSet, StateTime,
};

mod kept;
mod lives;
mod merged;
mod refused;
mod sent;

const SECOND: Duration = Duration::from_secs(1);

/// More than any of these tests needs.
const ROOM: Limits = Limits {
    sources: 1000,
    stats: 1000,
    silence: Duration::from_secs(60),
};

/// A source: a registry, and what was told of it.
struct Run {
    name: &'static str,
    registry: Registry,
    told: Option<Snapshot>,
    head: Head,
    gauges: CompiledGauges,
}

impl Run {
    fn new(name: &'static str, incarnation: u64) -> Run {
        Run {
            name,
            registry: Registry::new(),
            told: None,
            head: Head {
                sort: Sort::Whole,
                is_first: true,
                is_last: true,
                incarnation,
                started: incarnation,
                sequence: 0,
            },
            gauges: CompiledGauges::default(),
        }
    }

    fn count(&self, name: &str, amount: u64) {
        self.registry.counter(name).unwrap().add(amount);
    }

    /// Its next message.
    fn next(&mut self, sort: Sort) -> (Head, Vec<u8>) {
        let now = self.registry.snapshot();
        let sender = Sender {
            name: self.name.to_owned(),
            period: SECOND,
        };
        let mut bodies = Bodies::new(&sender, SystemTime::now());
        let told = self.told.as_ref().filter(|_| sort == Sort::Change);
        changes::write(told, &now, &self.gauges, &mut bodies);
        let body = bodies.finish().remove(0);
        self.told = Some(now);
        self.head.sort = sort;
        self.head.sequence += 1;
        (self.head, body.bytes)
    }
}

/// An aggregator without a socket, and what time it is.
struct United {
    registry: Registry,
    sources: Sources,
    now: Instant,
}

impl United {
    fn new() -> United {
        United::within(ROOM)
    }

    fn within(limits: Limits) -> United {
        United::made(limits, CompiledGauges::default())
    }

    fn ruled(rules: CompiledGauges) -> United {
        United::made(ROOM, rules)
    }

    fn made(limits: Limits, rules: CompiledGauges) -> United {
        let (registry, now) = (Registry::new(), Instant::now());
        let own = AggregatorStats::open(&registry);
        let sources = Sources::new(limits, rules, own, now);
        United {
            registry,
            sources,
            now,
        }
    }

    fn take(&mut self, (head, body): &(Head, Vec<u8>)) -> Answer {
        self.sources.take(head, body, self.now)
    }

    fn tell(&mut self, run: &mut Run, sort: Sort) -> Answer {
        let message = run.next(sort);
        self.take(&message)
    }

    /// Time passes, second by second.
    fn wait(&mut self, seconds: u32) {
        for _ in 0..seconds {
            self.now += SECOND;
            self.sources.tick(self.now);
        }
    }

    fn snapshot(&self) -> Snapshot {
        self.sources.united().0
    }

    fn counter(&self, path: &str) -> Option<u64> {
        self.snapshot().counter(path)
    }

    fn own(&self, stat: &str) -> u64 {
        let path = format!("/calipers/aggregator/{stat}");
        self.registry.snapshot().counter(&path).unwrap_or(0)
    }
}

/// A stat of each kind, as a registry gives them.
fn all_kinds(run: &Run) {
    let registry = &run.registry;
    registry.counter("counter").unwrap().add(u64::MAX / 3);
    registry.up_down_counter("level").unwrap().sub(7);
    registry.gauge("gauge").unwrap().set(0.1);
    registry.text("text").unwrap().set("of\nlines");
    registry.meter("meter").unwrap().add(9_u64);
}
