//! What is measured: one workload a row of the goals, each with its contenders.

use clap::ValueEnum;

/// Something that a server does to its stats, or somebody who reads them does, or what they take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum)]
pub(crate) enum Workload {
    Counter,
    Counters1024,
    Family100,
    Family10k,
    FamilyEnum,
    Histogram,
    Timed,
    TimedFn,
    TimedAsync,
    OtherStats,
    Clock,
    InitDrop10,
    InitDrop1k,
    InitDrop100k,
    Beside,
    Snapshot,
    Tick,
    Exposition,
    MemoryCounter,
    MemoryIdleHistogram,
    MemoryHistogram,
    MemoryFullHistogram,
}

/// What a workload's figures are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Nanoseconds an operation.
    Nanoseconds,
    /// Resident bytes a thing.
    Bytes,
}

impl Unit {
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Unit::Nanoseconds => "ns",
            Unit::Bytes => "B",
        }
    }
}

impl Workload {
    /// All of them, in the order in which they are run and shown.
    pub(crate) fn all() -> &'static [Workload] {
        Workload::value_variants()
    }

    /// As a heading says it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Workload::Counter => "counter, held handle",
            Workload::Counters1024 => "1,024 counters in turn",
            Workload::Family100 => "family by `&str`, 100 keys",
            Workload::Family10k => "family by `&str`, 10,000 keys",
            Workload::FamilyEnum => "family keyed by a closed enum",
            Workload::Histogram => "histogram record, log-normal 1 µs to 1 s",
            Workload::Timed => "timed section: start, stop, record",
            Workload::TimedFn => "attribute around an empty function",
            Workload::TimedAsync => "attribute around an async function that is ready at once",
            Workload::OtherStats => "other stats and other ways to record",
            Workload::Clock => "two clock readings",
            Workload::InitDrop10 => "`init_child` + drop of a 5-stat instance, 10 siblings",
            Workload::InitDrop1k => "`init_child` + drop of a 5-stat instance, 1,000 siblings",
            Workload::InitDrop100k => "`init_child` + drop of a 5-stat instance, 100,000 siblings",
            Workload::Beside => "counter, while somebody reads without pause",
            Workload::Snapshot => "snapshot of 100,000 counters, two threads' slabs",
            Workload::Tick => "tick over 100,000 timers, 1 % of them used since the last",
            Workload::Exposition => "Prometheus text of 100,000 series",
            Workload::MemoryCounter => "memory per counter at 100,000, path and index included",
            Workload::MemoryIdleHistogram => "memory per histogram at 10,000, never recorded into",
            Workload::MemoryHistogram => "memory per histogram at 10,000, 64 samples each",
            Workload::MemoryFullHistogram => {
                "memory per histogram at 10,000, used over 1 µs to 1 s by one thread"
            }
        }
    }

    pub(crate) fn unit(self) -> Unit {
        match self {
            Workload::MemoryCounter
            | Workload::MemoryIdleHistogram
            | Workload::MemoryHistogram
            | Workload::MemoryFullHistogram => Unit::Bytes,
            _ => Unit::Nanoseconds,
        }
    }

    /// Whether this is recording, which instructions are counted of.
    pub(crate) fn is_recording(self) -> bool {
        matches!(
            self,
            Workload::Counter
                | Workload::Counters1024
                | Workload::Family100
                | Workload::Family10k
                | Workload::FamilyEnum
                | Workload::Histogram
                | Workload::Timed
                | Workload::TimedFn
                | Workload::TimedAsync
                | Workload::OtherStats
        )
    }

    /// How many rounds it gets of those asked for: what takes long needs fewer.
    pub(crate) fn rounds(self, asked: usize) -> usize {
        match self {
            Workload::Snapshot | Workload::Tick => asked.min(30),
            Workload::Exposition => asked.min(12),
            _ if self.unit() == Unit::Bytes => asked.min(3),
            _ => asked,
        }
    }
}
