//! Addresses within the page: relative, so that they hold wherever the page is mounted.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::super::asked::Asked;

/// Everything but what RFC 3986 calls unreserved.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Makes the links of one page.
#[derive(Debug)]
pub(super) struct Links<'a> {
    asked: &'a Asked,
}

impl<'a> Links<'a> {
    pub(super) fn new(asked: &'a Asked) -> Links<'a> {
        Links { asked }
    }

    /// A file of the page's own.
    pub(super) fn file(&self, path: &str) -> String {
        format!("{}{path}", self.asked.up)
    }

    /// A place: with a `/` at its end, since a stat may have the same path. Going on reloading, if this page does.
    pub(super) fn place(&self, path: &str) -> String {
        match path.trim_matches('/') {
            "" => self.to(""),
            path => self.to(&format!("{path}/")),
        }
    }

    /// A stat, or a part of one.
    pub(super) fn stat(&self, path: &str) -> String {
        self.to(path.trim_start_matches('/'))
    }

    /// This page with these parameters instead.
    pub(super) fn here(&self, parameters: &[(&'static str, &str)]) -> String {
        self.with(&self.asked.path, parameters)
    }

    fn to(&self, path: &str) -> String {
        match self.asked.refresh {
            Some(seconds) => self.with(path, &[("refresh", &seconds.to_string())]),
            None => self.with(path, &[]),
        }
    }

    fn with(&self, path: &str, parameters: &[(&'static str, &str)]) -> String {
        let segments: Vec<String> = path.split('/').map(encoded).collect();
        let mut address = format!("{}{}", self.asked.up, segments.join("/"));
        for (place, (name, value)) in parameters.iter().enumerate() {
            address.push(if place == 0 { '?' } else { '&' });
            address.push_str(name);
            address.push('=');
            address.push_str(&encoded(value));
        }
        address
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;

    use super::*;

    fn asked(url: &str) -> Asked {
        Asked::of(&url.parse().unwrap(), &HeaderMap::new()).unwrap()
    }

    #[test]
    fn a_link_leads_to_the_path_it_was_made_from() {
        let here = asked("/a/b/");
        let links = Links::new(&here);
        for path in [
            "x",
            "x/y z",
            "f/%2Findex",
            "q?a=b#c",
            "ü/<>\"'",
            "%",
            "f/%2E%2E",
        ] {
            let url = links.stat(path).replace("../../", "/");
            assert_eq!(asked(&url).path, path, "{url}");
        }
        assert_eq!(links.place("/processor"), "../../processor/");
        assert_eq!(links.place(""), "../../");
    }

    #[test]
    fn reloading_goes_on_behind_a_link() {
        let here = asked("/?refresh=2&query=x");
        let links = Links::new(&here);
        assert_eq!(links.place("/a"), "./a/?refresh=2");
        assert_eq!(
            links.here(&[("query", "a > 3"), ("format", "json")]),
            "./?query=a%20%3E%203&format=json"
        );
    }
}
