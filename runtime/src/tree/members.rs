//! A family's members, as the tree sees them.

use std::any::Any;
use std::cell::{RefCell, RefMut};
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use foldhash::fast::RandomState;

use super::class::SpecRef;
use super::entry::{Entry, Source};
use super::journal::{Journal, Key, journal};
use super::standing::ByName;
use super::stat_name::StatName;
use crate::Kind;
use crate::cells::list::Stack;
use crate::cells::turn::{Kept, Turn};
use crate::cells::{CellId, clock, gate};
use crate::snapshot::Keys;

/// One stat a key. Whoever adds one looks the key up under a lock; the collector, which never takes it, learns of members from
/// a list of news, and keeps them in the order of their keys.
pub(crate) struct Members {
    /// How they are described; its kind is the members'.
    pub(crate) spec: SpecRef,
    cap: usize,
    /// For whoever adds.
    by_key: Mutex<HashSet<ByName<Arc<Entry>>, RandomState>>,
    admitted: AtomicUsize,
    /// Whether the journal hears of its members; changed with `by_key` held.
    is_told: AtomicBool,
    /// Those that the collector has not heard of.
    news: Stack<Arc<Entry>>,
    /// Those that it has.
    known: Kept<RefCell<Known>>,
    /// The family that users hold, if one still does; whoever opens the same place again shares it.
    pub(crate) typed: Mutex<Weak<dyn Any + Send + Sync>>,
}

/// The members that the collector has heard of, in the order of their keys, so that a snapshot need not sort them: that is
/// most of its work where there are many. Shared, so that they can be gone through while the turn changes other things.
#[derive(Default)]
struct Known {
    members: Arc<Vec<Arc<Entry>>>,
    /// Made when a snapshot first wants it, and forgotten when there is news.
    column: Option<Arc<Column>>,
}

/// What of a family's members a snapshot needs, side by side: many members are read without visiting them in memory. It
/// takes as much as the keys' texts and up to sixteen bytes a member.
pub(crate) struct Column {
    pub(crate) keys: Arc<Keys>,
    /// Where their numbers are, if they are counters.
    pub(crate) counters: Option<Box<[CellId]>>,
}

impl Column {
    fn of(members: &[Arc<Entry>]) -> Column {
        let counter = |member: &Arc<Entry>| match (&member.source, member.spec.kind) {
            (Source::Counter(cell), Kind::Counter) => Some(*cell),
            _ => None,
        };
        Column {
            keys: Arc::new(members.iter().map(|member| &*member.name).collect()),
            counters: members.iter().map(counter).collect(),
        }
    }
}

/// How many keys a family admits when nothing else is said.
pub(crate) const DEFAULT_CAP: usize = 1000;

/// The key that stands for all those beyond the cap.
pub(crate) const OVERFLOW: &str = "(other)";

impl Members {
    pub(crate) fn new(spec: SpecRef, cap: usize) -> Members {
        Members {
            spec,
            cap: if cap == 0 { DEFAULT_CAP } else { cap },
            by_key: Mutex::default(),
            admitted: AtomicUsize::new(0),
            is_told: AtomicBool::new(false),
            news: Stack::new(),
            known: Kept::default(),
            typed: Mutex::new(Weak::<()>::new()),
        }
    }

    pub(crate) fn cap(&self) -> usize {
        self.cap
    }

    /// Whether no further key is admitted.
    pub(crate) fn is_full(&self) -> bool {
        self.admitted.load(Relaxed) >= self.cap
    }

    /// The source of the member with this key, made by `make` if it is new; nothing when the cap is reached.
    pub(crate) fn admit(&self, key: &str, make: impl FnOnce() -> Source) -> Option<Source> {
        let _pass = gate::enter();
        let mut by_key = self.by_key.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(present) = by_key.get(key) {
            return Some(present.0.source.clone());
        }
        if key != OVERFLOW {
            if self.is_full() {
                return None;
            }
            self.admitted.fetch_add(1, Relaxed);
        }
        let entry = Arc::new(Entry::new(
            StatName::given(key),
            self.spec.clone(),
            make(),
            clock::now(),
        ));
        let source = entry.source.clone();
        if self.is_told.load(Relaxed)
            && let Some(journal) = journal()
        {
            journal.admitted(Key::of(self), &entry);
        }
        by_key.insert(ByName(entry.clone()));
        self.news.push(entry);
        Some(source)
    }

    /// Tells the journal of the members there are, and from here on of each that is admitted.
    pub(super) fn tell(&self, journal: &dyn Journal) {
        let _pass = gate::enter();
        let by_key = self.by_key.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.is_told.swap(true, Relaxed) {
            for member in by_key.iter() {
                journal.admitted(Key::of(self), &member.0);
            }
        }
    }

    /// The key of a member of which it is known what it is read from. It is looked for, so this is for rare uses.
    pub(crate) fn key_of(&self, is_it: impl Fn(&Source) -> bool) -> Option<Arc<str>> {
        let _pass = gate::enter();
        let by_key = self.by_key.lock().unwrap_or_else(PoisonError::into_inner);
        let member = by_key.iter().find(|member| is_it(&member.0.source))?;
        Some(member.0.key())
    }

    /// All of them, by key.
    pub(crate) fn sorted(&self, turn: &Turn) -> Arc<Vec<Arc<Entry>>> {
        self.up_to_date(turn).members.clone()
    }

    /// All of them by key, as a snapshot needs them.
    pub(crate) fn column(&self, turn: &Turn) -> Arc<Column> {
        let Known { members, column } = &mut *self.up_to_date(turn);
        let column = column.get_or_insert_with(|| Arc::new(Column::of(members)));
        column.clone()
    }

    fn up_to_date<'t>(&'t self, turn: &'t Turn) -> RefMut<'t, Known> {
        let mut known = self.known.get(turn).borrow_mut();
        let mut news = self.news.take().peekable();
        if news.peek().is_some() {
            known.column = None;
            let members = Arc::make_mut(&mut known.members);
            members.extend(news);
            members.sort_by(|a, b| a.name.cmp(&b.name));
        }
        known
    }
}
