//! One version-1 file that is being written: made whole under another name, then changed in place.
//!
//! What is new is added behind what is there, within room that was reserved, so that a reader that has the file mapped
//! goes on reading. A field whose stat is gone holds zero; when most are, or there is no more room, the file is made
//! anew and takes the name over at once.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use foldhash::fast::RandomState;
use rustix::fs::{FlockOperation, flock};

use super::entry::{Place, Put, Sort};
use super::memory::Memory;
use super::read::VERSION;
use crate::beside;
use crate::mapped::removal;

/// At least this much is reserved, and always a multiple of it.
const PAGE: usize = 4096;
/// No file is larger: what does not fit is left out, and counted.
const LARGEST: usize = 64 << 20;
/// So many fields may stay behind their stats before the file is made anew, or as many as are alive.
const GONE: usize = 64;
/// Zero bytes at the end, of which every reader needs two.
const END: usize = 8;

/// A field that has to be added.
struct New {
    label: Arc<str>,
    value: Owned,
}

/// Fields one after another, and how far they reach.
struct Plan {
    new: Vec<New>,
    end: usize,
}

impl Plan {
    /// Takes a field in, as far as the largest file has room.
    fn add(&mut self, label: &str, put: Put<'_>) {
        let (_, end) = Place::of(self.end, label, put.sort());
        if end + END <= LARGEST {
            self.end = end;
            self.new.push(New {
                label: label.into(),
                value: Owned::of(put),
            });
        }
    }
}

/// A [`Put`] that can be kept.
pub(super) enum Owned {
    Plain(Put<'static>),
    Text(String),
}

impl Owned {
    pub(super) fn of(put: Put<'_>) -> Owned {
        match put {
            Put::Text(text) => Owned::Text(text.to_owned()),
            Put::Count(x) => Owned::Plain(Put::Count(x)),
            Put::Level(x) => Owned::Plain(Put::Level(x)),
            Put::Signed(x) => Owned::Plain(Put::Signed(x)),
            Put::Float(x) => Owned::Plain(Put::Float(x)),
            Put::Bool(x) => Owned::Plain(Put::Bool(x)),
            Put::Pid(x) => Owned::Plain(Put::Pid(x)),
        }
    }

    fn put(&self) -> Put<'_> {
        match self {
            Owned::Plain(put) => *put,
            Owned::Text(text) => Put::Text(text),
        }
    }
}

struct Slot {
    label: Arc<str>,
    place: Place,
    sort: Sort,
    /// The last update that had it.
    updated: u64,
    gone: bool,
}

/// The file, and what stands where in it.
pub(super) struct Page {
    memory: Memory,
    /// Open and locked as long as the page lives, by which others see that it does.
    file: File,
    /// Where the next field would begin.
    end: usize,
    slots: Vec<Slot>,
    by_label: HashMap<Arc<str>, u32, RandomState>,
    gone: usize,
}

/// What an update came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Updated {
    pub(super) fields: u64,
    /// How many were left out, for want of room.
    pub(super) dropped: u64,
}

/// A file at a path, which is replaced when it has to be.
pub(super) struct Published {
    path: PathBuf,
    /// Written first into every file, and never changed.
    fixed: Vec<(String, Owned)>,
    page: Page,
    updates: u64,
    /// A child of `fork` must not take its parent's file away.
    owner: u32,
}

/// Calls its argument with every field, the same each time it is called.
pub(super) type Walk<'w> = dyn Fn(&mut dyn FnMut(&str, Put<'_>)) + 'w;

