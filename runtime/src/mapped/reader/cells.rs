//! The pages of cells as they are read, and what stats stand at by them.

use std::collections::BTreeMap;

use super::input::{Fault, Input};
use crate::cells::scale;
use crate::mapped::bytes::{half_at, word_at};
use crate::mapped::layout::{CELLS, block, header, object, part, series};
use crate::snapshot::Distribution;

/// A page, as it was when it was read.
struct Page {
    part: u32,
    place: u64,
    cells: Box<[u64; CELLS]>,
}

/// All pages, by index.
#[derive(Default)]
pub(super) struct Pages(BTreeMap<u32, Vec<Page>>);

/// Pages, read twice: each of the first before any of the second that has the same cells.
#[derive(Default)]
pub(super) struct Twice {
    pub(super) first: Pages,
    pub(super) second: Pages,
}

impl Twice {
    /// Reads the pages that are asked for.
    pub(super) fn read(input: &Input, is_used: impl Fn(u32) -> bool) -> Result<Twice, Fault> {
        let mut list = List::new(input)?;
        list.read_on(input, &is_used)?;
        let mut twice = Twice::default();
        let indexes: Vec<u32> = list.pages.keys().copied().collect();
        for index in indexes {
            twice.first.0.insert(index, list.pages_of(input, index)?);
            // A thread may have begun meanwhile, and go on with what another counted.
            list.read_on(input, &is_used)?;
            twice.second.0.insert(index, list.pages_of(input, index)?);
        }
        list.is_still_there(input)?;
        Ok(twice)
    }
}

/// The list of pages, as far as it was read: what each is for and where it is, by index.
struct List {
    place: u64,
    stamp: u64,
    read: u64,
    pages: BTreeMap<u32, Vec<(u32, u64)>>,
}

impl List {
    fn new(input: &Input) -> Result<List, Fault> {
        let place = input.word(header::PAGES)?;
        let (stamp, _) = input.piece(place)?;
        Ok(List {
            place,
            stamp,
            read: 0,
            pages: BTreeMap::new(),
        })
    }

    fn read_on(&mut self, input: &Input, is_used: impl Fn(u32) -> bool) -> Result<(), Fault> {
        let length = input.word(self.place.saturating_add(series::LENGTH))?;
        if length > input.length {
            return Err(Fault::Changed);
        }
        let mut entries = [0; 256 * part::ENTRY as usize];
        while self.read < length {
            let some = entries.len().min((length - self.read) as usize);
            let from = self.place.saturating_add(series::BYTES);
            input.read(from.saturating_add(self.read), &mut entries[..some])?;
            for entry in entries[..some].chunks_exact(part::ENTRY as usize) {
                let (index, part) = (half_at(entry, 0), half_at(entry, 4));
                let is_one = matches!(part, part::COUNTED | part::SHARED | part::BASE);
                if is_one && is_used(index) {
                    input.keep(64)?;
                    let pages = self.pages.entry(index).or_default();
                    pages.push((part, word_at(entry, 8)));
                }
            }
            self.read += some as u64;
        }
        Ok(())
    }

    fn pages_of(&self, input: &Input, index: u32) -> Result<Vec<Page>, Fault> {
        let pages = self.pages.get(&index).into_iter().flatten();
        let pages = pages.map(|&(part, place)| {
            let cells = input.cells(place)?;
            Ok(Page { part, place, cells })
        });
        pages.collect()
    }

    fn is_still_there(&self, input: &Input) -> Result<(), Fault> {
        let is_it = self.stamp != 0
            && input.word(header::PAGES)? == self.place
            && input.piece(self.place)?.0 == self.stamp;
        is_it.then_some(()).ok_or(Fault::Changed)
    }
}

impl Pages {
    fn pages(&self, cell: u32) -> impl Iterator<Item = &Page> {
        self.0.get(&(cell / CELLS as u32)).into_iter().flatten()
    }

    /// What a cell adds up to.
    pub(super) fn sum(&self, cell: u32) -> u64 {
        self.pages(cell).fold(0, |sum, page| {
            let own = page.cells[cell as usize % CELLS];
            match page.part {
                part::BASE => sum.wrapping_sub(own),
                _ => sum.wrapping_add(own),
            }
        })
    }

    /// What a cell was set to.
    pub(super) fn set(&self, cell: u32) -> u64 {
        let mut shared = self.pages(cell).filter(|page| page.part == part::SHARED);
        shared
            .next()
            .map_or(0, |page| page.cells[cell as usize % CELLS])
    }

