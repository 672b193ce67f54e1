//! What a request asks for, read off its URL.
//!
//! A URL's path is decoded segment by segment and not as a whole: a `/` that was written `%2F` belongs to a family's
//! key and must not part the path. Parameters nobody knows are ignored, as everywhere on the web.

use std::borrow::Cow;

use axum::http::{StatusCode, Uri};
use percent_encoding::percent_decode_str;

use crate::snapshot::{QueryError, escape};

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// A path of the tree, without the `/` it begins with, and with one at its end where the URL has one.
    pub(super) path: String,
    pub(super) format: Format,
    /// As it was typed; nothing when it is empty.
    pub(super) query: Option<String>,
    /// Seconds between reloads of the page.
    pub(super) refresh: Option<u16>,
    /// The way from this URL up to the root of the tree, to begin links with: `../../`.
    pub(super) up: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Format {
    #[default]
    Page,
    Json,
    PrettyJson,
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
    #[error(transparent)]
    Query(QueryError),
    #[error("there is nothing at `/{path}`; the nearest place is `/{nearest}`")]
    Nothing { path: String, nearest: String },
}

impl Problem {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Problem::Nothing { .. } => StatusCode::NOT_FOUND,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

impl Asked {
    pub(super) fn of(uri: &Uri) -> Result<Asked, Problem> {
        let mut asked = Asked {
            path: tree_path(uri.path())?,
            format: Format::default(),
            query: None,
            refresh: None,
            up: up(uri.path()),
        };
        for pair in uri.query().unwrap_or_default().split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match name {
                "format" => asked.format = format(&parameter(value)?)?,
                "query" => asked.query = Some(parameter(value)?).filter(|q| !q.trim().is_empty()),
                "refresh" => asked.refresh = refresh(&parameter(value)?)?,
                _ => {}
            }
        }
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
        Asked::of(&url.parse().unwrap())
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
        assert_eq!(asked.query.as_deref(), Some("latency.p99 > 500ms"));
        assert_eq!(asked.format, Format::Json);
        assert_eq!(asked.refresh, Some(2));
        assert_eq!(self::asked("/?query=+").unwrap().query, None);
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
