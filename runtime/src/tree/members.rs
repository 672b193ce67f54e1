//! A family's members, as the tree sees them.

use std::any::Any;
use std::cell::{RefCell, RefMut};
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, Weak};

use super::by_key::ByKey;
use super::class::SpecRef;
use super::entry::{Measured, Source};
use super::held_key::HeldKey;
use super::journal::{Journal, Key, journal};
use crate::Kind;
use crate::cells::rooms::Rooms;
use crate::cells::turn::{Kept, Turn};
use crate::cells::{CellId, clock};
use crate::snapshot::Keys;

/// One stat a key. Whoever adds one looks the key up under a lock; the collector, which never takes it, sees from their number
/// which members are new, and keeps them in the order of their keys.
pub(crate) struct Members {
    /// How they are described; its kind is the members'.
    pub(crate) spec: SpecRef,
    cap: usize,
    all: Rooms<Member, Adding>,
    admitted: AtomicUsize,
    /// Those that the collector has heard of.
    known: Kept<RefCell<Known>>,
    /// The family that users hold, if one still does; whoever opens the same place again shares it.
    pub(crate) typed: Mutex<Weak<dyn Any + Send + Sync>>,
}

/// One member.
pub(crate) struct Member {
    key: HeldKey,
    measured: Measured,
}

impl Member {
    pub(crate) fn key(&self) -> &str {
        self.key.text()
    }
}

impl Deref for Member {
    type Target = Measured;

    fn deref(&self) -> &Measured {
        &self.measured
    }
}

/// What whoever adds knows.
#[derive(Default)]
struct Adding {
    by_key: ByKey,
    /// Whether the journal hears of the members.
    is_told: bool,
}

/// The members that the collector has heard of, in the order of their keys, so that a snapshot need not sort them: that is
/// most of its work where there are many. Shared, so that they can be gone through while the turn changes other things.
#[derive(Default)]
struct Known {
    order: Arc<Vec<u32>>,
    /// Made when a snapshot first wants it, and forgotten when there is news.
    column: Option<Arc<Column>>,
}

/// All members, by key.
pub(crate) struct Sorted<'m> {
    members: &'m Members,
    order: Arc<Vec<u32>>,
}

impl<'m> Sorted<'m> {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'m Member> {
        self.numbered().map(|(_, member)| member)
    }

    /// With what [`Members::get`] finds them by.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = (u32, &'m Member)> {
        let found = |number: &u32| Some((*number, self.members.get(*number)?));
        self.order.iter().filter_map(found)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.order.is_empty()
    }
}

/// What of a family's members a snapshot needs, side by side: many members are read without visiting them in memory. It
/// takes as much as the keys' texts and up to sixteen bytes a member.
pub(crate) struct Column {
    pub(crate) keys: Arc<Keys>,
    /// Where their numbers are, if they are counters.
    pub(crate) counters: Option<Box<[CellId]>>,
}

impl Column {
    fn of(members: &Sorted<'_>) -> Column {
        let counter = |member: &Member| match (&member.source, member.spec.kind) {
            (Source::Counter(cell), Kind::Counter) => Some(*cell),
            _ => None,
        };
        Column {
            keys: Arc::new(members.iter().map(|member| member.key()).collect()),
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
            all: Rooms::new(Adding::default()),
            admitted: AtomicUsize::new(0),
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
        let mut adding = self.all.adding();
        let key_of = |number| {
            self.get(number)
                .map_or(&[][..], |member| member.key.bytes())
        };
        let present = adding.by_key.find(key.as_bytes(), key_of);
        if let Some(present) = present.and_then(|number| self.get(number)) {
            return Some(present.source.clone());
        }
        if key != OVERFLOW {
            if self.is_full() {
                return None;
            }
            self.admitted.fetch_add(1, Relaxed);
        }
        let before = self.all.len();
        let number = u32::try_from(before).ok()?;
        let member = adding.push(Member {
            key: HeldKey::of(key.as_bytes()),
            measured: Measured::new(self.spec, make(), clock::now()),
        });
        adding.by_key.add(key.as_bytes(), number, before, key_of);
        if adding.is_told
            && let Some(journal) = journal()
        {
            journal.admitted(Key::of(self), member);
        }
        Some(member.source.clone())
    }

    /// The member of this number.
    pub(crate) fn get(&self, number: u32) -> Option<&Member> {
        self.all.get(number as usize)
    }

    /// Tells the journal of the members there are, and from here on of each that is admitted.
    pub(super) fn tell(&self, journal: &dyn Journal) {
        let mut adding = self.all.adding();
        if !std::mem::replace(&mut adding.is_told, true) {
            for member in self.all.iter() {
                journal.admitted(Key::of(self), member);
            }
        }
    }

    /// The key of a member of which it is known what it is read from. It is looked for, so this is for rare uses.
    pub(crate) fn key_of(&self, is_it: impl Fn(&Source) -> bool) -> Option<Arc<str>> {
        let member = self.all.iter().find(|member| is_it(&member.source))?;
        Some(Arc::from(member.key()))
    }

    /// All of them, by key.
    pub(crate) fn sorted(&self, turn: &Turn) -> Sorted<'_> {
        Sorted {
            members: self,
            order: self.up_to_date(turn).order.clone(),
        }
    }

    /// All of them by key, as a snapshot needs them.
    pub(crate) fn column(&self, turn: &Turn) -> Arc<Column> {
        let Known { order, column } = &mut *self.up_to_date(turn);
        let make = || {
            let order = order.clone();
            Arc::new(Column::of(&Sorted {
                members: self,
                order,
            }))
        };
        column.get_or_insert_with(make).clone()
    }

    fn up_to_date<'t>(&'t self, turn: &'t Turn) -> RefMut<'t, Known> {
        let mut known = self.known.get(turn).borrow_mut();
        let (before, now) = (known.order.len(), self.all.len());
        if before < now {
            known.column = None;
            let order = Arc::make_mut(&mut known.order);
            order.extend(before as u32..now as u32);
            let key = |number: &u32| self.get(*number).map(|member| member.key.bytes());
            order.sort_by(|a, b| key(a).cmp(&key(b)));
        }
        known
    }
}
