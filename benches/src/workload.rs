//! What is measured: one workload a row of the goals, each with its contenders.

/// Something that a server does to its stats, or somebody who reads them does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    Clock,
    InitDrop10,
    InitDrop1k,
    InitDrop100k,
    Beside,
    Snapshot,
    Tick,
    Exposition,
}

impl Workload {
    pub(crate) const ALL: [Workload; 17] = [
        Workload::Counter,
        Workload::Counters1024,
        Workload::Family100,
        Workload::Family10k,
        Workload::FamilyEnum,
        Workload::Histogram,
        Workload::Timed,
        Workload::TimedFn,
        Workload::TimedAsync,
        Workload::Clock,
        Workload::InitDrop10,
        Workload::InitDrop1k,
        Workload::InitDrop100k,
        Workload::Beside,
        Workload::Snapshot,
        Workload::Tick,
        Workload::Exposition,
    ];

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
            Workload::Clock => "two clock readings",
            Workload::InitDrop10 => "`init_child` + drop of a 5-stat instance, 10 siblings",
            Workload::InitDrop1k => "`init_child` + drop of a 5-stat instance, 1,000 siblings",
            Workload::InitDrop100k => "`init_child` + drop of a 5-stat instance, 100,000 siblings",
            Workload::Beside => "counter, while somebody reads without pause",
            Workload::Snapshot => "snapshot of 100,000 counters, two threads' slabs",
            Workload::Tick => "tick over 100,000 timers, 1 % of them used since the last",
            Workload::Exposition => "Prometheus text of 100,000 series",
        }
    }

    /// How many rounds it gets of those asked for: a call that takes milliseconds needs fewer.
    pub(crate) fn rounds(self, asked: usize) -> usize {
        match self {
            Workload::Snapshot | Workload::Tick => asked.min(30),
            Workload::Exposition => asked.min(12),
            _ => asked,
        }
    }

    /// How many operations an instruction count is taken over; twice and six times as many are run.
    pub(crate) fn counted_over(self) -> usize {
        match self {
            Workload::Snapshot | Workload::Tick | Workload::Exposition => 1,
            Workload::InitDrop10 | Workload::InitDrop1k | Workload::InitDrop100k => 256,
            _ => 8192,
        }
    }
}
