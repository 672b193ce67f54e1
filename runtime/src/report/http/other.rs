//! What is served in the place of the page, by other readers: behind the same limits and the same gate.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::routing::get;
use serde::Serialize;

use super::answer::{Answer, Body, Coding};
use super::routes::{beside, only};

/// Answers what is asked for, a path; may block.
pub(in crate::report) type Other = Arc<dyn Fn(&str) -> Answered + Send + Sync>;

/// What there is at a path.
pub(in crate::report) enum Answered {
    /// Written already, for what was written cannot fail any more.
    Json(Result<Vec<u8>, serde_json::Error>),
    NotFound,
    Failed(String),
}

impl Answered {
    pub(in crate::report) fn json(tree: &impl Serialize) -> Answered {
        Answered::Json(serde_json::to_vec(tree))
    }
}

pub(super) fn routes(other: Other) -> Router {
    Router::new().fallback_service(only(get(answer)).with_state(other))
}

async fn answer(State(other): State<Other>, uri: Uri, headers: HeaderMap) -> Answer {
    beside(move || match other(uri.path()) {
        Answered::Json(Ok(text)) => Answer::json_text(Body::begin(Coding::asked(&headers)), &text),
        Answered::Json(Err(error)) => failed(&error.to_string()),
        Answered::NotFound => Answer::plain(StatusCode::NOT_FOUND, "there is nothing at this path"),
        Answered::Failed(reason) => failed(&reason),
    })
    .await
}

fn failed(reason: &str) -> Answer {
    Answer::plain(StatusCode::INTERNAL_SERVER_ERROR, reason)
}
