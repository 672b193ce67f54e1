//! What is asked here in many ways: the routes, without a network, and the server, over one.

mod answers;
mod counted;
mod drawn;
mod encoded;
mod hostile;
mod served;

use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use tower::ServiceExt;

use super::Routes;
use crate::Registry;
use crate::prelude::*;

/// What came back.
struct Answered {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answered {
    fn header(&self, name: header::HeaderName) -> &str {
        self.headers
            .get(&name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

fn ask_of(app: Router, method: &str, url: &str) -> Answered {
    let (headers, body) = ask_with(app, method, url, &[]);
    Answered {
        body: String::from_utf8(body).unwrap(),
        ..headers
    }
}

/// With headers; the body as it came, and beside it what it came with.
fn ask_with(
    app: Router,
    method: &str,
    url: &str,
    headers: &[(header::HeaderName, &str)],
) -> (Answered, Vec<u8>) {
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    let request = request.body(Body::empty()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let (head, body) = app.oneshot(request).await.unwrap().into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let answered = Answered {
            status: head.status,
            headers: head.headers,
            body: String::new(),
        };
        (answered, body.to_vec())
    })
}

fn ask(registry: &Registry, url: &str) -> Answered {
    ask_of(site(registry), "GET", url)
}

fn site(registry: &Registry) -> Router {
    Routes::new("the <site>").registry(registry).router()
}

fn sample() -> Registry {
    let registry = Registry::new();
    registry.counter("web.requests").unwrap().add(12_345);
    registry.counter("web.errors").unwrap();
    let latency = registry.timer("web.latency").unwrap();
    for millis in 1..=100 {
        latency.record(Duration::from_millis(millis));
    }
    registry.text("web.motd").unwrap().set("all is well");
    registry
        .get::<Family<String, Counter>>("web.byPath")
        .unwrap()
        .get("/index")
        .add(3);
    registry
}

/// That tags nest, that no tag is one the page never has, and that attributes are quoted.
fn assert_well_formed(page: &str) {
    const KNOWN: &[&str] = &[
        "html", "head", "title", "body", "header", "nav", "a", "i", "b", "form", "p", "time",
        "main", "h1", "h2", "table", "colgroup", "thead", "tbody", "tr", "th", "td", "small",
        "svg", "path", "rect", "text", "span", "div", "dl", "dt", "dd", "pre", "code", "footer",
        "details", "summary", "script", "noscript", "button", "section", "figure", "g",
    ];
    const VOID: &[&str] = &["meta", "link", "input", "col"];
    let mut open = Vec::new();
    for tag in page.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').expect("a tag ends");
        assert_eq!(tag.matches('"').count() % 2, 0, "<{tag}>");
        let name = tag.split([' ', '/']).find(|part| !part.is_empty()).unwrap();
        if tag.starts_with('!') || VOID.contains(&name) {
            continue;
        }
        assert!(KNOWN.contains(&name), "<{tag}> in {page}");
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "{page}");
        } else if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert_eq!(open, Vec::<&str>::new());
}
