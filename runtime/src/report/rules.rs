//! Which stats a reader sends: rules that allow and forbid, by glob or by closure.
//!
//! Nothing is sent until a rule allows it, so that a program that grows stats does not flood somebody's server. Of the
//! rules that fit, the last one decides: the general comes first, its exceptions after it. What lies below a pruned
//! path is not looked at, whatever the rules say.

use std::fmt;

use crate::snapshot::{FilterError, PathGlob};
#[cfg(feature = "otlp")]
use crate::snapshot::{Kept, Snapshot};

/// What a rule says about paths: a glob, or a closure that is true for those it means.
///
/// Paths are those of single numbers, `/handler/requests` and `/handler/latency/p99`. Globs are those of
/// [`Snapshot::filter`](crate::Snapshot::filter): `/handler/**` is all below, `**/p99` every 99th percentile.
pub trait Matching {
    #[doc(hidden)]
    fn into_rule(self) -> Rule;
}

impl Matching for &str {
    fn into_rule(self) -> Rule {
        Rule(Means::Text(self.to_owned()))
    }
}

impl Matching for String {
    fn into_rule(self) -> Rule {
        Rule(Means::Text(self))
    }
}

impl<F: Fn(&str) -> bool + Send + 'static> Matching for F {
    fn into_rule(self) -> Rule {
        Rule(Means::Closure(Box::new(self)))
    }
}

/// What a rule is given as.
#[doc(hidden)]
pub struct Rule(Means);

enum Means {
    Text(String),
    Glob(PathGlob),
    Closure(Box<dyn Fn(&str) -> bool + Send>),
}

impl Rule {
    fn fits(&self, path: &str) -> bool {
        match &self.0 {
            Means::Text(_) => false, // becomes a glob before it is asked
            Means::Glob(glob) => glob.is_match(path),
            Means::Closure(closure) => closure(path),
        }
    }

    fn compiled(self) -> Result<Rule, FilterError> {
        match self.0 {
            Means::Text(glob) => Ok(Rule(Means::Glob(PathGlob::new(&glob)?))),
            other => Ok(Rule(other)),
        }
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Means::Text(glob) => f.write_str(glob),
            Means::Glob(_) => f.write_str("glob"),
            Means::Closure(_) => f.write_str("closure"),
        }
    }
}

/// All rules of a reader, in the order they were given.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    /// With whether it allows.
    rules: Vec<(bool, Rule)>,
    pruned: Vec<Rule>,
}

impl Rules {
    pub(crate) fn allow(&mut self, rule: impl Matching) {
        self.rules.push((true, rule.into_rule()));
    }

    pub(crate) fn forbid(&mut self, rule: impl Matching) {
        self.rules.push((false, rule.into_rule()));
    }

    pub(crate) fn prune(&mut self, rule: impl Matching) {
        self.pruned.push(rule.into_rule());
    }

    /// Ready to be asked.
    pub(crate) fn compiled(self) -> Result<Rules, FilterError> {
        let rules = self.rules.into_iter();
        Ok(Rules {
            rules: rules
                .map(|(allows, rule)| Ok((allows, rule.compiled()?)))
                .collect::<Result<_, FilterError>>()?,
            pruned: self
                .pruned
                .into_iter()
                .map(Rule::compiled)
                .collect::<Result<_, _>>()?,
        })
    }

    /// Whether the number at this path is sent; whether it is [pruned](Self::prunes) is another question.
    pub(crate) fn allows(&self, path: &str) -> bool {
        let last = self.rules.iter().rev().find(|(_, rule)| rule.fits(path));
        last.is_some_and(|(allows, _)| *allows)
    }

    /// The stats that are sent: for readers that send a stat whole or not at all.
    #[cfg(feature = "otlp")]
    pub(crate) fn choose(&self, snapshot: &Snapshot) -> Snapshot {
        let mut path = String::new();
        snapshot.select(|place| {
            let shape = &place.shape;
            let pruned = self.prunes(&shape.path, 0);
            let sends = |name: &str| {
                path.clear();
                path.push_str(&shape.path);
                path.push('/');
                path.push_str(name);
                !pruned && self.allows(&path) && !self.prunes(&path, shape.path.len())
            };
            let names = shape.stats.iter().map(|stat| &*stat.name);
            Kept::Stats(names.map(sends).collect())
        })
    }

    /// Whether this path, or one above it that is longer than `known` bytes, is pruned. What is shorter was asked before.
    pub(crate) fn prunes(&self, path: &str, known: usize) -> bool {
        if self.pruned.is_empty() {
            return false;
        }
        let fits = |path: &str| self.pruned.iter().any(|rule| rule.fits(path));
        let above = path.match_indices('/').map(|(at, _)| at);
        above.filter(|at| *at > known).any(|at| fits(&path[..at])) || fits(path)
    }
}

/// The methods by which a builder with `rules` takes them.
macro_rules! ruled {
    () => {
        /// Allows what a glob or a closure fits; of the rules that fit a number's path, the last one decides.
        pub fn allow(mut self, rule: impl $crate::report::Matching) -> Self {
            self.rules.allow(rule);
            self
        }

        /// Forbids what a glob or a closure fits; of the rules that fit a number's path, the last one decides.
        pub fn forbid(mut self, rule: impl $crate::report::Matching) -> Self {
            self.rules.forbid(rule);
            self
        }

        /// Leaves out what a glob or a closure fits and all that is below, whatever the other rules say.
        pub fn prune(mut self, rule: impl $crate::report::Matching) -> Self {
            self.rules.prune(rule);
            self
        }
    };
}
pub(crate) use ruled;

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(build: impl FnOnce(&mut Rules)) -> Rules {
        let mut rules = Rules::default();
        build(&mut rules);
        rules.compiled().unwrap()
    }

    #[test]
    fn nothing_is_sent_until_it_is_allowed() {
        assert!(!rules(|_| {}).allows("/a"));
        assert!(rules(|rules| rules.allow("**")).allows("/a/b/p99"));
    }

    #[test]
    fn of_the_rules_that_fit_the_last_decides() {
        let rules = rules(|rules| {
            rules.allow("/web/**");
            rules.forbid("**/p99");
            rules.allow("/web/latency/p99");
        });
        assert!(rules.allows("/web/requests"));
        assert!(!rules.allows("/web/other/p99"));
        assert!(rules.allows("/web/latency/p99"));
        assert!(!rules.allows("/db/requests"));
    }

    #[test]
    fn a_closure_is_a_rule_too() {
        let rules = rules(|rules| {
            rules.allow(|path: &str| path.len() > 4);
            rules.prune("/secret");
            rules.prune(|path: &str| path.contains("internal"));
        });
        assert!(rules.allows("/long") && !rules.allows("/ab"));
        assert!(rules.prunes("/secret", 0) && rules.prunes("/secret/a/b", 0));
        assert!(rules.prunes("/x/internal", 0) && !rules.prunes("/long", 0));
        // Of `/secret` somebody knew already.
        assert!(!rules.prunes("/secret/a", 7));
    }

    #[test]
    fn what_is_no_glob_is_refused_when_it_starts() {
        let mut rules = Rules::default();
        rules.forbid("[a");
        assert!(rules.compiled().is_err());
    }
}
