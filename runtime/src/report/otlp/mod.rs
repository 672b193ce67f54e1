//! Pushing to OpenTelemetry: OTLP over HTTP, in protobuf, from a plain thread.
//!
//! How it fits: `settings` is what the program and the environment say, `identity` who sends; `request` writes a snapshot,
//! whose families are found by `families` and spelt by `spelling`; `exchange` gets it out, by the rules in `answer`.

mod answer;
mod builder;
mod exchange;
mod identity;
mod request;
mod settings;
mod spelling;

use std::sync::Arc;
use std::time::Instant;

pub use self::builder::OtlpBuilder;

use self::answer::Verdict;
use self::exchange::Exchange;
use self::request::{Sender, Span};
use self::spelling::Spelling;
use super::families::{Depth, Layout, Style, Told};
use super::rules::Rules;
use super::{PushError, Pushed, Reader};
use crate::Snapshot;
use crate::log_line;

/// Pushes to an OpenTelemetry collector, or to anything else that takes OTLP over HTTP.
///
/// ```no_run
/// use std::time::Duration;
/// use calipers::report::Otlp;
///
/// let otlp = Otlp::builder()
///     .endpoint("http://127.0.0.1:4318")
///     .service_name("shop")
///     .every(Duration::from_secs(60))
///     .start()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # What is sent
///
/// | stat | sent as |
/// | --- | --- |
/// | `Counter`, `Meter` | monotonic sum |
/// | `UpDownCounter`, `CountBy` (by `state`) | sum that is not monotonic, always cumulative |
/// | `Gauge`, `Max`, `Min` | gauge; nothing where there is no number |
/// | `Histogram` | exponential histogram of scale 5: our own buckets, one by one |
/// | `Timer` | the same in `ns`, with monotonic sums `….outcomes` by `outcome`, and the level `….in_flight` |
/// | `StateSet` | gauge by `state`: 1 for the one that holds |
/// | `StateTime` | monotonic sum by `state`, in `ns` |
/// | `Info` | gauge that is 1, the texts as attributes |
/// | `Family`, `Sum` | what the members are, by key; what it adds up |
///
/// All is sent but what lies below `/calipers`, unless rules say otherwise. A name is the path with dots,
/// `/web/by_route` is `web.by_route`; a segment that carries a label leaves the name and becomes an attribute, as does a
/// family's key. A name is plain ASCII, as instruments' names have to be: another character is its number, `ü` is `_FC_`. What
/// has the name of another all the same is left out, logged, and counted in `dropped`. Where a `Sum` and what it adds up would be one metric, the sum is sent
/// ([`depth`](OtlpBuilder::depth)). Units are as declared (UCUM), the description is the doc comment.
///
/// Timers are kept in nanoseconds, and sent so: their buckets leave without loss. With
/// [`seconds`](OtlpBuilder::seconds) they are sent in the unit that the semantic conventions have, at twice the
/// resolution, which moves a value by at most 0.65 %.
///
/// # Temporality
///
/// *Cumulative*: each request says what was counted since the stat was made, and its start time is when that was, also for
/// an instance that came late. What a receiver misses, the next request makes good. *Delta*: each says what came since
/// the last that was taken; what did not change is left out.
///
/// # When the receiver is slow or gone
///
/// 429, 502, 503, 504, and whatever breaks without an answer, are tried again: after twice as long each time, with jitter,
/// up to half a minute, and never before the receiver's `Retry-After`, of which an hour at most is waited; the log says how
/// long. A snapshot that comes meanwhile takes the place
/// of the one that waits, so one request is kept and no more. Nothing is lost by that: a cumulative one says more than
/// the one before, and a delta is taken anew from what was last taken. When an answer was lost, a delta may be
/// counted twice; the protocol prefers that to a loss.
///
/// Any other answer is final, as the protocol wants it: those points are let go and counted in `dropped`, with the cause
/// in `errors`. A cumulative total is right again with the next request; a delta is lost. Points that a receiver rejects
/// in a partial success are counted in `dropped`, too, and the success as `partialSuccess`.
///
/// # Environment
///
/// `OTEL_EXPORTER_OTLP_ENDPOINT`, `_HEADERS`, `_COMPRESSION`, `_TIMEOUT`, `_PROTOCOL` and their `OTEL_EXPORTER_OTLP_METRICS_…`
/// forms, which come first; `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE`, `OTEL_SERVICE_NAME` and
/// `OTEL_RESOURCE_ATTRIBUTES`. What the program says comes before all of them. What makes no sense is logged and passed over;
/// of lists, all of it.
///
/// # Limits
///
/// What an instance counts after the last push and before it is dropped is sent as part of the [`Sum`](crate::Sum) above it;
/// where there is none, it is gone.
///
/// There is no TLS: send to a collector on this host, and let that one encrypt. There is no gRPC, and there are no
/// histograms with given bounds. A snapshot is one request; of 100,000 series some 10 MB, a tenth of that with
/// [`gzip`](OtlpBuilder::gzip).
#[derive(Debug)]
pub struct Otlp {
    rules: Rules,
    depth: Depth,
    prefix: Option<String>,
    spelling: Spelling,
    temporality: Temporality,
    gzip: bool,
    sender: Sender,
    exchange: Exchange,
    /// What the receiver took last, where differences are sent.
    before: Option<Snapshot>,
    waiting: Option<Waiting>,
    /// What there was to say of a partial success is said once.
    complained: bool,
    /// Which stats have no place, since another has their name.
    told: Told,
}

