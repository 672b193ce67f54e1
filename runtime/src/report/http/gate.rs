//! What every request passes, whatever it asks for: the check of its host, and the count.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::answer::Answer;
use super::hosts::{Hosts, Refused};
use super::own::PageStats;

/// What stands between a request and the routes.
#[derive(Clone)]
pub(super) struct Gate {
    pub(super) hosts: Arc<Hosts>,
    pub(super) own: Arc<PageStats>,
}

pub(super) async fn pass(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let checked = gate
        .hosts
        .check(request.uri(), request.headers(), request.version());
    let response = match checked {
        Ok(()) => next.run(request).await,
        Err(refused) => {
            let status = match refused {
                Refused::Name(_) => StatusCode::MISDIRECTED_REQUEST,
                _ => StatusCode::BAD_REQUEST,
            };
            Answer::plain(status, &refused.to_string()).into_response()
        }
    };
    gate.own.note(began, &response);
    response
}
