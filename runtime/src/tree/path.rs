//! Paths: how places are named, and which names are refused.
//!
//! A path is segments behind slashes, `/processor/thread-0`; the root is `/`. Inside the library it is kept
//! in one canonical form, with the leading slash and without a trailing one, the root as `""`, so that equal places
//! have equal strings. Paths sort segment by segment: a place, then all below it, then its next sibling.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

use crate::snapshot::path_order;

/// The longest path, in bytes.
pub(crate) const LONGEST: usize = 1024;

/// Why a path was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// Two slashes stand side by side, or one at the end.
    #[error(
        "`{path}` is not a stat path: segment {segment} is empty; write one name between {}",
        if path.contains('/') { "slashes" } else { "dots" }
    )]
    EmptySegment {
        /// What was given.
        path: String,
        /// Counted from 1.
        segment: usize,
    },
    /// A segment is `.` or `..`.
    #[error(
        "`{path}` is not a stat path: segment {segment} is `{found}`; a path never goes up or stays"
    )]
    DotSegment {
        /// What was given.
        path: String,
        /// Counted from 1.
        segment: usize,
        /// `.` or `..`.
        found: String,
    },
    /// A line feed, a NUL or another control character.
    #[error("`{path}` is not a stat path: segment {segment} has the control character {found:?}")]
    ControlCharacter {
        /// What was given, with control characters escaped.
        path: String,
        /// Counted from 1.
        segment: usize,
        /// The first one.
        found: char,
    },
    /// More than 1,024 bytes.
    #[error("a stat path of {length} bytes is too long: at most 1024 are allowed")]
    TooLong {
        /// In bytes.
        length: usize,
    },
    /// No name at all, where one is needed.
    #[error("a name is needed, and `{path}` has none")]
    NoName {
        /// What was given.
        path: String,
    },
}

impl PathError {
    pub(crate) fn nameless(given: &str) -> PathError {
        PathError::NoName {
            path: given.escape_debug().to_string(),
        }
    }
}

/// The canonical form of a path, or why there is none.
pub(crate) fn canonical(path: &str) -> Result<String, PathError> {
    canonical_of(path, path)
}

/// As [`canonical`]; an error quotes what was `given`.
fn canonical_of(path: &str, given: &str) -> Result<String, PathError> {
    let inner = path.strip_prefix('/').unwrap_or(path);
    if inner.is_empty() {
        return Ok(String::new());
    }
    if inner.len() >= LONGEST {
        return Err(PathError::TooLong {
            length: inner.len() + 1,
        });
    }
    for (at, segment) in inner.split('/').enumerate() {
        let at = at + 1;
        if segment.is_empty() {
            return Err(PathError::EmptySegment {
                path: given.escape_debug().to_string(),
                segment: at,
            });
        }
        if segment == "." || segment == ".." {
            return Err(PathError::DotSegment {
                path: given.escape_debug().to_string(),
                segment: at,
                found: segment.to_owned(),
            });
        }
        if let Some(found) = segment.chars().find(|c| c.is_control()) {
            return Err(PathError::ControlCharacter {
                path: given.escape_debug().to_string(),
                segment: at,
                found,
            });
        }
    }
    let mut canonical = String::with_capacity(inner.len() + 1);
    canonical.push('/');
    canonical.push_str(inner);
    Ok(canonical)
}

/// Whether a name is certainly one segment, with nothing to mend and no further place in between. Others, such as those with
/// letters beyond ASCII, are to be looked at closely.
pub(crate) fn is_one_segment(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_graphic() && byte != b'/' || byte == b' ';
    !matches!(name, "" | "." | "..") && name.bytes().all(plain)
}

/// A registry name with slashes: dots separate only where there is no slash.
pub(crate) fn with_slashes(name: &str) -> Cow<'_, str> {
    if name.contains('/') {
        Cow::Borrowed(name)
    } else {
        Cow::Owned(name.replace('.', "/"))
    }
}

