//! `autometrics`, over the `prometheus` crate.

use autometrics::autometrics;

use crate::suite::{Suite, barrier};
use crate::workload::Workload;

#[autometrics]
#[inline(never)]
fn plain() {
    barrier();
}

#[autometrics(track_concurrency)]
#[inline(never)]
fn concurrent() {
    barrier();
}

#[autometrics]
#[inline(never)]
fn result() -> Result<u32, String> {
    barrier();
    Ok(1)
}

pub(super) fn register(suite: &mut Suite) {
    type Call = fn();
    let calls: [(&str, &'static str, Call); 3] = [
        (
            "autometrics #[autometrics]",
            "14 buckets; nothing in flight",
            plain,
        ),
        (
            "autometrics #[autometrics], fn -> Result",
            "14 buckets; nothing in flight",
            || drop(result()),
        ),
        (
            "autometrics #[autometrics(track_concurrency)]",
            "14 buckets",
            concurrent,
        ),
    ];
    for (name, remark, call) in calls {
        suite
            .operation(
                Workload::TimedFn,
                name,
                &[1, 2],
                || (),
                |_| (),
                move |(), _| call(),
            )
            .note(remark);
    }
}