    /// The distribution of a wide run. What stands in memory rather than in the file is missing, and counted.
    pub(super) fn distribution(
        &self,
        input: &Input,
        address: u64,
        run: u32,
        missing: &mut u64,
    ) -> Result<Distribution, Fault> {
        let mut tally = Tally::default();
        let offset = run as usize % CELLS;
        for page in self.pages(run).filter(|page| page.part != part::BASE) {
            let mut pointer = page.cells[offset];
            for attempt in 0.. {
                if pointer == 0 {
                    break;
                }
                let first = header::SIZE + object::CONTENTS;
                let place = pointer.checked_sub(address).unwrap_or(u64::MAX);
                if !(first..FARTHEST).contains(&place) {
                    *missing += 1;
                    break;
                }
                let read = tally.read(input, place);
                // What was outgrown is given back only after another took its place.
                let now = input.word(page.place.saturating_add(8 * offset as u64))?;
                if let Some(part) = read?
                    && now == pointer
                {
                    tally.add(input, part)?;
                    break;
                }
                if attempt == super::ATTEMPTS {
                    return Err(Fault::Changed);
                }
                pointer = now;
            }
        }
        Ok(tally.finish())
    }
}

/// A distribution that is being added up.
#[derive(Default)]
struct Tally {
    buckets: BTreeMap<i32, u64>,
    zero: u64,
    min: Option<u64>,
    max: u64,
    whole: u128,
    rest: f64,
    bytes: Vec<u8>,
}

/// What one block holds besides its buckets, which are in [`Tally::bytes`].
struct Part {
    lo: i32,
    len: usize,
    spilled: bool,
}

/// The most buckets that a block may have.
const MOST: usize = (scale::MAX_INDEX - scale::MIN_INDEX) as usize + 64;

/// No bucket has a place beyond this.
const LAST: u32 = 1 << 17;

/// Beyond this no file reaches; a pointer that does leads into memory.
const FARTHEST: u64 = 64 << 30;

/// Read at once: the header and as many buckets as most blocks have.
const USUAL: usize = block::BUCKETS + 4 * 256;

impl Tally {
    /// Reads a block; nothing when it was given back meanwhile.
    fn read(&mut self, input: &Input, place: u64) -> Result<Option<Part>, Fault> {
        let piece = place - object::CONTENTS;
        let (stamp, size) = input.piece(piece)?;
        let size = size.saturating_sub(object::CONTENTS) as usize;
        let is_there = |input: &Input| Ok(stamp != 0 && input.piece(piece)?.0 == stamp);
        if size < block::BUCKETS {
            return Ok(None);
        }
        self.bytes.resize(size.min(USUAL), 0);
        input.read(place, &mut self.bytes)?;
        let part = Part {
            lo: scale::index_at(half_at(&self.bytes, block::FIRST).min(LAST)),
            len: half_at(&self.bytes, block::LEN) as usize,
            spilled: self.bytes[block::SPILLED] != 0,
        };
        let needed = part.size();
        if part.len > MOST || needed > size {
            return match is_there(input)? {
                true => Err(Fault::Damaged("a distribution is larger than its place")),
                false => Ok(None),
            };
        }
        if needed > self.bytes.len() {
            let have = self.bytes.len();
            self.bytes.resize(needed, 0);
            input.read(place + have as u64, &mut self.bytes[have..])?;
        }
        is_there(input).map(|there| there.then_some(part))
    }

    /// Adds the block that was read.
    fn add(&mut self, input: &Input, part: Part) -> Result<(), Fault> {
        let before = self.buckets.len();
        for at in 0..part.len {
            let own = u64::from(half_at(&self.bytes, block::BUCKETS + 4 * at));
            let carried = match part.spilled {
                true => word_at(&self.bytes, part.carried() + 8 * at),
                false => 0,
            };
            let count = own.saturating_add(carried);
            let index = part.lo.saturating_add(at as i32);
            if count > 0 && (scale::MIN_INDEX..=scale::MAX_INDEX).contains(&index) {
                let sum = self.buckets.entry(index).or_default();
                *sum = sum.saturating_add(count);
            }
        }
        input.keep(48 * (self.buckets.len() - before) as u64)?;
        let word = |at| word_at(&self.bytes, at);
        let (min, max) = (word(block::MIN), word(block::MAX));
        self.zero = self.zero.saturating_add(word(block::ZERO));
        self.whole = self.whole.saturating_add(word(block::WHOLE).into());
        let rest = f64::from_bits(word(block::REST));
        self.rest += if rest.is_finite() { rest } else { 0.0 };
        if min != u64::MAX {
            self.min = Some(self.min.map_or(min, |own| own.min(min)));
            self.max = self.max.max(max);
        }
        Ok(())
    }

    fn finish(self) -> Distribution {
        // Outside every bucket, so never believed.
        let unknown = |bits: Option<u64>| bits.map(f64::from_bits).filter(|x| x.is_finite());
        Distribution {
            zero: self.zero,
            buckets: self.buckets.into_iter().collect(),
            min: unknown(self.min).unwrap_or(-1.0),
            max: unknown(self.min.map(|_| self.max)).unwrap_or(-1.0),
            whole: self.whole,
            rest: self.rest,
        }
    }
}

impl Part {
    /// Where the counts stand that a block carries.
    fn carried(&self) -> usize {
        (block::BUCKETS + 4 * self.len).next_multiple_of(8)
    }

    fn size(&self) -> usize {
        match self.spilled {
            true => self.carried() + 8 * self.len,
            false => block::BUCKETS + 4 * self.len,
        }
    }
}
