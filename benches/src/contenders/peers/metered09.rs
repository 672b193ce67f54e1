//! `metered` 0.9: metrics by attributes on methods.

use std::sync::Arc;

// The attribute's output names the crate.
use metered09 as metered;
use metered09::hdr_histogram::AtomicHdrHistogram;
use metered09::time_source::StdInstantMicros;
use metered09::{HitCount, ResponseTime, Throughput, measure, metered};

use crate::suite::{Suite, barrier};
use crate::workload::Workload;

type Micros = ResponseTime<AtomicHdrHistogram, StdInstantMicros>;

#[derive(Default, Debug)]
pub(super) struct Service {
    metrics: ServiceMetrics,
}

#[metered(registry = ServiceMetrics)]
impl Service {
    #[measure([HitCount])]
    #[inline(never)]
    fn hits(&self) {
        barrier();
    }

    #[measure([HitCount, ResponseTime])]
    #[inline(never)]
    fn millis(&self) {
        barrier();
    }

    #[measure([HitCount, Micros])]
    #[inline(never)]
    fn micros(&self) {
        barrier();
    }

    #[measure([Throughput])]
    #[inline(never)]
    fn throughput(&self) {
        barrier();
    }
}

pub(super) fn register(suite: &mut Suite) {
    suite.operation(
        Workload::Counter,
        "metered 0.9 measure!(HitCount)",
        &[1, 2],
        <HitCount>::default,
        Arc::clone,
        |counter, _| measure!(&**counter, ()),
    );
    suite
        .operation(
            Workload::Timed,
            "metered 0.9 measure!(ResponseTime)",
            &[1, 2],
            <ResponseTime>::default,
            Arc::clone,
            |histogram, _| measure!(&**histogram, barrier()),
        )
        .does_less("to the millisecond; mutex; no sum, no outcome");
    suite
        .operation(
            Workload::Timed,
            "metered 0.9 measure!(ResponseTime), microseconds",
            &[1, 2],
            Micros::default,
            Arc::clone,
            |histogram, _| measure!(&**histogram, barrier()),
        )
        .does_less("to the microsecond; mutex; no sum, no outcome");
    type Call = fn(&Service);
    let calls: [(&str, &'static str, Call); 4] = [
        ("metered 0.9 #[measure(HitCount)]", "no time", Service::hits),
        (
            "metered 0.9 #[measure(HitCount, ResponseTime)]",
            "to the millisecond; no sum, no outcome",
            Service::millis,
        ),
        (
            "metered 0.9 #[measure(HitCount, ResponseTime)], microseconds",
            "to the microsecond; no sum, no outcome",
            Service::micros,
        ),
        (
            "metered 0.9 #[measure(Throughput)]",
            "calls a second only",
            Service::throughput,
        ),
    ];
    for (name, remark, call) in calls {
        suite
            .operation(
                Workload::TimedFn,
                name,
                &[1, 2],
                Service::default,
                Arc::clone,
                move |service, _| call(service),
            )
            .does_less(remark);
    }
}
