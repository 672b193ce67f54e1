//! The routes: what is served, and which request gets which answer.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};

use super::answer::{Answer, Body, HTML};
use super::asked::{Asked, Format, Problem};
use super::gate::{Gate, pass};
use super::hosts::Hosts;
use super::own::PageStats;
use super::{assets, page};
use crate::snapshot::{Snapshot, SubTree, WithKinds};
use crate::{Registry, registry};

/// The live page's routes, for a server of your own: what is served, and to whom.
///
/// ```
/// use axum::Router;
/// use calipers::report::http::Routes;
///
/// let stats = Routes::new("my-server").allow_host("stats.example");
/// let app: Router = Router::new().nest_service("/stats", stats.router());
/// ```
#[derive(Clone)]
#[must_use = "nothing is served before `router` is given to a server"]
pub struct Routes {
    name: String,
    registry: Registry,
    /// Where snapshots come from, if not from the registry.
    source: Option<Source>,
    /// Routes of the program's own, which come before the page's.
    beside: Router,
    hosts: Hosts,
    #[cfg(feature = "pipe")]
    other: Option<super::other::Other>,
}

/// Gives the snapshot that is shown.
pub(super) type Source = Arc<dyn Fn() -> Snapshot + Send + Sync>;

impl Routes {
    /// The routes of the global registry's page, which `name` heads.
    pub fn new(name: impl Into<String>) -> Routes {
        Routes {
            name: name.into(),
            registry: registry().clone(),
            source: None,
            beside: Router::new(),
            hosts: Hosts::default(),
            #[cfg(feature = "pipe")]
            other: None,
        }
    }

    /// Another registry than the global one.
    pub fn registry(mut self, registry: &Registry) -> Routes {
        self.registry = registry.clone();
        self
    }

    /// Shows what this gives, each time it is asked, rather than a registry: other processes' stats, for instance. It is called
    /// where it may block. What the page says of itself stays in the registry.
    pub fn source(mut self, snapshot: impl Fn() -> Snapshot + Send + Sync + 'static) -> Routes {
        self.source = Some(Arc::new(snapshot));
        self
    }

    /// Routes of your own beside the page's, and before them: a path of the tree that is the same is not shown. A fallback of
    /// theirs is replaced by the page.
    pub fn beside(mut self, routes: Router) -> Routes {
        self.beside = routes;
        self
    }

    /// A name that the page is asked for by, without a port; to be called for each.
    ///
    /// As soon as there is one, requests for other names are refused with 421: only these, plain addresses and
    /// `localhost` are answered. So a website whose name is made to resolve to your server's address cannot have a
    /// visitor's browser read your stats.
    pub fn allow_host(mut self, host: impl AsRef<str>) -> Routes {
        self.hosts.allow(host.as_ref());
        self
    }

    pub(super) fn name(mut self, name: String) -> Routes {
        self.name = name;
        self
    }

    /// Something else in the place of the page.
    #[cfg(feature = "pipe")]
    pub(super) fn other(mut self, other: super::other::Other) -> Routes {
        self.other = Some(other);
        self
    }

    /// What gives the snapshots.
    fn shown(&self) -> Source {
        match &self.source {
            Some(source) => Arc::clone(source),
            None => {
                let registry = self.registry.clone();
                Arc::new(move || registry.snapshot())
            }
        }
    }

    /// The same where only this machine can connect.
    pub(super) fn of_loopback(mut self) -> Routes {
        self.hosts = self.hosts.of_loopback();
        self
    }

    pub(super) fn own(&self) -> Arc<PageStats> {
        Arc::new(PageStats::open(&self.registry))
    }

