//! The routes: which request gets which answer, and the headers that all answers share.

use std::borrow::Cow;
use std::sync::Arc;

use axum::Router;
use axum::extract::{OriginalUri, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use serde_json::{to_string, to_string_pretty};

use super::asked::{Asked, Format, Problem};
use super::page;
use crate::Registry;
use crate::snapshot::Snapshot;
use crate::snapshot::humane::printable;

/// Where the page finds its style, below the root of the tree. `/calipers` is the library's own.
pub(super) const STYLE: &str = "calipers/page.css";

const HTML: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json";
const PLAIN: &str = "text/plain; charset=utf-8";

/// What is served: a registry's tree, under a name.
struct Site {
    registry: Registry,
    name: String,
}

/// The routes of a registry's tree.
pub(super) fn of(registry: Registry, name: String) -> Router {
    let routes = Router::new().route(&format!("/{STYLE}"), only(get(style)));
    #[cfg(feature = "prometheus")]
    let routes = routes.route("/metrics", only(super::metrics::of(registry.clone())));
    let site = Arc::new(Site { registry, name });
    routes.fallback_service(only(get(answer)).with_state(site))
}

/// Tells every other method that only GET and HEAD are answered; axum adds which to the headers.
fn only<S: Clone + Send + Sync + 'static>(routes: MethodRouter<S>) -> MethodRouter<S> {
    routes.fallback(|| async {
        let reason = "stats can only be looked at: GET and HEAD are answered here";
        let mut response = Answer::plain(StatusCode::METHOD_NOT_ALLOWED, reason).into_response();
        let allow = HeaderValue::from_static("GET, HEAD");
        response.headers_mut().insert(header::ALLOW, allow);
        response
    })
}

async fn answer(
    State(site): State<Arc<Site>>,
    OriginalUri(original): OriginalUri,
    uri: Uri,
) -> Response {
    // Mounted at `/stats` and asked for `/stats`: relative links from there would lead beside the tree.
    if uri.path() == "/" && !original.path().ends_with('/') {
        return to_folder(&original);
    }
    // A snapshot takes milliseconds, or many where there are many stats: not on the thread that serves.
    let answered = tokio::task::spawn_blocking(move || site.answer(&uri)).await;
    answered
        .unwrap_or_else(|_| {
            let reason = "the stats could not be read; the program's log says why";
            Answer::plain(StatusCode::INTERNAL_SERVER_ERROR, reason)
        })
        .into_response()
}

fn to_folder(original: &Uri) -> Response {
    let last = original.path().rsplit('/').next().unwrap_or_default();
    let query = original.query().map(|query| format!("?{query}"));
    let location = format!("./{last}/{}", query.unwrap_or_default());
    (
        StatusCode::PERMANENT_REDIRECT,
        [(header::LOCATION, location)],
    )
        .into_response()
}

impl Site {
    fn answer(&self, uri: &Uri) -> Answer {
        let asked = match Asked::of(uri) {
            Ok(asked) => asked,
            Err(problem) => return Answer::reason(&problem),
        };
        let whole = self.registry.snapshot();
        let scene = Scene {
            name: &self.name,
            asked: &asked,
            whole: &whole,
        };
        let found = match &asked.query {
            Some(query) => whole.query(query).map(Cow::Owned).map_err(Problem::Query),
            None => Ok(Cow::Borrowed(&whole)),
        };
        let found = scene.exists().and(found);
        match (&found, asked.format) {
            (Ok(found), Format::Page) => {
                Answer::page(StatusCode::OK, page::of(&scene, found.at(&asked.path)))
            }
            (Ok(found), format) => Answer::json(match (found.at(&asked.path), format) {
                (None, _) => Ok("{}".to_owned()), // the query left nothing here
                (Some(tree), Format::PrettyJson) => to_string_pretty(&tree),
                (Some(tree), _) => to_string(&tree),
            }),
            (Err(problem), Format::Page) => {
                Answer::page(problem.status(), page::of_problem(&scene, problem))
            }
            (Err(problem), _) => Answer::reason(problem),
        }
    }
}

/// Everything an answer is made from.
pub(super) struct Scene<'a> {
    /// What the site is called.
    pub(super) name: &'a str,
    pub(super) asked: &'a Asked,
    /// The tree before any query.
    pub(super) whole: &'a Snapshot,
}

impl Scene<'_> {
    /// Whether there is anything at the path, or how far it can be followed. A query that finds nothing there is
    /// another matter.
    fn exists(&self) -> Result<(), Problem> {
        let path = &self.asked.path;
        if self.whole.at(path).is_some() {
            return Ok(());
        }
        let shorter = path.rmatch_indices('/').map(|(at, _)| &path[..at]);
        let nearest = shorter
            .filter(|path| !path.is_empty())
            .find(|path| self.whole.at(path).is_some());
        Err(Problem::Nothing {
            path: path.clone(),
            nearest: nearest.unwrap_or_default().to_owned(),
        })
    }
}

/// An answer before it is a response: made on a thread that may block.
struct Answer {
    status: StatusCode,
    kind: &'static str,
    body: String,
}

impl Answer {
    fn page(status: StatusCode, body: String) -> Answer {
        Answer {
            status,
            kind: HTML,
            body,
        }
    }

    fn json(written: serde_json::Result<String>) -> Answer {
        match written {
            Ok(mut body) => {
                body.push('\n'); // so that a terminal's prompt stays where it belongs
                Answer {
                    status: StatusCode::OK,
                    kind: JSON,
                    body,
                }
            }
            Err(error) => Answer::plain(
                StatusCode::INTERNAL_SERVER_ERROR,
                &format!("the stats cannot be written as JSON: {error}"),
            ),
        }
    }

    fn reason(problem: &Problem) -> Answer {
        Answer::plain(problem.status(), &problem.to_string())
    }

    fn plain(status: StatusCode, reason: &str) -> Answer {
        Answer {
            status,
            kind: PLAIN,
            // It may quote the request, and it is read in terminals.
            body: printable(reason) + "\n",
        }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        // Live values: what was kept anywhere would be wrong.
        let cache = [(header::CACHE_CONTROL, "no-store")];
        let kind = [(header::CONTENT_TYPE, self.kind)];
        (self.status, kind, cache, GUARDS, self.body).into_response()
    }
}

/// What tells a browser to refuse what this page never does, should a name find a way to ask for it after all.
pub(super) const GUARDS: [(HeaderName, &str); 3] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
];

/// The style may be kept for a while: it changes with the program, not with its stats.
async fn style() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "max-age=60"),
    ];
    (headers, GUARDS, include_str!("page.css")).into_response()
}
