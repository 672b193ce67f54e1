//! Where things stand in a page file: the numbers that its writer and its reader share. `docs/page-files.md` tells them in
//! words.

/// The first eight bytes of every page file.
pub(super) const MAGIC: [u8; 8] = *b"CALIPERS";

/// Tells in which order the writer's machine has its bytes.
pub(super) const ORDER: u32 = 0x0a0b_0c0d;

/// What everything but the header stands at a multiple of, and takes a multiple of.
pub(super) const QUANTUM: u64 = 128;

/// Bytes of a page of cells.
pub(super) const PAGE: u64 = 2048;

/// Words of a page of cells.
pub(super) const CELLS: usize = 256;

/// Places in the header.
pub(super) mod header {
    pub(in crate::mapped) const SIZE: u64 = 4096;
    pub(in crate::mapped) const MAGIC: u64 = 0;
    pub(in crate::mapped) const VERSION: u64 = 8;
    pub(in crate::mapped) const ORDER: u64 = 12;
    /// Where the writer has byte 0 of the file in its memory: what pointers are counted from.
    pub(in crate::mapped) const ADDRESS: u64 = 16;
    /// How many bytes the file has.
    pub(in crate::mapped) const LENGTH: u64 = 24;
    pub(in crate::mapped) const PID: u64 = 32;
    pub(in crate::mapped) const MARK: u64 = 36;
    /// When the process started, in clock ticks since the machine did.
    pub(in crate::mapped) const PROCESS_START: u64 = 40;
    /// When the file was made, in nanoseconds since 1970.
    pub(in crate::mapped) const CREATED: u64 = 48;
    /// Where the list of pages is.
    pub(in crate::mapped) const PAGES: u64 = 56;
    /// Where the description is.
    pub(in crate::mapped) const DESCRIPTION: u64 = 64;
    /// How often something found no room and stayed in memory.
    pub(in crate::mapped) const LEFT_OUT: u64 = 72;
    /// 36 letters of `/proc/sys/kernel/random/boot_id`.
    pub(in crate::mapped) const BOOT: u64 = 80;
    /// A byte that says how long, and the program's name.
    pub(in crate::mapped) const COMMAND: u64 = 120;
    /// The longest such name.
    pub(in crate::mapped) const COMMAND_LENGTH: usize = 64;
}

/// What the mark in the header says.
pub(super) mod mark {
    /// The process runs, or was ended from outside.
    pub(in crate::mapped) const RUNNING: u32 = 1;
    /// The process ended as it wanted to.
    pub(in crate::mapped) const CLEAN: u32 = 2;
}

/// What stands before the contents of everything but pages.
pub(super) mod object {
    /// Not zero while it is in use, and another number each time it is.
    pub(in crate::mapped) const STAMP: u64 = 0;
    /// How many bytes there are, these included.
    pub(in crate::mapped) const SIZE: u64 = 8;
    /// So that contents begin where a cache line does.
    pub(in crate::mapped) const CONTENTS: u64 = 64;
}

/// A list that grows: how many bytes of it are written, and the bytes.
pub(super) mod series {
    use super::object::CONTENTS;
    pub(in crate::mapped) const LENGTH: u64 = CONTENTS;
    pub(in crate::mapped) const BYTES: u64 = CONTENTS + 8;
}

/// What a page in the list of pages is for.
pub(super) mod part {
    pub(in crate::mapped) const NONE: u32 = 0;
    pub(in crate::mapped) const COUNTED: u32 = 1;
    pub(in crate::mapped) const SHARED: u32 = 2;
    pub(in crate::mapped) const BASE: u32 = 3;
    /// Bytes of an entry: the page's index and what it is for, four bytes each; where it is.
    pub(in crate::mapped) const ENTRY: u64 = 16;
}

/// A distribution's block.
pub(super) mod block {
    pub(in crate::mapped) const FIRST: usize = 0;
    pub(in crate::mapped) const LEN: usize = 4;
    pub(in crate::mapped) const SPILLED: usize = 8;
    pub(in crate::mapped) const ZERO: usize = 16;
    pub(in crate::mapped) const MIN: usize = 24;
    pub(in crate::mapped) const MAX: usize = 32;
    pub(in crate::mapped) const WHOLE: usize = 40;
    pub(in crate::mapped) const REST: usize = 48;
    pub(in crate::mapped) const BUCKETS: usize = 64;
}

/// The sorts of record in a description.
pub(super) mod record {
    pub(in crate::mapped) const SPEC: u8 = 1;
    pub(in crate::mapped) const STAT: u8 = 2;
    pub(in crate::mapped) const GONE: u8 = 3;
    pub(in crate::mapped) const TOTAL: u8 = 4;
    /// Its length, its sort, three bytes of nothing.
    pub(in crate::mapped) const HEADER: usize = 8;
}

/// What a stat is read from.
pub(super) mod source {
    pub(in crate::mapped) const COUNTER: u8 = 1;
    pub(in crate::mapped) const LEVEL: u8 = 2;
    pub(in crate::mapped) const WIDE: u8 = 3;
    pub(in crate::mapped) const GAUGE_F64: u8 = 4;
    pub(in crate::mapped) const GAUGE_I64: u8 = 5;
    pub(in crate::mapped) const GAUGE_U64: u8 = 6;
    pub(in crate::mapped) const GAUGE_BOOL: u8 = 7;
    pub(in crate::mapped) const STATE: u8 = 8;
    pub(in crate::mapped) const HELD: u8 = 9;
    pub(in crate::mapped) const CLOSURE: u8 = 10;
    pub(in crate::mapped) const FAMILY: u8 = 11;
    pub(in crate::mapped) const AGGREGATE: u8 = 12;
}

/// Flags of a stat.
pub(super) mod flag {
    pub(in crate::mapped) const ASIDE: u8 = 1;
    pub(in crate::mapped) const COLLAPSED: u8 = 2;
}

/// The sorts of value, where a value is written out.
pub(super) mod value {
    pub(in crate::mapped) const COUNTER: u8 = 1;
    pub(in crate::mapped) const LEVEL: u8 = 2;
    pub(in crate::mapped) const TEXT: u8 = 3;
    pub(in crate::mapped) const INFO: u8 = 4;
    pub(in crate::mapped) const STATE_SET: u8 = 5;
    pub(in crate::mapped) const STATE_TIME: u8 = 6;
    pub(in crate::mapped) const HISTOGRAM: u8 = 7;
    pub(in crate::mapped) const TIMER: u8 = 8;
    pub(in crate::mapped) const METER: u8 = 9;
}
