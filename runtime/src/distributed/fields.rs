//! The numbers of all fields of a body, for the one who writes it and the one who reads it; `docs/distributed.proto` has them
//! with their types.

pub(super) mod state {
    pub(in crate::distributed) const SOURCE: u32 = 1;
    pub(in crate::distributed) const PERIOD: u32 = 2;
    pub(in crate::distributed) const TAKEN: u32 = 3;
    pub(in crate::distributed) const PLACE: u32 = 4;
    pub(in crate::distributed) const GONE: u32 = 5;
}

pub(super) mod place {
    pub(in crate::distributed) const PATH: u32 = 1;
    pub(in crate::distributed) const COLLAPSED: u32 = 2;
    pub(in crate::distributed) const LABEL: u32 = 3;
    pub(in crate::distributed) const STAT: u32 = 4;
}

pub(super) mod stat {
    pub(in crate::distributed) const NAME: u32 = 1;
    pub(in crate::distributed) const KIND: u32 = 2;
    pub(in crate::distributed) const HELP: u32 = 3;
    pub(in crate::distributed) const UNIT: u32 = 4;
    pub(in crate::distributed) const KEY: u32 = 5;
    pub(in crate::distributed) const CREATED: u32 = 6;
    pub(in crate::distributed) const MERGING: u32 = 7;
    pub(in crate::distributed) const VALUE: u32 = 8;
}

pub(super) mod value {
    pub(in crate::distributed) const COUNTER: u32 = 1;
    pub(in crate::distributed) const LEVEL: u32 = 2;
    pub(in crate::distributed) const GAUGE: u32 = 3;
    pub(in crate::distributed) const TEXT: u32 = 4;
    pub(in crate::distributed) const INFO: u32 = 5;
    pub(in crate::distributed) const STATE_SET: u32 = 6;
    pub(in crate::distributed) const STATE_TIME: u32 = 7;
    pub(in crate::distributed) const HISTOGRAM: u32 = 8;
    pub(in crate::distributed) const TIMER: u32 = 9;
    pub(in crate::distributed) const METER: u32 = 10;
    pub(in crate::distributed) const FAMILY: u32 = 11;
    pub(in crate::distributed) const COUNT_BY: u32 = 12;
}

pub(super) mod number {
    pub(in crate::distributed) const DOUBLE: u32 = 1;
    pub(in crate::distributed) const SIGNED: u32 = 2;
    pub(in crate::distributed) const UNSIGNED: u32 = 3;
    pub(in crate::distributed) const BOOL: u32 = 4;
}

/// A name, or a key, and what belongs to it: labels, infos, states, members.
pub(super) mod named {
    pub(in crate::distributed) const NAME: u32 = 1;
    pub(in crate::distributed) const OF: u32 = 2;
}

/// Texts, sets of states and times by state.
pub(super) mod states {
    pub(in crate::distributed) const CURRENT: u32 = 1;
    pub(in crate::distributed) const STATE: u32 = 2;
}

pub(super) mod family {
    pub(in crate::distributed) const PARTIAL: u32 = 1;
    pub(in crate::distributed) const MEMBER: u32 = 2;
}

/// Histograms, timers and meters.
pub(super) mod recorded {
    pub(in crate::distributed) const LIFETIME: u32 = 1;
    pub(in crate::distributed) const RECENT: u32 = 2;
    pub(in crate::distributed) const RATES: u32 = 3;
    pub(in crate::distributed) const REFUSED: u32 = 4;
    pub(in crate::distributed) const OK: u32 = 5;
    pub(in crate::distributed) const ERR: u32 = 6;
    pub(in crate::distributed) const PANICKED: u32 = 7;
    pub(in crate::distributed) const CANCELLED: u32 = 8;
    pub(in crate::distributed) const IN_FLIGHT: u32 = 9;
    pub(in crate::distributed) const COUNT: u32 = 10;
}

pub(super) mod rates {
    pub(in crate::distributed) const M1: u32 = 1;
    pub(in crate::distributed) const M5: u32 = 2;
    pub(in crate::distributed) const M15: u32 = 3;
}

pub(super) mod distribution {
    pub(in crate::distributed) const ZERO: u32 = 1;
    pub(in crate::distributed) const BUCKETS: u32 = 2;
    pub(in crate::distributed) const MIN: u32 = 3;
    pub(in crate::distributed) const MAX: u32 = 4;
    pub(in crate::distributed) const WHOLE_LOW: u32 = 5;
    pub(in crate::distributed) const WHOLE_HIGH: u32 = 6;
    pub(in crate::distributed) const REST: u32 = 7;
}