impl Published {
    /// Makes the file; fails with `AlreadyExists` where there is one.
    pub(super) fn create(
        path: PathBuf,
        fixed: Vec<(String, Owned)>,
        walk: &Walk<'_>,
    ) -> io::Result<Published> {
        let (page, beside) = Page::whole(&path, &fixed, walk)?;
        // A link never replaces what is there, and rename always does.
        let linked = fs::hard_link(&beside, &path);
        let _ = fs::remove_file(&beside);
        linked?;
        Ok(Published {
            path,
            fixed,
            page,
            updates: 0,
            owner: std::process::id(),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Brings every field up to date.
    pub(super) fn update(&mut self, walk: &Walk<'_>) -> io::Result<Updated> {
        self.updates += 1;
        let (mut updated, fits) = self.page.update(self.updates, walk);
        if !fits {
            let (page, beside) = Page::whole(&self.path, &self.fixed, walk)?;
            if let Err(error) = fs::rename(&beside, &self.path) {
                let _ = fs::remove_file(&beside);
                return Err(error);
            }
            let written = page.slots.len() as u64;
            updated.dropped = updated.fields.saturating_sub(written);
            self.page = page;
        }
        Ok(updated)
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        self.page.memory.sync()
    }

    /// Takes the file away, if it is still this one.
    pub(super) fn remove(&self) {
        if self.owner != std::process::id() {
            return;
        }
        // It may be gone in this moment, which is what was wanted.
        let _ = removal::remove(&self.path, &self.page.file);
    }
}

impl Page {
    /// A file with everything in it, under another name in the same folder.
    fn whole(
        path: &Path,
        fixed: &[(String, Owned)],
        walk: &Walk<'_>,
    ) -> io::Result<(Page, PathBuf)> {
        let mut plan = Plan {
            new: Vec::new(),
            end: 1,
        };
        for (label, value) in fixed {
            plan.add(label, value.put());
        }
        let fixed = plan.new.len();
        walk(&mut |label, put| plan.add(label, put));
        // Room for as much again, so that a program that begins to use its stats does not begin with new files.
        let room = (plan.end * 2 + END).max(4 * PAGE).next_multiple_of(PAGE);
        let (file, beside) = beside::create(path)?;
        let made = flock(&file, FlockOperation::NonBlockingLockExclusive)
            .map_err(io::Error::from)
            .and_then(|()| Memory::of(&file, room.min(LARGEST)));
        let mut page = match made {
            Ok(memory) => Page {
                memory,
                file,
                end: 1,
                slots: Vec::new(),
                by_label: HashMap::default(),
                gone: 0,
            },
            Err(error) => {
                let _ = fs::remove_file(&beside);
                return Err(error);
            }
        };
        page.memory.fill(0, &[VERSION]);
        for (at, new) in plan.new.into_iter().enumerate() {
            page.add(new, 0, at < fixed);
        }
        Ok((page, beside))
    }

    /// Adds a field; what is fixed has no slot, for it never changes.
    fn add(&mut self, new: New, update: u64, fixed: bool) {
        let put = new.value.put();
        let (place, end) = Place::add(&mut self.memory, self.end, &new.label, put);
        self.end = end;
        if !fixed {
            self.by_label
                .insert(Arc::clone(&new.label), self.slots.len() as u32);
            self.slots.push(Slot {
                label: new.label,
                place,
                sort: put.sort(),
                updated: update,
                gone: false,
            });
        }
    }

    /// Stores what there is a field for, and adds the rest; says whether everything has its field now.
    fn update(&mut self, update: u64, walk: &Walk<'_>) -> (Updated, bool) {
        let mut updated = Updated::default();
        let mut new: Vec<New> = Vec::new();
        let mut changed = false; // of another sort than before
        let mut next = 0;
        let Page {
            memory,
            slots,
            by_label,
            gone,
            ..
        } = self;
        walk(&mut |label, put| {
            updated.fields += 1;
            // Mostly the stats are those of the last time, in the same order.
            let expected = slots.get(next).is_some_and(|slot| *slot.label == *label);
            let at = if expected {
                next
            } else {
                match by_label.get(label) {
                    Some(&at) => at as usize,
                    None => {
                        return new.push(New {
                            label: label.into(),
                            value: Owned::of(put),
                        });
                    }
                }
            };
            next = at + 1;
            let Some(slot) = slots.get_mut(at) else {
                return;
            };
            slot.updated = update;
            if slot.sort != put.sort() {
                changed = true;
                return;
            }
            if slot.gone {
                slot.gone = false;
                *gone -= 1;
            }
            slot.place.set(memory, put);
        });
        for slot in slots.iter_mut() {
            if slot.updated != update && !slot.gone {
                slot.gone = true;
                *gone += 1;
                slot.place.set(memory, slot.sort.nothing());
            }
        }
        let alive = self.slots.len() - self.gone + new.len();
        let mut end = self.end;
        for new in &new {
            end = Place::of(end, &new.label, new.value.put().sort()).1;
        }
        let full = end + END > self.memory.len();
        if full && self.memory.len() == LARGEST && !changed && self.gone <= GONE {
            // Making it anew would bring nothing.
            updated.dropped = new.len() as u64;
            return (updated, true);
        }
        if changed || full || self.gone > alive.max(GONE) {
            return (updated, false);
        }
        for new in new {
            self.add(new, update, false);
        }
        (updated, true)
    }
}
