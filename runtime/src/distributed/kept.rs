//! Totals in a file, so that an aggregator that is started again goes on from what the dead had counted.
//!
//! The file holds what a source would send of its totals, as messages behind one another; it is read as carefully as those. It is
//! replaced in one step, so it is whole or not there; a checksum at its end tells whether it is still what was written. Beside it
//! is a file that is locked as long as somebody keeps totals there.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use rustix::fs::{FlockOperation, Mode, OFlags, flock, open};
use rustix::io::Errno;
use sha2::{Digest, Sha256};

use super::frame::{self, Head, LONGEST, Sort};
use super::merging::CompiledGauges;
use super::reading;
use super::source::Source;
use super::sources::Sources;
use super::tree::Tree;
use super::writing::{Bodies, Sender, Sent};
use crate::log_line;
use crate::snapshot::counts;

const MAGIC: &[u8; 8] = b"CALIKEP2";

/// A SHA-256 of everything before it ends the file.
const CHECK: usize = 32;

/// No larger file is read.
const LARGEST: u64 = 4 << 30;

/// Keeping takes at most one part in so many of the time.
const SHARE: u32 = 20;

/// What a message of the file tells of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Role {
    /// What a source has.
    Now = 0,
    /// What its earlier runs had.
    Earlier = 1,
    /// What was added up of those that are gone.
    Gone = 2,
    /// Not of a tree: an incarnation that was added up.
    AddedUp = 3,
    /// Nor this: an incarnation that a source had earlier, the first one first.
    Run = 4,
}

/// Sees to it that totals are kept.
pub(super) struct Keeper {
    path: PathBuf,
    /// Locked until this ends.
    _lock: OwnedFd,
    due: Instant,
    /// Whether it was said that it does not work; once is enough.
    is_told: bool,
}

impl Keeper {
    /// Goes on from the file, if there is one.
    pub(super) fn open(path: PathBuf, sources: &mut Sources) -> io::Result<Keeper> {
        // A link to it leads to the same totals, and to the same lock.
        let path = fs::canonicalize(&path).unwrap_or(path);
        let lock = locked(&path)?;
        match fs::metadata(&path) {
            Ok(file) if !file.is_file() => return Err(damaged("it is no file")),
            Ok(file) if file.len() > LARGEST => return Err(damaged("it is too large")),
            Ok(_) => read(&fs::read(&path)?, sources)?,
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let mut keeper = Keeper {
            path,
            _lock: lock,
            due: Instant::now(),
            is_told: false,
        };
        // A folder that cannot be written to is found out now.
        keeper.write(&written(sources))?;
        Ok(keeper)
    }

    /// Keeps what has changed, if it is time to.
    pub(super) fn keep_in_turn(&mut self, sources: &Mutex<Sources>, now: Instant) {
        if now >= self.due {
            self.keep(sources, now);
        }
    }

    /// Keeps what has changed.
    pub(super) fn keep(&mut self, sources: &Mutex<Sources>, now: Instant) {
        let lock = || sources.lock().unwrap_or_else(PoisonError::into_inner);
        let mut locked = lock();
        if !std::mem::take(&mut locked.is_changed) {
            return;
        }
        let bytes = written(&locked);
        drop(locked);
        if let Err(error) = self.write(&bytes) {
            let mut locked = lock();
            locked.own.keep_errors.inc();
            locked.is_changed = true; // it is still to be kept
            drop(locked);
            if !std::mem::replace(&mut self.is_told, true) {
                log_line::warn(
                    log_line::TARGET,
                    format_args!(
                        "aggregator: cannot keep totals in `{}`: {error} (counted in /calipers/aggregator/keepErrors; further ones are not logged)",
                        self.path.display()
                    ),
                );
            }
        }
        self.due = now + Duration::from_secs(1).max(now.elapsed() * SHARE);
    }

    /// As [`keep`](Self::keep), for the last time: what goes wrong now is told, whatever was before.
    pub(super) fn keep_at_last(&mut self, sources: &Mutex<Sources>) {
        self.is_told = false;
        self.keep(sources, Instant::now());
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let beside = beside(&self.path, ".new");
        match fs::remove_file(&beside) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&beside)?;
        file.write_all(bytes)?;
        // Else the name may be there before what it names when the power fails.
        file.sync_all()?;
        fs::rename(&beside, &self.path)
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(ending);
    beside.into()
}

/// Nobody else keeps totals in this file. Locked is a file beside it, for the file itself is replaced again and again.
fn locked(path: &Path) -> io::Result<OwnedFd> {
    let flags =
        OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let lock = open(beside(path, ".lock"), flags, Mode::RUSR | Mode::WUSR)?;
    match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
        Err(Errno::WOULDBLOCK) => Err(io::Error::new(
            ErrorKind::ResourceBusy,
            "another aggregator keeps its totals there",
        )),
        locked => Ok(locked.map(|()| lock)?),
    }
}

