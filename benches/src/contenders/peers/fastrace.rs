//! `fastrace`: `#[trace]` without a reporter, and collecting below a root span.

use std::hint;

use fastrace::collector::{Config, Reporter, SpanContext, SpanRecord};
use fastrace::local::LocalParentGuard;
use fastrace::{Span, trace};

use crate::suite::{Suite, barrier};
use crate::workload::Workload;

#[trace]
#[inline(never)]
fn traced() {
    barrier();
}

/// Takes spans and does nothing with them.
struct Nobody;

impl Reporter for Nobody {
    fn report(&mut self, spans: Vec<SpanRecord>) {
        hint::black_box(spans.len());
    }
}

pub(super) fn register(suite: &mut Suite) {
    suite
        .operation(
            Workload::TimedFn,
            "fastrace #[trace], no reporter",
            &[1],
            || (),
            |_| (),
            |(), _| traced(),
        )
        .does_less("records nothing");
    suite
        .operation(
            Workload::TimedFn,
            "fastrace #[trace], collecting",
            &[1],
            || (),
            |_| None::<(LocalParentGuard, Span)>,
            |root, i| {
                if i % 256 == 0 {
                    *root = None;
                    let span = Span::root("root", SpanContext::random());
                    *root = Some((span.set_local_parent(), span));
                }
                traced();
            },
        )
        .does_less("a span with both ends, no metric; the thread that collects is not included")
        .alone();
    suite.set_up_alone(|| fastrace::set_reporter(Nobody, Config::default()));
}
