//! Bodies as they are sent: a source's stats in protobuf, cut into messages of a handy size.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::fields::{
    distribution, family, named, number, place, rates, recorded, stat, state, states, value,
};
use super::frame::LONGEST;
use crate::Merging;
use crate::report::wire::{double, fixed, message, signed, string, varint, whole, zigzag};
use crate::snapshot::{Distribution, FamilyValue, Number, PlaceShape, Rates, StatShape, Value};

/// Where a message is ended and the next one begun: small enough that a few of them fill no queue, large enough that few are
/// needed.
const HANDY: usize = 256 << 10;

/// What of a message is left for its head, its tag, and what every body begins with.
const BESIDE: usize = 64 << 10;

/// Who sends.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    pub(super) name: String,
    pub(super) period: Duration,
}

/// A stat that is to be sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent<'a> {
    pub(super) stat: &'a StatShape,
    pub(super) value: &'a Value,
    /// What the receiver is told of it: not only what the stat itself declares.
    pub(super) merging: Option<Merging>,
    /// What the receiver has of it; then only its value is sent, and of a family only what changed.
    pub(super) known: Option<&'a Value>,
}

/// One message's body, and how many stats it tells of.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) bytes: Vec<u8>,
    pub(super) stats: u64,
}

/// Bodies in the making.
#[derive(Debug)]
pub(super) struct Bodies {
    begin: Vec<u8>,
    done: Vec<Body>,
    body: Body,
    /// The stats of the place that is open, as its message has them.
    open: Vec<u8>,
    /// Stats that no message is long enough for.
    pub(super) too_large: u64,
}

impl Bodies {
    pub(super) fn new(sender: &Sender, taken: SystemTime) -> Bodies {
        let mut begin = Vec::new();
        string(&mut begin, state::SOURCE, &sender.name);
        let period = u64::try_from(sender.period.as_millis()).unwrap_or(u64::MAX);
        whole(&mut begin, state::PERIOD, period);
        fixed(&mut begin, state::TAKEN, nanoseconds(taken));
        Bodies {
            body: Body {
                bytes: begin.clone(),
                stats: 0,
            },
            begin,
            done: Vec::new(),
            open: Vec::new(),
            too_large: 0,
        }
    }

    /// Adds stats of one place.
    pub(super) fn place<'a>(
        &mut self,
        shape: &PlaceShape,
        stats: impl IntoIterator<Item = Sent<'a>>,
    ) {
        for sent in stats {
            let before = self.open.len();
            write_stat(&mut self.open, &sent);
            let length = self.open.len() - before;
            if length > LONGEST - BESIDE {
                self.open.truncate(before);
                self.too_large += 1;
                continue;
            }
            // What is before it goes out by itself when both together are too much.
            if before > 0 && self.body.bytes.len() + self.open.len() > LONGEST - BESIDE {
                let last = self.open.split_off(before);
                self.close(shape);
                self.cut();
                self.open = last;
            }
            self.body.stats += 1;
            if self.body.bytes.len() + self.open.len() >= HANDY {
                self.close(shape);
                self.cut();
            }
        }
        self.close(shape);
    }

    /// Adds the path of a stat that is no more.
    pub(super) fn gone(&mut self, path: &str) {
        string(&mut self.body.bytes, state::GONE, path);
        self.body.stats += 1;
        if self.body.bytes.len() >= HANDY {
            self.cut();
        }
    }

    /// All bodies: at least one, for a source that has nothing to say is there all the same.
    pub(super) fn finish(mut self) -> Vec<Body> {
        if self.body.stats > 0 || self.done.is_empty() {
            self.cut();
        }
        self.done
    }

    fn close(&mut self, shape: &PlaceShape) {
        if self.open.is_empty() {
            return;
        }
        let stats = std::mem::take(&mut self.open);
        message(&mut self.body.bytes, state::PLACE, |out| {
            string(out, place::PATH, &shape.path);
            if shape.collapsed {
                whole(out, place::COLLAPSED, 1);
            }
            for (name, text) in shape.labels.iter() {
                message(out, place::LABEL, |out| {
                    string(out, named::NAME, name);
                    string(out, named::OF, text);
                });
            }
            out.extend_from_slice(&stats);
        });
    }

    fn cut(&mut self) {
        let next = Body {
            bytes: self.begin.clone(),
            stats: 0,
        };
        self.done.push(std::mem::replace(&mut self.body, next));
    }
}

/// Since 1970; what is before it is when it began.
pub(super) fn nanoseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

fn write_stat(out: &mut Vec<u8>, sent: &Sent<'_>) {
    message(out, place::STAT, |out| {
        let shape = sent.stat;
        string(out, stat::NAME, &shape.name);
        if sent.known.is_none() {
            string(out, stat::KIND, &shape.kind.to_string());
            for (field, text) in [
                (stat::HELP, shape.help),
                (stat::UNIT, shape.unit),
                (stat::KEY, shape.label),
            ] {
                if !text.is_empty() {
                    string(out, field, text);
                }
            }
            fixed(out, stat::CREATED, nanoseconds(shape.created));
            if sent.merging.is_some() {
                whole(out, stat::MERGING, Merging::code(sent.merging).into());
            }
        }
        message(out, stat::VALUE, |out| {
            write_value(out, sent.value, sent.known)
        });
    });
}