fn written(sources: &Sources) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    let none = Head {
        sort: Sort::Whole,
        is_first: true,
        is_last: true,
        incarnation: 0,
        started: 0,
        sequence: 0,
    };
    for (name, source) in &sources.by_name {
        write_tree(&mut out, Role::Now, name, &source.head(), &source.tree);
        write_tree(
            &mut out,
            Role::Earlier,
            name,
            &source.head(),
            &source.earlier,
        );
        for incarnation in source.earlier_runs() {
            let head = Head {
                incarnation,
                ..source.head()
            };
            write_bodies(&mut out, Role::Run, &head, bodies_of(name));
        }
    }
    write_tree(&mut out, Role::Gone, "-", &none, &sources.gone);
    for incarnation in sources.added_up() {
        let head = Head {
            incarnation,
            ..none
        };
        write_message(&mut out, Role::AddedUp, &frame::seal(&head, &[], None));
    }
    let check = Sha256::digest(&out);
    out.extend_from_slice(&check);
    out
}

fn write_tree(out: &mut Vec<u8>, role: Role, name: &str, head: &Head, tree: &Tree) {
    if tree.is_empty() && role != Role::Now {
        return;
    }
    let mut bodies = bodies_of(name);
    for (place, leaves) in tree.places() {
        let counted = leaves.values().filter(|leaf| counts(leaf.shape.kind));
        let sent = counted.map(|leaf| Sent {
            stat: &leaf.shape,
            value: &leaf.value,
            merging: leaf.shape.merging,
            known: None,
        });
        bodies.place(&place, sent);
    }
    write_bodies(out, role, head, bodies);
}

/// What begins as all that a source says.
fn bodies_of(name: &str) -> Bodies {
    let sender = Sender {
        name: name.to_owned(),
        period: Duration::ZERO,
    };
    Bodies::new(&sender, SystemTime::now())
}

fn write_bodies(out: &mut Vec<u8>, role: Role, head: &Head, bodies: Bodies) {
    for body in bodies.finish() {
        write_message(out, role, &frame::seal(head, &body.bytes, None));
    }
}

fn write_message(out: &mut Vec<u8>, role: Role, message: &[u8]) {
    out.push(role as u8);
    // No message is longer than fits.
    out.extend_from_slice(&(message.len() as u32).to_le_bytes());
    out.extend_from_slice(message);
}

fn read(bytes: &[u8], sources: &mut Sources) -> io::Result<()> {
    let told = bytes
        .strip_prefix(MAGIC)
        .ok_or_else(|| damaged("it is no such file"))?;
    let (mut rest, check) = told
        .split_last_chunk::<CHECK>()
        .ok_or_else(|| damaged("it ends too early"))?;
    let checked = bytes.strip_suffix(check).unwrap_or_default();
    if Sha256::digest(checked).as_slice() != check {
        return Err(damaged("its checksum is wrong"));
    }
    let mut trees: BTreeMap<(Arc<str>, Role), (Head, Tree)> = BTreeMap::new();
    let mut runs: BTreeMap<Arc<str>, VecDeque<u64>> = BTreeMap::new();
    while !rest.is_empty() {
        let (role, message) = next(&mut rest).ok_or_else(|| damaged("it ends too early"))?;
        let (head, body) =
            frame::open(message, None).map_err(|refused| damaged(refused.cause()))?;
        if role == Role::AddedUp {
            sources.remember(head.incarnation);
            continue;
        }
        let told = reading::read(body).map_err(|_| damaged("not all of it can be read"))?;
        if role == Role::Run {
            let runs = runs.entry(told.source).or_default();
            runs.push_back(head.incarnation);
            continue;
        }
        let (_, tree) = trees
            .entry((Arc::clone(&told.source), role))
            .or_insert_with(|| (head, Tree::default()));
        for place in told.places {
            tree.tell(place, None, &CompiledGauges::default(), 0);
        }
    }
    let mut earlier = BTreeMap::new();
    for ((name, role), (head, tree)) in trees.into_iter().rev() {
        match role {
            Role::Gone => sources.gone = tree,
            // Comes before that of now, as this goes backwards.
            Role::Earlier => {
                earlier.insert(name, tree);
            }
            _ => {
                let earlier = earlier.remove(&name).unwrap_or_default();
                let runs = runs.remove(&name).unwrap_or_default();
                let source = Source::kept(&head, sources.ticked(), tree, earlier, runs);
                sources.by_name.insert(name, source);
            }
        }
    }
    Ok(())
}

fn next<'a>(rest: &mut &'a [u8]) -> Option<(Role, &'a [u8])> {
    let ([role, length @ ..], after) = rest.split_first_chunk::<5>()?;
    let role = match role {
        0 => Role::Now,
        1 => Role::Earlier,
        2 => Role::Gone,
        3 => Role::AddedUp,
        4 => Role::Run,
        _ => return None,
    };
    let length = u32::from_le_bytes(*length) as usize;
    let (message, after) = after
        .split_at_checked(length)
        .filter(|_| length <= LONGEST)?;
    *rest = after;
    Some((role, message))
}

fn damaged(why: &'static str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, why)
}
