//! What a request asks for, read off its URL and its `Accept` header.
//!
//! A URL's path is decoded segment by segment and not as a whole: a `/` that was written `%2F` belongs to a family's
//! key and must not part the path. Parameters nobody knows are ignored, as everywhere on the web.

use std::borrow::Cow;

use axum::http::{HeaderMap, StatusCode, Uri, header};
use percent_encoding::percent_decode_str;

use super::answer::{Coding, listed};
use crate::report::accept::ranges;
use crate::snapshot::{QueryError, Snapshot, escape};

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// A path of the tree, without the `/` it begins with, and with one at its end where the URL has one.
    pub(super) path: String,
    pub(super) format: Format,
    /// Whether JSON is to tell which numbers are no counters.
    pub(super) kinds: bool,
    pub(super) coding: Coding,
    /// Which stats are asked for, if not all.
    pub(super) filter: Option<Filter>,
    /// Seconds between reloads of the page.
    pub(super) refresh: Option<u16>,
    /// The way from this URL up to the root of the tree, to begin links with: `../../`.
    pub(super) up: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Page,
    Json,
    PrettyJson,
}

/// Which stats are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Filter {
    /// The parameter it came in.
    pub(super) parameter: &'static str,
    /// As it was typed.
    pub(super) text: String,
}

impl Filter {
    fn of(parameter: &'static str, text: String) -> Option<Filter> {
        let filter = Filter { parameter, text };
        Some(filter).filter(|filter| !filter.text.trim().is_empty())
    }

    /// `query` is a query. `find` is what a person types: a query as soon as it compares, and words until then.
    pub(super) fn apply(&self, whole: &Snapshot) -> Result<Snapshot, QueryError> {
        if self.parameter == "query" || self.text.contains(['<', '>', '=']) {
            whole.query(&self.text)
        } else {
            Ok(whole.search(&self.text))
        }
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Problem {
    #[error("`{0}` is not UTF-8 when it is decoded")]
    NotText(String),
    #[error("`{0}` is not a format; ask for `html`, `json` or `prettyjson`")]
    Format(String),
    #[error("`{0}` is not a time to refresh after; give seconds from 1 to 3600, as in `refresh=2`")]
    Refresh(String),
    #[error(
        "there is nothing here in a type that `{0}` asks for; ask for `text/html` or `application/json`"
    )]
    Type(String),
    #[error(transparent)]
    Query(QueryError),
    #[error("there is nothing at `/{path}`; the nearest place is `/{nearest}`")]
    Nothing { path: String, nearest: String },
}

impl Problem {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Problem::Nothing { .. } => StatusCode::NOT_FOUND,
            Problem::Type(_) => StatusCode::NOT_ACCEPTABLE,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

impl Asked {
    pub(super) fn of(uri: &Uri, headers: &HeaderMap) -> Result<Asked, Problem> {
        let mut named_format = None;
        let mut asked = Asked {
            path: tree_path(uri.path())?,
            format: Format::Page,
            kinds: false,
            coding: Coding::asked(headers),
            filter: None,
            refresh: None,
            up: up(uri.path()),
        };
        for pair in uri.query().unwrap_or_default().split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match name {
                "format" => named_format = Some(format(&parameter(value)?)?),
                "kinds" => asked.kinds = true,
                "query" => asked.filter = Filter::of("query", parameter(value)?),
                "find" => asked.filter = Filter::of("find", parameter(value)?),
                "refresh" => asked.refresh = refresh(&parameter(value)?)?,
                _ => {}
            }
        }
        asked.format = match named_format {
            Some(format) => format,
            None => accepted(&listed(headers, header::ACCEPT))?,
        };
        Ok(asked)
    }
}

/// The path of the tree that a URL's path means.
fn tree_path(path: &str) -> Result<String, Problem> {
    let segments = path.strip_prefix('/').unwrap_or(path).split('/');
    let decoded: Result<Vec<String>, Problem> = segments.map(segment).collect();
    Ok(decoded?.join("/"))
}

fn segment(encoded: &str) -> Result<String, Problem> {
    let text = decoded(encoded)?;
    // What no segment can hold was a key as it reads, rather than as a path has it: `%2Findex`, not `%252Findex`.
    let is_key =
        text.contains(|c: char| c == '/' || c.is_control()) || matches!(&*text, "." | "..");
    Ok(if is_key {
        escape(&text).into_owned()
    } else {
        text
    })
}

fn up(path: &str) -> String {
    match path.matches('/').count() {
        0 | 1 => "./".to_owned(),
        slashes => "../".repeat(slashes - 1),
    }
}

/// A parameter's value, as forms encode it.
pub(super) fn parameter(value: &str) -> Result<String, Problem> {
    decoded(&value.replace('+', " "))
}

fn decoded(encoded: &str) -> Result<String, Problem> {
    percent_decode_str(encoded)
        .decode_utf8()
        .map(Cow::into_owned)
        .map_err(|_| Problem::NotText(encoded.to_owned()))
}

fn format(text: &str) -> Result<Format, Problem> {
    match text {
        "html" => Ok(Format::Page),
        "json" => Ok(Format::Json),
        "prettyjson" => Ok(Format::PrettyJson),
        _ => Err(Problem::Format(text.to_owned())),
    }
}

