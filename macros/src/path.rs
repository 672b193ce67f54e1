//! The rules of paths, held at compile time for the paths that are literals.
//!
//! The runtime holds the same rules for paths that are made while the program runs.

use std::fmt;

/// The longest path, in bytes.
const LONGEST: usize = 1024;

/// Why a text is not a path, and what would be one.
#[derive(Debug, PartialEq)]
pub(crate) struct PathProblem {
    pub(crate) reason: Reason,
    /// The nearest path that would do, if it is plain.
    pub(crate) instead: Option<String>,
}

#[derive(Debug, PartialEq)]
pub(crate) enum Reason {
    Empty,
    EmptySegment(usize),
    Dots(usize),
    Control(usize),
    Long,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Empty => f.write_str("it is empty"),
            Reason::EmptySegment(number) => write!(f, "segment {number} is empty"),
            Reason::Dots(number) => write!(f, "segment {number} is only dots"),
            Reason::Control(number) => write!(f, "segment {number} has a control character"),
            Reason::Long => write!(f, "it is longer than {LONGEST} bytes"),
        }
    }
}

/// Whether `path` is one; a `/` at its start is allowed and means nothing.
pub(crate) fn check(path: &str) -> Result<(), PathProblem> {
    let reason = match reason(path) {
        Some(reason) => reason,
        None => return Ok(()),
    };
    let kept: Vec<&str> = path
        .split('/')
        .filter(|segment| segment_reason(1, segment).is_none())
        .collect();
    let instead = kept.join("/");
    let instead = (reason != Reason::Long && !instead.is_empty()).then_some(instead);
    Err(PathProblem { reason, instead })
}

fn reason(path: &str) -> Option<Reason> {
    if path.is_empty() || path == "/" {
        return Some(Reason::Empty);
    }
    if path.len() > LONGEST {
        return Some(Reason::Long);
    }
    let relative = path.strip_prefix('/').unwrap_or(path);
    relative
        .split('/')
        .zip(1..)
        .find_map(|(segment, number)| segment_reason(number, segment))
}

fn segment_reason(number: usize, segment: &str) -> Option<Reason> {
    if segment.is_empty() {
        Some(Reason::EmptySegment(number))
    } else if segment == "." || segment == ".." {
        Some(Reason::Dots(number))
    } else if segment.chars().any(char::is_control) {
        Some(Reason::Control(number))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_numbered_and_the_nearest_path_is_offered() {
        assert_eq!(check("a/b"), Ok(()));
        assert_eq!(check("/a"), Ok(()));
        let problem = |path| check(path).expect_err(path);
        assert_eq!(
            problem("a//b"),
            PathProblem {
                reason: Reason::EmptySegment(2),
                instead: Some("a/b".into())
            }
        );
        assert_eq!(problem("a/").instead.as_deref(), Some("a"));
        assert_eq!(problem("").instead, None);
        assert_eq!(problem("a/../b").reason, Reason::Dots(2));
        assert_eq!(problem("a\n").reason, Reason::Control(1));
        assert_eq!(problem(&"x".repeat(1025)).reason, Reason::Long);
    }
}