fn write_value(out: &mut Vec<u8>, of: &Value, known: Option<&Value>) {
    match of {
        Value::Counter(count) => whole(out, value::COUNTER, *count),
        Value::UpDownCounter(level) => signed(out, value::LEVEL, *level),
        Value::Gauge(number) => message(out, value::GAUGE, |out| write_number(out, *number)),
        Value::Text(text) => message(out, value::TEXT, |out| write_current(out, text.as_deref())),
        Value::Info(pairs) => message(out, value::INFO, |out| {
            for (name, text) in pairs.iter() {
                message(out, states::STATE, |out| {
                    string(out, named::NAME, name);
                    string(out, named::OF, text);
                });
            }
        }),
        Value::StateSet(current, known) => message(out, value::STATE_SET, |out| {
            write_current(out, current.as_deref());
            for state in known.iter() {
                write_counted(out, state, None);
            }
        }),
        Value::StateTime(times) => message(out, value::STATE_TIME, |out| {
            write_current(out, times.current.as_deref());
            for (state, nanos) in &times.nanos {
                write_counted(out, state, Some(*nanos));
            }
        }),
        Value::Histogram(histogram) => message(out, value::HISTOGRAM, |out| {
            write_distribution(out, recorded::LIFETIME, &histogram.lifetime);
            write_distribution(out, recorded::RECENT, &histogram.recent);
            write_rates(out, histogram.rates);
            write_count(out, recorded::REFUSED, histogram.refused);
        }),
        Value::Timer(timer) => message(out, value::TIMER, |out| {
            write_distribution(out, recorded::LIFETIME, &timer.lifetime);
            write_distribution(out, recorded::RECENT, &timer.recent);
            write_rates(out, timer.rates);
            write_count(out, recorded::OK, timer.outcomes.ok);
            write_count(out, recorded::ERR, timer.outcomes.err);
            write_count(out, recorded::PANICKED, timer.outcomes.panicked);
            write_count(out, recorded::CANCELLED, timer.outcomes.cancelled);
            write_count(out, recorded::IN_FLIGHT, timer.in_flight);
        }),
        Value::Meter(meter) => message(out, value::METER, |out| {
            write_rates(out, meter.rates);
            write_count(out, recorded::COUNT, meter.count);
        }),
        Value::Family(members) => message(out, value::FAMILY, |out| {
            write_family(out, members, known.and_then(Value::as_family));
        }),
        Value::CountBy(counts) => message(out, value::COUNT_BY, |out| {
            for (state, count) in &counts.counts {
                write_counted(out, state, Some(*count));
            }
        }),
    }
}

fn write_number(out: &mut Vec<u8>, of: Option<Number>) {
    match of {
        Some(Number::F64(of)) => double(out, number::DOUBLE, of),
        Some(Number::I64(of)) => signed(out, number::SIGNED, of),
        Some(Number::U64(of)) => whole(out, number::UNSIGNED, of),
        Some(Number::Bool(of)) => whole(out, number::BOOL, u64::from(of)),
        None => {}
    }
}

fn write_current(out: &mut Vec<u8>, current: Option<&str>) {
    if let Some(current) = current {
        string(out, states::CURRENT, current);
    }
}

fn write_counted(out: &mut Vec<u8>, name: &str, count: Option<u64>) {
    message(out, states::STATE, |out| {
        string(out, named::NAME, name);
        if let Some(count) = count {
            whole(out, named::OF, count);
        }
    });
}

/// Zero is what is not said.
fn write_count(out: &mut Vec<u8>, field: u32, count: u64) {
    if count > 0 {
        whole(out, field, count);
    }
}

fn write_rates(out: &mut Vec<u8>, of: Rates) {
    if of == Rates::default() {
        return;
    }
    message(out, recorded::RATES, |out| {
        double(out, rates::M1, of.m1);
        double(out, rates::M5, of.m5);
        double(out, rates::M15, of.m15);
    });
}

fn write_distribution(out: &mut Vec<u8>, field: u32, of: &Distribution) {
    if of.is_empty() {
        return;
    }
    message(out, field, |out| {
        write_count(out, distribution::ZERO, of.zero);
        message(out, distribution::BUCKETS, |out| {
            let mut before = 0;
            for (index, count) in &of.buckets {
                varint(out, zigzag(i64::from(*index) - before));
                varint(out, *count);
                before = i64::from(*index);
            }
        });
        double(out, distribution::MIN, of.min);
        double(out, distribution::MAX, of.max);
        write_count(out, distribution::WHOLE_LOW, of.whole as u64);
        write_count(out, distribution::WHOLE_HIGH, (of.whole >> 64) as u64);
        double(out, distribution::REST, of.rest);
    });
}

/// Only what changed, unless members are gone, which only a whole family can tell.
fn write_family(out: &mut Vec<u8>, of: &FamilyValue, known: Option<&FamilyValue>) {
    let known = known.filter(|known| known.iter().all(|(key, _)| of.get(key).is_some()));
    if known.is_some() {
        whole(out, family::PARTIAL, 1);
    }
    for (key, member) in of.iter() {
        let before = known.and_then(|known| known.get(key));
        if before == Some(member) {
            continue;
        }
        message(out, family::MEMBER, |out| {
            string(out, named::NAME, key);
            message(out, named::OF, |out| write_value(out, member, None));
        });
    }
}
