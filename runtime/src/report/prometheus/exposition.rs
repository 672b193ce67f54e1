//! What an exposition shows, and the one call that writes it.

use std::time::Instant;

use super::accept::Format;
use super::own;
use super::protobuf::Protobuf;
use super::spelling::Spelling;
use super::text::Text;
use crate::Snapshot;
use crate::report::families::{Depth, Layout, Style, emit};

/// How a snapshot is shown to Prometheus. The default suits most programs.
///
/// ```
/// use calipers::report::prometheus::{Depth, Exposition, Format};
///
/// let registry = calipers::Registry::new();
/// registry.histogram("batch.size")?.record(7);
///
/// let exposition = Exposition::new()
///     .prefix("shop")
///     .buckets([1.0, 10.0, 100.0])
///     .depth(Depth::Instances);
/// let text = exposition.text(&registry.snapshot());
/// assert!(text.contains("shop_batch_size_bucket{le=\"10.0\"} 1\n"));
/// # Ok::<(), calipers::NameError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Exposition {
    depth: Depth,
    prefix: Option<String>,
    buckets: Option<Vec<f64>>,
    created: bool,
}

impl Exposition {
    /// Totals, default bounds, created timestamps.
    pub fn new() -> Exposition {
        Exposition {
            depth: Depth::default(),
            prefix: None,
            buckets: None,
            created: true,
        }
    }

    /// Which of a total and the instances it adds up are shown; [`Depth::Totals`] when nothing is said.
    #[must_use]
    pub fn depth(mut self, depth: Depth) -> Exposition {
        self.depth = depth;
        self
    }

    /// A word that every name begins with, such as the name of the program. None when nothing is said.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Exposition {
        self.prefix = Some(prefix.into()).filter(|prefix| !prefix.is_empty());
        self
    }

    /// The bounds of classic histograms, in base units (seconds, bytes); what is not finite is left out.
    ///
    /// They are given to every histogram and timer, and beside the native buckets in protobuf too. When nothing is
    /// said, the text formats have powers of four of the unit recorded in, and protobuf has native buckets only.
    /// See [the module](super) for what a bound counts.
    #[must_use]
    pub fn buckets(mut self, bounds: impl IntoIterator<Item = f64>) -> Exposition {
        let mut bounds: Vec<f64> = bounds
            .into_iter()
            .filter(|bound| bound.is_finite())
            .collect();
        bounds.sort_by(f64::total_cmp);
        bounds.dedup_by(|a, b| a == b);
        self.buckets = Some(bounds);
        self
    }

    /// Whether it is said when counting began, where the format can say so. It is when nothing is said.
    ///
    /// In OpenMetrics this is a line a counter or histogram (`…_created`), which Prometheus stores as a series of its own.
    #[must_use]
    pub fn created(mut self, shown: bool) -> Exposition {
        self.created = shown;
        self
    }

    /// Appends the exposition of a snapshot to `out`.
    ///
    /// Costs one walk over the places and twelve bytes a stat beside what is written.
    pub fn write(&self, snapshot: &Snapshot, format: Format, out: &mut Vec<u8>) {
        let (began, before) = (Instant::now(), out.len());
        let layout = self.layout(snapshot);
        match format {
            Format::Text => {
                let mut text = Text::plain(out);
                emit(&layout, &mut text);
                text.finish();
            }
            Format::OpenMetrics => {
                let mut text = Text::open_metrics(out, self.created);
                emit(&layout, &mut text);
                text.finish();
            }
            Format::Protobuf => emit(&layout, &mut Protobuf::new(out, self.created)),
        }
        own::note(began, out.len() - before, &layout);
    }

    pub(super) fn layout<'a>(&'a self, snapshot: &'a Snapshot) -> Layout<'a> {
        let style = Style {
            dialect: &Spelling,
            depth: self.depth,
            prefix: self.prefix.as_deref(),
            bounds: self.buckets.as_deref(),
        };
        Layout::of(snapshot, style)
    }

    /// The exposition in the text format 0.0.4: for looking at, and for what reads text only.
    pub fn text(&self, snapshot: &Snapshot) -> String {
        let mut out = Vec::new();
        self.write(snapshot, Format::Text, &mut out);
        String::from_utf8(out).unwrap_or_default() // made of texts
    }

    /// The answer to a scrape: the content type and the body, in the format that the request's `Accept` header asks for.
    pub fn respond(&self, snapshot: &Snapshot, accept: &str) -> (&'static str, Vec<u8>) {
        let format = Format::negotiate(accept);
        let mut body = Vec::with_capacity(64 * snapshot.len());
        self.write(snapshot, format, &mut body);
        (format.content_type(), body)
    }
}

impl Default for Exposition {
    fn default() -> Exposition {
        Exposition::new()
    }
}
