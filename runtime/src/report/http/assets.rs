//! The page's own files, which are inside the program: style, script, icon.
//!
//! Their addresses hold a digest of what is in them, so a browser may keep them for ever and never has an old one.

use axum::Router;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;

use super::answer::{Answer, Body, Coding};
use super::routes::only;

/// A file that the page loads.
pub(super) struct Asset {
    /// Below the root of the tree: `/calipers` is the library's own.
    path: &'static str,
    kind: &'static str,
    content: &'static str,
    digest: u64,
}

impl Asset {
    const fn new(path: &'static str, kind: &'static str, content: &'static str) -> Asset {
        Asset {
            path,
            kind,
            content,
            digest: digest(content.as_bytes()),
        }
    }

    /// Where it is, seen from the root of the tree.
    pub(super) fn address(&self) -> String {
        format!("{}?{:016x}", self.path, self.digest)
    }
}

pub(super) static STYLE: Asset = Asset::new(
    "calipers/page.css",
    "text/css; charset=utf-8",
    include_str!("assets/style.css"),
);

pub(super) static SCRIPT: Asset = Asset::new(
    "calipers/page.js",
    "text/javascript; charset=utf-8",
    concat!(
        include_str!("assets/script/begin.js"),
        include_str!("assets/script/humane.js"),
        include_str!("assets/script/history.js"),
        include_str!("assets/script/drawing.js"),
        include_str!("assets/script/merging.js"),
        include_str!("assets/script/asking.js"),
    ),
);

pub(super) static ICON: Asset = Asset::new(
    "calipers/icon.svg",
    "image/svg+xml",
    include_str!("assets/icon.svg"),
);

/// The routes of all of them.
pub(super) fn routes() -> Router {
    [&STYLE, &SCRIPT, &ICON]
        .into_iter()
        .fold(Router::new(), |routes, asset| {
            let answer = async |headers: axum::http::HeaderMap| {
                let body = Body::encoded(Coding::asked(&headers), asset.content);
                Answer::new(StatusCode::OK, asset.kind, body)
                    .kept()
                    .into_response()
            };
            routes.route(&format!("/{}", asset.path), only(get(answer)))
        })
}

/// FNV-1a: not against anybody, only to tell one version from another.
const fn digest(bytes: &[u8]) -> u64 {
    let mut digest = 0xcbf2_9ce4_8422_2325_u64;
    let mut at = 0;
    while at < bytes.len() {
        digest = (digest ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01b3);
        at += 1;
    }
    digest
}
