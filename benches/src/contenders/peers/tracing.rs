//! `tracing`: `#[instrument]` without a subscriber, and with the bare registry.

use tracing::instrument;

use crate::suite::{Suite, barrier};
use crate::workload::Workload;

#[instrument(skip_all)]
#[inline(never)]
fn traced() {
    barrier();
}

pub(super) fn register(suite: &mut Suite) {
    suite
        .operation(
            Workload::TimedFn,
            "tracing #[instrument], no subscriber",
            &[1, 2],
            || (),
            |_| (),
            |(), _| traced(),
        )
        .does_less("records nothing");
    suite
        .operation(
            Workload::TimedFn,
            "tracing #[instrument], Registry",
            &[1, 2],
            || (),
            |_| (),
            |(), _| traced(),
        )
        .does_less("opens and closes a span; no time, no metric")
        .alone();
    suite.set_up_alone(|| {
        let set = tracing::subscriber::set_global_default(tracing_subscriber::registry());
        assert!(set.is_ok(), "nobody else sets one");
    });
}
