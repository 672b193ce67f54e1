//! What JSON does not tell, told beside it.
//!
//! In JSON a gauge of a whole number, a level and a counter look the same, and a family looks like a place. People know
//! which is which; a program that subtracts or adds them has to be told. Whoever asks for it gets one more member in the
//! object: `/`, which no name can be, with the paths of what would be taken for something else, by kind:
//!
//! ```json
//! {"/": {"gauge": ["/queue/depth"], "up_down_counter": ["/open"]}, "open": 3, "queue": {"depth": 17}}
//! ```
//!
//! Whoever is to read back exactly what was written also gets the distributions, whole.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::lookup::Found;
use super::{Distribution, Number, Snapshot, SubTree, Value, escape, kinds, unescape};
use crate::Kind;

/// The name of the member.
pub(super) const MEMBER: &str = "/";

/// The name in it of distributions, which no kind has.
pub(super) const DISTRIBUTIONS: &str = "/distributions";

/// JSON that tells kinds; see the module.
pub(crate) struct WithKinds<'a> {
    pub(crate) tree: SubTree<'a>,
    /// Whether distributions are told too.
    pub(crate) is_exact: bool,
}

impl Snapshot {
    /// JSON that reads back as what it was: as the snapshot's own, with a member `/` beside that tells kinds and
    /// lifetime distributions. Help, units and labels are not in it.
    ///
    /// ```
    /// let registry = calipers::Registry::new();
    /// registry.histogram("size")?.record(1000);
    /// registry.up_down_counter("open")?.add(3);
    /// let before = registry.snapshot();
    /// let json = serde_json::to_string(&before.exact_json())?;
    /// let after: calipers::Snapshot = serde_json::from_str(&json)?;
    /// let lifetime = |of: &calipers::Snapshot| of.histogram("/size").unwrap().lifetime().clone();
    /// assert_eq!(lifetime(&after), lifetime(&before));
    /// assert_eq!(after.value("/open"), before.value("/open"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn exact_json(&self) -> impl Serialize + '_ {
        WithKinds {
            tree: self.root(),
            is_exact: true,
        }
    }
}

impl Serialize for WithKinds<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let tree = self.tree;
        if !matches!(tree.at, Found::Place(_)) {
            return tree.serialize(serializer); // by itself, whoever asks for it knows what it is
        }
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(MEMBER, &Telling::of(tree, self.is_exact))?;
        tree.serialize_members(&mut map)?;
        map.end()
    }
}

/// What is told of a tree.
#[derive(Default)]
struct Telling<'a> {
    kinds: BTreeMap<String, Vec<String>>,
    distributions: Option<BTreeMap<String, Exact<'a>>>,
}

impl<'a> Telling<'a> {
    fn of(tree: SubTree<'a>, is_exact: bool) -> Telling<'a> {
        let mut telling = Telling {
            distributions: is_exact.then(BTreeMap::new),
            ..Telling::default()
        };
        let above = tree.path().len();
        for entry in tree.all_stats() {
            let place = entry.place().get(above..).unwrap_or_default();
            let segments = place.split('/').filter(|segment| !segment.is_empty());
            let path = path_of(segments.chain([entry.name()]));
            telling.tell(path, entry.kind().folded(), entry.value());
        }
        telling
    }

    fn tell(&mut self, path: String, kind: Kind, value: &'a Value) {
        let below = |name: &str| format!("{path}/{}", segment(name));
        let kind = match value {
            Value::Gauge(Some(Number::U64(_) | Number::I64(0..))) => Kind::Gauge,
            Value::UpDownCounter(_) => Kind::UpDownCounter,
            Value::Family(family) => {
                if let Some(distributions) = &mut self.distributions {
                    let members = family.iter();
                    distributions.extend(
                        members.filter_map(|(key, member)| Some((below(key), Exact::of(member)?))),
                    );
                }
                kind // and with it that of its members
            }
            Value::CountBy(states) => {
                let states = states.iter().map(|(state, _)| below(state));
                let gauges = self.kinds.entry(Kind::Gauge.to_string());
                return gauges.or_default().extend(states);
            }
            other => {
                if let (Some(distributions), Some(exact)) =
                    (&mut self.distributions, Exact::of(other))
                {
                    distributions.insert(path, exact);
                }
                return;
            }
        };
        self.kinds.entry(kind.to_string()).or_default().push(path);
    }
}

impl Serialize for Telling<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (kind, paths) in &self.kinds {
            map.serialize_entry(kind, paths)?;
        }
        if let Some(distributions) = &self.distributions {
            map.serialize_entry(DISTRIBUTIONS, distributions)?;
        }
        map.end()
    }
}