/// The format that an `Accept` header prefers: the page where it does not matter.
fn accepted(header: &str) -> Result<Format, Problem> {
    let types = [
        (Format::Page, "text", "html"),
        (Format::Json, "application", "json"),
    ];
    let mut best = None;
    let mut most = 0;
    for (format, group, kind) in types {
        let quality = quality(header, group, kind);
        if quality > most {
            (best, most) = (Some(format), quality);
        }
    }
    match best {
        Some(format) => Ok(format),
        None if ranges(header).next().is_none() => Ok(Format::Page),
        None => Err(Problem::Type(header.to_owned())),
    }
}

/// How much a type is wanted: what names it most closely says so.
fn quality(header: &str, group: &str, kind: &str) -> u16 {
    let closeness = |name: &str| match name.split_once('/')? {
        (a, b) if a.eq_ignore_ascii_case(group) && b.eq_ignore_ascii_case(kind) => Some(2),
        (a, "*") if a.eq_ignore_ascii_case(group) => Some(1),
        ("*", "*") => Some(0),
        _ => None,
    };
    ranges(header)
        .filter_map(|range| Some((closeness(range.name)?, range.quality)))
        .max()
        .map_or(0, |(_, quality)| quality)
}

fn refresh(text: &str) -> Result<Option<u16>, Problem> {
    match text.parse() {
        Ok(seconds @ 1..=3600) => Ok(Some(seconds)),
        _ => Err(Problem::Refresh(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(url: &str) -> Result<Asked, Problem> {
        Asked::of(&url.parse().unwrap(), &HeaderMap::new())
    }

    fn path(url: &str) -> String {
        asked(url).unwrap().path
    }

    #[test]
    fn a_path_is_decoded_segment_by_segment() {
        assert_eq!(path("/"), "");
        assert_eq!(path("/processor/"), "processor/");
        assert_eq!(path("/a%20b/%C3%BC"), "a b/ü");
        assert_eq!(path("/f/%3Cscript%3E"), "f/<script>");
    }

    #[test]
    fn a_key_may_be_written_as_it_reads_or_as_a_path_has_it() {
        assert_eq!(path("/f/%252Findex"), "f/%2Findex");
        assert_eq!(path("/f/%2Findex"), "f/%2Findex");
        assert_eq!(path("/f/%2F100%25"), "f/%2F100%25");
        assert_eq!(path("/f/a%0Ab"), "f/a%0Ab");
        assert_eq!(path("/f/%2E%2E"), "f/%2E%2E");
    }

    #[test]
    fn links_find_their_way_up_from_anywhere() {
        for (url, way) in [
            ("/", "./"),
            ("/a", "./"),
            ("/a/", "../"),
            ("/a/b", "../"),
            ("/a/b/", "../../"),
            ("/f/%2Findex", "../"),
        ] {
            assert_eq!(asked(url).unwrap().up, way, "{url}");
        }
    }

    #[test]
    fn parameters_are_read_as_forms_write_them() {
        let asked = asked("/?query=latency.p99+%3E+500ms&format=json&refresh=2&_=1").unwrap();
        let filter = asked.filter.unwrap();
        assert_eq!(
            (filter.parameter, &*filter.text),
            ("query", "latency.p99 > 500ms")
        );
        assert_eq!(asked.format, Format::Json);
        assert_eq!(asked.refresh, Some(2));
        assert_eq!(self::asked("/?query=+&find=").unwrap().filter, None);
    }

    #[test]
    fn the_type_that_is_wanted_most_is_sent() {
        let format = |accept: &str, url: &str| {
            let headers = HeaderMap::from_iter([(header::ACCEPT, accept.parse().unwrap())]);
            Asked::of(&url.parse().unwrap(), &headers).map(|asked| asked.format)
        };
        for (accept, wanted) in [
            ("", Format::Page),
            ("*/*", Format::Page),
            ("text/html,application/xhtml+xml,*/*;q=0.8", Format::Page),
            ("application/json", Format::Json),
            ("application/json, text/html;q=0.9", Format::Json),
            ("application/json;q=0.8, text/html;q=0.9", Format::Page),
            ("Application/*", Format::Json),
            ("text/html;q=0, */*", Format::Json),
            ("application/json, */*;q=0.1", Format::Json),
        ] {
            assert_eq!(format(accept, "/"), Ok(wanted), "{accept}");
        }
        for accept in ["image/png", "text/html;q=0", "*/*;q=0"] {
            let problem = format(accept, "/").unwrap_err();
            assert_eq!(problem.status(), StatusCode::NOT_ACCEPTABLE);
        }
        // What the URL says goes before.
        assert_eq!(format("image/png", "/?format=json"), Ok(Format::Json));
    }

    #[test]
    fn what_makes_no_sense_is_said_to() {
        for (url, reason) in [
            ("/?format=xml", "`xml` is not a format"),
            ("/?format", "`` is not a format"),
            ("/?refresh=0", "`0` is not a time"),
            ("/?refresh=soon", "`soon` is not a time"),
            ("/%FF", "`%FF` is not UTF-8"),
            ("/?query=%FF", "`%FF` is not UTF-8"),
        ] {
            let problem = asked(url).unwrap_err();
            assert_eq!(problem.status(), StatusCode::BAD_REQUEST);
            assert!(problem.to_string().contains(reason), "{problem}");
        }
    }
}