    /// The routes as an axum [`Router`], which is also a tower service.
    ///
    /// Mount it wherever you like: its links are relative, so it works below a path and behind a proxy that strips one.
    /// Use axum's `nest_service` for it: `nest` answers `/stats` and not `/stats/`, to which the links lead. Snapshots are
    /// taken on the runtime's blocking threads.
    pub fn router(self) -> Router {
        let gate = Gate {
            hosts: Arc::new(self.hosts.clone()),
            own: self.own(),
        };
        #[cfg(feature = "pipe")]
        if let Some(other) = self.other {
            return super::other::routes(other).layer(from_fn_with_state(gate, pass));
        }
        let own = self.beside.clone();
        let routes = assets::routes();
        #[cfg(feature = "prometheus")]
        let routes = routes.route("/metrics", only(super::metrics::of(self.shown())));
        let page = routes.fallback_service(only(get(answer)).with_state(Arc::new(self)));
        // As a fallback, and not merged: routes that overlap would panic.
        own.fallback_service(page)
            .layer(from_fn_with_state(gate, pass))
    }
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Routes")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Tells every other method that only GET and HEAD are answered.
pub(super) fn only<S: Clone + Send + Sync + 'static>(routes: MethodRouter<S>) -> MethodRouter<S> {
    routes.fallback(|| async {
        let reason = "stats can only be looked at: GET and HEAD are answered here";
        let mut response = Answer::plain(StatusCode::METHOD_NOT_ALLOWED, reason).into_response();
        let allow = HeaderValue::from_static("GET, HEAD");
        response.headers_mut().insert(header::ALLOW, allow);
        response
    })
}

/// Makes an answer where it may take its time: a snapshot takes milliseconds, or many where there are many stats.
pub(super) async fn beside(make: impl FnOnce() -> Answer + Send + 'static) -> Answer {
    let made = tokio::task::spawn_blocking(make).await;
    made.unwrap_or_else(|_| {
        let reason = "the stats could not be read; the program's log says why";
        Answer::plain(StatusCode::INTERNAL_SERVER_ERROR, reason)
    })
}

async fn answer(
    State(routes): State<Arc<Routes>>,
    OriginalUri(original): OriginalUri,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    // Mounted at `/stats` and asked for `/stats`: relative links from there would lead beside the tree.
    if uri.path() == "/" && !original.path().ends_with('/') {
        return to_folder(&original);
    }
    beside(move || routes.answer(&uri, &headers))
        .await
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

impl Routes {
    fn answer(&self, uri: &Uri, headers: &HeaderMap) -> Answer {
        let asked = match Asked::of(uri, headers) {
            Ok(asked) => asked,
            Err(problem) => return reason(&problem),
        };
        let whole = (self.shown())();
        let scene = Scene {
            name: &self.name,
            asked: &asked,
            whole: &whole,
        };
        let found = match &asked.filter {
            Some(filter) => filter.apply(&whole).map(Cow::Owned).map_err(Problem::Query),
            None => Ok(Cow::Borrowed(&whole)),
        };
        let found = scene.exists().and(found);
        let page =
            |status, page: String| Answer::new(status, HTML, Body::encoded(asked.coding, page));
        match (&found, asked.format) {
            (Ok(found), Format::Page) => {
                page(StatusCode::OK, page::of(&scene, found.at(&asked.path)))
            }
            (Ok(found), format) => {
                // Nothing there is left by the filter: an object without members.
                let tree = match found.at(&asked.path) {
                    Some(tree) if asked.kinds => Found::Told(WithKinds(tree)),
                    Some(tree) => Found::Tree(tree),
                    None => Found::Nothing {},
                };
                let body = Body::begin(asked.coding);
                Answer::json(body, format == Format::PrettyJson, &tree)
            }
            (Err(problem), Format::Page) => {
                page(problem.status(), page::of_problem(&scene, problem))
            }
            (Err(problem), _) => reason(problem),
        }
    }
}

fn reason(problem: &Problem) -> Answer {
    Answer::plain(problem.status(), &problem.to_string())
}

/// What is written as JSON.
#[derive(serde::Serialize)]
#[serde(untagged)]
enum Found<'a> {
    Told(WithKinds<'a>),
    Tree(SubTree<'a>),
    Nothing {},
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