/// A distribution, whole: zeroes, least, largest, both sums, and the buckets. The sum of whole numbers is a text, for it
/// may be larger than JSON's numbers.
struct Exact<'a>(&'a Distribution);

impl<'a> Exact<'a> {
    fn of(value: &'a Value) -> Option<Exact<'a>> {
        match value {
            Value::Histogram(histogram) => Some(Exact(&histogram.lifetime)),
            Value::Timer(timer) => Some(Exact(&timer.lifetime)),
            _ => None,
        }
    }
}

impl Serialize for Exact<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Distribution {
            zero,
            buckets,
            min,
            max,
            whole,
            rest,
        } = self.0;
        (zero, min, max, whole.to_string(), rest, buckets).serialize(serializer)
    }
}

fn path_of<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let mut path = String::new();
    for name in names {
        path.push('/');
        path.push_str(&segment(name));
    }
    path
}

/// A name as a segment of a path. Places are written as the segments they are, and keys of families as they read.
pub(super) fn segment(name: &str) -> Cow<'_, str> {
    if unescape(name) == name {
        escape(name)
    } else {
        Cow::Borrowed(name)
    }
}

/// What was told, by path.
#[derive(Default)]
pub(super) struct Told {
    kinds: HashMap<String, Kind>,
    distributions: HashMap<String, Distribution>,
}

impl Told {
    /// Notes that what stands at these paths is of a kind; nothing of one that is not known.
    pub(super) fn note(&mut self, kind: &str, paths: impl Iterator<Item = String>) {
        if let Some(kind @ (Kind::Gauge | Kind::UpDownCounter | Kind::Family(_))) =
            kinds::named(kind)
        {
            self.kinds.extend(paths.map(|path| (path, kind)));
        }
    }

    pub(super) fn note_distribution(&mut self, path: String, distribution: Distribution) {
        self.distributions.insert(path, distribution);
    }

    /// The path that these names lead to; none where nothing is told.
    pub(super) fn path<'n>(&self, names: impl Iterator<Item = &'n str>) -> String {
        if self.kinds.is_empty() && self.distributions.is_empty() {
            return String::new();
        }
        path_of(names)
    }

    pub(super) fn kind(&self, path: &str) -> Option<Kind> {
        self.kinds.get(path).copied()
    }

    pub(super) fn distribution(&self, path: &str) -> Option<&Distribution> {
        self.distributions.get(path)
    }
}

/// What a number is, of which this kind was told, if any.
pub(super) fn number(told: Option<Kind>, number: Number) -> (Kind, Value) {
    match (told, number) {
        (Some(Kind::UpDownCounter), Number::U64(n)) => (
            Kind::UpDownCounter,
            Value::UpDownCounter(i64::try_from(n).unwrap_or(i64::MAX)),
        ),
        (Some(Kind::UpDownCounter), Number::I64(n)) => {
            (Kind::UpDownCounter, Value::UpDownCounter(n))
        }
        (Some(Kind::Gauge), number) => (Kind::Gauge, Value::Gauge(Some(number))),
        (_, Number::U64(count)) => (Kind::Counter, Value::Counter(count)),
        (_, number) => (Kind::Gauge, Value::Gauge(Some(number))),
    }
}
