//! The other libraries: one module each, under the name of the crate.

use std::hint;

use crate::suite::Suite;

mod autometrics;
mod clocks;
mod fastrace;
mod hdrhistogram;
mod histogram;
mod measured;
mod metered;
mod metered09;
mod metrics;
mod metriken;
mod opentelemetry;
mod prometheus;
mod prometheus_client;
mod tracing;

/// A library.
pub(crate) struct Peer {
    /// As rows and the plot call it.
    name: &'static str,
    /// The packages that it is made of.
    pub(crate) packages: &'static [&'static str],
    register: fn(&mut Suite),
}

const fn peer(
    name: &'static str,
    packages: &'static [&'static str],
    register: fn(&mut Suite),
) -> Peer {
    Peer {
        name,
        packages,
        register,
    }
}

pub(crate) const PEERS: &[Peer] = &[
    peer("prometheus", &["prometheus"], prometheus::register),
    peer(
        "prometheus-client",
        &["prometheus-client"],
        prometheus_client::register,
    ),
    peer(
        "metrics",
        &["metrics", "metrics-exporter-prometheus"],
        metrics::register,
    ),
    peer("measured", &["measured"], measured::register),
    peer("metriken", &["metriken"], metriken::register),
    peer(
        "opentelemetry",
        &["opentelemetry_sdk", "opentelemetry-prometheus"],
        opentelemetry::register,
    ),
    peer("hdrhistogram", &["hdrhistogram"], hdrhistogram::register),
    peer("histogram", &["histogram"], histogram::register),
    peer("metered 0.10", &["metered"], metered::register),
    peer("metered 0.9", &[], metered09::register),
    peer("autometrics", &["autometrics"], autometrics::register),
    peer("tracing", &["tracing"], tracing::register),
    peer("fastrace", &["fastrace"], fastrace::register),
    peer(
        "clocks",
        &["quanta", "fastant", "minstant"],
        clocks::register,
    ),
];

pub(crate) fn register(suite: &mut Suite) {
    for peer in PEERS {
        suite.rows_of(peer.name);
        (peer.register)(suite);
    }
}

/// Makes sure that text was written.
fn written(text: &str) {
    hint::black_box(text.len());
}
