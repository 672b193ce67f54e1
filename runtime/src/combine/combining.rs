//! Going through the JSON of one server after another, side by side with the rules.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use foldhash::fast::RandomState;
use serde_json::Value;

use super::combined::{Combined, Outcome, Report};
use super::order::human;
use super::rules::{Node, Rules, Step};
use super::state::{State, Unfit};

/// Servers being combined; [`Rules::combining`] begins.
#[derive(Debug)]
pub struct Combining<'r> {
    rules: &'r Rules,
    found: Found,
    servers: BTreeMap<String, Report>,
    repeated: BTreeSet<String>,
    /// Which rules had something to do, by number.
    met: Vec<bool>,
}

/// What was found at one place of the result.
#[derive(Debug, Default)]
struct Found {
    /// In the order met, and where by name: a look-up is one hash, whether it is there or not.
    below: Vec<(String, Found)>,
    by_name: HashMap<String, usize, RandomState>,
    states: Vec<State>,
}

/// Who is being gone through, and what of him does not fit.
struct Visit<'v> {
    server: &'v Arc<str>,
    /// The keys that led here.
    path: Vec<&'v str>,
    report: Report,
    met: &'v mut [bool],
}

impl<'r> Combining<'r> {
    pub(super) fn new(rules: &'r Rules) -> Combining<'r> {
        Combining {
            rules,
            found: Found::default(),
            servers: BTreeMap::new(),
            repeated: BTreeSet::new(),
            met: vec![false; rules.paths.len()],
        }
    }

    /// Adds what a server has. One of a name that was added before is noted, and does not count again.
    pub fn add(&mut self, server: &str, stats: &Value) {
        if matches!(
            self.servers.get(server),
            Some(Report::Read | Report::Unfit { .. })
        ) {
            return self.repeat(server);
        }
        let name: Arc<str> = server.into();
        let mut visit = Visit {
            server: &name,
            path: Vec::new(),
            report: Report::Read,
            met: &mut self.met,
        };
        walk(&self.rules.root, stats, &mut self.found, &mut visit);
        let report = visit.report;
        self.servers.insert(server.to_owned(), report);
    }

    /// Notes a server that has nothing to add, and why. What was added of it before stays.
    pub fn fail(&mut self, server: &str, error: impl ToString) {
        if self.servers.contains_key(server) {
            return self.repeat(server);
        }
        let error = error.to_string();
        self.servers
            .insert(server.to_owned(), Report::Failed { error });
    }

    pub(super) fn repeat(&mut self, server: &str) {
        self.repeated.insert(server.to_owned());
    }

    /// The result.
    pub fn finish(mut self) -> Combined {
        let reports = &mut self.servers;
        self.found.misfits(&mut Vec::new(), &mut |server, path| {
            if let Some(report) = reports.get_mut(server) {
                report.unfit(path);
            }
        });
        let mut servers: Vec<_> = self.servers.into_iter().collect();
        servers.sort_by(|(a, _), (b, _)| human(a, b));
        let mut repeated: Vec<_> = self.repeated.into_iter().collect();
        repeated.sort_by(|a, b| human(a, b));
        // Without any server's stats nothing is known about rules.
        let was_read = |(_, report): &(_, Report)| !matches!(report, Report::Failed { .. });
        let unmet = match servers.iter().any(was_read) {
            true => {
                let rules = self.rules.paths.iter().zip(self.met);
                let unmet = rules.filter(|(_, met)| !met);
                unmet.map(|(path, _)| path.clone()).collect()
            }
            false => Vec::new(),
        };
        Combined {
            repeated,
            unmet,
            outcome: self.found.finish().unwrap_or_default(),
            servers,
        }
    }
}

fn walk<'v>(node: &'v Node, stats: &'v Value, found: &mut Found, visit: &mut Visit<'v>) {
    if stats.is_null() {
        return;
    }
    if !node.leaves.is_empty()
        && let Some(met) = visit.met.get_mut(node.number)
    {
        *met = true;
    }
    for leaf in &node.leaves {
        let known = found
            .states
            .iter()
            .position(|state| state.name() == leaf.name);
        let at = known.unwrap_or_else(|| {
            found.states.push(State::new(leaf.clone()));
            found.states.len() - 1
        });
        if let Err(Unfit) = found.states[at].add(visit.server, stats) {
            visit.report.unfit(&visit.path);
        }
    }
    let Value::Object(members) = stats else {
        return;
    };
    for (step, next) in &node.steps {
        let mut go = |key: &'v str, name: &str, value: &'v Value| {
            visit.path.push(key);
            walk(next, value, found.below(name), visit);
            visit.path.pop();
        };
        match step {
            Step::Key(key) => {
                if let Some((key, value)) = members.get_key_value(key) {
                    go(key, key, value);
                }
            }
            Step::Any => members.iter().for_each(|(key, value)| go(key, key, value)),
            Step::Pattern(name, pattern) => {
                let fitting = members.iter().filter(|(key, _)| pattern.is_match(key));
                fitting.for_each(|(key, value)| go(key, name, value));
            }
        }
    }
}

impl Found {
    fn below(&mut self, name: &str) -> &mut Found {
        let at = match self.by_name.get(name) {
            Some(at) => *at,
            None => {
                self.by_name.insert(name.to_owned(), self.below.len());
                self.below.push((name.to_owned(), Found::default()));
                self.below.len() - 1
            }
        };
        &mut self.below[at].1
    }

    /// Tells of what turned out not to fit, by server and path.
    fn misfits<'f>(&'f self, path: &mut Vec<&'f str>, tell: &mut impl FnMut(&str, &[&str])) {
        let servers = self.states.iter().flat_map(State::misfits);
        servers.for_each(|server| tell(server, path));
        for (name, below) in &self.below {
            path.push(name);
            below.misfits(path, tell);
            path.pop();
        }
    }

    /// Nothing where nothing was found.
    fn finish(self) -> Option<Outcome> {
        let below = self.below.into_iter();
        let mut below: Vec<_> = below
            .filter_map(|(name, found)| Some((name, found.finish()?)))
            .collect();
        below.sort_by(|(a, _), (b, _)| human(a, b));
        let states = self.states.into_iter();
        let leaves: Vec<_> = states
            .filter_map(|state| Some((state.name().to_owned(), state.result()?)))
            .collect();
        let is_empty = below.is_empty() && leaves.is_empty();
        (!is_empty).then_some(Outcome { below, leaves })
    }
}
