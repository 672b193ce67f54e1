//! What the page says of itself, in the registry it shows: `/calipers/report/http/…`.

use std::time::Instant;

use axum::body::HttpBody;
use axum::http::StatusCode;
use axum::response::Response;

use crate::{Counter, Family, Instrumented, Registry, Timer, UpDownCounter};

/// The page's own stats. Two pages of one registry share them.
#[derive(Instrumented)]
pub(super) struct PageStats {
    /// Requests that were answered, whatever the answer was.
    pub(super) requests: Counter,
    /// What was sent in the bodies of answers, as it was encoded.
    #[stat(unit = "By")]
    bytes: Counter,
    /// What went wrong, by cause; a page that is not there counts too.
    #[stat(label = "cause")]
    pub(super) errors: Family<String, Counter>,
    /// Time to make an answer.
    duration: Timer,
    /// Connections that are open.
    connections: UpDownCounter,
}

impl PageStats {
    pub(super) fn open(registry: &Registry) -> PageStats {
        PageStats::init_in(registry, "/calipers/report/http")
    }

    /// Counts a connection as open until the guard goes, also when its task is ended from outside.
    pub(super) fn connected(&self) -> ConnectedGuard<'_> {
        self.connections.inc();
        ConnectedGuard(self)
    }

    /// Notes an answer to a request that came at `began`.
    pub(super) fn note(&self, began: Instant, response: &Response) {
        self.requests.inc();
        self.bytes
            .add(response.body().size_hint().exact().unwrap_or(0));
        self.duration.record(began.elapsed());
        let cause = match response.status() {
            StatusCode::BAD_REQUEST => "badRequest",
            StatusCode::NOT_FOUND => "notFound",
            StatusCode::METHOD_NOT_ALLOWED => "wrongMethod",
            StatusCode::NOT_ACCEPTABLE => "notAcceptable",
            StatusCode::MISDIRECTED_REQUEST => "wrongHost",
            status if status.is_client_error() || status.is_server_error() => "internal",
            _ => return,
        };
        self.errors.get(cause).inc();
    }
}

/// A connection that is open.
pub(super) struct ConnectedGuard<'o>(&'o PageStats);

impl Drop for ConnectedGuard<'_> {
    fn drop(&mut self) {
        self.0.connections.dec();
    }
}