/// What the numbers of a request are since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Temporality {
    /// Since the stat was made.
    #[default]
    Cumulative,
    /// Since the request before.
    Delta,
}

/// A request that is not taken yet.
#[derive(Debug)]
struct Waiting {
    body: Arc<[u8]>,
    points: u64,
    /// What it was made of, where differences are sent.
    snapshot: Option<Snapshot>,
}

impl Otlp {
    /// A reader that sends to `http://localhost:4318`, unless the environment or the builder say otherwise.
    pub fn builder() -> OtlpBuilder {
        OtlpBuilder::new()
    }

    fn request(&self, snapshot: &Snapshot) -> (Vec<u8>, u64, u64) {
        let chosen = self.rules.choose(snapshot);
        let news = match &self.before {
            Some(before) => chosen.since(before),
            None => chosen,
        };
        let layout = Layout::of(
            &news,
            Style {
                dialect: &self.spelling,
                depth: self.depth,
                prefix: self.prefix.as_deref(),
                bounds: Some(&[]),
            },
        );
        let span = Span {
            temporality: self.temporality,
            before: self.before.as_ref().map(Snapshot::taken),
            taken: snapshot.taken(),
        };
        let (body, points) = request::request(&layout, span, &self.sender);
        self.told.tell(
            layout.clashes(),
            "what is sent to OpenTelemetry",
            "the reader's `errors/nameTaken`",
        );
        (body, points, layout.left_out())
    }
}

impl Reader for Otlp {
    fn push(&mut self, snapshot: &Snapshot) -> Result<Pushed, PushError> {
        if self.exchange.is_under_way() {
            return Err(PushError::new(
                "behind",
                "what the last push sent is not answered yet",
                "this one is left to the next",
            ));
        }
        let (mut body, points, clashes) = self.request(snapshot);
        if self.gzip {
            body = exchange::gzip(&body)?;
        }
        // The points of the one that waited are in this one, with newer numbers.
        let waited = self.waiting.take().map_or(0, |waiting| waiting.points);
        let mut pushed = Pushed {
            offered: points.saturating_sub(waited) + clashes,
            dropped: waited.saturating_sub(points) + clashes,
            queued: points,
            ..Pushed::nothing()
        };
        if clashes > 0 {
            pushed.faults.push(("nameTaken", clashes));
        }
        if points > 0 {
            self.waiting = Some(Waiting {
                body: body.into(),
                points,
                snapshot: (self.temporality == Temporality::Delta).then(|| snapshot.clone()),
            });
        }
        Ok(pushed)
    }

    fn carry_on(&mut self, until: Instant) -> Result<Pushed, PushError> {
        let Some(waiting) = &self.waiting else {
            return Ok(Pushed::nothing());
        };
        let (bytes, points) = (waiting.body.len() as u64, waiting.points);
        let Some(verdict) = self.exchange.carry_on(&waiting.body, until) else {
            return Ok(Pushed {
                queued: points,
                ..Pushed::nothing()
            });
        };
        match verdict {
            Verdict::Taken { rejected, said } => {
                self.settled();
                let rejected = rejected.min(points);
                let mut pushed = Pushed {
                    bytes,
                    sent: points - rejected,
                    dropped: rejected,
                    ..Pushed::nothing()
                };
                if rejected > 0 {
                    pushed.faults.push(("partialSuccess", 1));
                }
                if !said.is_empty() && !std::mem::replace(&mut self.complained, true) {
                    log_line::warn(
                        log_line::TARGET,
                        format_args!(
                            "otlp: the receiver rejected {rejected} of {points} points: {said} (not logged again)"
                        ),
                    );
                }
                Ok(pushed)
            }
            Verdict::Refused { cause, said } => {
                self.settled();
                let dropped = Pushed {
                    dropped: points,
                    ..Pushed::nothing()
                };
                Err(PushError::new(cause, "the receiver refused stats", said).after(dropped))
            }
            Verdict::Later { cause, said, .. } => Err(PushError::new(
                cause,
                "could not send stats, will try again",
                said,
            )),
        }
    }

    fn restart(&mut self) {
        self.exchange.forget();
        self.waiting = None;
    }
}

impl Otlp {
    /// The receiver took what waited, or never will: the next difference is from there.
    fn settled(&mut self) {
        let snapshot = self.waiting.take().and_then(|waiting| waiting.snapshot);
        self.before = snapshot.or(self.before.take());
    }
}
