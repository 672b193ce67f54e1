//! Bodies as they come: read with bounds on whatever a stranger may claim.
//!
//! A body is at most as long as a message, so what is copied out of it is bounded by that. Lists are bounded besides, for
//! an empty member is shorter on the wire than in memory.
//!
//! How it fits: this reads what stands where, `value` what it holds, `recorded` what distributions are in that, `text` names.

mod recorded;
mod text;
mod value;

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use self::text::{pair, path, plain, segment, text, time};
use self::value::{DEEPEST, read_value};
use super::fields::{place, stat, state};
use crate::Merging;
use crate::report::wire::{Field, Malformed, checked_fields};
use crate::snapshot::{StatShape, Value, kinds, words};

/// How many stats, members, states, labels and buckets one body may have in all.
const MOST_ITEMS: usize = 400_000;

/// How many labels a place may have.
const MOST_LABELS: usize = 64;

type Read<T> = Result<T, Malformed>;

/// What a body says.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) source: Arc<str>,
    pub(super) period: Duration,
    pub(super) places: Vec<ToldPlace>,
    /// Places and names of stats that are no more.
    pub(super) gone: Vec<(Arc<str>, Arc<str>)>,
}

#[derive(Debug)]
pub(super) struct ToldPlace {
    pub(super) path: Arc<str>,
    pub(super) collapsed: bool,
    pub(super) labels: Arc<[(&'static str, Arc<str>)]>,
    pub(super) stats: Vec<ToldStat>,
}

#[derive(Debug)]
pub(super) struct ToldStat {
    pub(super) name: Arc<str>,
    /// Nothing when it is as it was told before.
    pub(super) shape: Option<StatShape>,
    pub(super) value: Value,
    /// Whether a family's members are added to those that are known.
    pub(super) is_partial: bool,
}

/// Reads a body, which is believed whole or not at all.
pub(super) fn read(body: &[u8]) -> Read<Told> {
    let mut items = Items(MOST_ITEMS);
    let mut told = Told {
        source: Arc::from(""),
        period: Duration::ZERO,
        places: Vec::new(),
        gone: Vec::new(),
    };
    for field in checked_fields(body) {
        match field? {
            (state::SOURCE, Field::Bytes(bytes)) => told.source = plain(bytes)?.into(),
            (state::PERIOD, Field::Whole(millis)) => told.period = Duration::from_millis(millis),
            (state::PLACE, Field::Bytes(bytes)) => {
                items.take()?;
                told.places.push(read_place(bytes, &mut items)?);
            }
            (state::GONE, Field::Bytes(bytes)) => {
                items.take()?;
                let (place, name) = plain(bytes)?.rsplit_once('/').ok_or(Malformed)?;
                told.gone.push((path(place)?.into(), name.into()));
            }
            _ => {} // a later version's
        }
    }
    match told.source.is_empty() {
        true => Err(Malformed),
        false => Ok(told),
    }
}

/// How many more there may be.
struct Items(usize);

impl Items {
    fn take(&mut self) -> Read<()> {
        self.0 = self.0.checked_sub(1).ok_or(Malformed)?;
        Ok(())
    }
}

fn read_place(bytes: &[u8], items: &mut Items) -> Read<ToldPlace> {
    let mut at: Arc<str> = Arc::from("");
    let mut collapsed = false;
    let mut labels = Vec::new();
    let mut stats = Vec::new();
    for field in checked_fields(bytes) {
        match field? {
            (place::PATH, Field::Bytes(bytes)) => at = path(plain(bytes)?)?.into(),
            (place::COLLAPSED, Field::Whole(flag)) => collapsed = flag != 0,
            (place::LABEL, Field::Bytes(bytes)) if labels.len() < MOST_LABELS => {
                items.take()?;
                let (name, of) = pair(bytes)?;
                let name = words::kept(name);
                if !name.is_empty() {
                    labels.push((name, of.into()));
                }
            }
            (place::STAT, Field::Bytes(bytes)) => {
                items.take()?;
                stats.push(read_stat(bytes, items)?);
            }
            _ => {}
        }
    }
    Ok(ToldPlace {
        path: at,
        collapsed,
        labels: labels.into(),
        stats,
    })
}

fn read_stat(bytes: &[u8], items: &mut Items) -> Read<ToldStat> {
    let mut name = None;
    let mut kind = None;
    let (mut help, mut unit, mut label) = ("", "", "");
    let mut created = UNIX_EPOCH;
    let mut merging = None;
    let mut found = None;
    let mut is_partial = false;
    for field in checked_fields(bytes) {
        match field? {
            (stat::NAME, Field::Bytes(bytes)) => name = Some(segment(bytes)?),
            (stat::KIND, Field::Bytes(bytes)) => {
                kind = Some(kinds::named(plain(bytes)?).ok_or(Malformed)?);
            }
            (stat::HELP, Field::Bytes(bytes)) => help = words::kept(text(bytes)?),
            (stat::UNIT, Field::Bytes(bytes)) => unit = words::kept(plain(bytes)?),
            (stat::KEY, Field::Bytes(bytes)) => label = words::kept(plain(bytes)?),
            (stat::CREATED, Field::Eight(nanos)) => created = time(nanos),
            (stat::MERGING, Field::Whole(code)) => merging = Merging::of_code(code),
            (stat::VALUE, Field::Bytes(bytes)) => {
                found = Some(read_value(bytes, items, DEEPEST, &mut is_partial)?);
            }
            _ => {}
        }
    }
    let name: Arc<str> = name.ok_or(Malformed)?.into();
    let value = found.ok_or(Malformed)?;
    if kind.is_some_and(|kind| !value.is_of(kind)) {
        return Err(Malformed);
    }
    let shape = kind.map(|kind| StatShape {
        name: Arc::clone(&name),
        kind,
        help,
        unit,
        label,
        merging,
        created,
    });
    Ok(ToldStat {
        name,
        shape,
        value,
        is_partial,
    })
}