/// The place and the stat that a registry name means: `my.timer` and `/my/timer` are the same.
pub(crate) fn place_and_name(name: &str) -> Result<(String, String), PathError> {
    if matches!(name, "." | "..") {
        // Not separators with nothing between them: whoever writes this alone means a place.
        return Err(PathError::DotSegment {
            path: name.to_owned(),
            segment: 1,
            found: name.to_owned(),
        });
    }
    let path = canonical_of(&with_slashes(name), name)?;
    match path.rsplit_once('/') {
        Some((place, stat)) => Ok((place.to_owned(), stat.to_owned())),
        None => Err(PathError::nameless(name)),
    }
}

/// Something near `path` that is a path: what a caller who cannot return an error uses instead.
pub(crate) fn mended(path: &str) -> String {
    let mut mended = String::new();
    for segment in path.split('/').filter(|s| !s.is_empty()) {
        if mended.len() + segment.len() + 1 >= LONGEST {
            break;
        }
        mended.push('/');
        match segment {
            "." | ".." => mended.push('_'),
            other => mended.extend(other.chars().map(|c| if c.is_control() { '_' } else { c })),
        }
    }
    if mended.is_empty() {
        mended.push_str("/_");
    }
    mended
}

/// A canonical path in the order of a walk: parents before children, siblings by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PathKey(pub(crate) Arc<str>);

impl Ord for PathKey {
    fn cmp(&self, other: &PathKey) -> Ordering {
        path_order(&self.0, &other.0)
    }
}

impl PartialOrd for PathKey {
    fn partial_cmp(&self, other: &PathKey) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_canonical_form() {
        for (given, canonical_form) in [
            ("/a/b", "/a/b"),
            ("a/b", "/a/b"),
            ("/", ""),
            ("", ""),
            ("/a b/ü", "/a b/ü"),
        ] {
            assert_eq!(canonical(given).as_deref(), Ok(canonical_form));
        }
    }

    #[test]
    fn what_is_not_a_path_is_refused_with_the_segment_at_fault() {
        assert_eq!(
            canonical("a//b").unwrap_err().to_string(),
            "`a//b` is not a stat path: segment 2 is empty; write one name between slashes"
        );
        for (given, part) in [
            ("/a/", "segment 2 is empty"),
            ("/a/../b", "segment 2 is `..`"),
            ("/a\n/b", "segment 1 has the control character '\\n'"),
            ("/a/\0", "segment 2 has the control character '\\0'"),
        ] {
            let error = canonical(given).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
            assert!(!error.contains('\n'));
        }
        assert!(canonical(&"x".repeat(1024)).is_err());
        assert!(canonical(&"x".repeat(1023)).is_ok());
    }

    #[test]
    fn a_registry_name_may_use_dots_or_slashes() {
        let expected = Ok(("/my".to_owned(), "timer".to_owned()));
        assert_eq!(place_and_name("my.timer"), expected);
        assert_eq!(place_and_name("/my/timer"), expected);
        assert_eq!(
            place_and_name("/host/10.0.0.1"),
            Ok(("/host".to_owned(), "10.0.0.1".to_owned()))
        );
        assert!(place_and_name("").is_err());
        assert!(place_and_name("a..b").is_err());
    }

    #[test]
    fn an_error_quotes_what_was_given() {
        let said = place_and_name("a..b").unwrap_err().to_string();
        assert_eq!(
            said,
            "`a..b` is not a stat path: segment 2 is empty; write one name between dots"
        );
        for name in [".", ".."] {
            let said = place_and_name(name).unwrap_err().to_string();
            let reason = format!("segment 1 is `{name}`; a path never goes up or stays");
            assert!(said.ends_with(&reason), "{said}");
        }
    }

    #[test]
    fn what_is_mended_is_a_path() {
        for given in ["a//b", "/a/../b", "\n", "", "//", &"x/".repeat(2000)] {
            let mended = mended(given);
            assert_eq!(canonical(&mended).as_ref(), Ok(&mended));
        }
    }

    #[test]
    fn a_place_sorts_before_what_is_below_it_and_that_before_its_sibling() {
        let mut paths =
            ["/a-b", "/a/z", "/a", "/ab", "", "/a/z/1"].map(|path| PathKey(Arc::from(path)));
        paths.sort();
        let sorted: Vec<&str> = paths.iter().map(|path| &*path.0).collect();
        assert_eq!(sorted, ["", "/a", "/a/z", "/a/z/1", "/a-b", "/ab"]);
    }
}
