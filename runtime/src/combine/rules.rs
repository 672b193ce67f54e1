//! Which values are combined: a tree of steps, with leaves at its ends.

use std::collections::BTreeMap;
use std::sync::Arc;

use regex::Regex;

use super::Leaf;
use super::combining::Combining;
use crate::snapshot::unescape;

/// What is combined, and how; see [the module](super).
///
/// A path leads from the root of the JSON to the values. Its segments are keys; `*` stands for every key, each of which
/// has a result of its own; `{name}` for the keys that fit the pattern of this name whole, which have one result
/// together, called like the pattern. In a key, `/` is written `%2F`, `*` is `%2A`, `{` is `%7B` and `}` is `%7D`.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    pub(super) root: Node,
    /// The paths that have leaves, by [number](Node::number).
    pub(super) paths: Vec<String>,
    patterns: BTreeMap<String, Regex>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    pub(super) steps: Vec<(Step, Node)>,
    pub(super) leaves: Vec<Arc<Leaf>>,
    /// Where its path is noted; only of use where there are leaves.
    pub(super) number: usize,
}

#[derive(Clone, Debug)]
pub(super) enum Step {
    Key(String),
    Any,
    Pattern(String, Regex),
}

/// Why a rule is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RuleError {
    /// A pattern that is no regular expression.
    #[error("`{pattern}` is no regular expression: {reason}")]
    Pattern {
        /// What was given.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A path names a pattern that was not given before.
    #[error("`{path}` names the pattern `{name}`, which is not given; add it to the patterns")]
    NoSuchPattern {
        /// The path.
        path: String,
        /// The pattern's name.
        name: String,
    },
    /// A path that leads nowhere.
    #[error("`{path}` is no path of a rule; write for instance `/web/*/latency`")]
    Path {
        /// What was given.
        path: String,
    },
    /// A segment that is nearly a `*` or a pattern, and would be a key that nobody has.
    #[error(
        "`{segment}` in `{path}` is neither a key, nor `*`, nor `{{pattern}}`; in a key, write `%2A` for `*` and `%7B` for `{{`"
    )]
    Segment {
        /// The path.
        path: String,
        /// The segment.
        segment: String,
    },
    /// A rule without anything that it does, or two that would have one result.
    #[error("the rule at `{path}` {reason}")]
    Leaves {
        /// The rule's path.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// A file of rules that cannot be read.
    #[error("the rules are not understood: {reason}")]
    File {
        /// What is wrong with it, and where.
        reason: String,
    },
}

impl Rules {
    /// No rules; [`at`](Self::at) adds some.
    pub fn new() -> Rules {
        Rules::default()
    }

    /// Rules from a file in TOML, as [the module](super) shows one.
    ///
    /// # Errors
    ///
    /// It is no TOML, it has keys that mean nothing, a rule is none, or there is no rule at all.
    pub fn from_toml(text: &str) -> Result<Rules, RuleError> {
        super::file::read(text)
    }

    /// A regular expression that paths may name. A key fits it whole or not at all.
    ///
    /// # Errors
    ///
    /// It is no regular expression.
    pub fn pattern(mut self, name: impl Into<String>, pattern: &str) -> Result<Rules, RuleError> {
        let whole =
            Regex::new(&format!("^(?:{pattern})$")).map_err(|error| RuleError::Pattern {
                pattern: pattern.to_owned(),
                reason: error.to_string(),
            })?;
        self.patterns.insert(name.into(), whole);
        Ok(self)
    }

    /// What is to be done with the values at a path.
    ///
    /// # Errors
    ///
    /// It is no path, names a pattern that is not there, or two leaves at it have one name.
    pub fn at(
        mut self,
        path: &str,
        leaves: impl IntoIterator<Item = Leaf>,
    ) -> Result<Rules, RuleError> {
        let patterns = &self.patterns;
        let mut node = &mut self.root;
        let inner = path.strip_prefix('/').unwrap_or(path);
        for segment in inner.split('/') {
            let step = step(path, segment, patterns)?;
            let known = node.steps.iter().position(|(known, _)| known.is(&step));
            let at = known.unwrap_or_else(|| {
                node.steps.push((step, Node::default()));
                node.steps.len() - 1
            });
            node = &mut node.steps[at].1;
        }
        let wrong = |reason: String| RuleError::Leaves {
            path: path.to_owned(),
            reason,
        };
        let before = node.leaves.len();
        if before == 0 {
            node.number = self.paths.len();
            self.paths.push(path.to_owned());
        }
        for leaf in leaves {
            if node.leaves.iter().any(|known| known.name == leaf.name) {
                return Err(wrong(format!(
                    "has `{}` twice; name one of them",
                    leaf.name
                )));
            }
            node.leaves.push(Arc::new(leaf));
        }
        if node.leaves.len() == before {
            return Err(wrong(
                "does nothing; give it a `sum`, for instance".to_owned(),
            ));
        }
        Ok(self)
    }

    /// Begins to combine.
    pub fn combining(&self) -> Combining<'_> {
        Combining::new(self)
    }
}

fn step(path: &str, segment: &str, patterns: &BTreeMap<String, Regex>) -> Result<Step, RuleError> {
    if segment.is_empty() {
        return Err(RuleError::Path {
            path: path.to_owned(),
        });
    }
    if segment == "*" {
        return Ok(Step::Any);
    }
    let named = segment
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'));
    let Some(name) = named else {
        if segment.contains('*') || segment.starts_with('{') || segment.ends_with('}') {
            return Err(RuleError::Segment {
                path: path.to_owned(),
                segment: segment.to_owned(),
            });
        }
        return Ok(Step::Key(unescape(segment).into_owned()));
    };
    match patterns.get(name) {
        Some(pattern) => Ok(Step::Pattern(name.to_owned(), pattern.clone())),
        None => Err(RuleError::NoSuchPattern {
            path: path.to_owned(),
            name: name.to_owned(),
        }),
    }
}

impl Step {
    fn is(&self, other: &Step) -> bool {
        match (self, other) {
            (Step::Key(one), Step::Key(other)) => one == other,
            (Step::Any, Step::Any) => true,
            (Step::Pattern(one, _), Step::Pattern(other, _)) => one == other,
            _ => false,
        }
    }
}
