//! An answer before it is a response: made whole on a thread that may block, with the headers that all answers share.

use std::io::{self, BufWriter, Write};

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;

use crate::report::accept::ranges;
use crate::snapshot::humane::printable;

pub(super) const HTML: &str = "text/html; charset=utf-8";
pub(super) const JSON: &str = "application/json";
pub(super) const PLAIN: &str = "text/plain; charset=utf-8";

/// What tells a browser to refuse what this page never does, should a name find a way to ask for it after all. Trusted
/// types are what could make markup of text by script; there is none, and nothing may become one.
const GUARDS: [(HeaderName, &str); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// A status, a body, and what the body is.
pub(super) struct Answer {
    status: StatusCode,
    kind: &'static str,
    cache: &'static str,
    coding: Coding,
    body: Vec<u8>,
}

impl Answer {
    pub(super) fn new(status: StatusCode, kind: &'static str, body: Body) -> Answer {
        let (coding, body) = body.finish();
        Answer {
            status,
            kind,
            // Live values: what was kept anywhere would be wrong.
            cache: "no-store",
            coding,
            body,
        }
    }

    /// A tree as JSON, written straight into the body: beside it there is no second text, nor a second tree.
    pub(super) fn json(mut body: Body, pretty: bool, tree: &impl Serialize) -> Answer {
        let written = if pretty {
            serde_json::to_writer_pretty(&mut body, tree)
        } else {
            serde_json::to_writer(&mut body, tree)
        };
        Answer::of_json(body, written.map_err(io::Error::from))
    }

    /// JSON that is written already.
    #[cfg(feature = "pipe")]
    pub(super) fn json_text(mut body: Body, text: &[u8]) -> Answer {
        let written = body.write_all(text);
        Answer::of_json(body, written)
    }

    fn of_json(mut body: Body, written: io::Result<()>) -> Answer {
        // The line end is for terminals, so that the prompt stays where it belongs.
        match written.and(body.write_all(b"\n")) {
            Ok(()) => Answer::new(StatusCode::OK, JSON, body),
            Err(error) => Answer::plain(
                StatusCode::INTERNAL_SERVER_ERROR,
                &format!("the stats cannot be written as JSON: {error}"),
            ),
        }
    }

    pub(super) fn plain(status: StatusCode, reason: &str) -> Answer {
        // It may quote the request, and it is read in terminals.
        Answer::new(status, PLAIN, Body::of(printable(reason) + "\n"))
    }

    /// What may be kept for ever, because another version of it has another address.
    pub(super) fn kept(mut self) -> Answer {
        self.cache = "public, max-age=31536000, immutable";
        self
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let about = [
            (header::CONTENT_TYPE, self.kind),
            (header::CACHE_CONTROL, self.cache),
            (header::VARY, "accept, accept-encoding"),
        ];
        let mut response = (self.status, about, GUARDS, self.body).into_response();
        if self.coding == Coding::Gzip {
            let gzip = HeaderValue::from_static("gzip");
            response
                .headers_mut()
                .insert(header::CONTENT_ENCODING, gzip);
        }
        response
    }
}

/// How a body is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Plain,
    Gzip,
}

impl Coding {
    /// What the client reads: gzip where it says so.
    pub(super) fn asked(headers: &HeaderMap) -> Coding {
        let header = listed(headers, header::ACCEPT_ENCODING);
        let quality = |name: &str| {
            let mut named = ranges(&header).filter(|range| range.name.eq_ignore_ascii_case(name));
            named.next().map(|range| range.quality)
        };
        match quality("gzip").or_else(|| quality("*")) {
            Some(1..) => Coding::Gzip,
            _ => Coding::Plain,
        }
    }
}

/// All that a header lists, over as many lines as it came in.
pub(super) fn listed(headers: &HeaderMap, name: HeaderName) -> String {
    let lines = headers.get_all(name).iter();
    let lines: Vec<&str> = lines.filter_map(|line| line.to_str().ok()).collect();
    lines.join(",")
}

/// A body that is being written, compressed on the way where that is asked for.
pub(super) enum Body {
    Plain(Vec<u8>),
    /// Buffered: JSON is written a few bytes at a time.
    Gzip(BufWriter<GzEncoder<Vec<u8>>>),
}

/// Compressing less than a packet saves nothing.
const WORTH_IT: usize = 1000;

impl Body {
    /// A body of a size that is not known yet.
    pub(super) fn begin(coding: Coding) -> Body {
        match coding {
            Coding::Plain => Body::Plain(Vec::new()),
            // The fastest: it takes less time than a network does over what the better ones save.
            Coding::Gzip => Body::Gzip(BufWriter::with_capacity(
                32 * 1024,
                GzEncoder::new(Vec::new(), Compression::fast()),
            )),
        }
    }

    /// What is there already, as it is.
    pub(super) fn of(text: impl Into<Vec<u8>>) -> Body {
        Body::Plain(text.into())
    }

    /// What is there already, in the coding asked for if that is of use.
    pub(super) fn encoded(coding: Coding, text: impl Into<Vec<u8>>) -> Body {
        let text = text.into();
        if coding == Coding::Plain || text.len() < WORTH_IT {
            return Body::Plain(text);
        }
        let mut body = Body::begin(coding);
        match body.write_all(&text) {
            Ok(()) => body,
            Err(_) => Body::Plain(text), // writing to memory does not fail
        }
    }

    fn finish(self) -> (Coding, Vec<u8>) {
        match self {
            Body::Plain(body) => (Coding::Plain, body),
            Body::Gzip(body) => {
                let encoder = body.into_inner().map_err(|error| error.into_error());
                let whole = encoder.and_then(GzEncoder::finish);
                (Coding::Gzip, whole.unwrap_or_default()) // writing to memory does not fail
            }
        }
    }
}

impl Write for Body {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Body::Plain(body) => body.write(bytes),
            Body::Gzip(body) => body.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
